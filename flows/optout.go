package flows

import (
	"slices"
	"strings"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// topic is one that people can unsubscribe from, as they know it.
type topic struct {
	id    civic.Topic
	name  string
	short string   // for 订阅会议
	words []string // what may stand for it behind 退订
}

// topics are in the order shown; their numbers mean them.
var topics = []topic{
	{civic.TopicNeeds, "需求进展", "需求", []string{"需求", "需求进展", "提的需求", "进展"}},
	{civic.TopicVotes, "投票征询", "投票", []string{"投票", "投票征询", "征询", "征求意见", "选举"}},
	{civic.TopicProjects, "项目进展", "项目", []string{"项目", "项目进展", "工程"}},
	{civic.TopicMeetings, "会议通知", "会议", []string{"会议", "会议通知", "开会", "议事会"}},
}

var (
	allTopics  = []string{"全部", "所有", "全都", "所有通知", "全部通知"}
	stopWords  = []string{"退订", "不想收", "不要发", "不收"}
	startWords = []string{"订阅", "恢复订阅", "恢复", "取消退订", "重新订阅"}
)

// maxTopic is how long a topic may be that is not known, in characters.
const maxTopic = 4

// OptOutDraft is what somebody wants to hear of no more, or again.
type OptOutDraft struct {
	Off     []civic.Topic `json:"off,omitempty"`     // what they do not want, as listed
	Strange string        `json:"strange,omitempty"` // what they named and is no topic
	Stopped []string      `json:"stopped,omitempty"`
	Started []string      `json:"started,omitempty"`
	Start   bool          `json:"start,omitempty"` // they came to hear more, not less
	Settled bool          `json:"settled,omitempty"`
}

// optOut 退订 stops topics and starts them again. It does so at once, without asking twice:
// nothing is lost by it, and the answer says how it is undone.
var optOut = Flow[OptOutDraft]{
	ID: "opt-out", Version: 1, Title: "退订",
	Opens: []string{
		"退订", "退订通知", "退订消息", "不想收", "不想收通知", "不要发了", "别发了", "别再发了", "不收通知", "TD",
		"订阅", "恢复订阅", "取消退订", "重新订阅", "通知设置",
	},
	Words:  []string{"退订", "别发", "不要发", "不想收"},
	Match:  matchOptOut,
	Glance: true,
	Begin:  (*OptOutDraft).begin,
	Steps: []Step[OptOutDraft]{
		{ID: "pick", Open: (*OptOutDraft).asking, Ask: (*OptOutDraft).askPick, Hear: (*OptOutDraft).hearPick},
		{ID: "settled", Open: always[OptOutDraft], Ask: (*OptOutDraft).askSettled},
	},
}

// matchOptOut recognises 退订会议, 订阅投票 and the like. A short word that is no topic is shown
// the list; a sentence that happens to begin so is left alone.
func matchOptOut(text string) (string, bool) {
	_, rest, ok := cutOptOut(text)
	if !ok || rest == "" {
		return "", false
	}
	_, known := topicsIn(rest)
	return text, known || zh.Runes(rest) <= maxTopic && strings.HasPrefix(zh.Fold(text), stopWords[0])
}

// cutOptOut reads the verb; off says that it stops.
func cutOptOut(text string) (off bool, rest string, ok bool) {
	key := zh.Fold(text)
	for _, of := range []struct {
		words []string
		off   bool
	}{{stopWords, true}, {startWords, false}} {
		longest := ""
		for _, w := range of.words {
			if strings.HasPrefix(key, w) && len(w) > len(longest) {
				longest = w
			}
		}
		if longest != "" {
			rest := strings.TrimPrefix(strings.TrimSpace(strings.TrimPrefix(key, longest)), "了")
			return of.off, strings.TrimSpace(strings.TrimLeft(rest, "+＋")), true
		}
	}
	return false, "", false
}

func everyTopic() []int { return []int{0, 1, 2, 3} }

// topicsIn finds what words name; every one of them must be a topic.
func topicsIn(words string) (found []int, ok bool) {
	if zh.Said(words, allTopics...) {
		return everyTopic(), true
	}
	for _, w := range strings.FieldsFunc(words, func(r rune) bool { return strings.ContainsRune("、，, 和", r) }) {
		w = strings.TrimSuffix(w, "的通知")
		i := slices.IndexFunc(topics, func(of topic) bool { return zh.Said(w, of.words...) })
		if i < 0 {
			return nil, false
		}
		found = append(found, i)
	}
	return found, len(found) > 0
}

func (d *OptOutDraft) begin(t *Turn, arg string) {
	off, err := t.World.Preferences.Preferences(t.Context(), civic.Account(t.Account))
	if t.Failed(err) {
		return
	}
	d.Off = off
	stop, _, ok := cutOptOut(t.Text)
	d.Start = ok && !stop
	_, rest, _ := cutOptOut(arg) // "" where the list was asked for
	if rest == "" {
		return
	}
	picked, known := topicsIn(rest)
	if !known {
		d.Strange = rest
		return
	}
	for _, i := range picked {
		d.set(t, i, stop)
	}
	d.Settled = true
}

// set stops or starts a topic.
func (d *OptOutDraft) set(t *Turn, i int, off bool) {
	of := topics[i]
	if slices.Contains(d.Off, of.id) != off {
		t.Also(civic.OptOut{Account: civic.Account(t.Account), Topic: of.id, Off: off})
	}
	if off {
		d.Stopped = append(d.Stopped, of.name)
	} else {
		d.Started = append(d.Started, of.name)
	}
}

func (d *OptOutDraft) asking(*Turn) bool { return !d.Settled }

func (d *OptOutDraft) askPick(*Turn) Reply {
	text := "这几类通知，您现在："
	if d.Strange != "" {
		text = "没有“" + d.Strange + "”这一类。您现在："
	}
	labels := make([]string, len(topics))
	for i, of := range topics {
		labels[i] = of.name + "：在收"
		if slices.Contains(d.Off, of.id) {
			labels[i] = of.name + "：不收"
		}
	}
	return Reply{
		Text: text, Choices: numbered(labels),
		After: "要换哪一类，就回它的数字；几类一起回“1 3”，" + d.all() + "回“全部”。不改回“取消”。",
	}
}

// all is what 全部 means to them.
func (d *OptOutDraft) all() string {
	if d.Start {
		return "都要收"
	}
	return "都不收"
}

// hearPick takes numbers, which turn a topic round, and words, which mean what they came for.
func (d *OptOutDraft) hearPick(t *Turn) Move {
	if t.Said("不改", "不改了", "不用", "不用了", "没有", "0") {
		return dialog.Done().Saying("好，没有改。")
	}
	d.Stopped, d.Started = nil, nil
	if picked, v := zh.Choices(t.Text, len(topics), 0); v == zh.Sure {
		for _, i := range picked {
			d.set(t, i, !slices.Contains(d.Off, topics[i].id))
		}
		return dialog.Next()
	}
	off := !d.Start
	picked, known := topicsIn(zh.Fold(t.Text))
	switch {
	case t.Said("都不收", "全都不收", "都退", "都不要"):
		picked, known, off = everyTopic(), true, true
	case t.Said("都收", "都要收", "都要"):
		picked, known, off = everyTopic(), true, false
	}
	if !known {
		return dialog.Again("请回 1 到 4 的数字，可以几个一起。")
	}
	for _, i := range picked {
		d.set(t, i, off)
	}
	return dialog.Next()
}

func (d *OptOutDraft) askSettled(*Turn) Reply {
	var text []string
	if len(d.Started) > 0 {
		text = append(text, "好，重新给您发："+strings.Join(d.Started, "、")+"。")
	}
	if len(d.Stopped) > 0 {
		undo := "全部"
		if len(d.Stopped) < len(topics) {
			i := slices.IndexFunc(topics, func(of topic) bool { return of.name == d.Stopped[0] })
			undo = topics[i].short
		}
		text = append(text,
			"好，不再给您发："+strings.Join(d.Stopped, "、")+"。这里面的急事也不发。",
			"您自己来问的（像“进度018”），还有不在这四类里的，照常。",
			"想再收，回“订阅"+undo+"”。")
	}
	return Reply{Text: strings.Join(text, "\n")}
}
