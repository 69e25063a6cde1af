package flows

import (
	"fmt"
	"strings"
	"time"

	"yishi/flows/civic"
	"yishi/flows/zh"
)

// others says which talks one still has, the first of them.
func (d *TalkDraft) others(t *Turn, but civic.TalkID) string {
	all, err := t.World.Talks.Desk(t.Context(), civic.Account(t.Account))
	if t.Failed(err) {
		return ""
	}
	for _, k := range all {
		if k.Mine && k.ID != but && k.ID != d.Now.ID {
			return fmt.Sprintf("\n您还接着 %s，回“切%d”接着回。", nameOf(k), k.Number)
		}
	}
	return ""
}

// unsent says that words which waited were not sent, "" if none did.
func unsent(t *Turn) string {
	if t.Note(noteHeld) == "" {
		return ""
	}
	t.SetNote(noteHeld, "")
	return "刚才等您选发给谁的，没有发。"
}

// hand gives a talk to the colleague of a name.
func (d *TalkDraft) hand(t *Turn, k civic.Talk, by civic.By, who string) []any {
	all, err := t.World.Talks.Colleagues(t.Context(), civic.Account(t.Account), k.Community)
	if t.Failed(err) {
		return nil
	}
	var names []string
	var found, like []civic.Colleague
	for _, c := range all {
		names = append(names, c.Name)
		switch {
		case c.Name == who:
			found = append(found, c)
		case zh.Runes(who) > 1 && strings.Contains(c.Name, who):
			like = append(like, c)
		}
	}
	if len(found) == 0 {
		found = like // 小王 is 社工小王 where nobody else may be
	}
	switch {
	case len(all) == 0:
		return d.keep("现在没有别的同事能接会话，没有转。")
	case len(found) != 1:
		return d.keep("没有转：要转给哪一位？" + strings.Join(names, "、") + fmt.Sprintf("。比如“转%d给%s”。", k.Number, names[0]))
	}
	d.leave(t, k.ID)
	d.keep(nameOf(k).String() + " 转给" + found[0].Name + "了。")
	return []any{civic.HandTalk{By: by, Talk: k.ID, To: found[0].Staff}}
}

// doubts are the other talks that words without a number may be meant for.
func (d *TalkDraft) doubts(t *Turn) ([]talkName, error) {
	all, err := t.World.Talks.Desk(t.Context(), civic.Account(t.Account))
	if err != nil {
		return nil, err
	}
	var others []talkName
	for _, k := range all {
		if k.Mine && k.ID != d.Now.ID && civic.Doubtful(t.Now, time.Unix(d.Chose, 0), k.CameAt) && len(others) < maxDoubts {
			others = append(others, nameOf(k))
		}
	}
	return others, nil
}

const maxDoubts = 3
