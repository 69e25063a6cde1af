package store

import (
	"fmt"

	"yishi/flows/civic"
)

// depthMost bounds how many merges lie behind one another; headOf follows a few more.
const depthMost = 8

// planMerge locks both needs, the one of the lower id first. What the first step locks is kept
// until the second, which does all: so steps of a batch stay in the order of their needs.
func (t *turn) planMerge(e civic.MergeNeeds) error {
	if err := t.own(e.By.Account); err != nil {
		return err
	}
	low, high := min(e.Source, e.Target), max(e.Source, e.Target)
	t.plan.steps = append(t.plan.steps,
		step{int64(low), func(b *batch, _ *turn) error {
			_, err := b.lockNeed(low)
			return err
		}},
		step{int64(high), func(b *batch, t *turn) error { return b.merge(t, e) }})
	return nil
}

// merge has source go on in target. Endorsements stay where they were made; recount makes each
// person count once. Source has to be a head, and target has to be one: flows look before.
func (b *batch) merge(t *turn, e civic.MergeNeeds) error {
	w := work{
		by: e.By, need: e.Source, act: civic.ActTriage, what: "merge", detail: map[string]any{"into": fmt.Sprint(int64(e.Target))},
		from: []civic.NeedState{civic.NeedRaised, civic.NeedAccepted}, stage: merging,
	}
	source, g, err := b.begin(t, w)
	if err != nil {
		return err
	}
	target, err := b.lockNeed(e.Target)
	if err != nil {
		return err
	}
	switch state := civic.NeedState(target.State); {
	case source.ID == target.ID:
		return refuse("这两个编号是同一件。")
	case target.CommunityID != source.CommunityID:
		return refuse("两件不在同一个社区，不能合并。")
	case target.Cycle.MergedInto == source.ID:
		return refuse("那一件已经合在这一件里了。")
	case state == civic.NeedMerged:
		return refuse("那一件刚才已由同事合到别的里面，请重新选。")
	case state != civic.NeedRaised && state != civic.NeedAccepted:
		return refuse("那一件现在是“" + closedWord(state) + "”，不能合进去。")
	}
	if err := b.shallow(source); err != nil {
		return err
	}
	if t.receipt.Number, err = b.number(target); err != nil {
		return err
	}
	if t.receipt.From, err = b.number(source); err != nil {
		return err
	}
	err = b.tx.Create(&mergeRow{
		ID: newID(), CommunityID: source.CommunityID, SourceID: source.ID, TargetID: target.ID, StaffID: int64(g.Staff), AtMS: ms(b.now),
		State: source.State, WaitingMS: source.Cycle.WaitingMS,
	}).Error
	if err != nil {
		return fmt.Errorf("insert merge: %w", clean(err))
	}
	set := map[string]any{"merged_into": target.ID, "decided_by": int64(g.Staff), "decided_ms": ms(b.now)}
	if err := b.advance(source, civic.NeedMerged, set); err != nil {
		return err
	}
	return b.recount(target)
}

// closedWord names a state in a refusal of staff.
func closedWord(s civic.NeedState) string {
	switch s {
	case civic.NeedDeclining:
		return "等复核"
	case civic.NeedDeclined:
		return "不予受理"
	case civic.NeedAppealed:
		return "申诉中"
	case civic.NeedHanded:
		return "已转办"
	case civic.NeedWithdrawn:
		return "已撤回"
	case civic.NeedRaised, civic.NeedAccepted, civic.NeedMerged:
	}
	return "不能合并"
}

// shallow refuses a merge behind which too many lie already.
func (b *batch) shallow(row needRow) error {
	next := []int64{row.ID}
	for range depthMost {
		var found []int64
		if err := b.tx.Raw("SELECT id FROM needs WHERE merged_into IN ?", next).Scan(&found).Error; err != nil {
			return fmt.Errorf("read merged needs: %w", clean(err))
		}
		if len(found) == 0 {
			return nil
		}
		next = found
	}
	return refuse("这件里已经合了太多层，请反过来：把另一件合到这件里。")
}

// planUndo looks for the head of what was merged when the turn begins, so that both are locked in
// the order of ids; where it is another one by then, the turn is tried again.
func (t *turn) planUndo(e civic.UndoMerge) error {
	if err := t.own(e.By.Account); err != nil {
		return err
	}
	t.plan.steps = append(t.plan.steps, step{int64(e.Source), func(b *batch, t *turn) error { return b.unmerge(t, e) }})
	return nil
}

func (b *batch) unmerge(t *turn, e civic.UndoMerge) error {
	head, err := b.headOf(int64(e.Source))
	if err != nil {
		return err
	}
	if head < int64(e.Source) { // the lower id is locked first
		if _, err := b.lockNeed(civic.NeedID(head)); err != nil {
			return err
		}
	}
	w := work{by: e.By, need: e.Source, act: civic.ActTriage, what: "unmerge", stage: merging}
	source, g, err := b.begin(t, w)
	if err != nil {
		return err
	}
	if source.State != string(civic.NeedMerged) {
		return refuse("这件刚才已由同事分开了。")
	}
	target, err := b.lockNeed(civic.NeedID(head))
	if err != nil {
		return err
	}
	if again, err := b.headOf(source.ID); err != nil || again != head {
		return fmt.Errorf("undo merge: %w", &SQLError{Number: 1020}) // merged on meanwhile: from the start
	}
	m, err := b.mergeOf(source.ID)
	if err != nil {
		return err
	}
	if source.Cycle.RoundID == 0 && m.AtMS+civic.UndoFor.Milliseconds() < ms(b.now) {
		return refuse("合并已经过了 14 天，不能再分开。要单独办，请提出人再提一次。")
	}
	if t.receipt.Number, err = b.number(source); err != nil {
		return err
	}
	if t.receipt.From, err = b.number(target); err != nil {
		return err
	}
	if err := b.tx.Exec("UPDATE merges SET undone_by = ?, undone_ms = ? WHERE id = ?", int64(g.Staff), ms(b.now), m.ID).Error; err != nil {
		return fmt.Errorf("undo merge: %w", clean(err))
	}
	set := map[string]any{"merged_into": 0, "waiting_ms": m.WaitingMS}
	if set["decided_by"], set["decided_ms"], err = b.decidedBefore(m); err != nil {
		return err
	}
	if err := b.advance(source, civic.NeedState(m.State), set); err != nil {
		return err
	}
	source.Cycle.MergedInto = 0
	if err := b.recount(target); err != nil {
		return err
	}
	if err := b.recount(source); err != nil {
		return err
	}
	return b.reviewed(source.ID, civic.ReviewObjection)
}

// decidedBefore is who had decided about the source of a merge, and when: zero but for one that was
// accepted, of which the log knows.
func (b *batch) decidedBefore(m mergeRow) (staff, at int64, err error) {
	if m.State != string(civic.NeedAccepted) {
		return 0, 0, nil
	}
	var last []struct {
		StaffID int64
		AtMS    int64 `gorm:"column:at_ms"`
	}
	err = b.tx.Raw("SELECT staff_id, at_ms FROM audits WHERE object = ? AND what = 'accept' ORDER BY at_ms DESC LIMIT 1", needObject(civic.NeedID(m.SourceID))).Scan(&last).Error
	if err != nil || len(last) == 0 {
		return 0, 0, clean(err)
	}
	return last[0].StaffID, last[0].AtMS, nil
}

// mergeOf is the merge that holds of a need.
func (b *batch) mergeOf(source int64) (mergeRow, error) {
	var m mergeRow
	err := b.tx.Raw("SELECT * FROM merges WHERE source_id = ? AND undone_ms = 0 ORDER BY at_ms DESC LIMIT 1", source).Scan(&m).Error
	switch {
	case err != nil:
		return m, fmt.Errorf("read merge: %w", clean(err))
	case m.ID == 0:
		return m, refuse("没有找到这次合并的记录，不能分开。")
	}
	return m, nil
}

func (t *turn) planKeep(e civic.KeepMerge) error {
	w := work{by: e.By, need: e.Source, act: civic.ActTriage, what: "keep-merge", from: []civic.NeedState{civic.NeedMerged}}
	return t.planWork(w, func(b *batch, _ *turn, row needRow, _ civic.Grant) error {
		return b.reviewed(row.ID, civic.ReviewObjection)
	})
}
