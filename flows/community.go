package flows

import (
	"fmt"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// FindDraft is what is known so far of where somebody lives.
type FindDraft struct {
	Tries int            `json:"tries,omitempty"`
	Found []civic.Estate `json:"found,omitempty"` // as listed, so that a number keeps its meaning
	Names []string       `json:"names,omitempty"` // what is shown for each of Found
	Pick  int            `json:"pick,omitempty"`
}

// findTries misspelt names in a row lead to the list of communities.
const findTries = 3

// findCommunity asks once an account where it belongs.
var findCommunity = Flow[FindDraft]{
	ID: "find-community", Version: 1, Title: "选社区", Opens: []string{"选社区", "换社区", "我搬家了"},
	Steps: []Step[FindDraft]{
		{ID: "fixed", Open: func(_ *FindDraft, t *Turn) bool { return verifiedHome(t) != 0 }, Ask: (*FindDraft).askFixed},
		{ID: "name", Open: always[FindDraft], Say: "您住在哪个小区？请写小区的名字。", Hear: (*FindDraft).hearName, Commits: true},
		{ID: "pick", Open: (*FindDraft).any, Ask: (*FindDraft).askPick, Hear: (*FindDraft).hearPick, Commits: true, Jumps: []string{"name"}},
	},
	Told: (*FindDraft).told,
}

// askFixed is for who is verified: where they belong follows the roll.
func (*FindDraft) askFixed(t *Turn) Reply {
	c, _ := ours(t)
	return Reply{Text: "您认证的是" + c.Name + "的住户，社区跟着名册走。搬了家请回“人工”，名册改了这里就跟着改。"}
}

func (d *FindDraft) hearName(t *Turn) Move {
	name := zh.Cut(t.Text, 30)
	found, err := t.World.Communities.EstatesNamed(t.Context(), name, 4)
	if t.Failed(err) {
		return dialog.Again("")
	}
	d.Found, d.Names, d.Pick = found, nil, 0
	if len(found) > 0 && zh.Fold(found[0].Name) == zh.Fold(name) && (len(found) == 1 || found[1].Name != found[0].Name) {
		return d.join(t)
	}
	if len(found) == 0 {
		if d.Tries++; d.Tries < findTries {
			return dialog.Again("没有找到“" + name + "”。请写大门口牌子上的小区名。")
		}
		return d.listCommunities(t)
	}
	for _, e := range found {
		c, _, err := t.World.Communities.Community(t.Context(), e.Community)
		if t.Failed(err) {
			return dialog.Again("")
		}
		d.Names = append(d.Names, e.Name+"（"+c.Name+"）")
	}
	return dialog.Next()
}

// listCommunities offers whole communities when the estate's name will not do.
func (d *FindDraft) listCommunities(t *Turn) Move {
	all, err := t.World.Communities.Communities(t.Context())
	if t.Failed(err) {
		return dialog.Again("")
	}
	if len(all) == 0 {
		return dialog.Again("这里还没有开通的社区，请过几天再来。")
	}
	for _, c := range all[:min(len(all), 8)] {
		d.Found = append(d.Found, civic.Estate{Community: c.ID})
		d.Names = append(d.Names, c.Name)
	}
	return dialog.Next().Saying("还是没有找到，那就选社区吧。")
}

func (d *FindDraft) any(*Turn) bool { return len(d.Found) > 0 }

func (d *FindDraft) askPick(*Turn) Reply {
	return Reply{Text: "是下面哪一个？", Choices: numbered(append(d.Names[:len(d.Names):len(d.Names)], "都不是"))}
}

func (d *FindDraft) hearPick(t *Turn) Move {
	i, v := t.Choice(append(d.Names[:len(d.Names):len(d.Names)], "都不是")...)
	switch {
	case t.Said("0", "都不是", "没有") || v == zh.Sure && i == len(d.Names):
		d.Found, d.Names = nil, nil
		return dialog.Edit("name")
	case v != zh.Sure:
		return dialog.Again(askNumber(len(d.Names) + 1))
	}
	d.Pick = i
	return d.join(t)
}

func (d *FindDraft) join(t *Turn) Move {
	e := d.Found[d.Pick]
	return dialog.Done(civic.Join{Account: civic.Account(t.Account), Community: e.Community, Estate: e.ID})
}

// told asks what is remembered now: the draft may be older than the commit, if the session was
// lost in between. Where nothing can be asked, the names are only courtesy.
func (d *FindDraft) told(t *Turn, _ any) Reply {
	f, ok, err := t.World.Followers.Follower(t.Context(), civic.Account(t.Account))
	if err != nil || !ok {
		setHome(t, 0)
		return Reply{Text: "好，记下了。"}
	}
	setHome(t, f.Community)
	c, _, err := t.World.Communities.Community(t.Context(), f.Community)
	if err != nil {
		return Reply{Text: "好，记下了。"}
	}
	estate := ""
	for _, e := range d.Found {
		if e.ID == f.Estate && e.Community == f.Community {
			estate = e.Name
		}
	}
	return Reply{Text: "好，记下了：" + c.Name + estate + "。"}
}

// numbered makes tappable choices 1 to n of labels.
func numbered(labels []string) []Choice {
	cs := make([]Choice, len(labels))
	for i, l := range labels {
		n := fmt.Sprint(i + 1)
		cs[i] = Choice{Label: n + ". " + l, Send: n}
	}
	return cs
}

// askNumber is the hint for an answer that is none of n choices.
func askNumber(n int) string {
	if n == 2 {
		return "请回 1 或 2。"
	}
	return fmt.Sprintf("请回 1 到 %d 的数字。", n)
}
