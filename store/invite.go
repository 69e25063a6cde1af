package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// inviteCode is the code of an invitation. It is worked out from the id whenever it is to be told,
// and stands in no table.
func (k *dataKey) inviteCode(id int64) string {
	m := hmac.New(sha256.New, k.hash)
	_, _ = m.Write([]byte("invite-code\x00")) // never fails
	_, _ = m.Write(binary.BigEndian.AppendUint64(nil, uint64(id)))
	return civic.InviteCode(m.Sum(nil))
}

// signInvite signs what an invitation gives, for whom and how long.
func (k *dataKey) signInvite(r *invitationRow) []byte {
	return k.digest("invite-sign", fmt.Sprint(r.ID, r.StaffID, r.Role, r.CommunityID, r.OverID, "["+r.Grids+"]", r.AskedFor, r.GivenBy, r.UntilMS))
}

// signerOf is the key that signed an invitation; nil: none did.
func (v *openVault) signerOf(r *invitationRow) *dataKey {
	for i := range v.all {
		if hmac.Equal(r.Sign, v.all[i].signInvite(r)) {
			return &v.all[i]
		}
	}
	return nil
}

// gridList writes ids of grids as grants and invitations keep them.
func gridList(grids []int64) string {
	var ids []string
	for _, g := range slices.Compact(slices.Sorted(slices.Values(grids))) {
		ids = append(ids, strconv.FormatInt(g, 10))
	}
	return strings.Join(ids, ",")
}

func (db *DB) planInvite(ctx context.Context, t *turn, e civic.Invite) error {
	if _, err := db.vault(ctx); err != nil { // there is a key
		return err
	}
	plain, err := db.invitation(e)
	if err != nil {
		return err
	}
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, t *turn) error {
		row := plain // a try that fails leaves nothing behind
		if _, err := b.vault(); err != nil {
			return err
		}
		o := e.Office
		area, err := b.officeArea(e.By.Community, o)
		if err != nil {
			return err
		}
		var may func(civic.Grant) bool
		if e.Staff == 0 {
			may = func(g civic.Grant) bool { return civic.MayGive(g, o, area) }
		}
		g, err := b.permitIf(t, deed{
			by: e.By, act: civic.ActInvite, what: "invite", object: object("invite", row.ID),
			detail: map[string]any{"role": o.Role, "community": o.Community, "over": o.Over, "grids": o.Grids, "staff": e.Staff},
		}, may, civic.NotYours)
		if err != nil {
			return err
		}
		if e.Staff != 0 {
			if err := b.mayRebind(t.job.c.Account, e.Staff); err != nil {
				return err
			}
		}
		row.GivenBy = int64(g.Staff)
		t.receipt.Made = row.ID
		return b.addInvitation(&row, e.Name)
	}})
	return nil
}

// invitation makes the row of an invitation, but for its name, its code and who gives it.
func (db *DB) invitation(e civic.Invite) (invitationRow, error) {
	now := db.clock.Now()
	switch {
	case e.Staff == 0 && (e.Name == "" || utf8.RuneCountInString(e.Name) > civic.StaffNameMost || !utf8.ValidString(e.Name)):
		return invitationRow{}, errors.New("invite: name is not 1 to 20 characters")
	case e.Until.Before(now) || e.Until.After(now.AddDate(0, 0, civic.InviteMostDays+1)):
		return invitationRow{}, errors.New("invite: ends before now or too late")
	}
	return invitationRow{
		ID: newID(), StaffID: int64(e.Staff), Role: string(e.Office.Role), CommunityID: int64(e.Office.Community), OverID: e.Office.Over,
		Grids: gridList(e.Office.Grids), AskedFor: int64(e.By.Community), MadeMS: ms(now), UntilMS: ms(e.Until),
	}, nil
}

func (b *batch) addInvitation(row *invitationRow, name string) error {
	v, err := b.vault()
	if err != nil {
		return err
	}
	if row.Name, err = v.Seal(name, "invitations.name", row.ID); err != nil {
		return err
	}
	row.CodeHash = v.Hash("invite", v.newest().inviteCode(row.ID))
	if row.Grids != "" {
		var n int
		ids := strings.Split(row.Grids, ",")
		if err := b.tx.Raw("SELECT COUNT(*) FROM grids WHERE community_id = ? AND id IN ?", row.CommunityID, ids).Scan(&n).Error; err != nil {
			return fmt.Errorf("read grids: %w", clean(err))
		}
		if n != len(ids) {
			return refuse("有的网格不在这个社区了，请重新选。")
		}
	}
	if row.StaffID != 0 {
		var id int64
		if err := b.tx.Raw("SELECT id FROM staff WHERE id = ?", row.StaffID).Scan(&id).Error; err != nil {
			return fmt.Errorf("find staff: %w", clean(err))
		}
		if id == 0 {
			return refuse(civic.GoneAlready)
		}
	}
	row.Sign = v.newest().signInvite(row)
	if err := b.tx.Create(row).Error; err != nil {
		return fmt.Errorf("insert invitation: %w", clean(err))
	}
	return nil
}

// officeArea is where an office lies: its community, or its street.
func (b *batch) officeArea(c civic.CommunityID, o civic.Office) (civic.Area, error) {
	if o.Role != civic.Street {
		if o.Community != 0 {
			c = o.Community
		}
		return b.area(c)
	}
	area := civic.Area{Street: o.Over}
	if err := b.tx.Raw("SELECT district_id FROM streets WHERE id = ?", o.Over).Scan(&area.District).Error; err != nil {
		return area, fmt.Errorf("read area: %w", clean(err))
	}
	return area, nil
}

// mayGiveAll refuses unless, of the grants, for each office there is one that may give it.
func (b *batch) mayGiveAll(by []civic.Grant, offices []civic.Grant) error {
	for _, o := range offices {
		area, err := b.officeArea(o.Community, o.Office())
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(by, func(g civic.Grant) bool { return civic.MayGive(g, o.Office(), area) }) {
			return refuse(civic.NotYours)
		}
	}
	return nil
}

// mayRebind refuses unless the account may give every office that the member of staff holds: else a
// new phone would be a way to offices above one's own.
func (b *batch) mayRebind(a civic.Account, s civic.StaffID) error {
	by, err := grantsOf(b.tx, a, "")
	if err != nil {
		return err
	}
	theirs, err := grantsHeld(b.tx, s, b.db.dia.share())
	if err != nil {
		return err
	}
	if len(theirs) == 0 {
		return refuse(civic.GoneAlready)
	}
	return b.mayGiveAll(by, theirs)
}

// object names what an act was done to.
func object(kind string, id int64) string { return kind + ":" + strconv.FormatInt(id, 10) }

func (t *turn) planCancelInvite(e civic.CancelInvite) error {
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, t *turn) error {
		var row invitationRow
		err := b.tx.Raw("SELECT * FROM invitations WHERE id = ? AND asked_for = ?"+b.db.dia.forUpdate(), e.Invitation, int64(e.By.Community)).Scan(&row).Error
		if err != nil {
			return fmt.Errorf("find invitation: %w", clean(err))
		}
		if _, err := b.permit(t, deed{by: e.By, act: civic.ActInvite, what: "cancel-invite", object: object("invite", e.Invitation)}); err != nil {
			return err
		}
		if row.ID == 0 || row.UsedMS != 0 || row.RevokedMS != 0 {
			return refuse("这个邀请码已经用过或作废了。")
		}
		if err := b.tx.Exec("UPDATE invitations SET revoked_ms = ? WHERE id = ?", ms(b.now), e.Invitation).Error; err != nil {
			return fmt.Errorf("cancel invitation: %w", clean(err))
		}
		return nil
	}})
	return nil
}

// InviteStaff makes an invitation on behalf of the operator and returns its code.
func (db *DB) InviteStaff(ctx context.Context, e civic.Invite) (string, error) {
	if _, err := db.vault(ctx); err != nil { // there is a key
		return "", err
	}
	if e.Until.IsZero() {
		e.Until = db.clock.Now().Add(civic.InviteDays * 24 * time.Hour)
	}
	row, err := db.invitation(e)
	if err != nil {
		return "", err
	}
	code := ""
	err = db.retried(ctx, func(tx *gorm.DB) error {
		b := &batch{db: db, tx: tx, now: db.clock.Now()}
		if err := b.addInvitation(&row, e.Name); err != nil {
			return err
		}
		code = b.kept.newest().inviteCode(row.ID)
		return b.audit(civic.Grant{}, deed{
			by: e.By, act: civic.ActRunCommunity, what: "invite", object: object("invite", row.ID),
			detail: map[string]any{"role": e.Office.Role, "over": e.Office.Over, "staff": e.Staff},
		})
	})
	if err != nil {
		return "", fmt.Errorf("invite: %w", err)
	}
	return code, nil
}
