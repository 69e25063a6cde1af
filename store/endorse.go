package store

import (
	"fmt"

	"yishi/flows/civic"
)

// planEndorse adds the account to a need's endorsers, once.
func (t *turn) planEndorse(e civic.EndorseNeed) error {
	return t.onNeed(e.Account, e.Need, func(b *batch, t *turn) error { return b.endorse(t, e) })
}

// endorse locks the need that goes on, so that its state and its heat are the ones of the commit.
func (b *batch) endorse(t *turn, e civic.EndorseNeed) error {
	head, asked, err := b.lockHead(e.Need)
	if err != nil {
		return err
	}
	all, err := b.group(head)
	if err != nil {
		return err
	}
	a := string(e.Account)
	var already int64
	err = b.tx.Raw("SELECT COUNT(*) FROM endorsements WHERE account = ? AND need_id IN ?", a, ids(all)).Scan(&already).Error
	if err != nil {
		return fmt.Errorf("look for endorsement: %w", clean(err))
	}
	if already == 0 {
		if err := endorsable(head, asked, a); err != nil {
			return err
		}
		if err := b.during(head.Cycle.RoundID, civic.DoEndorse); err != nil {
			return err
		}
		if i := authored(all, a, 0); i > 0 { // they stand behind it already
			return b.endorsed(t, head, needRow{ID: all[i].ID, Year: all[i].Year, Seq: all[i].Seq, CommunityID: head.CommunityID}, true)
		}
		if err := b.addEndorsement(&head, all, a); err != nil {
			return err
		}
	}
	return b.endorsed(t, head, asked, true)
}

// endorsable refuses what cannot be endorsed by an account that has not done so.
func endorsable(head, asked needRow, account string) error {
	switch {
	case head.Account == account:
		return refuse(ownNeed)
	case head.State == string(civic.NeedWithdrawn):
		return refuse("这条需求已经由提出人撤回，不用附议了。")
	case head.State == string(civic.NeedDeclined):
		return refuse("这条需求已经答复，不再接受附议。")
	case head.Cycle.TakenDown || head.Public.HiddenMS != 0:
		return refuse("这条需求现在不公开，暂时不能附议。")
	case !head.Released || asked.ID != head.ID && !asked.Released && asked.Account != account:
		return refuse("这条需求还没有公开，暂时不能附议。")
	}
	return nil
}

const ownNeed = "这是您自己提的需求，不用附议。"

// addEndorsement writes the row first and asks then who the account is, whereas adopt does it
// the other way round: whichever comes first, one of the two sees the other.
func (b *batch) addEndorsement(head *needRow, all []member, account string) error {
	row := endorsementRow{NeedID: head.ID, Account: account, AtMS: ms(b.now)}
	if err := b.tx.Create(&row).Error; err != nil {
		return fmt.Errorf("insert endorsement: %w", clean(err))
	}
	who, err := b.identities([]string{account})
	if err != nil {
		return err
	}
	person := who[account].in(head.CommunityID).PersonID
	switch person {
	case 0:
		return b.warm(head, 0, 1)
	case head.Cycle.PersonID:
		return refuse(ownNeed)
	}
	err = b.tx.Exec("UPDATE endorsements SET person_id = ? WHERE need_id = ? AND account = ?", person, head.ID, account).Error
	if err != nil {
		return fmt.Errorf("mark endorsement: %w", clean(err))
	}
	if authored(all, "", person) > 0 {
		return nil // the author of a need that was merged is counted already
	}
	fresh, err := b.back(head.ID, person)
	if err != nil || !fresh {
		return err
	}
	return b.warm(head, 1, 0)
}

// endorsed fills the receipt.
func (b *batch) endorsed(t *turn, head, asked needRow, backed bool) error {
	var err error
	if t.receipt.Number, err = b.number(head); err != nil {
		return err
	}
	if asked.ID != head.ID {
		if t.receipt.From, err = b.number(asked); err != nil {
			return err
		}
	}
	t.receipt.Heat, t.receipt.Others, t.receipt.Backed = head.Heat, head.Cycle.Others, backed
	return nil
}

// planUnendorse takes an endorsement back.
func (t *turn) planUnendorse(e civic.UnendorseNeed) error {
	return t.onNeed(e.Account, e.Need, func(b *batch, t *turn) error { return b.unendorse(t, e) })
}

// unendorse takes the account's rows away, wherever in the group they are. The counts go down only
// if nobody else stands for the person.
func (b *batch) unendorse(t *turn, e civic.UnendorseNeed) error {
	head, asked, err := b.lockHead(e.Need)
	if err != nil {
		return err
	}
	all, err := b.group(head)
	if err != nil {
		return err
	}
	a := string(e.Account)
	var rows []endorsementRow
	err = b.tx.Raw("SELECT * FROM endorsements WHERE account = ? AND need_id IN ?"+b.db.dia.forUpdate(), a, ids(all)).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("look for endorsement: %w", clean(err))
	}
	if len(rows) == 0 {
		if head.Account == a || authored(all, a, 0) > 0 {
			return refuse("这是您自己提的，不用取消附议；不想提了，回“撤回”加它的编号。")
		}
		return b.endorsed(t, head, asked, false)
	}
	if err := b.during(head.Cycle.RoundID, civic.DoEndorse); err != nil {
		return err
	}
	if err := b.tx.Exec("DELETE FROM endorsements WHERE account = ? AND need_id IN ?", a, ids(all)).Error; err != nil {
		return fmt.Errorf("delete endorsement: %w", clean(err))
	}
	if len(all) > 1 || len(rows) > 1 {
		err = b.recountInto(&head)
	} else {
		err = b.cool(&head, rows[0])
	}
	if err != nil {
		return err
	}
	return b.endorsed(t, head, asked, false)
}

// cool takes one endorsement out of the counts of a need that nothing was merged into.
func (b *batch) cool(head *needRow, row endorsementRow) error {
	if row.PersonID == 0 {
		return b.warm(head, 0, -1)
	}
	var n int64
	err := b.tx.Raw("SELECT COUNT(*) FROM endorsements WHERE need_id = ? AND person_id = ?", head.ID, row.PersonID).Scan(&n).Error
	if err != nil {
		return fmt.Errorf("look for other endorsements: %w", clean(err))
	}
	if n > 0 || row.PersonID == head.Cycle.PersonID {
		return nil
	}
	if err := b.tx.Exec("DELETE FROM backers WHERE need_id = ? AND person_id = ?", head.ID, row.PersonID).Error; err != nil {
		return fmt.Errorf("delete backer: %w", clean(err))
	}
	return b.warm(head, -1, 0)
}

// recountInto counts anew and reads the counts into row.
func (b *batch) recountInto(head *needRow) error {
	if err := b.recount(*head); err != nil {
		return err
	}
	var n struct{ Heat, Others int }
	if err := b.tx.Raw("SELECT heat, others FROM needs WHERE id = ?", head.ID).Scan(&n).Error; err != nil {
		return fmt.Errorf("read heat: %w", clean(err))
	}
	head.Heat, head.Cycle.Others = n.Heat, n.Others
	return nil
}
