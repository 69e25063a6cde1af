package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"yishi/flows/civic"
)

// work is an act of staff upon one need.
type work struct {
	by     civic.By
	need   civic.NeedID
	act    civic.Act
	what   string
	detail map[string]any
	from   []civic.NeedState // states in which it can be done; nil: any
	stage  []civic.Doing     // of this the round's stage has a say; nil: it has none
}

// What the stage of a round has a say in.
var (
	deciding = []civic.Doing{civic.DoDecide}
	merging  = []civic.Doing{civic.DoMerge}
)

// planWork has do done with the need locked, once the office is checked and the act is in the
// audit log. All of it is undone where do refuses.
func (t *turn) planWork(w work, do func(b *batch, t *turn, row needRow, g civic.Grant) error) error {
	if err := t.own(w.by.Account); err != nil {
		return err
	}
	t.plan.steps = append(t.plan.steps, step{int64(w.need), func(b *batch, t *turn) error {
		row, g, err := b.begin(t, w)
		if err != nil {
			return err
		}
		if t.receipt.Number, err = b.number(row); err != nil {
			return err
		}
		return do(b, t, row, g)
	}})
	return nil
}

// begin locks the need and looks whether it is as the act wants it.
func (b *batch) begin(t *turn, w work) (needRow, civic.Grant, error) {
	row, err := b.lockNeed(w.need)
	if err != nil {
		return row, civic.Grant{}, err
	}
	g, err := b.allow(t, w, row)
	if err != nil {
		return row, g, err
	}
	if w.from != nil && !slices.Contains(w.from, civic.NeedState(row.State)) {
		return row, g, refuse(already(row, g))
	}
	if row.State == string(civic.NeedAppealed) {
		return row, g, nil // whoever appealed in time is heard
	}
	for _, do := range w.stage {
		if err := b.during(row.Cycle.RoundID, do); err != nil {
			return row, g, err
		}
	}
	return row, g, nil
}

// allow checks the office by what the need itself says of where it belongs.
func (b *batch) allow(t *turn, w work, row needRow) (civic.Grant, error) {
	if row.CommunityID != int64(w.by.Community) {
		return civic.Grant{}, refuse(civic.NoLonger)
	}
	by := w.by
	by.Grid = row.Cycle.GridID
	return b.permit(t, deed{by: by, act: w.act, what: w.what, object: needObject(civic.NeedID(row.ID)), detail: w.detail})
}

// already tells who comes second what was done, and by whom.
func already(row needRow, g civic.Grant) string {
	who := "同事"
	if row.Cycle.DecidedBy == int64(g.Staff) {
		who = "您"
	}
	switch civic.NeedState(row.State) {
	case civic.NeedAccepted:
		return "这件刚才已由" + who + "受理。"
	case civic.NeedDeclining:
		return "这件刚才已由" + who + "提出不予受理，等复核。"
	case civic.NeedDeclined:
		return "这件已经答复不予受理。"
	case civic.NeedHanded:
		return "这件刚才已由" + who + "转办。"
	case civic.NeedMerged:
		return "这件刚才已由" + who + "合并。"
	case civic.NeedWithdrawn:
		return "提的人刚才撤回了这件，不用再办。"
	case civic.NeedRaised:
		return "这件刚才已退回初选，请重新看一遍。"
	case civic.NeedAppealed:
		return "提的人刚才申诉了这件，请重新看一遍。"
	}
	return "这件刚才已有变化，请重新看一遍。"
}

// advance moves a locked need on, and ends what was only for the state before. The statement
// itself asks for the state that was read.
func (b *batch) advance(row needRow, to civic.NeedState, set map[string]any) error {
	if !civic.CanMove(civic.NeedState(row.State), to) {
		return fmt.Errorf("move need: from %s to %s", row.State, to)
	}
	set["state"], set["updated_ms"] = string(to), ms(b.now)
	set["asked_ms"], set["held_by"], set["held_ms"] = 0, 0, 0
	res := b.tx.Table("needs").Where("id = ? AND state = ?", row.ID, row.State).Updates(set)
	if res.Error != nil {
		return fmt.Errorf("move need: %w", clean(res.Error))
	}
	if res.RowsAffected == 0 {
		return fmt.Errorf("move need: %w", &SQLError{Number: 1020}) // cannot happen while it is locked
	}
	return b.lapse(row)
}

// decidable are the states in which a need can be decided at once.
var decidable = []civic.NeedState{civic.NeedRaised, civic.NeedAppealed}

func (t *turn) planAccept(e civic.AcceptNeed) error {
	w := work{by: e.By, need: e.Need, act: civic.ActTriage, what: "accept", from: decidable, stage: deciding}
	return t.planWork(w, func(b *batch, _ *turn, row needRow, g civic.Grant) error {
		if err := b.settleAppeal(row, g); err != nil {
			return err
		}
		return b.advance(row, civic.NeedAccepted, map[string]any{
			"decided_by": int64(g.Staff), "decided_ms": ms(b.now), "reason_code": "", "reason": "",
		})
	})
}

func (t *turn) planHand(e civic.HandNeed) error {
	duty, err := sentenceOf(e.Duty, civic.MaxDuty)
	if err != nil {
		return err
	}
	text, err := fit(e.Text, civic.MaxSentence)
	if err != nil {
		return err
	}
	w := work{by: e.By, need: e.Need, act: civic.ActTriage, what: "hand", from: append([]civic.NeedState{civic.NeedAccepted}, decidable...), stage: deciding}
	return t.planWork(w, func(b *batch, _ *turn, row needRow, g civic.Grant) error {
		if err := b.settleAppeal(row, g); err != nil {
			return err
		}
		return b.advance(row, civic.NeedHanded, map[string]any{
			"decided_by": int64(g.Staff), "decided_ms": ms(b.now), "duty": duty, "reason_code": string(civic.ReasonDuty), "reason": text,
		})
	})
}

// sentenceOf is what staff wrote, which must not be empty.
func sentenceOf(s string, most int) (string, error) {
	s, err := fit(strings.TrimSpace(s), most)
	if err == nil && s == "" {
		return "", refuse("还没有写内容，请写一句。")
	}
	return s, err
}

// open are the states in which staff still work on a need's words.
var openWork = []civic.NeedState{civic.NeedRaised, civic.NeedAppealed, civic.NeedDeclining, civic.NeedAccepted}

func (t *turn) planClassify(e civic.ClassifyNeed) error {
	if !slices.Contains(civic.Categories(), e.Category) {
		return errors.New("classify need: no such category")
	}
	w := work{by: e.By, need: e.Need, act: civic.ActTriage, what: "classify", detail: map[string]any{"to": e.Category}, from: openWork}
	return t.planWork(w, func(b *batch, _ *turn, row needRow, _ civic.Grant) error {
		return b.alter(row, map[string]any{"category": string(e.Category)})
	})
}

func (t *turn) planMark(e civic.MarkNeed) error {
	if max(e.Urgent, e.Hard) > 1 || min(e.Urgent, e.Hard) < -1 {
		return errors.New("mark need: no such mark")
	}
	detail := map[string]any{"urgent": e.Urgent, "hard": e.Hard}
	w := work{by: e.By, need: e.Need, act: civic.ActTriage, what: "mark", detail: detail, from: openWork}
	return t.planWork(w, func(b *batch, _ *turn, row needRow, _ civic.Grant) error {
		set := map[string]any{}
		if e.Urgent != 0 {
			set["marked_urgent"] = e.Urgent
		}
		if e.Hard != 0 {
			set["marked_hard"] = e.Hard
		}
		return b.alter(row, set)
	})
}

// typed is what stands behind a text that staff wrote down from a voice.
const typed = "（由工作人员听写）"

func (t *turn) planType(e civic.TypeNeed) error {
	text, err := sentenceOf(e.Text, textMost-len([]rune(typed)))
	if err != nil {
		return err
	}
	w := work{by: e.By, need: e.Need, act: civic.ActTriage, what: "type", from: openWork}
	return t.planWork(w, func(b *batch, _ *turn, row needRow, _ civic.Grant) error {
		if row.Text == text+typed {
			return nil
		}
		was := []rune("原来写的：" + row.Text)
		when, err := b.lastAddition(row.ID)
		if err != nil {
			return err
		}
		err = b.tx.Create(&additionRow{
			ID: newID(), NeedID: row.ID, Text: string(was[:min(len(was), additionMost)]), AtMS: max(ms(b.now), when+1),
		}).Error
		if err != nil {
			return fmt.Errorf("keep words: %w", clean(err))
		}
		return b.alter(row, map[string]any{"text": text + typed, "danger": civic.Dangerous(text)})
	})
}

// lastAddition is when the newest addition was made, 0 if there is none.
func (b *batch) lastAddition(need int64) (int64, error) {
	var last int64
	err := b.tx.Raw("SELECT COALESCE(MAX(at_ms), 0) FROM additions WHERE need_id = ?", need).Scan(&last).Error
	if err != nil {
		return 0, fmt.Errorf("read last addition: %w", clean(err))
	}
	return last, nil
}

// alter writes what is no move of a locked need.
func (b *batch) alter(row needRow, set map[string]any) error {
	set["updated_ms"] = ms(b.now)
	if err := b.tx.Table("needs").Where("id = ?", row.ID).Updates(set).Error; err != nil {
		return fmt.Errorf("change need: %w", clean(err))
	}
	return nil
}

func (t *turn) planHold(e civic.HoldNeed) error {
	w := work{by: e.By, need: e.Need, act: civic.ActTriage, what: "look"}
	return t.planWork(w, func(b *batch, _ *turn, row needRow, g civic.Grant) error {
		if row.Triage.HeldMS > ms(b.now) && row.Triage.HeldBy != int64(g.Staff) {
			return nil // a colleague looks at it: they are told apart by who came first
		}
		err := b.tx.Exec("UPDATE needs SET held_by = ?, held_ms = ? WHERE id = ?", int64(g.Staff), ms(b.now.Add(civic.HoldFor)), row.ID).Error
		if err != nil {
			return fmt.Errorf("hold need: %w", clean(err))
		}
		return nil
	})
}

func (t *turn) planLetGo(e civic.LeaveNeed) error {
	w := work{by: e.By, need: e.Need, act: civic.ActTriage, what: "leave"}
	return t.planWork(w, func(b *batch, _ *turn, row needRow, g civic.Grant) error {
		err := b.tx.Exec("UPDATE needs SET held_by = 0, held_ms = 0 WHERE id = ? AND held_by = ?", row.ID, int64(g.Staff)).Error
		if err != nil {
			return fmt.Errorf("leave need: %w", clean(err))
		}
		return nil
	})
}
