package chat_test

import (
	"regexp"
	"strings"

	"yishi/flows/civic"
	"yishi/flows/dialog"
)

// What a walker of the council says. # stands for the number of a need, 号 for that of a talk.
var (
	residentWords = []string{
		"提需求", "看需求", "我的", "进度#", "附议#", "附议#", "附议#", "取消附议#", "举报#", "举报#", "撤回#", "补充# 还是没修好", "重写#", "申诉#", "申诉#",
		"不是一回事#", "问我的", "回# 桥头那个", "人工", "结束", "谢谢", "通知", "菜单", "环节", "入围名单", "退订", "规则", "看#", "帮到了",
		"认证 凤凰新村2幢1单元102 赵某人 4444", "认证 凤凰新村1幢1单元101 王某人 1111", "认证", "取消认证", "不是我", "认证 凤凰新村2幢1单元101 周某人 3333", "认证 凤凰新村1幢1单元102 李某人 2222",
	}
	staffWords = []string{
		"初选", "初选#", "下一件", "受理#", "受理#", "不受理#", "不受理#", "复核#", "复核#", "复核#", "维持不予受理#", "转办#", "合并#到#", "合并#到#", "分开#", "分开#", "维持合并#", "改类#", "标#", "听写# 三楼楼道灯坏了一个月",
		"问#", "待公开", "待公开", "看举报", "看申诉", "会话", "接号", "接号", "接号", "放回号", "结束号", "转号给吴主任", "转号给小王", "切号", "号 马上来看", "您好，我来问问", "交接", "工作", "认证申请", "代办",
		"放回", "结束", "管环节", "定入围", "人员", "设置", "台账", "看号",
	}
	// councilAnswers are what people answer where they stand.
	councilAnswers = map[string][]string{
		"endorse/which": {"#"}, "unendorse/which": {"#"}, "report/which": {"#"}, "report/why": {"1", "2", "3", "4"},
		"rewrite/which": {"#"}, "rewrite/text": {"晚上十点以后楼里太吵，老人睡不好"}, "rewrite/confirm": {"提交"},
		"appeal/which": {"#"}, "appeal/text": {"请再看一遍，真的很要紧"}, "appeal/confirm": {"提交"},
		"object/which": {"#"}, "object/text": {"不是一个地方的事"}, "object/sure": {"1"},
		"withdraw/which": {"#"}, "withdraw/sure": {"1", "1", "2"}, "add-to-need/which": {"#"}, "add-to-need/words": {"还是没修好"}, "add-to-need/confirm": {"提交"},
		"person/say": {"楼道灯坏了", "还在吗"}, "person/talk": {"下午几点来", "好的", "结束"},
		"accept-need/which": {"#"}, "accept-need/sure": {"1"}, "merge-need/which": {"#"}, "merge-need/into": {"#"}, "merge-need/sure": {"1"},
		"part-need/which": {"#"}, "part-need/decide": {"1", "1", "2"}, "ask-author/which": {"#"}, "ask-author/words": {"是巷口的还是桥头的那个"}, "ask-author/sure": {"1"},
		"decline-need/which": {"#"}, "decline-need/reason": {"1", "2", "3", "4"}, "decline-need/words": {"要几百万，今年没有这笔钱。"}, "decline-need/sure": {"1"},
		"settle-decline/which": {"#"}, "settle-decline/decide": {"1", "1", "2"}, "hand-need/which": {"#"}, "hand-need/whom": {"1", "2", "3"}, "hand-need/duty": {"某某物业 0512-65000009"}, "hand-need/sure": {"1"},
		"classify-need/which": {"#"}, "classify-need/pick": {"1", "2", "3"}, "mark-need/which": {"#"}, "mark-need/pick": {"1", "2", "3"},
		"type-need/which": {"#"}, "type-need/words": {"三楼楼道灯坏了一个月"}, "type-need/sure": {"1"},
		"answer-author/which": {"1"}, "answer-author/words": {"桥头那个，靠东边"}, "answer-author/confirm": {"提交"},
		"review/show": {"1", "2", "3", "保留", "撤下", "公开文字", "先不公开", "下一条"}, "claims/list": {"1"}, "claims/one": {"1", "2", "3"}, "claims/who": {"1"}, "claims/reason": {"1"},
		"triage/list": {"1", "2", "#"}, "triage/one": {"1", "2", "3", "4", "5", "6", "更多", "下一件"},
		"raise-for/agree": {"1"}, "raise-for/door": {"1幢1单元102", "2幢1单元102", "不具名"}, "raise-for/whom": {"1"}, "raise-for/what": {"楼道里没有扶手，老人上楼吃力", "垃圾房的门关不上"}, "raise-for/category": {"1"},
		"raise-for/similar": {"1", "都不是"}, "raise-for/where": {"3幢"}, "raise-for/photo": {"好了", "跳过"}, "raise-for/urgent": {"不急"}, "raise-for/confirm": {"提交"},
		"hand-over/from": {"1", "2"}, "hand-over/to": {"1", "2"}, "hand-over/until": {"3天", "一直"}, "hand-over/confirm": {"好", "1"}, "hand-over/away": {"收回"},
		"people/see": {"1"}, "people/list": {"1", "2", "小王"}, "people/confirm": {"收回", "1"},
		"round/which": {"1"}, "round/what": {"1", "2", "3"}, "round/name": {"又一轮"}, "round/stage": {"跳过", "2"}, "round/day": {"4月1日", "6月1日", "跳过"}, "round/tell": {"1", "2"}, "round/confirm": {"1"},
		"draw-list/list": {"公布", "公布", "列入#", "拿下#"}, "draw-list/why": {"居民代表会上提了三次"}, "draw-list/confirm": {"1"},
		"verify/consent": {"同意"}, "verify/door": {"2幢1单元102"}, "verify/name": {"赵某人"}, "verify/digits": {"4444", "没有"}, "verify/more": {"1"}, "verify/hand": {"1"}, "not-me/confirm": {"1"}, "unverify/confirm": {"1"},
		"settings/pick": {"1", "2", "3"}, "settings/value": {"1", "2"}, "settings/confirm": {"1"}, "talk/sure": {"1", "2"}, "desk/list": {"1", "接号"}, "talk/talk": {"您好，我来问问", "明天就修", "结束", "放回"}, "talk/said": {"好的"},
		"look/list": {"1", "2"}, "look/one": {"1", "2"}, "endorse/own": {"1"}, "talk-rate/ask": {"1", "2"}, "raise-need/what": {"路灯坏了三天没人管", "垃圾桶很臭堵住了", "电梯坏了绊倒过老人"},
	}
	choice = regexp.MustCompile(`(?m)^(?:<a [^>]*>)?(\d)[.．、]`)
)

// next is what a walker does next.
func (w *council) next(m *member) dialog.Input {
	n := w.rnd.IntN(100)
	if list := councilAnswers[m.at]; list == nil && answers[m.at] != "" && n < 80 {
		return m.say(answers[m.at])
	} else if list != nil && n < 80 {
		return m.say(w.filled(m, pick(w.rnd, list)))
	}
	switch n = w.rnd.IntN(100); {
	case n < 20 && len(m.taps) > 0:
		t := m.taps[len(m.taps)-1-w.rnd.IntN(min(len(m.taps), 6))]
		return dialog.Input{Kind: dialog.Text, Text: t.send, Tap: t.id}
	case n < 35:
		if all := choice.FindAllStringSubmatch(m.reply, -1); len(all) > 0 {
			return m.say(pick(w.rnd, all)[1])
		}
	case n < 44:
		return m.next(w.rnd) // anything at all
	case n < 48:
		return m.other(w.rnd)
	case n < 52:
		return m.say(pick(w.rnd, walkCommands))
	}
	words := residentWords
	if m.role != "" && w.rnd.IntN(6) > 0 || w.rnd.IntN(25) == 0 { // residents try the words of staff too
		words = staffWords
	}
	return m.say(w.filled(m, pick(w.rnd, words)))
}

// fitting are the states of needs to which words may be meant to be said; "" for any.
func fitting(words, at string) string {
	for _, f := range []struct{ words, at, states string }{
		{"复核", "settle-decline", "declining"},
		{"分开", "part-need", "merged"},
		{"维持", "", "merged"},
		{"不是一回事", "object", "merged"},
		{"申诉", "appeal", "declined"},
		{"合并", "merge-need", "raised accepted"},
		{"受理", "accept-need", "raised appealed"},
		{"附议", "endorse", "raised accepted merged"},
		{"问", "ask-author", "raised"},
		{"转办", "hand-need", "raised accepted appealed"},
	} {
		if strings.HasPrefix(words, f.words) || f.at != "" && strings.HasPrefix(at, f.at+"/") {
			return f.states
		}
	}
	return ""
}

// filled puts numbers of needs and of talks into words: mostly ones that there are.
func (w *council) filled(m *member, s string) string {
	code := m.home
	if w.rnd.IntN(12) == 0 {
		code = map[string]string{councilStart: foreignCode, foreignCode: councilStart}[code]
	}
	for strings.Contains(s, "#") {
		no, states := "099", ""
		if w.rnd.IntN(5) > 0 {
			states = fitting(s, m.at)
		}
		if all := w.books.numbers(code, states); len(all) > 0 && w.rnd.IntN(30) > 0 {
			no = pick(w.rnd, all)
		}
		if code == m.home {
			no = no[len(no)-3:]
		}
		s = strings.Replace(s, "#", no, 1)
	}
	if strings.Contains(s, "号") && m.role != civic.Role("") {
		no := "9"
		if all := w.books.talkNumbers(m.home); len(all) > 0 {
			no = pick(w.rnd, all)
		}
		s = strings.Replace(s, "号", no, 1)
	}
	return s
}
