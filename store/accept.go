package store

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// inviteState says what a row is good for.
func (db *DB) inviteState(v *openVault, r *invitationRow) civic.InviteState {
	signer := v.signerOf(r)
	switch {
	case r.ID == 0 || signer == nil:
		return civic.InviteUnknown
	case r.UsedMS != 0:
		return civic.InviteUsed
	case r.RevokedMS != 0 || signer != v.newest(): // who has the old key knows all codes
		return civic.InviteRevoked
	case r.UntilMS <= ms(db.clock.Now()):
		return civic.InviteLate
	}
	return civic.InviteOpen
}

// inviteOf finds the row of a code; an empty one if there is none.
func inviteOf(tx *gorm.DB, v *openVault, code, lock string) (invitationRow, error) {
	var row invitationRow
	if err := tx.Raw("SELECT * FROM invitations WHERE code_hash IN ?"+lock, v.Hashes("invite", code)).Scan(&row).Error; err != nil {
		return row, fmt.Errorf("find invitation: %w", clean(err))
	}
	return row, nil
}

func (r *invitationRow) office() (civic.Office, error) {
	g, err := grantRow{Role: r.Role, CommunityID: r.CommunityID, OverID: r.OverID, Grids: r.Grids}.grant()
	return g.Office(), err
}

func (db *DB) planAccept(ctx context.Context, t *turn, e civic.AcceptInvite) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	if e.Consent == "" || !token(e.Consent, 20) {
		return errors.New("accept invitation: no consent")
	}
	if _, err := db.vault(ctx); err != nil { // there is a key
		return err
	}
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, t *turn) error { return b.accept(t, e) }})
	return nil
}

// accept takes an invitation up: whoever comes first has it.
func (b *batch) accept(t *turn, e civic.AcceptInvite) error {
	v, err := b.vault()
	if err != nil {
		return err
	}
	locked, err := triedOut(b.tx, e.Account, b.now, b.db.dia.share())
	if err != nil {
		return err
	}
	if locked {
		return refuse(civic.TooManyTries)
	}
	row, err := inviteOf(b.tx, v.openVault, e.Code, b.db.dia.forUpdate())
	if err != nil {
		return err
	}
	if b.db.inviteState(v.openVault, &row) != civic.InviteOpen {
		return refuse(civic.InviteGone)
	}
	o, err := row.office()
	if err != nil {
		return err
	}
	given := []civic.Grant{{Role: o.Role, Community: o.Community, Over: o.Over, Grids: o.Grids}}
	if row.StaffID != 0 { // a new phone: what they hold now
		if given, err = grantsHeld(b.tx, civic.StaffID(row.StaffID), b.db.dia.share()); err != nil {
			return err
		}
	}
	if len(given) == 0 {
		return refuse(civic.InviteGone)
	}
	if row.GivenBy != 0 { // whoever gave it must be able to give it still
		by, err := grantsHeld(b.tx, civic.StaffID(row.GivenBy), b.db.dia.share())
		if err != nil {
			return err
		}
		if err := b.mayGiveAll(by, given); err != nil {
			return refuse(civic.InviteGone)
		}
	}
	staff, err := b.takeOffice(v, &row, e.Account)
	if err != nil {
		return err
	}
	t.receipt.Made = staff
	err = b.tx.Exec("UPDATE invitations SET used_ms = ?, used_by = ? WHERE id = ?", ms(b.now), staff, row.ID).Error
	if err != nil {
		return fmt.Errorf("use invitation: %w", clean(err))
	}
	what := "accept"
	if row.StaffID != 0 {
		what = "new-phone"
	}
	return b.audit(civic.Grant{Staff: civic.StaffID(staff), Role: o.Role}, deed{
		by: civic.By{Account: e.Account, Community: civic.CommunityID(row.AskedFor)}, act: civic.ActInvite, what: what,
		object: object("invite", row.ID), detail: map[string]any{"by": row.GivenBy, "consent": e.Consent},
	})
}

// takeOffice binds the account and gives the grant; it returns the member of staff.
func (b *batch) takeOffice(v keptVault, r *invitationRow, a civic.Account) (int64, error) {
	var have staffRow
	if err := b.tx.Raw("SELECT * FROM staff WHERE account = ?"+b.db.dia.forUpdate(), string(a)).Scan(&have).Error; err != nil {
		return 0, fmt.Errorf("find staff: %w", clean(err))
	}
	if r.StaffID != 0 {
		if have.ID != 0 && have.ID != r.StaffID {
			return 0, refuse(civic.InviteTaken)
		}
		return r.StaffID, b.bind(r.StaffID, a)
	}
	if have.ID == 0 {
		name, err := v.Open(r.Name, "invitations.name", r.ID)
		if err != nil {
			return 0, err
		}
		account := string(a)
		have = staffRow{ID: newID(), Account: &account, MadeMS: ms(b.now)}
		if have.Name, err = v.Seal(name, "staff.name", have.ID); err != nil {
			return 0, err
		}
		if err := b.tx.Create(&have).Error; err != nil {
			return 0, fmt.Errorf("insert staff: %w", clean(err))
		}
	}
	return have.ID, b.grant(have.ID, r)
}

// bind moves a member of staff to an account.
func (b *batch) bind(staff int64, a civic.Account) error {
	if err := b.tx.Exec("UPDATE staff SET account = ? WHERE id = ?", string(a), staff).Error; err != nil {
		return fmt.Errorf("bind staff: %w", clean(err))
	}
	return nil
}

// grant gives an office; one of the same kind held before, as over other grids, ends.
func (b *batch) grant(staff int64, r *invitationRow) error {
	err := b.tx.Exec("UPDATE grants SET revoked_ms = ?, revoked_by = ? WHERE staff_id = ? AND role = ? AND community_id = ? AND over_id = ? AND revoked_ms = 0",
		ms(b.now), r.GivenBy, staff, r.Role, r.CommunityID, r.OverID).Error
	if err == nil {
		err = b.tx.Create(&grantRow{
			ID: newID(), StaffID: staff, Role: r.Role, CommunityID: r.CommunityID, OverID: r.OverID, Grids: r.Grids,
			GivenMS: ms(b.now), GivenBy: r.GivenBy,
		}).Error
	}
	if err != nil {
		return fmt.Errorf("give office: %w", clean(err))
	}
	return nil
}
