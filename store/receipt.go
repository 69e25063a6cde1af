package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// receiptRow is the platform's id of one message and what it said of it later. The word may
// come before the id is known to be ours: then it waits, for civic.RetainMarks at most.
type receiptRow struct {
	Receipt    string `gorm:"primaryKey"` // see receiptKey
	DeliveryID int64  // 0: not known yet
	Verdict    int    // 0 none, 1 arrived, 2 did not; negative: not applied yet
	Reason     string
	AtMS       int64 `gorm:"column:at_ms"`
}

// TableName is the plural noun of the migration.
func (receiptRow) TableName() string { return "receipts" }

const (
	arrived = 1
	refused = 2
)

// receiptKey stands for the platform's id of a message to one account: a word about it that
// names another account is about nothing of ours.
func receiptKey(account, receipt string) string {
	sum := sha256.Sum256([]byte(account + "\x00" + receipt))
	return hex.EncodeToString(sum[:20])
}

// SettleReceipt takes the platform's late word on a message to an account: arrived, or not and
// why (a word of at most 32 ASCII characters). Its first word counts, whenever it comes; it
// settles what is unknown and takes back what was sent, and moves nothing else. Ids that are
// not ours, or not of a message to this account, do nothing.
func (db *DB) SettleReceipt(ctx context.Context, a civic.Account, receipt string, ok bool, reason string) error {
	if receipt == "" || !token(receipt, 64) {
		return errors.New("settle receipt: not 1 to 64 ASCII characters")
	}
	receipt = receiptKey(string(a), receipt)
	if !token(reason, 32) {
		reason = "other"
	}
	verdict := arrived
	if !ok {
		verdict = refused
	}
	err := db.retried(ctx, func(tx *gorm.DB) error {
		b := &batch{db: db, tx: tx, now: db.clock.Now()}
		var have []receiptRow
		err := tx.Raw("SELECT * FROM receipts WHERE receipt = ?"+db.dia.forUpdate(), receipt).Scan(&have).Error
		switch {
		case err != nil:
			return err
		case len(have) == 0:
			err := tx.Create(&receiptRow{Receipt: receipt, Verdict: -verdict, Reason: reason, AtMS: ms(b.now)}).Error
			if errors.Is(err, gorm.ErrDuplicatedKey) {
				return &SQLError{Number: 1020} // it was written in between: look again
			}
			return err
		case have[0].Verdict != 0:
			return nil
		}
		r := have[0]
		r.Verdict, r.Reason = verdict, reason
		return b.applyReceipt(r)
	})
	if err != nil {
		return fmt.Errorf("settle receipt: %w", err)
	}
	return nil
}

// applyReceipt changes the delivery by a word that has not been applied yet.
func (b *batch) applyReceipt(r receiptRow) error {
	err := b.tx.Exec("UPDATE receipts SET verdict = ?, reason = ? WHERE receipt = ?", r.Verdict, r.Reason, r.Receipt).Error
	if err != nil {
		return fmt.Errorf("write receipt: %w", clean(err))
	}
	sent, unknown := stateCodes[civic.Sent], stateCodes[civic.Unknown]
	if r.Verdict == arrived {
		err = b.tx.Exec("UPDATE deliveries SET state = ?, owner_key = 0, at_ms = ? WHERE id = ? AND state = ?", sent, ms(b.now), r.DeliveryID, unknown).Error
	} else {
		err = b.tx.Exec("UPDATE deliveries SET state = ?, owner_key = 0, at_ms = ?, reason = ? WHERE id = ? AND state IN ?",
			stateCodes[civic.Failed], ms(b.now), r.Reason, r.DeliveryID, []int{sent, unknown}).Error
	}
	if err != nil {
		return fmt.Errorf("settle delivery: %w", clean(err))
	}
	return nil
}

// keepReceipts remembers whose the platform's ids are and applies words that came early. The
// accounts are by delivery.
func (b *batch) keepReceipts(outcomes []civic.Outcome, accounts map[int64]string) error {
	var args []any
	var names []string
	for _, o := range outcomes {
		if o.Receipt != "" && (o.State == civic.Sent || o.State == civic.Unknown) {
			name := receiptKey(accounts[o.ID], o.Receipt)
			args = append(args, name, o.ID, 0, "", ms(b.now))
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	d := b.db.dia
	err := b.tx.Exec("INSERT INTO receipts (receipt, delivery_id, verdict, reason, at_ms) VALUES "+tuples(len(names), 5)+d.conflict("receipt")+
		"delivery_id = CASE WHEN receipts.delivery_id = 0 THEN "+d.incoming("delivery_id")+" ELSE receipts.delivery_id END", args...).Error
	if err != nil {
		return fmt.Errorf("keep receipts: %w", clean(err))
	}
	// A word may have come early, or be about the same message: sent again within minutes under
	// the same id of ours, the platform takes it for a repeat and says nothing more.
	var said []receiptRow
	if err := b.tx.Raw("SELECT * FROM receipts WHERE receipt IN ? AND verdict <> 0", names).Scan(&said).Error; err != nil {
		return fmt.Errorf("read early receipts: %w", clean(err))
	}
	for _, r := range said {
		r.Verdict = max(r.Verdict, -r.Verdict)
		if err := b.applyReceipt(r); err != nil {
			return err
		}
	}
	return nil
}
