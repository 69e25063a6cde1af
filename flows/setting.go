package flows

import (
	"fmt"
	"regexp"
	"strings"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// SettingsDraft is one setting as it is changed.
type SettingsDraft struct {
	Community civic.CommunityID `json:"community"`
	Pick      civic.Setting     `json:"pick,omitempty"`
	Values    []int             `json:"values,omitempty"`
	Text      string            `json:"text,omitempty"`
	Was       string            `json:"was,omitempty"` // in words
	Now       string            `json:"now,omitempty"`
}

// settingsFlow 设置 shows what a community decides for itself, and changes one thing at a time.
var settingsFlow = Flow[SettingsDraft]{
	ID: "settings", Version: 1, Title: "设置",
	Opens: []string{"设置", "社区设置", "看设置"},
	For:   forAct(civic.ActSettings), Lost: civic.NoLonger,
	Begin: (*SettingsDraft).begin,
	Steps: []Step[SettingsDraft]{
		{ID: "pick", Ask: (*SettingsDraft).askPick, Hear: (*SettingsDraft).hearPick},
		{ID: "value", Ask: (*SettingsDraft).askValue, Hear: (*SettingsDraft).hearValue},
		{ID: "confirm", Ask: (*SettingsDraft).askConfirm, Hear: (*SettingsDraft).hearConfirm, Commits: true},
	},
	Told: (*SettingsDraft).told,
}

// settingWords are a setting in words: its name, and how a new value is asked for.
var settingWords = map[civic.Setting]struct{ name, ask string }{
	civic.SetPhone:    {"网格员电话", "新的电话是多少？居民回“人工”就看得到。"},
	civic.SetOpen:     {"人工答复时间", "什么时候有人答复？比如“周一到周五 9:00-17:00”，或“每天 8:30-18:00”。"},
	civic.SetRelease:  {"认证居民的话", "认证居民写的话，马上公开，还是先看后公开？"},
	civic.SetMoney:    {"动钱的投票", "动钱的投票，只凭名册认证的算不算？"},
	civic.SetHot:      {"几人附议算热", "多少位认证居民附议算“热”？"},
	civic.SetOld:      {"几天没初选算久", "需求等几天没初选就提醒上报？"},
	civic.SetMost:     {"入围最多几件", "入围名单最多几件？"},
	civic.SetPerKind:  {"入围每类最多", "入围名单每一类最多几件？不限回 0。"},
	civic.SetHeatFrom: {"入围要几人附议", "至少几位认证居民附议才能入围？不要求回 0。"},
	civic.SetCode:     {"编号开头的字", "编号用哪个字开头？一两个汉字，比如“钮”。有了第一条需求就不能再改。"},
}

// settingValue is a value in words.
func settingValue(c civic.Community, s civic.Setting) string {
	values, text := c.Value(s)
	switch s {
	case civic.SetPhone, civic.SetCode:
		if text == "" {
			return "没填"
		}
		return text
	case civic.SetOpen:
		return civic.OpenHours(values[0], values[1], values[2])
	case civic.SetRelease:
		return [...]string{"先看后公开", "马上公开"}[values[0]]
	case civic.SetMoney:
		return [...]string{"名册认证也算", "要住户码或网格员认证"}[values[0]]
	case civic.SetHot, civic.SetHeatFrom:
		if values[0] == 0 {
			return "不要求"
		}
		return fmt.Sprintf("%d 人", values[0])
	case civic.SetOld:
		return fmt.Sprintf("%d 天", values[0])
	case civic.SetMost, civic.SetPerKind:
		if values[0] == 0 {
			return "不限"
		}
		return fmt.Sprintf("%d 件", values[0])
	}
	return ""
}

func (d *SettingsDraft) begin(t *Turn, _ string) {
	if _, c, ok := officeFor(t, civic.ActSettings); ok {
		d.Community = c.ID
	}
}

func (d *SettingsDraft) community(t *Turn) civic.Community {
	c, _, err := t.World.Communities.Community(t.Context(), d.Community)
	if t.Failed(err) {
		return civic.Community{ID: d.Community}
	}
	return c
}

func settingNames() []string {
	var out []string
	for _, s := range civic.SettingsOrder() {
		out = append(out, settingWords[s].name)
	}
	return out
}

func (d *SettingsDraft) askPick(t *Turn) Reply {
	c := d.community(t)
	var labels []string
	for _, s := range civic.SettingsOrder() {
		labels = append(labels, settingWords[s].name+"："+settingValue(c, s))
	}
	return Reply{Text: c.Name + "的设置，要改哪一项？", Choices: numbered(labels), After: "不改回“取消”。"}
}

func (d *SettingsDraft) hearPick(t *Turn) Move {
	i, v := t.Choice(settingNames()...)
	if v != zh.Sure {
		return dialog.Again(askNumber(len(settingNames())))
	}
	d.Pick = civic.SettingsOrder()[i]
	return dialog.Next()
}

// twoWays are the settings that are one thing or the other.
func (d *SettingsDraft) twoWays() []string {
	if d.Pick == civic.SetRelease {
		return []string{"先看后公开", "马上公开"}
	}
	if d.Pick == civic.SetMoney {
		return []string{"名册认证也算", "要住户码或网格员认证"}
	}
	return nil
}

func (d *SettingsDraft) askValue(t *Turn) Reply {
	d.Was = settingValue(d.community(t), d.Pick)
	text := settingWords[d.Pick].ask + "\n现在：" + d.Was + "。"
	return Reply{Text: text, Choices: numbered(d.twoWays())}
}

func (d *SettingsDraft) hearValue(t *Turn) Move {
	values, text, ok := d.read(t)
	c := d.community(t)
	if t.Failed(nil) {
		return dialog.Stay("")
	}
	if ok {
		c, ok = c.With(d.Pick, values, text)
	}
	if !ok {
		return dialog.Again(d.hint())
	}
	d.Values, d.Text, d.Now = values, text, settingValue(c, d.Pick)
	if d.Now == d.Was {
		return dialog.Again("现在就是这样，不用改。")
	}
	return dialog.Next()
}

func (d *SettingsDraft) hint() string {
	least, most, ok := d.Pick.Bounds()
	switch {
	case d.twoWays() != nil:
		return askNumber(2)
	case ok:
		return fmt.Sprintf("请回 %d 到 %d 的数字。", least, most)
	case d.Pick == civic.SetPhone:
		return "请写电话号码，只要数字和“-”。"
	case d.Pick == civic.SetCode:
		return "请写一两个汉字。"
	}
	return "没看懂。请照“周一到周五 9:00-17:00”这样写。"
}

// read reads the answer as a value of the setting that is changed.
func (d *SettingsDraft) read(t *Turn) (values []int, text string, ok bool) {
	if ways := d.twoWays(); ways != nil {
		i, v := t.Choice(ways...)
		return []int{i}, "", v == zh.Sure
	}
	switch d.Pick {
	case civic.SetPhone:
		return nil, strings.ReplaceAll(strings.NewReplacer("—", "-", "–", "-", "－", "-").Replace(zh.Narrow(zh.Clean(t.Text))), " ", ""), true
	case civic.SetCode:
		return nil, strings.TrimSpace(zh.Clean(t.Text)), true
	case civic.SetOpen:
		values, ok = ReadHours(t.Text)
		return values, "", ok
	case civic.SetRelease, civic.SetMoney, civic.SetHot, civic.SetOld, civic.SetMost, civic.SetPerKind, civic.SetHeatFrom:
	}
	n, ok := zh.Number(strings.TrimRight(strings.TrimSpace(t.Text), " 人天件位"))
	if t.Said("不限", "不要求", "没有", "不要") {
		n, ok = 0, true
	}
	return []int{n}, "", ok
}

var (
	hours = regexp.MustCompile(`^(.*?)(\d{1,2})(?:[:.点时](\d{2})?)?(半)?[-~到至](\d{1,2})(?:[:.点时](\d{2})?)?(半)?$`)
	week  = regexp.MustCompile(`^(?:周|星期|礼拜)?([一二三四五六日天])[-~到至](?:周|星期|礼拜)?([一二三四五六日天])$`)
)

// ReadHours reads days and hours as people write them: 周一到周五 9:00-17:00, 每天8点半到18点, 9-17. The values
// are those of civic.SetOpen, whose bounds are not checked here; false where it cannot be read.
func ReadHours(text string) ([]int, bool) {
	s := strings.NewReplacer(" ", "", "：", ":", "—", "-", "–", "-", "－", "-", "，", "", ",", "", "上午", "", "早上", "").Replace(zh.Narrow(zh.Clean(text)))
	s, afternoon := strings.ReplaceAll(s, "下午", "#"), false
	if i := strings.LastIndexByte(s, '#'); i >= 0 {
		afternoon = true
		s = strings.ReplaceAll(s, "#", "")
	}
	m := hours.FindStringSubmatch(s)
	if m == nil {
		return nil, false
	}
	from, to := minutes(m[2], m[3], m[4]), minutes(m[5], m[6], m[7])
	if afternoon && to < 12*60 {
		to += 12 * 60
	}
	days, ok := readDays(m[1])
	return []int{from, to, days}, ok
}

func minutes(hour, minute, half string) int {
	h, _ := zh.Number(hour)
	m, _ := zh.Number(strings.TrimPrefix(minute, "0"))
	if half != "" {
		m = 30
	}
	return h*60 + m
}

const weekNames = "日一二三四五六"

// readDays reads days of the week as bits, Sunday lowest.
func readDays(s string) (int, bool) {
	switch s {
	case "", "每天", "天天", "全周", "一周七天":
		return 127, true
	case "工作日", "平时", "上班时间":
		return 0b0111110, true
	case "周末", "双休日":
		return 0b1000001, true
	}
	at := func(r string) int { return strings.Index(weekNames, strings.ReplaceAll(r, "天", "日")) / len("日") }
	if m := week.FindStringSubmatch(s); m != nil {
		days := 0
		for i := at(m[1]); ; i = (i + 1) % 7 {
			days |= 1 << i
			if i == at(m[2]) {
				return days, true
			}
		}
	}
	days := 0
	for _, r := range strings.NewReplacer("周", "", "星期", "", "礼拜", "", "、", "", "和", "").Replace(s) {
		i := strings.IndexRune(weekNames+"天", r)
		if i < 0 {
			return 0, false
		}
		days |= 1 << (i / len("日") % 7)
	}
	return days, days != 0
}

func (d *SettingsDraft) askConfirm(t *Turn) Reply {
	return Reply{
		Text:    d.community(t).Name + "\n" + settingWords[d.Pick].name + "：" + d.Was + " → " + d.Now,
		Choices: []Choice{{Label: "改", Send: "确认改"}}, After: "对就回“好”；不改了回“取消”。会记入台账。",
	}
}

func (d *SettingsDraft) hearConfirm(t *Turn) Move {
	if zh.YesNo(t.Text) != zh.Yes && !t.Said("确认改", "改", "确认") {
		return dialog.Again("还没有改。")
	}
	return dialog.Done(civic.ChangeSettings{By: byIn(t, d.Community), Setting: d.Pick, Values: d.Values, Text: d.Text})
}

func (d *SettingsDraft) told(*Turn, any) Reply {
	return Reply{Text: "改好了。" + settingWords[d.Pick].name + "：" + d.Now + "。半分钟内对所有人生效。"}
}
