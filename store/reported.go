package store

import (
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// planReport notes that somebody says that a need should not be public.
func (t *turn) planReport(e civic.ReportNeed) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	if civic.PublicReasonText(e.Code) == "" {
		return errors.New("report need: no such reason")
	}
	t.plan.steps = append(t.plan.steps, step{int64(e.Need), func(b *batch, t *turn) error { return b.report(t, e) }})
	return nil
}

func (b *batch) report(t *turn, e civic.ReportNeed) error {
	row, err := b.lockNeed(e.Need)
	if err != nil {
		return err
	}
	if t.receipt.Number, err = b.number(row); err != nil {
		return err
	}
	who, err := b.identities([]string{string(e.Account)})
	if err != nil {
		return err
	}
	person := who[string(e.Account)].in(row.CommunityID).PersonID
	var have []reportRow // of the need, not of one account: a few
	if err := b.tx.Raw("SELECT * FROM reports WHERE need_id = ?", row.ID).Scan(&have).Error; err != nil {
		return fmt.Errorf("read reports: %w", clean(err))
	}
	for _, r := range have {
		if r.Account == string(e.Account) {
			return refuse("这条您已经举报过了，社区核过会告诉您结果。")
		}
	}
	switch {
	case row.Account == string(e.Account):
		return refuse("这是您自己提的，不用举报；不想公开了，回“撤回”加编号。")
	case !row.Released:
		return refuse("这条现在不公开，不用举报了。")
	}
	mine := reportRow{NeedID: row.ID, Account: string(e.Account), PersonID: person, Code: e.Code, AtMS: ms(b.now)}
	err = b.tx.Create(&mine).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return refuse("这条您已经举报过了，社区核过会告诉您结果。")
	}
	if err != nil {
		return fmt.Errorf("insert report: %w", clean(err))
	}
	if err := b.ask(row, civic.ReviewReport); err != nil {
		return err
	}
	if people, verified := distinct(append(have, mine)); !civic.ReportsHide(people, verified, row.Public.LookedMS != 0) {
		return nil
	}
	err = b.tx.Exec("UPDATE needs SET released = 0, hidden_ms = ?, updated_ms = ? WHERE id = ?", ms(b.now), ms(b.now), row.ID).Error
	if err != nil {
		return fmt.Errorf("hide need: %w", clean(err))
	}
	return nil
}

// distinct counts the people and accounts whose reports nobody has looked at: several accounts of
// one person are one. So many of them are verified.
func distinct(rows []reportRow) (people, verified int) {
	type who struct {
		person  int64
		account string
	}
	seen := map[who]bool{}
	for _, r := range rows {
		switch {
		case r.SettledMS != 0:
		case r.PersonID != 0:
			if !seen[who{person: r.PersonID}] {
				verified++
			}
			seen[who{person: r.PersonID}] = true
		default:
			seen[who{account: r.Account}] = true
		}
	}
	return len(seen), verified
}

// settleReports marks the open reports of a need as looked at and tells those who made them.
func (b *batch) settleReports(row needRow, n civic.PublicNews) error {
	var who []civic.Account
	err := b.tx.Raw("SELECT account FROM reports WHERE need_id = ? AND settled_ms = 0", row.ID).Scan(&who).Error
	if err != nil {
		return fmt.Errorf("read reports: %w", clean(err))
	}
	if err := b.reviewed(row.ID, civic.ReviewReport); err != nil || len(who) == 0 {
		return err
	}
	if err := b.tx.Exec("UPDATE reports SET settled_ms = ? WHERE need_id = ? AND settled_ms = 0", ms(b.now), row.ID).Error; err != nil {
		return fmt.Errorf("settle reports: %w", clean(err))
	}
	return b.tellPublic(civic.TellReport, row, n, who)
}

func (t *turn) planTakeDown(e civic.TakeDownNeed) error {
	words, err := reasonOf(e.ReasonCode, e.Reason)
	if err != nil {
		return err
	}
	d := deed{act: civic.ActTakeDown, what: "take-down", detail: map[string]any{"code": e.ReasonCode}}
	return t.planStaff(e.By, e.Need, d, func(b *batch, _ *turn, row needRow, g civic.Grant) error {
		switch {
		case row.Cycle.TakenDown:
			return goOn("刚才已由同事撤下。")
		case !row.Released && row.Public.HiddenMS == 0:
			return goOn("这件没有公开，不用撤下。")
		}
		err := b.tx.Exec("UPDATE needs SET released = 0, taken_down = 1, hidden_ms = 0, taken_by = ?, public_code = ?, public_reason = ?, updated_ms = ? WHERE id = ?",
			int64(g.Staff), e.ReasonCode, words, ms(b.now), row.ID).Error
		if err != nil {
			return fmt.Errorf("take need down: %w", clean(err))
		}
		if err := b.reviewed(row.ID, civic.ReviewRelease); err != nil {
			return err
		}
		n := civic.PublicNews{Reason: reasonText(e.ReasonCode, words), Down: true, Appealed: row.Public.Appealed}
		if err := b.news(civic.TellTakenDown, row, n); err != nil {
			return err
		}
		return b.settleReports(row, civic.PublicNews{Down: true})
	})
}

func (t *turn) planLeave(e civic.LeavePublic) error {
	d := deed{act: civic.ActTakeDown, what: "leave-public"}
	return t.planStaff(e.By, e.Need, d, func(b *batch, _ *turn, row needRow, _ civic.Grant) error {
		waits, err := b.review(row.ID, civic.ReviewReport)
		if err != nil {
			return err
		}
		if waits.NeedID == 0 {
			return goOn("刚才已由同事处理。")
		}
		err = b.tx.Exec("UPDATE needs SET released = CASE WHEN hidden_ms <> 0 THEN 1 ELSE released END, hidden_ms = 0, looked_ms = ?, updated_ms = ? WHERE id = ?",
			ms(b.now), ms(b.now), row.ID).Error
		if err != nil {
			return fmt.Errorf("leave need public: %w", clean(err))
		}
		return b.settleReports(row, civic.PublicNews{})
	})
}

// planAppeal has somebody else look at a need that was taken down.
func (t *turn) planAppeal(e civic.AppealNeed) error {
	return t.planPlea(e.Account, e.Need, e.Text, civic.ReviewAppeal, func(b *batch, row needRow) error {
		switch {
		case !row.Cycle.TakenDown:
			return refuse("这条需求没有被撤下，不用申诉。")
		case row.Public.Appealed:
			return refuse("这条已经申诉过一次，不能再申诉了。还有疑问，回“人工”。")
		}
		if err := b.tx.Exec("UPDATE needs SET appealed = 1, updated_ms = ? WHERE id = ?", ms(b.now), row.ID).Error; err != nil {
			return fmt.Errorf("note appeal: %w", clean(err))
		}
		return nil
	})
}

// planObject has staff look at a merge again.
func (t *turn) planObject(e civic.ObjectMerge) error {
	return t.planPlea(e.Account, e.Need, e.Text, civic.ReviewObjection, func(_ *batch, row needRow) error {
		if row.Cycle.MergedInto == 0 {
			return refuse("这条需求没有和别的合在一起，不用改。")
		}
		return nil
	})
}

// planPlea keeps what an author says about their own need and puts it into a queue.
func (t *turn) planPlea(a civic.Account, need civic.NeedID, text string, kind civic.ReviewKind, check func(*batch, needRow) error) error {
	if err := t.own(a); err != nil {
		return err
	}
	text, err := fit(strings.TrimSpace(text), additionMost)
	if err != nil {
		return err
	}
	t.plan.steps = append(t.plan.steps, step{int64(need), func(b *batch, t *turn) error {
		row, err := b.lockNeed(need)
		if err != nil {
			return err
		}
		if row.Account != string(a) {
			return refuse("这不是您提的需求。")
		}
		if err := check(b, row); err != nil {
			return err
		}
		d := b.db.dia
		err = b.tx.Exec("INSERT INTO pleas (need_id, kind, account, `text`, at_ms) VALUES (?, ?, ?, ?, ?)"+d.conflict("need_id, kind")+
			"`text` = "+d.incoming("`text`")+", at_ms = "+d.incoming("at_ms"), row.ID, string(kind), string(a), text, ms(b.now)).Error
		if err != nil {
			return fmt.Errorf("keep plea: %w", clean(err))
		}
		if t.receipt.Number, err = b.number(row); err != nil {
			return err
		}
		return b.ask(row, kind)
	}})
	return nil
}

func (t *turn) planSettle(e civic.SettleAppeal) error {
	words, err := fit(e.Reason, reasonMost)
	if err != nil {
		return err
	}
	d := deed{act: civic.ActTakeDown, what: "settle-appeal", detail: map[string]any{"restore": e.Restore}}
	return t.planStaff(e.By, e.Need, d, func(b *batch, _ *turn, row needRow, g civic.Grant) error {
		waits, err := b.review(row.ID, civic.ReviewAppeal)
		if err != nil {
			return err
		}
		if waits.NeedID == 0 || !row.Cycle.TakenDown {
			return goOn("刚才已由同事处理。")
		}
		if row.Public.TakenBy == int64(g.Staff) {
			others, err := b.othersMay(e.By.Community, civic.ActTakeDown, row)
			if err != nil {
				return err
			}
			if others {
				return goOn("这件是您撤下的，申诉要请同事来定。")
			}
		}
		if e.Restore {
			err = b.tx.Exec("UPDATE needs SET released = 1, taken_down = 0, taken_by = 0, looked_ms = ?, public_code = '', public_reason = '', updated_ms = ? WHERE id = ?",
				ms(b.now), ms(b.now), row.ID).Error
			if err != nil {
				return fmt.Errorf("restore need: %w", clean(err))
			}
		}
		if err := b.reviewed(row.ID, civic.ReviewAppeal); err != nil {
			return err
		}
		if words == "" {
			words = reasonText(row.Public.PublicCode, row.Public.PublicReason)
		}
		return b.news(civic.TellAppeal, row, civic.PublicNews{Down: !e.Restore, Reason: words})
	})
}

// othersMay says whether somebody but the one who took a need down may act on it.
func (b *batch) othersMay(c civic.CommunityID, act civic.Act, row needRow) (bool, error) {
	var rows []grantRow
	err := b.tx.Raw("SELECT g.* FROM grants g JOIN staff s ON s.id = g.staff_id WHERE g.community_id = ? AND g.revoked_ms = 0 AND g.staff_id <> ? AND s.account IS NOT NULL",
		int64(c), row.Public.TakenBy).Scan(&rows).Error
	if err != nil {
		return false, fmt.Errorf("read colleagues: %w", clean(err))
	}
	for _, r := range rows {
		g, err := r.grant()
		if err != nil {
			return false, err
		}
		if civic.May(g.Role, act) && g.Reaches(row.Cycle.GridID) {
			return true, nil
		}
	}
	return false, nil
}
