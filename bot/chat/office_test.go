package chat_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"yishi/flows/civic"
)

// describeOffice writes an effect about offices without ids; "" if it is none.
func describeOffice(e any) string {
	switch e := e.(type) {
	case civic.Invite:
		return fmt.Sprintf("Invite{%s grids:%d phone:%v}", e.Office.Role, len(e.Office.Grids), e.Staff != 0)
	case civic.CancelInvite:
		return "CancelInvite"
	case civic.AcceptInvite:
		return "AcceptInvite{" + e.Consent + "}"
	case civic.MissInvite:
		return "MissInvite"
	case civic.RevokeGrant:
		return "RevokeGrant"
	case civic.HandOver:
		return fmt.Sprintf("HandOver{until:%v}", !e.Until.IsZero())
	case civic.TakeBack:
		return "TakeBack"
	case civic.ChangeSettings:
		return fmt.Sprintf("ChangeSettings{%s %v%s}", e.Setting, e.Values, e.Text)
	}
	return ""
}

// nobody was invited, has work or did anything.

func (nobody) Grids(context.Context, civic.CommunityID) ([]civic.Grid, error) { return nil, nil }

func (nobody) Streets(context.Context) ([]civic.StreetArea, error) { return nil, nil }

func (nobody) Members(context.Context, civic.Account, civic.CommunityID, civic.Act) ([]civic.Member, error) {
	return nil, nil
}

func (nobody) OpenInvites(context.Context, civic.Account, civic.CommunityID) ([]civic.Invitation, error) {
	return nil, nil
}

func (nobody) Invitation(context.Context, civic.Account, string) (civic.Invitation, civic.InviteState, error) {
	return civic.Invitation{}, civic.InviteUnknown, nil
}

func (nobody) Page(context.Context, civic.Account, civic.CommunityID, civic.AuditLine, int) ([]civic.AuditLine, error) {
	return nil, nil
}

func (nobody) Counts(context.Context, civic.Account, civic.Grant, civic.CommunityID) ([]civic.WorkCount, error) {
	return nil, nil
}

// addArea puts communities into a street: 街道 区 钮,平.
func (p *player) addArea(args []string) error {
	if len(args) != 3 {
		return errors.New("want 街道 区 钮,平")
	}
	for code := range strings.SplitSeq(args[2], ",") {
		c, err := communityOf(p.t.Context(), p.st.db(), code)
		if err != nil {
			return err
		}
		if _, err := p.st.db().PutInStreet(p.t.Context(), c.ID, args[0], args[1]); err != nil {
			return err
		}
	}
	return nil
}

// inviteStaff has the operator invite somebody, or a new phone for somebody: gridWorker 钮 姓名. What
// was invited is said by 〔邀请码〕 in a person's line.
func (p *player) inviteStaff(args []string) error {
	ctx, db := p.t.Context(), p.st.db()
	if len(args) != 3 || !slices.Contains(civic.Roles(), civic.Role(args[0])) {
		return errors.New("want gridWorker 钮 姓名")
	}
	c, err := communityOf(ctx, db, args[1])
	if err != nil {
		return err
	}
	code, err := db.InviteStaff(ctx, civic.Invite{
		By: civic.By{Community: c.ID}, Office: civic.Office{Role: civic.Role(args[0]), Community: c.ID}, Name: args[2],
	})
	p.invite = code
	return err
}

// toldCode is an invitation's code as the bot writes it. Scripts show 〔邀请码〕 in its place: it is another
// each time.
var toldCode = regexp.MustCompile(`[2-9CFHJKMQRTWXY]{4}-[2-9CFHJKMQRTWXY]{4}-[2-9CFHJKMQRTWXY]{4}`)

func (p *player) withoutCode(reply string) string {
	if code := toldCode.FindString(reply); code != "" {
		p.invite = strings.ReplaceAll(code, "-", "")
	}
	return toldCode.ReplaceAllString(reply, "〔邀请码〕")
}

// withCode puts the last code into what a person says: 〔邀请码〕 as told, 〔抄邀请码〕 as people copy it, 〔错邀请码〕
// with a slip, 〔假邀请码〕 one that nobody made.
func (p *player) withCode(text string) string {
	if len(p.invite) != civic.InviteCodeLen {
		return text
	}
	slip := "3" + p.invite[1:]
	if p.invite[0] == '3' {
		slip = "4" + p.invite[1:]
	}
	c := p.invite
	return strings.NewReplacer(
		"〔邀请码〕", civic.ShowInviteCode(c), "〔抄邀请码〕", strings.ToLower(c[:4])+"　"+c[4:8]+" — "+strings.ToLower(c[8:]),
		"〔错邀请码〕", slip, "〔假邀请码〕", civic.ShowInviteCode(civic.InviteCode([]byte(text+fmt.Sprint(len(p.out.lines))))),
	).Replace(text)
}
