package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"yishi/flows/civic"
)

// planShortlist publishes a shortlist; that ends 需求初选.
func (t *turn) planShortlist(e civic.PublishShortlist) error {
	rule, err := json.Marshal(e.Rule)
	if err != nil || len(rule) > 500 {
		return errors.New("publish shortlist: rule does not fit")
	}
	rows := make([]listingRow, len(e.Items))
	for i, l := range e.Items {
		note, err := fit(l.Note, 200)
		if err != nil {
			return err
		}
		if !token(string(l.Why), 12) {
			return errors.New("publish shortlist: reason is no code")
		}
		rows[i] = listingRow{RoundID: int64(e.Round), NeedID: int64(l.Need), OnList: l.On, Place: l.Rank, Heat: l.Heat, Why: string(l.Why), Note: note}
	}
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, t *turn) error { return b.publish(t, e, string(rule), rows) }})
	return nil
}

func (b *batch) publish(t *turn, e civic.PublishShortlist, rule string, rows []listingRow) error {
	row, r, err := b.lockRound(e.Round)
	if err != nil {
		return err
	}
	if r.Community != e.By.Community {
		return refuse(civic.NoLonger)
	}
	on := 0
	for _, l := range rows {
		if l.OnList {
			on++
		}
	}
	if _, err := b.permit(t, deed{
		by: e.By, act: civic.ActShortlist, what: "publish", object: roundObject(row.ID), detail: map[string]any{"on": on, "of": len(rows)},
	}); err != nil {
		return err
	}
	switch {
	case r.Listed:
		return refuse("入围名单刚才已经公布了。回“入围名单”看看。")
	case !civic.During(r.Stage, civic.DoList):
		return refuse(civic.Closed(r.Stage, civic.DoList))
	case on == 0:
		return refuse("名单是空的，不能公布。")
	}
	if same, err := b.stillSo(row, rows); err != nil {
		return err
	} else if !same {
		return refuse("名单有变动：刚才有需求新受理、退出或附议变了。请回“定入围”再看一遍。")
	}
	if err := b.tx.Create(&rows).Error; err != nil {
		return fmt.Errorf("insert shortlist: %w", clean(err))
	}
	err = b.tx.Model(&roundRow{}).Where("id = ?", row.ID).Updates(map[string]any{"listed_ms": ms(b.now), "list_rule": rule}).Error
	if err != nil {
		return fmt.Errorf("mark round: %w", clean(err))
	}
	return b.enter(row, r, civic.Plan)
}

// stillSo says whether the list holds every accepted need of the round with the heat it has now.
func (b *batch) stillSo(row roundRow, list []listingRow) (bool, error) {
	var now []needRow
	err := b.tx.Raw("SELECT id, heat FROM needs WHERE community_id = ? AND round_id = ? AND state = ?",
		row.CommunityID, row.ID, string(civic.NeedAccepted)).Scan(&now).Error
	if err != nil {
		return false, fmt.Errorf("read candidates: %w", clean(err))
	}
	heat := make(map[int64]int, len(now))
	for _, n := range now {
		heat[n.ID] = n.Heat
	}
	for _, l := range list {
		if h, ok := heat[l.NeedID]; !ok || h != l.Heat {
			return false, nil
		}
		delete(heat, l.NeedID)
	}
	return len(heat) == 0, nil
}

// remindList tells the committee, each day, that its shortlist is due.
func (b *batch) remindList(r civic.Round) error {
	to, err := b.staffOf(r.Community, civic.Committee)
	if err != nil {
		return err
	}
	day := b.now.UTC().Format("20060102")
	if len(to) > 0 {
		id := fmt.Sprintf("list-%d-%s", r.ID, day)
		args, err := json.Marshal(civic.ListDue{Round: r.Name, Since: r.Starts[civic.Plan]})
		if err != nil {
			return fmt.Errorf("write reminder: %w", err)
		}
		push := civic.Push{ID: id, Purpose: id, Community: r.Community, Kind: civic.TellListDue, Args: args, DueAt: b.now}
		if _, err := b.addPush(push, civic.Audience{Accounts: to}); err != nil {
			return err
		}
	}
	timer, ok := civic.StageTimer(r)
	if !ok {
		return nil
	}
	timer.DueAt = b.now.Add(24 * time.Hour)
	return b.arm(timer)
}

// staffOf lists the accounts that hold an office in a community now.
func (b *batch) staffOf(c civic.CommunityID, role civic.Role) ([]civic.Account, error) {
	var out []civic.Account
	err := b.tx.Raw("SELECT DISTINCT s.account FROM grants g JOIN staff s ON s.id = g.staff_id "+
		"WHERE g.community_id = ? AND g.role = ? AND g.revoked_ms = 0 AND s.account IS NOT NULL ORDER BY s.account", int64(c), string(role)).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("read staff: %w", clean(err))
	}
	return out, nil
}
