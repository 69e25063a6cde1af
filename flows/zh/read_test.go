package zh

import (
	"slices"
	"testing"
)

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		in string
		n  int
		ok bool
	}{
		{"2", 2, true},
		{"２", 2, true},
		{"二", 2, true},
		{"两", 2, true},
		{"兩", 2, true},
		{"②", 2, true},
		{"⑵", 2, true},
		{"⒉", 2, true},
		{"㈡", 2, true},
		{"㊁", 2, true},
		{"❷", 2, true},
		{"Ⅱ", 2, true},
		{"贰", 2, true},
		{"貳", 2, true},
		{"2️⃣", 2, true},
		{"🔟", 10, true},
		{"十", 10, true},
		{"十二", 12, true},
		{"二十", 20, true},
		{"廿五", 25, true},
		{"卅", 30, true},
		{"一百零三", 103, true},
		{"一百三", 130, true},
		{"一百一十", 110, true},
		{"一百十", 110, true},
		{"两百", 200, true},
		{"三千零五", 3005, true},
		{"一万二", 12000, true},
		{"两万零三百", 20300, true},
		{"三百万", 3000000, true},
		{"3万", 30000, true},
		{"零一八", 18, true},
		{"018", 18, true},
		{"0", 0, true},
		{"零", 0, true},
		{"2.", 2, true},
		{"2。", 2, true},
		{"2、", 2, true},
		{"2！", 2, true},
		{"（2）", 2, true},
		{"“2”", 2, true},
		{" 2 ", 2, true},
		{"2👍", 2, true},
		{"\u200b2\ufeff", 2, true},
		{"第二", 2, true},
		{"第二个", 2, true},
		{"第2个", 2, true},
		{"第 2 项", 2, true},
		{"2号", 2, true},
		{"选2", 2, true},
		{"選2", 2, true},
		{"我选2", 2, true},
		{"我选第二个", 2, true},
		{"选2吧", 2, true},
		{"好的，2", 2, true},
		{"2，谢谢", 2, true},
		{"No.2", 2, true},
		{"二個", 2, true},
		{"999999999", 999999999, true},
		{"-1", 0, false},
		{"2.0", 0, false},
		{"99999999999999999999", 0, false},
		{"1000000000", 0, false},
		{"1或2", 0, false},
		{"不选2", 0, false},
		{"2和3都不要", 0, false},
		{"1 2", 0, false},
		{"2?", 0, false},
		{"½", 0, false},
		{"3½", 0, false},
		{"10²", 0, false},
		{"①③", 0, false},
		{"1️⃣2️⃣", 0, false},
		{"一三五", 0, false},
		{"十十", 0, false},
		{"百", 0, false},
		{"万", 0, false},
		{"半", 0, false},
		{"一百零", 0, false},
		{"2号楼", 0, false},
		{"2楼", 0, false},
		{"1/2", 0, false},
		{"2点", 0, false},
		{"", 0, false},
		{"。", 0, false},
		{"二百五十万亿", 0, false},
		{"九九九九九九九九九九九九九九九九九九九九九九九九九九", 0, false},
	} {
		t.Run(c.in, func(t *testing.T) {
			n, ok := Number(c.in)
			if ok != c.ok || ok && n != c.n {
				t.Errorf("Number(%q) = %d, %v, want %d, %v", c.in, n, ok, c.n, c.ok)
			}
		})
	}
}

func TestChoice(t *testing.T) {
	kinds := []string{"为老服务", "文化服务", "环境卫生", "自治管理", "青少年服务", "说不清"}
	like := []string{"就是这件，我附议", "不一样，我另提", "看看那件"}
	yes := []string{"提交", "修改", "取消"}
	park := []string{"停车", "停车收费", "乱停车"}
	stars := []string{"1分", "2分", "3分", "4分", "5分"}
	down := []string{"5分", "4分", "3分", "2分", "1分"}
	seats := []string{"A座", "B座", "C座"}
	mixed := []string{"B座", "A座"}
	letters := []string{"A", "B", "C"}
	houses := []string{"2号楼", "3号楼", "5号楼"}
	votes := []string{"同意", "不同意", "弃权"}
	paren := []string{"环境卫生（垃圾、保洁）", "停车（车位）"}
	gates := []string{"3幢楼道灯坏", "北门充电桩", "河边晾衣架"}
	for _, c := range []struct {
		name, in string
		options  []string
		i        int
		v        Verdict
	}{
		{"digit", "2", kinds, 1, Sure},
		{"last digit", "6", kinds, 5, Sure},
		{"beyond", "7", kinds, -1, Out},
		{"zero", "0", kinds, -1, Out},
		{"a phone number", "13800138000", kinds, -1, Out},
		{"leading zero", "02", kinds, 1, Sure},
		{"full width", "２", kinds, 1, Sure},
		{"Chinese", "二", kinds, 1, Sure},
		{"liang", "两", kinds, 1, Sure},
		{"circled", "②", kinds, 1, Sure},
		{"keycap", "2️⃣", kinds, 1, Sure},
		{"with a stop", "2.", kinds, 1, Sure},
		{"with a comma", "2、", kinds, 1, Sure},
		{"ordinal", "第二个", kinds, 1, Sure},
		{"the first", "第一个", kinds, 0, Sure},
		{"chosen", "选2", kinds, 1, Sure},
		{"chosen, traditional", "選2", kinds, 1, Sure},
		{"I choose", "我选第二项吧", kinds, 1, Sure},
		{"polite", "您好，2，谢谢", kinds, 1, Sure},
		{"thumb", "2👍", kinds, 1, Sure},
		{"not 2", "不选2", kinds, -1, Unsure},
		{"neither", "2和3都不要", kinds, -1, Unsure},
		{"or", "1或2", kinds, -1, Unsure},
		{"or, asked", "2还是3", kinds, -1, Unsure},
		{"maybe", "可能2吧", kinds, -1, Unsure},
		{"asked", "2?", kinds, -1, Unsure},
		{"asked, full width", "第二个吗？", kinds, -1, Unsure},
		{"two of them", "1 3", kinds, -1, Unsure},
		{"two circled", "①③", kinds, -1, Unsure},
		{"counted", "2个", kinds, -1, Unsure},
		{"both", "两个", kinds, -1, Unsure},
		{"except", "除了2都行", kinds, -1, Unsure},
		{"negative", "-1", kinds, -1, Unsure},
		{"fraction", "2.0", kinds, -1, Unsure},
		{"corrected", "2，不对，3", kinds, -1, Unsure},
		{"chosen and told", "选2，楼道灯坏了", kinds, -1, Unsure},
		{"the one above", "上面那个", kinds, -1, Unsure},
		{"the last one", "最后一个", kinds, -1, Unsure},
		{"anything", "随便", kinds, -1, Unsure},
		{"building", "2号楼的灯坏了", kinds, -1, None},
		{"floor", "我家2楼漏水", kinds, -1, None},
		{"building with a blank", "2 号楼漏水", kinds, -1, None},
		{"free text", "河边有人乱晾衣服", kinds, -1, None},
		{"empty", "", kinds, -1, None},
		{"blank", " \u200b　", kinds, -1, None},
		{"emoji", "😀", kinds, -1, None},
		{"no options", "1", nil, -1, Out},
		{"no options, words", "环境", nil, -1, None},
		{"own words", "环境卫生", kinds, 2, Sure},
		{"own words, traditional", "環境衛生", kinds, 2, Sure},
		{"a part", "环境", kinds, 2, Sure},
		{"a part, traditional", "環境。", kinds, 2, Sure},
		{"own words in a sentence", "我选环境卫生这个吧", kinds, 2, Sure},
		{"a part of several", "服务", kinds, -1, Unsure},
		{"not the part", "不要环境", kinds, -1, Unsure},
		{"not the words", "不是环境卫生", kinds, -1, Unsure},
		{"part asked", "环境？", kinds, -1, Unsure},
		{"two parts", "环境或自治", kinds, -1, Unsure},
		{"number and words", "3 环境卫生", kinds, 2, Sure},
		{"bracketed words", "3（环境）", kinds, 2, Sure},
		{"words with a blank", "环境 卫生", kinds, 2, Sure},
		{"only", "只选3", kinds, 2, Sure},
		{"copied line", "3、环境卫生", kinds, 2, Sure},
		{"number and part", "3环境", kinds, 2, Sure},
		{"number against words", "2、环境卫生", kinds, -1, Unsure},
		{"words and more", "环境卫生太差了物业不管", kinds, -1, Unsure},
		{"letter", "B", kinds, 1, Sure},
		{"chosen letter", "选B", kinds, 1, Sure},
		{"small letter", "b.", kinds, 1, Sure},
		{"letter beyond", "选Z", kinds, -1, Out},
		{"another letter", "y", kinds, -1, None},
		{"options are letters", "b", letters, 1, Sure},
		{"options begin with letters", "B", seats, 1, Sure},
		{"letters in another order", "A", mixed, -1, Unsure},
		{"letter that is none of theirs", "D", seats, -1, Unsure},
		{"whole option", "就是这件，我附议", like, 0, Sure},
		{"endorse", "附议", like, 0, Sure},
		{"part of an option", "不一样", like, 1, Sure},
		{"the opposite of an option", "一样", like, -1, Unsure},
		{"submit", "提交吧！", yes, 0, Sure},
		{"do not submit", "不提交", yes, -1, Unsure},
		{"shorter option wins exactly", "停车", park, 0, Sure},
		{"longer option", "我选停车收费", park, 1, Sure},
		{"number by its words", "5分", stars, 4, Sure},
		{"number and words agree", "5", stars, 4, Sure},
		{"number and words disagree", "5", down, -1, Unsure},
		{"agree in the middle", "3", down, 2, Sure},
		{"own words against place", "5分", down, 0, Sure},
		{"house number is place and words", "2", houses, -1, Unsure},
		{"house number beyond the places", "5", houses, 2, Sure},
		{"house", "3号楼", houses, 1, Sure},
		{"longer option with a digit", "1", gates, 0, Sure},
		{"option that begins with a digit", "3", gates, 2, Sure},
		{"agree", "同意", votes, 0, Sure},
		{"disagree", "我不同意", votes, 1, Sure},
		{"hardly agree", "不太同意", votes, -1, Unsure},
		{"main words", "环境卫生", paren, 0, Sure},
		{"inside the brackets", "车位", paren, 1, Sure},
	} {
		t.Run(c.name, func(t *testing.T) {
			if i, v := Choice(c.in, c.options); i != c.i || v != c.v {
				t.Errorf("Choice(%q) = %d, %d, want %d, %d", c.in, i, v, c.i, c.v)
			}
		})
	}
}

func TestChoices(t *testing.T) {
	for _, c := range []struct {
		name, in string
		n, limit int
		picked   []int
		v        Verdict
	}{
		{"one", "2", 5, 3, []int{1}, Sure},
		{"spaces", "1 3 5", 5, 3, []int{0, 2, 4}, Sure},
		{"enumeration", "1、3、5", 5, 3, []int{0, 2, 4}, Sure},
		{"comma and word", "1,3和5", 5, 3, []int{0, 2, 4}, Sure},
		{"full width", "１，３，５", 5, 3, []int{0, 2, 4}, Sure},
		{"stops", "1.3.5", 5, 3, []int{0, 2, 4}, Sure},
		{"Chinese", "一三五", 5, 3, []int{0, 2, 4}, Sure},
		{"Chinese with marks", "一、三、五", 12, 3, []int{0, 2, 4}, Sure},
		{"Chinese ten", "三和十二", 12, 3, []int{2, 11}, Sure},
		{"circled", "①③⑤", 5, 3, []int{0, 2, 4}, Sure},
		{"in a row", "135", 9, 3, []int{0, 2, 4}, Sure},
		{"in a row with ten options", "135", 10, 3, nil, Out},
		{"twelve", "12", 12, 3, []int{11}, Sure},
		{"one and two", "12", 9, 3, []int{0, 1}, Sure},
		{"order of the text", "5 1", 5, 3, []int{4, 0}, Sure},
		{"twice", "1 1 3", 5, 3, []int{0, 2}, Sure},
		{"lead", "我投 1 4 5", 6, 3, []int{0, 3, 4}, Sure},
		{"ordinals", "第1个和第3个", 5, 3, []int{0, 2}, Sure},
		{"numbers", "1号，3号", 5, 3, []int{0, 2}, Sure},
		{"lines", "1\n3", 5, 3, []int{0, 2}, Sure},
		{"too many", "1 4 5 6", 6, 3, []int{0, 3, 4, 5}, Unsure},
		{"no limit", "1 2 3 4", 6, 0, []int{0, 1, 2, 3}, Sure},
		{"beyond", "1 7", 6, 3, nil, Out},
		{"zero", "0", 6, 3, nil, Out},
		{"negated", "1 3 不要5", 6, 3, nil, Unsure},
		{"or", "1或3", 6, 3, nil, Unsure},
		{"range", "1-3", 6, 3, nil, Unsure},
		{"range in words", "1到3", 6, 3, nil, Unsure},
		{"asked", "1 3？", 6, 3, nil, Unsure},
		{"only", "只选1", 6, 3, []int{0}, Sure},
		{"everything", "全都要", 6, 3, nil, Unsure},
		{"counted", "选3个", 6, 3, nil, Unsure},
		{"doubled in a row", "11", 6, 3, nil, Unsure},
		{"all", "全部", 6, 3, nil, Unsure},
		{"houses", "1号楼和3号楼", 6, 3, nil, None},
		{"words", "楼道灯坏了", 6, 3, nil, None},
		{"empty", "", 6, 3, nil, None},
	} {
		t.Run(c.name, func(t *testing.T) {
			picked, v := Choices(c.in, c.n, c.limit)
			if v != c.v || !slices.Equal(picked, c.picked) {
				t.Errorf("Choices(%q, %d, %d) = %v, %d, want %v, %d", c.in, c.n, c.limit, picked, v, c.picked, c.v)
			}
		})
	}
}

func TestYesNo(t *testing.T) {
	for want, texts := range map[Answer][]string{
		Yes: {
			"是", "对", "好", "好的", "行", "可以", "嗯", "ok", "OK", "ＯＫ", "要", "没错", "是的", "确认", "確認", "提交", "y", "Yes", "对对对", "好的好的", "嗯嗯嗯", "是啊", "好吧", "行吧", "可以的", "好的，谢谢", "是的，没错。", "同意！",
			"👍", "👌", "好👌", "/:ok", "[OK]", "[强]", "没问题", "對的", "沒錯", "“是”", "好嘞~", "是的没错", "嗯好", "要得",
		},
		No: {
			"不", "不是", "不对", "不要", "不用", "没有", "算了", "否", "no", "N", "不用了，谢谢", "不不不", "不行", "没有啊", "不是的", "算了吧", "不用啦", "沒有", "不對",
		},
		Neither: {
			"不是不行", "好像不是", "是不是", "是吗", "对吗？", "行?", "可以吗", "要不要", "是 不是", "不，是的", "", "。", "2", "我家灯坏了", "也许", "看情况", "谢谢", "不知道", "好像是", "是灯坏了", "好坏", "不是没有", "好的我再想想", "对不对", "不好说",
		},
	} {
		for _, s := range texts {
			t.Run(s, func(t *testing.T) {
				if got := YesNo(s); got != want {
					t.Errorf("YesNo(%q) = %d, want %d", s, got, want)
				}
			})
		}
	}
}

func TestSaid(t *testing.T) {
	for _, c := range []struct {
		in   string
		word string
		want bool
	}{
		{"提交", "提交", true},
		{"提交。", "提交", true},
		{"提交！！", "提交", true},
		{"提交～", "提交", true},
		{"提交吧", "提交", true},
		{"提交了", "提交", true},
		{"请提交", "提交", true},
		{"我要提交", "提交", true},
		{"那就提交吧，谢谢", "提交", true},
		{"“提交”", "提交", true},
		{"提 交", "提交", true},
		{"确认提交", "提交", false},
		{"確認", "确认", true},
		{"返 回", "返回", true},
		{"跳過", "跳过", true},
		{"ＯＫ", "ok", true},
		{"菜单👀", "菜单", true},
		{"帮助？", "帮助", true},
		{"人工一下", "人工", true},
		{"我要提需求", "提需求", true},
		{"提交\u200b", "提交", true},
		{"好的，提交", "提交", true},
		{"算了", "算了", true},
		{"算了吧", "算了", true},
		{"提交？", "提交", false},
		{"提交吗", "提交", false},
		{"不提交", "提交", false},
		{"别提交", "提交", false},
		{"先不提交", "提交", false},
		{"提交失败", "提交", false},
		{"怎么提交", "提交", false},
		{"", "提交", false},
		{"提交", "", false},
		{"。", "提交", false},
		{"我不要取消", "取消", false},
		{"取消订阅通知", "取消", false},
	} {
		t.Run(c.in+"/"+c.word, func(t *testing.T) {
			if got := Said(c.in, "别的词", c.word); got != c.want {
				t.Errorf("Said(%q, %q) = %v", c.in, c.word, got)
			}
		})
	}
	if Said("提交") {
		t.Error("Said without words is true")
	}
}

func TestContains(t *testing.T) {
	for _, c := range []struct {
		name, in string
		words    []string
		want     bool
	}{
		{"word", "我想提需求", []string{"需求"}, true},
		{"traditional", "電梯壞了", []string{"电梯"}, true},
		{"case and width", "连ＷｉＦｉ", []string{"wifi"}, true},
		{"hidden", "电\u200b梯", []string{"电梯"}, true},
		{"second word", "车位", []string{"电梯", "车位"}, true},
		{"other", "车位", []string{"电梯"}, false},
		{"empty word", "车位", []string{"", "。"}, false},
		{"no words", "车位", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Contains(c.in, c.words...); got != c.want {
				t.Errorf("Contains(%q, %q) = %v", c.in, c.words, got)
			}
		})
	}
}
