package store

import (
	"context"
	"fmt"

	"yishi/flows/civic"
)

// tooSlow is said when a need raised for somebody was not done in one go.
const tooSlow = "代办已经过了 15 分钟，没有提交。请再念一遍，重新征得同意。"

// planRaiseFor raises a need on behalf of somebody who has no account. It stands in the roll's
// name, where that is known, until they have one.
func (db *DB) planRaiseFor(ctx context.Context, t *turn, e civic.RaiseFor) error {
	if err := t.own(e.By.Account); err != nil {
		return err
	}
	if e.Raise.Community != e.By.Community {
		return refuse(civic.NoLonger)
	}
	e.Raise.Account = e.By.Account
	if err := db.planRaise(ctx, t, e.Raise); err != nil {
		return err
	}
	at := len(t.plan.raise) - 1
	t.plan.raise[at].assisted = true
	id := t.plan.raise[at].id
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, t *turn) error { return b.raisedFor(t, e, *id) }})
	return nil
}

// raisedFor checks the office and says whose the need just written is.
func (b *batch) raisedFor(t *turn, e civic.RaiseFor, need int64) error {
	if b.now.Sub(e.BeganAt) > civic.AssistFor {
		return &civic.Refusal{Sentence: tooSlow, Step: "agree"}
	}
	var where whose
	if e.Person != 0 {
		err := b.tx.Raw("SELECT p.id AS person_id, p.community_id, b.estate_id, b.grid_id FROM persons p JOIN households h ON h.id = p.household_id "+
			"JOIN buildings b ON b.id = h.building_id WHERE p.id = ? AND p.left_ms = 0", int64(e.Person)).Scan(&where).Error
		if err != nil {
			return fmt.Errorf("read where somebody lives: %w", clean(err))
		}
		if where = where.in(int64(e.By.Community)); where.PersonID == 0 {
			return refuse("名册里现在没有这个人了，没有提交。请重新代办。")
		}
	}
	by := e.By
	by.Grid = where.GridID
	g, err := b.permit(t, deed{
		by: by, act: civic.ActRaiseFor, what: "raise-for", object: needObject(civic.NeedID(need)),
		detail: map[string]any{"person": fmt.Sprint(where.PersonID), "agreed": e.Agreed},
	})
	if err != nil {
		return err
	}
	var account string
	if where.PersonID != 0 {
		err := b.tx.Raw("SELECT account FROM identities WHERE person_id = ? ORDER BY since_ms, account LIMIT 1", where.PersonID).Scan(&account).Error
		if err != nil {
			return fmt.Errorf("look for an account: %w", clean(err))
		}
	}
	err = b.tx.Exec("UPDATE needs SET account = ?, person_id = ?, estate_id = ?, grid_id = ?, raised_by = ? WHERE id = ?",
		account, where.PersonID, where.EstateID, where.GridID, int64(g.Staff), need).Error
	if err == nil {
		err = b.tx.Exec("UPDATE reviews SET grid_id = ? WHERE need_id = ?", where.GridID, need).Error
	}
	if err != nil {
		return fmt.Errorf("say whose the need is: %w", clean(err))
	}
	return nil
}

// takeOver gives an account the needs that staff raised for its person while there was none.
func (b *batch) takeOver(a civic.Account, person civic.PersonID) error {
	err := b.tx.Exec("UPDATE needs SET account = ?, updated_ms = ? WHERE person_id = ? AND account = ''", string(a), ms(b.now), int64(person)).Error
	if err != nil {
		return fmt.Errorf("take over needs: %w", clean(err))
	}
	return nil
}

// Neighbours lists who the roll has behind the doors of such a number in a community, at most limit.
// Of names it tells the ends: who stands at the door knows the rest.
func (q *Triage) Neighbours(ctx context.Context, c civic.CommunityID, building, unit, room string, limit int) ([]civic.Neighbour, error) {
	var rows []struct {
		ID, GridID int64
		Estate     string
		Name       []byte
	}
	err := q.db.r.WithContext(ctx).Raw("SELECT p.id, b.grid_id, e.name AS estate, p.name FROM estates e JOIN buildings b ON b.estate_id = e.id "+
		"JOIN households h ON h.building_id = b.id JOIN persons p ON p.household_id = h.id "+
		"WHERE e.community_id = ? AND b.name = ? AND h.unit = ? AND h.room = ? AND p.left_ms = 0 ORDER BY e.name, p.id LIMIT ?",
		int64(c), building, unit, room, limit).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read who lives there: %w", clean(err))
	}
	if len(rows) == 0 {
		return nil, nil
	}
	v, err := q.db.vault(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]civic.Neighbour, len(rows))
	for i, r := range rows {
		name, err := v.Open(r.Name, "persons.name", r.ID)
		if err != nil {
			return nil, fmt.Errorf("open name: %w", err)
		}
		out[i] = civic.Neighbour{Person: civic.PersonID(r.ID), Estate: r.Estate, Grid: r.GridID}
		if first := []rune(name); len(first) > 0 {
			out[i].Name = string(first[:1]) + "某"
			if len(first) > 2 {
				out[i].Name += string(first[len(first)-1:])
			}
		}
	}
	return out, nil
}
