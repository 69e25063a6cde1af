package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"yishi/flows/civic"
)

// Offices looks up who holds which office, and what was offered.
type Offices struct{ db *DB }

// Offices returns the look-ups of offices.
func (db *DB) Offices() *Offices { return &Offices{db} }

// may says whether the account may do one of the acts for the community.
func (o *Offices) may(ctx context.Context, a civic.Account, c civic.CommunityID, acts ...civic.Act) (bool, error) {
	grants, err := o.db.Staff().Grants(ctx, a)
	if err != nil {
		return false, err
	}
	b := &batch{db: o.db, tx: o.db.r.WithContext(ctx)}
	area, err := b.area(c)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(grants, func(g civic.Grant) bool {
		return g.Covers(c, area) && slices.ContainsFunc(acts, func(act civic.Act) bool { return civic.May(g.Role, act) })
	}), nil
}

// memberRow is a grant with whose it is and what was handed over.
type memberRow struct {
	Grant  grantRow `gorm:"embedded"`
	Name   []byte
	Bound  bool
	Away   int64
	AwayTo int64
	AwayMS int64  `gorm:"column:away_ms"`
	AwayAs []byte // the sealed name of whom it went to
}

// Members lists who holds an office of the community, by name and then since when; nobody to an
// account that may not see the work of staff there. Names are opened for those who may do act.
func (o *Offices) Members(ctx context.Context, a civic.Account, c civic.CommunityID, act civic.Act) ([]civic.Member, error) {
	if ok, err := o.may(ctx, a, c, civic.ActWork); err != nil || !ok {
		return nil, err
	}
	named, err := o.may(ctx, a, c, act)
	if err != nil {
		return nil, err
	}
	return o.members(ctx, c, named && (act == civic.ActInvite || act == civic.ActHandOver))
}

// AllMembers lists who holds an office of the community, with names, for the operator.
func (o *Offices) AllMembers(ctx context.Context, c civic.CommunityID) ([]civic.Member, error) {
	return o.members(ctx, c, true)
}

func (o *Offices) members(ctx context.Context, c civic.CommunityID, named bool) ([]civic.Member, error) {
	v, err := o.db.vault(ctx)
	if err != nil {
		return nil, err
	}
	var rows []memberRow
	err = o.db.r.WithContext(ctx).Raw("SELECT g.*, s.name, s.account IS NOT NULL AS bound, COALESCE(h.id, 0) AS away, COALESCE(h.to_id, 0) AS away_to, "+
		"COALESCE(h.until_ms, 0) AS away_ms, n.name AS away_as FROM grants g JOIN staff s ON s.id = g.staff_id "+
		"LEFT JOIN handovers h ON h.from_id = g.staff_id AND h.community_id = g.community_id AND h.back_ms = 0 LEFT JOIN staff n ON n.id = h.to_id "+
		"WHERE g.community_id = ? AND g.revoked_ms = 0", int64(c)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read staff: %w", clean(err))
	}
	byID := map[civic.StaffID]*civic.Member{}
	var out []*civic.Member
	for _, r := range rows {
		g, err := r.Grant.grant()
		if err != nil {
			return nil, err
		}
		m := byID[g.Staff]
		if m == nil {
			m = &civic.Member{Staff: g.Staff, Reached: r.Bound, Away: r.Away, Back: at(r.AwayMS), Since: at(r.Grant.GivenMS)}
			if named {
				if m.Name, err = v.Open(r.Name, "staff.name", int64(g.Staff)); err != nil {
					return nil, err
				}
				if m.AwayTo, err = v.Open(r.AwayAs, "staff.name", r.AwayTo); err != nil {
					return nil, err
				}
			}
			byID[g.Staff], out = m, append(out, m)
		}
		m.Grants = append(m.Grants, g)
		if t := at(r.Grant.GivenMS); t.Before(m.Since) {
			m.Since = t
		}
	}
	return ordered(out), nil
}

// ordered puts the committee first, then by age in office.
func ordered(all []*civic.Member) []civic.Member {
	out := make([]civic.Member, 0, len(all))
	for _, m := range all {
		slices.SortFunc(m.Grants, func(x, y civic.Grant) int {
			return cmp.Or(officeRank(x.Role)-officeRank(y.Role), cmp.Compare(x.ID, y.ID))
		})
		out = append(out, *m)
	}
	slices.SortFunc(out, func(x, y civic.Member) int {
		return cmp.Or(officeRank(x.Grants[0].Role)-officeRank(y.Grants[0].Role), x.Since.Compare(y.Since), cmp.Compare(x.Name, y.Name), cmp.Compare(x.Staff, y.Staff))
	})
	return out
}

func officeRank(r civic.Role) int {
	return slices.Index([]civic.Role{civic.District, civic.Street, civic.Committee, civic.GridWorker, civic.Supervisor, civic.Observer}, r)
}

// Above lists the grants over the community's street and district, for the operator.
func (o *Offices) Above(ctx context.Context) ([]civic.Member, error) { return o.members(ctx, 0, true) }

// Invitation finds what a code is good for to an account. A code that is none should be counted by
// civic.MissInvite.
func (o *Offices) Invitation(ctx context.Context, a civic.Account, code string) (civic.Invitation, civic.InviteState, error) {
	tx := o.db.r.WithContext(ctx)
	if locked, err := triedOut(tx, a, o.db.clock.Now(), ""); err != nil || locked {
		return civic.Invitation{}, civic.InviteLocked, err
	}
	var v *openVault
	row, err := look(ctx, o.db, func(now *openVault) (row invitationRow, newest int64, err error) {
		v = now
		if row, err = inviteOf(tx, v, code, ""); err != nil || row.ID != 0 {
			return row, 0, err
		}
		err = tx.Raw("SELECT " + newestKey).Scan(&newest).Error // had there been a newer key then, there is now
		return row, newest, clean(err)
	})
	if err != nil {
		return civic.Invitation{}, "", err
	}
	state := o.db.inviteState(v, &row)
	if state == civic.InviteUnknown {
		return civic.Invitation{}, state, nil
	}
	inv, err := o.shown(ctx, v, &row)
	if err != nil {
		return civic.Invitation{}, "", err
	}
	if state == civic.InviteUsed {
		var mine int64
		if err := tx.Raw("SELECT id FROM staff WHERE id = ? AND account = ?", row.UsedBy, string(a)).Scan(&mine).Error; err != nil {
			return civic.Invitation{}, "", fmt.Errorf("find staff: %w", clean(err))
		}
		if mine != 0 {
			state = civic.InviteMine
		}
	}
	return inv, state, nil
}

// shown is a row as people see it, without its code.
func (o *Offices) shown(ctx context.Context, v *openVault, r *invitationRow) (civic.Invitation, error) {
	inv := civic.Invitation{ID: r.ID, Staff: civic.StaffID(r.StaffID), Until: at(r.UntilMS)}
	var err error
	if inv.Office, err = r.office(); err != nil {
		return inv, err
	}
	if r.StaffID == 0 {
		inv.Name, err = v.Open(r.Name, "invitations.name", r.ID)
	} else {
		inv.Name, _, err = o.named(ctx, v, r.StaffID)
	}
	if err == nil && r.GivenBy != 0 {
		inv.Inviter, inv.As, err = o.named(ctx, v, r.GivenBy)
	}
	return inv, err
}

// named returns the name of a member of staff and the widest office they hold.
func (o *Offices) named(ctx context.Context, v *openVault, id int64) (string, civic.Role, error) {
	var row staffRow
	if err := o.db.r.WithContext(ctx).Raw("SELECT * FROM staff WHERE id = ?", id).Scan(&row).Error; err != nil {
		return "", "", fmt.Errorf("read staff: %w", clean(err))
	}
	grants, err := grantsHeld(o.db.r.WithContext(ctx), civic.StaffID(id), "")
	if err != nil {
		return "", "", err
	}
	var role civic.Role
	if len(grants) > 0 {
		role = grants[len(grants)-1].Role
	}
	name, err := v.Open(row.Name, "staff.name", id)
	return name, role, err
}

// OpenInvites lists the codes of the community that nobody has used yet, oldest first, for those
// who may invite there.
func (o *Offices) OpenInvites(ctx context.Context, a civic.Account, c civic.CommunityID) ([]civic.Invitation, error) {
	if ok, err := o.may(ctx, a, c, civic.ActInvite); err != nil || !ok {
		return nil, err
	}
	return o.openInvites(ctx, c)
}

func (o *Offices) openInvites(ctx context.Context, c civic.CommunityID) ([]civic.Invitation, error) {
	v, err := o.db.vault(ctx)
	if err != nil {
		return nil, err
	}
	var rows []invitationRow
	err = o.db.r.WithContext(ctx).Raw("SELECT * FROM invitations WHERE asked_for = ? AND used_ms = 0 AND revoked_ms = 0 AND until_ms > ? ORDER BY made_ms, id LIMIT 50",
		int64(c), ms(o.db.clock.Now().Add(-time.Millisecond))).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read invitations: %w", clean(err))
	}
	out := make([]civic.Invitation, 0, len(rows))
	for _, r := range rows {
		inv, err := o.shown(ctx, v, &r)
		if err != nil {
			return nil, err
		}
		if signer := v.signerOf(&r); signer != v.newest() { // void, or nobody's
			continue
		}
		inv.Code = v.newest().inviteCode(r.ID)
		out = append(out, inv)
	}
	return out, nil
}
