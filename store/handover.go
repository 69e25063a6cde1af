package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"yishi/flows/civic"
)

// handedOver are the columns that say to which member of staff something is assigned. Whoever adds
// such a column to a table adds a line: a hand-over then moves it in the same commit, and gives back
// just what it moved. The table has a column id and, as community, the id of the community.
var handedOver = []assigned{
	{kind: "talk", table: "talks", column: "staff_id", community: "community_id", open: "state = 2"},
}

// assigned is one such column.
type assigned struct {
	kind      string // names it in handover_items: at most 20 ASCII characters, never changed
	table     string
	column    string // the staff's id
	community string // the column with the community's id
	open      string // condition for what is not done yet; "": all
}

func (t *turn) planHandOver(e civic.HandOver) error {
	if e.From == 0 || e.To == 0 || e.From == e.To {
		return errors.New("hand over: from or to whom")
	}
	id := newID()
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, t *turn) error { return b.handOver(t, id, e) }})
	return nil
}

func (b *batch) handOver(t *turn, id int64, e civic.HandOver) error {
	if !e.Until.IsZero() && !e.Until.After(b.now) {
		return &civic.Refusal{Sentence: "定的那天已经过了，还没有交接。请重新定到哪天。", Step: "until"} // it was confirmed days later
	}
	g, err := b.permitIf(t, deed{
		by: e.By, act: civic.ActHandOver, what: "hand-over", object: object("staff", int64(e.From)),
		detail: map[string]any{"to": e.To, "until": ms(e.Until), "handover": id},
	}, func(g civic.Grant) bool { return g.Role == civic.Committee || g.Staff == e.From }, civic.NotYours)
	if err != nil {
		return err
	}
	if ok, err := b.worksFor(e.To, e.By.Community, true); err != nil {
		return err
	} else if !ok {
		return refuse(civic.NoReach)
	}
	var worked int // who has left can still be relieved
	err = b.tx.Raw("SELECT COUNT(*) FROM grants WHERE staff_id = ? AND community_id = ?", int64(e.From), int64(e.By.Community)).Scan(&worked).Error
	if err != nil {
		return fmt.Errorf("read grants: %w", clean(err))
	}
	if worked == 0 {
		return refuse(civic.NotYours)
	}
	away, err := b.standIn(e.To, e.By.Community)
	if err != nil {
		return err
	}
	if away != e.To { // what comes to them would go on to another, perhaps back again
		return refuse("接手的人自己也交接出去了，请换一位。")
	}
	row := handoverRow{
		ID: id, CommunityID: int64(e.By.Community), FromID: int64(e.From), ToID: int64(e.To), MadeMS: ms(b.now), MadeBy: int64(g.Staff), UntilMS: ms(e.Until),
	}
	var have int
	err = b.tx.Raw("SELECT COUNT(*) FROM handovers WHERE from_id = ? AND community_id = ? AND back_ms = 0"+b.db.dia.forUpdate(), row.FromID, row.CommunityID).Scan(&have).Error
	if err != nil {
		return fmt.Errorf("find hand-over: %w", clean(err))
	}
	if have > 0 {
		return refuse(civic.AwayAlready)
	}
	if err := b.tx.Create(&row).Error; err != nil {
		return fmt.Errorf("insert hand-over: %w", clean(err))
	}
	t.receipt.Made = id
	return b.move(row, e)
}

// worksFor says whether a member of staff holds an office of the community in which work is done;
// reached says that an account must be bound as well.
func (b *batch) worksFor(s civic.StaffID, c civic.CommunityID, reached bool) (bool, error) {
	grants, err := grantsHeld(b.tx, s, b.db.dia.share())
	if err != nil {
		return false, err
	}
	if reached {
		var bound int
		if err := b.tx.Raw("SELECT COUNT(*) FROM staff WHERE id = ? AND account IS NOT NULL", int64(s)).Scan(&bound).Error; err != nil || bound == 0 {
			return false, clean(err)
		}
	}
	for _, g := range grants {
		if g.Community == c && civic.May(g.Role, civic.ActHandOver) {
			return true, nil
		}
	}
	return false, nil
}

// move assigns all that is open to the other, notes what it was, and arms the timer.
func (b *batch) move(h handoverRow, e civic.HandOver) error {
	for _, a := range handedOver {
		cond := a.column + " = ? AND " + a.community + " = ?"
		if a.open != "" {
			cond += " AND (" + a.open + ")"
		}
		err := b.tx.Exec("INSERT INTO handover_items (handover_id, kind, item_id) SELECT ?, ?, id FROM "+a.table+" WHERE "+cond,
			h.ID, a.kind, h.FromID, h.CommunityID).Error
		if err == nil {
			err = b.tx.Exec("UPDATE "+a.table+" SET "+a.column+" = ? WHERE "+a.column+" = ? AND id IN (SELECT item_id FROM handover_items WHERE handover_id = ? AND kind = ?)",
				h.ToID, h.FromID, h.ID, a.kind).Error
		}
		if err != nil {
			return fmt.Errorf("hand over: %w", clean(err))
		}
	}
	if e.Until.IsZero() {
		return nil
	}
	back := civic.TimedHandBack{HandBack: civic.HandBack{Handover: h.ID}}
	for _, p := range e.Told {
		back.Told = append(back.Told, civic.TimedPush(p))
	}
	args, err := json.Marshal(back)
	if err != nil {
		return fmt.Errorf("arm hand-back: %w", err)
	}
	return b.arm(civic.Timer{ID: handBackTimer(h.ID), Kind: civic.TimerHandBack, Args: args, DueAt: e.Until})
}

func handBackTimer(id int64) string { return "handback/" + strconv.FormatInt(id, 10) }

// standIn is who gets what comes for a member of staff now: themselves, or whom they handed over
// to. Whatever assigns something to a member of staff asks it in the transaction that does so.
func (b *batch) standIn(s civic.StaffID, c civic.CommunityID) (civic.StaffID, error) {
	var to int64
	err := b.tx.Raw("SELECT to_id FROM handovers WHERE from_id = ? AND community_id = ? AND back_ms = 0"+b.db.dia.share(), int64(s), int64(c)).Scan(&to).Error
	if err != nil {
		return s, fmt.Errorf("find hand-over: %w", clean(err))
	}
	if to == 0 {
		return s, nil
	}
	return civic.StaffID(to), nil
}

func (t *turn) planHandBack(e civic.HandBack) error {
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, _ *turn) error {
		row, err := b.handoverOf(e.Handover)
		if err != nil || row.ID == 0 || row.BackMS != 0 {
			return err
		}
		return b.handBack(row)
	}})
	return nil
}

func (b *batch) handoverOf(id int64) (handoverRow, error) {
	var row handoverRow
	if err := b.tx.Raw("SELECT * FROM handovers WHERE id = ?"+b.db.dia.forUpdate(), id).Scan(&row).Error; err != nil {
		return row, fmt.Errorf("find hand-over: %w", clean(err))
	}
	return row, nil
}

// handBack gives back what the hand-over moved and is still with whom it went to.
func (b *batch) handBack(h handoverRow) error {
	for _, a := range handedOver {
		err := b.tx.Exec("UPDATE "+a.table+" SET "+a.column+" = ? WHERE "+a.column+" = ? AND id IN (SELECT item_id FROM handover_items WHERE handover_id = ? AND kind = ?)",
			h.FromID, h.ToID, h.ID, a.kind).Error
		if err != nil {
			return fmt.Errorf("hand back: %w", clean(err))
		}
	}
	if err := b.tx.Exec("UPDATE handovers SET back_ms = ? WHERE id = ? AND back_ms = 0", ms(b.now), h.ID).Error; err != nil {
		return fmt.Errorf("hand back: %w", clean(err))
	}
	if err := b.tx.Exec("DELETE FROM handover_items WHERE handover_id = ?", h.ID).Error; err != nil {
		return fmt.Errorf("hand back: %w", clean(err))
	}
	return nil
}

func (t *turn) planTakeBack(e civic.TakeBack) error {
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, t *turn) error {
		row, err := b.handoverOf(e.Handover)
		if err != nil {
			return err
		}
		if row.ID == 0 || row.CommunityID != int64(e.By.Community) || row.BackMS != 0 {
			return refuse(civic.BackAlready)
		}
		_, err = b.permitIf(t, deed{
			by: e.By, act: civic.ActHandOver, what: "take-back", object: object("staff", row.FromID), detail: map[string]any{"handover": row.ID},
		}, func(g civic.Grant) bool { return g.Role == civic.Committee || int64(g.Staff) == row.FromID }, civic.NotYours)
		if err != nil {
			return err
		}
		if _, err := b.cancel(handBackTimer(row.ID), 0); err != nil {
			return err
		}
		return b.handBack(row)
	}})
	return nil
}

// staffAccounts are the accounts of members of staff. What is of a community goes to whoever
// stands in there.
func (b *batch) staffAccounts(staff []civic.StaffID, c civic.CommunityID) ([]civic.Account, error) {
	ids := make([]int64, 0, len(staff))
	for _, s := range staff {
		if c != 0 {
			var err error
			if s, err = b.standIn(s, c); err != nil {
				return nil, err
			}
		}
		ids = append(ids, int64(s))
	}
	var out []civic.Account
	if err := b.tx.Raw("SELECT account FROM staff WHERE id IN ? AND account IS NOT NULL", ids).Scan(&out).Error; err != nil {
		return nil, fmt.Errorf("list audience: %w", clean(err))
	}
	return out, nil
}
