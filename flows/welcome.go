package flows

import (
	"yishi/flows/civic"
	"yishi/flows/dialog"
)

// WelcomeDraft is what a follow or a scan brought with it.
type WelcomeDraft struct {
	Scene     string            `json:"scene,omitempty"`
	Community civic.CommunityID `json:"community,omitempty"`
	Name      string            `json:"name,omitempty"`
	Fresh     bool              `json:"fresh,omitempty"` // a new follow, not a scan by a follower
}

// welcome greets a new follower. A scene is a hint for the community and gives no rights.
var welcome = Flow[WelcomeDraft]{
	ID: "welcome", Version: 1, Title: "欢迎",
	Takes: []dialog.Kind{dialog.Follow, dialog.Scan},
	Begin: (*WelcomeDraft).begin,
	Leads: []string{"menu"},
	Steps: []Step[WelcomeDraft]{
		{ID: "strange", Open: (*WelcomeDraft).strange, Ask: (*WelcomeDraft).askStrange},
		{ID: "hello", Open: always[WelcomeDraft], Ask: (*WelcomeDraft).askHello},
	},
}

func always[D any](*D, *Turn) bool { return true }

func (d *WelcomeDraft) begin(t *Turn, scene string) {
	d.Scene, d.Fresh = scene, t.Kind == dialog.Follow
	if scene != "" {
		id, estate, ok, err := t.World.Communities.Scene(t.Context(), scene)
		if t.Failed(err) {
			return
		}
		if ok && verifiedHome(t) == 0 { // whoever is verified belongs where the roll says
			d.Community = id
			t.Also(civic.Join{Account: civic.Account(t.Account), Community: id, Estate: estate})
			setHome(t, id)
		}
	}
	if c, ok := ours(t); ok {
		d.Community, d.Name = c.ID, c.Name
	}
}

// strange catches a code that is none of ours, scanned by somebody who follows already.
func (d *WelcomeDraft) strange(t *Turn) bool {
	if d.Fresh || d.Scene == "" || t.Failed(nil) {
		return false
	}
	_, _, ok, err := t.World.Communities.Scene(t.Context(), d.Scene)
	return !t.Failed(err) && !ok
}

func (d *WelcomeDraft) askStrange(*Turn) Reply {
	return menuReply("这个码不是社区的，我没有动任何东西。想办什么？")
}

func (d *WelcomeDraft) askHello(*Turn) Reply {
	text := "您好，欢迎！小区里的事，您提、您选、您评。"
	if d.Name != "" {
		text = "您好，这里是" + d.Name + "议事。小区里的事，您提、您选、您评。"
	}
	return menuReply(text + "\n想办什么？点一下，或者直接说。")
}

// verifiedHome is the community of a verified account, 0 of any other.
func verifiedHome(t *Turn) civic.CommunityID {
	who, ok, err := t.World.People.Identity(t.Context(), civic.Account(t.Account))
	if t.Failed(err) || !ok {
		return 0
	}
	setHome(t, who.Community)
	return who.Community
}
