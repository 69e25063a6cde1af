package store

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

func (t *turn) planRevoke(e civic.RevokeGrant) error {
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, t *turn) error { return b.revoke(t, e) }})
	return nil
}

// revoke takes an office away. As nobody takes away their own, a committee never takes away the last
// of it: whoever does it is left. Of two who take each other's at once, one is refused. Whoever commits something by it at this moment holds a lock on the
// grant: this waits until that is done, or was first, and then that is refused.
func (b *batch) revoke(t *turn, e civic.RevokeGrant) error {
	g, err := b.grantOf(e.Grant)
	if err != nil {
		return err
	}
	area, err := b.officeArea(g.Community, g.Office())
	if err != nil {
		return err
	}
	sentence := civic.NotYours
	by, err := b.permitIf(t, deed{
		by: e.By, act: civic.ActInvite, what: "revoke", object: object("staff", int64(g.Staff)),
		detail: map[string]any{"grant": g.ID, "role": g.Role, "over": g.Over},
	}, func(own civic.Grant) bool {
		switch {
		case own.Staff == g.Staff:
			sentence = civic.NotYourself
		case !civic.MayGive(own, g.Office(), area):
		default:
			return true
		}
		return false
	}, "")
	var no *civic.Refusal
	if errors.As(err, &no) && no.Sentence == "" {
		return refuse(sentence)
	}
	if err != nil {
		return err
	}
	return b.end(g, by.Staff)
}

// grantOf reads and locks a grant that holds.
func (b *batch) grantOf(id int64) (civic.Grant, error) {
	var row grantRow
	if err := b.tx.Raw("SELECT * FROM grants WHERE id = ? AND revoked_ms = 0"+b.db.dia.forUpdate(), id).Scan(&row).Error; err != nil {
		return civic.Grant{}, fmt.Errorf("find grant: %w", clean(err))
	}
	if row.ID == 0 {
		return civic.Grant{}, refuse(civic.GoneAlready)
	}
	return row.grant()
}

// end revokes a grant that was locked.
func (b *batch) end(g civic.Grant, by civic.StaffID) error {
	if err := b.tx.Exec("UPDATE grants SET revoked_ms = ?, revoked_by = ? WHERE id = ?", ms(b.now), int64(by), g.ID).Error; err != nil {
		return fmt.Errorf("revoke grant: %w", clean(err))
	}
	return b.relieve(g)
}

// relieve gives back what others handed over to somebody who does not work for the community any more.
func (b *batch) relieve(g civic.Grant) error {
	if still, err := b.worksFor(g.Staff, g.Community, false); err != nil || still {
		return err
	}
	if err := b.freeTalks(g); err != nil {
		return err
	}
	var rows []handoverRow
	err := b.tx.Raw("SELECT * FROM handovers WHERE to_id = ? AND community_id = ? AND back_ms = 0"+b.db.dia.forUpdate(), int64(g.Staff), int64(g.Community)).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("find hand-overs: %w", clean(err))
	}
	for _, h := range rows {
		if _, err := b.cancel(handBackTimer(h.ID), 0); err != nil {
			return err
		}
		if err := b.handBack(h); err != nil {
			return err
		}
	}
	return nil
}

// RevokeStaff takes an office away on behalf of the operator, who may take every one. A
// *civic.Refusal says that it does not hold any more.
func (db *DB) RevokeStaff(ctx context.Context, grant int64) error {
	err := db.retried(ctx, func(tx *gorm.DB) error {
		b := &batch{db: db, tx: tx, now: db.clock.Now()}
		g, err := b.grantOf(grant)
		if err != nil {
			return err
		}
		err = b.audit(civic.Grant{}, deed{
			by: civic.By{Community: g.Community}, act: civic.ActRunCommunity, what: "revoke", object: object("staff", int64(g.Staff)),
			detail: map[string]any{"grant": g.ID, "role": g.Role, "over": g.Over},
		})
		if err != nil {
			return err
		}
		return b.end(g, 0)
	})
	if err != nil {
		return fmt.Errorf("revoke office: %w", err)
	}
	return nil
}
