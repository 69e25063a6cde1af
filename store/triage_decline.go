package store

import (
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

func (t *turn) planDecline(e civic.DeclineNeed) error {
	text, err := sentenceOf(e.Text, civic.MaxSentence)
	if err != nil {
		return err
	}
	if !slices.Contains(civic.Reasons(), e.Reason) {
		return errors.New("decline need: no such reason")
	}
	w := work{
		by: e.By, need: e.Need, act: civic.ActDecline, what: "decline", detail: map[string]any{"reason": e.Reason},
		from: []civic.NeedState{civic.NeedRaised}, stage: deciding,
	}
	to := civic.NeedDeclining
	if e.Final {
		w.what, w.from, to = "decline-appeal", []civic.NeedState{civic.NeedAppealed}, civic.NeedDeclined
	}
	return t.planWork(w, func(b *batch, _ *turn, row needRow, g civic.Grant) error {
		if err := b.settleAppeal(row, g); err != nil {
			return err
		}
		set := map[string]any{
			"reason_code": string(e.Reason), "reason": text, "decided_by": int64(g.Staff), "decided_ms": ms(b.now),
		}
		if !e.Final {
			set["waiting_ms"] = ms(b.now) // for a colleague
		}
		return b.advance(row, to, set)
	})
}

// decline makes a decline final that waited for a colleague or for the morning.
func (b *batch) decline(row needRow) error {
	if _, err := b.cancel(civic.DeclineTimerID(civic.NeedID(row.ID)), 0); err != nil {
		return err
	}
	return b.advance(row, civic.NeedDeclined, map[string]any{"decided_ms": ms(b.now)})
}

var declining = []civic.NeedState{civic.NeedDeclining}

func (t *turn) planConfirm(e civic.ConfirmDecline) error {
	w := work{by: e.By, need: e.Need, act: civic.ActDecline, what: "confirm-decline", from: declining, stage: deciding}
	return t.planWork(w, func(b *batch, _ *turn, row needRow, g civic.Grant) error {
		if row.Cycle.DecidedBy == int64(g.Staff) {
			return refuse("这件是您提出的，要由另一位同事复核；没有同事的话，过一夜自动生效。")
		}
		return b.decline(row)
	})
}

func (t *turn) planReject(e civic.RejectDecline) error {
	w := work{by: e.By, need: e.Need, act: civic.ActDecline, what: "reject-decline", from: declining, stage: deciding}
	return t.planWork(w, func(b *batch, _ *turn, row needRow, _ civic.Grant) error {
		if _, err := b.cancel(civic.DeclineTimerID(civic.NeedID(row.ID)), 0); err != nil {
			return err
		}
		return b.advance(row, civic.NeedRaised, map[string]any{
			"reason_code": "", "reason": "", "decided_by": 0, "decided_ms": 0, "waiting_ms": row.RaisedMS,
		})
	})
}

// planLapseDecline is the program's own: nobody objected over night. Where somebody did, or the
// author withdrew, nothing is done and nobody is told.
func (t *turn) planLapseDecline(e civic.LapseDecline) error {
	to := civic.Audience{Need: e.Need}
	if err := checkPush(e.Push, to); err != nil {
		return err
	}
	t.plan.steps = append(t.plan.steps, step{int64(e.Need), func(b *batch, _ *turn) error {
		row, err := b.lockNeed(e.Need)
		if err != nil {
			return err
		}
		if row.State != string(civic.NeedDeclining) {
			return nil
		}
		if err := b.decline(row); err != nil {
			return err
		}
		d := deed{by: civic.By{Community: civic.CommunityID(row.CommunityID)}, act: civic.ActDecline, what: "lapse-decline", object: needObject(civic.NeedID(row.ID))}
		if err := b.audit(civic.Grant{}, d); err != nil {
			return err
		}
		_, err = b.addPush(e.Push, to)
		return err
	}})
	return nil
}

// planAppealDecline is an author's one word against a decline.
func (t *turn) planAppealDecline(e civic.AppealDecline) error {
	text, err := sentenceOf(e.Text, additionMost)
	if err != nil {
		return err
	}
	return t.onNeed(e.Account, e.Need, func(b *batch, t *turn) error { return b.appeal(t, e, text) })
}

func (b *batch) appeal(t *turn, e civic.AppealDecline, text string) error {
	row, err := b.lockNeed(e.Need)
	if err != nil {
		return err
	}
	if t.receipt.Number, err = b.number(row); err != nil {
		return err
	}
	is, err := b.author(row, e.Account)
	if err != nil {
		return err
	}
	var have int64
	if err := b.tx.Raw("SELECT COUNT(*) FROM appeals WHERE need_id = ?", row.ID).Scan(&have).Error; err != nil {
		return fmt.Errorf("look for appeal: %w", clean(err))
	}
	switch {
	case !is:
		return refuse("这不是您提的需求，不能申诉。")
	case have > 0:
		return refuse("这件已经申诉过一次了。还有疑问，回“人工”问网格员。")
	case row.State != string(civic.NeedDeclined):
		return refuse("这件现在不用申诉，回“进度”加编号看看办到哪一步了。")
	case ms(b.now) > row.Cycle.DecidedMS+civic.AppealFor.Milliseconds():
		return refuse("答复已经过了 14 天，不能再申诉。下一批征集开始时可以再提。")
	}
	err = b.tx.Create(&appealRow{
		NeedID: row.ID, Account: string(e.Account), Text: text, AtMS: ms(b.now), Decliner: row.Cycle.DecidedBy,
	}).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return refuse("这件已经申诉过一次了。还有疑问，回“人工”问网格员。")
	}
	if err != nil {
		return fmt.Errorf("insert appeal: %w", clean(err))
	}
	return b.advance(row, civic.NeedAppealed, map[string]any{"waiting_ms": ms(b.now), "last_word": true})
}

// settleAppeal lets another than the decliner decide about an appealed need, where there is one;
// of others it does nothing.
func (b *batch) settleAppeal(row needRow, g civic.Grant) error {
	if row.State != string(civic.NeedAppealed) {
		return nil
	}
	var a appealRow
	if err := b.tx.Raw("SELECT * FROM appeals WHERE need_id = ?", row.ID).Scan(&a).Error; err != nil {
		return fmt.Errorf("read appeal: %w", clean(err))
	}
	if a.Decliner == int64(g.Staff) {
		other, err := b.colleague(row, g.Staff)
		if err != nil {
			return err
		}
		if other {
			return refuse("这件当初是您答复的，申诉请由另一位同事来办。")
		}
	}
	err := b.tx.Exec("UPDATE appeals SET decided_by = ?, decided_ms = ? WHERE need_id = ?", int64(g.Staff), ms(b.now), row.ID).Error
	if err != nil {
		return fmt.Errorf("settle appeal: %w", clean(err))
	}
	return nil
}

// colleague says whether somebody else, who has an account, may decline this need.
func (b *batch) colleague(row needRow, except civic.StaffID) (bool, error) {
	var rows []grantRow
	err := b.tx.Raw("SELECT g.* FROM grants g JOIN staff s ON s.id = g.staff_id WHERE g.community_id = ? AND g.revoked_ms = 0 AND s.account IS NOT NULL AND g.staff_id <> ?",
		row.CommunityID, int64(except)).Scan(&rows).Error
	if err != nil {
		return false, fmt.Errorf("look for colleagues: %w", clean(err))
	}
	for _, r := range rows {
		g, err := r.grant()
		if err != nil {
			return false, err
		}
		if civic.May(g.Role, civic.ActDecline) && g.Reaches(row.Cycle.GridID) {
			return true, nil
		}
	}
	return false, nil
}
