package chat_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"yishi/bot/chat"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/store/storetest"
)

// clerks is a world in which one account holds one grant, in one of two communities that lie in
// streets and districts of their own.
type clerks struct{ grant civic.Grant }

func (c clerks) Grants(context.Context, civic.Account) ([]civic.Grant, error) {
	if c.grant.Role == civic.Resident {
		return nil, nil
	}
	return []civic.Grant{c.grant}, nil
}

func (clerks) all() []civic.Community {
	return []civic.Community{
		{ID: 1, Code: "甲", Name: "甲社区", Area: civic.Area{Street: 11, District: 21}},
		{ID: 2, Code: "乙", Name: "乙社区", Area: civic.Area{Street: 12, District: 22}},
	}
}

// clerkPlaces are the communities of clerks; other look-ups of places are the fake's.
type clerkPlaces struct {
	*town
	of clerks
}

func (p clerkPlaces) Communities(context.Context) ([]civic.Community, error) { return p.of.all(), nil }

func (p clerkPlaces) Community(_ context.Context, id civic.CommunityID) (civic.Community, bool, error) {
	for _, c := range p.of.all() {
		if c.ID == id {
			return c, true, nil
		}
	}
	return civic.Community{}, false, nil
}

// grantOver is a grant of a role over the i-th community of clerks, or over none for 0.
func grantOver(r civic.Role, i int) civic.Grant {
	g := civic.Grant{ID: 1, Staff: 1, Role: r, Community: civic.CommunityID(i)}
	if i == 0 {
		g.Community = 99
	}
	if r == civic.Street {
		g.Community, g.Over = 0, int64(10+i)
	}
	if r == civic.District {
		g.Community, g.Over = 0, int64(20+i)
	}
	return g
}

// TestDefaultDenyOfWords says every opening word of every flow of staff in every office: it opens the flow
// to whoever civic lets do the flow's act, and is plain text to all others.
func TestDefaultDenyOfWords(t *testing.T) {
	e, db := engine(t), storetest.Open(t)
	restricted := e.Restricted()
	if len(restricted) < 8 {
		t.Fatalf("only %d flows of staff", len(restricted))
	}
	now := time.Date(2027, 3, 1, 9, 0, 0, 0, shanghai)
	for _, f := range restricted {
		known := false
		for _, a := range civic.Acts() {
			known = known || string(a) == f.Right
		}
		if !known {
			t.Errorf("%s is for an act that civic does not know: %s", f.Flow, f.Right)
		}
		if len(f.Opens) == 0 {
			t.Logf("%s has no word of its own", f.Flow)
		}
		for _, r := range civic.Roles() {
			for i := range 3 { // 0: an office over no community that there is
				c := clerks{grant: grantOver(r, i)}
				town := newTown(func() time.Time { return now })
				w := chat.World(db, base)
				w.Staff, w.Communities = c, clerkPlaces{town, c}
				want := i > 0 && civic.May(r, civic.Act(f.Right))
				for _, word := range f.Opens {
					_, out, err := e.Advance(dialog.Session{}, dialog.NewTurn(t.Context(), dialog.Input{Kind: dialog.Text, Text: word}, now, "o", "run", w))
					if err != nil {
						t.Errorf("%s said by a %s: %v", word, r, err)
						continue
					}
					if got := out.Flow == f.Flow; got != want {
						t.Errorf("%q said by a %s over community %d opens %s; let in: %v, want %v", word, r, i, out.Flow, got, want)
					}
				}
			}
		}
	}
}

// ofOneNeed are what 初选 offers on each need: they need no line of their own in 工作.
var ofOneNeed = []string{"accept-need", "merge-need", "part-need", "ask-author", "decline-need", "settle-decline"}

// TestWorkListsEveryWord: whatever staff open by a word is in the list of their work, by such a word.
func TestWorkListsEveryWord(t *testing.T) {
	listed := flows.WorkWords()
	for _, f := range engine(t).Restricted() {
		word, ok := listed[f.Flow]
		switch {
		case len(f.Opens) == 0 || f.Flow == "work" || f.Flow == "office" || slices.Contains(ofOneNeed, f.Flow):
		case !ok:
			t.Errorf("%s is not in 工作", f.Flow)
		case !slices.Contains(f.Opens, word):
			t.Errorf("工作 names %s by %s, which does not open it", f.Flow, word)
		}
	}
}
