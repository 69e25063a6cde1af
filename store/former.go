package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// Bounds of what is done about those who left, in one transaction.
const (
	formerBatch = 200
	formerAfter = time.Hour // an unfollow by mistake is undone within
)

// SweepIdentities keeps of the identities of accounts that unfollowed an hour ago or more only a keyed
// hash, by which they are found if they come back, and says how many. Old counts of wrong tries go
// too. It runs each ten minutes, far more often than the day that is promised.
func (db *DB) SweepIdentities(ctx context.Context) (int, error) {
	before := db.clock.Now()
	err := db.retried(ctx, func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM tries WHERE last_ms < ?", ms(before.Add(-civic.RetainTries))).Error
	})
	if err != nil {
		return 0, fmt.Errorf("sweep tries: %w", err)
	}
	total := 0
	for {
		n, err := db.shrinkSome(ctx, before.Add(-formerAfter))
		total += n
		if err != nil || n < formerBatch {
			return total, err
		}
	}
}

func (db *DB) shrinkSome(ctx context.Context, before time.Time) (int, error) {
	n := 0
	if _, err := db.vault(ctx); err != nil { // there is a key
		return 0, err
	}
	err := db.retried(ctx, func(tx *gorm.DB) error {
		n = 0
		b := &batch{db: db, tx: tx, now: db.clock.Now()}
		v, err := b.vault()
		if err != nil {
			return err
		}
		var rows []identityRow
		err = tx.Raw("SELECT i.* FROM accounts a"+db.dia.force("accounts_unfollowed")+" JOIN identities i ON i.account = a.openid "+
			"WHERE a.following = 0 AND a.unfollowed_ms > 0 AND a.unfollowed_ms <= ? LIMIT ?"+db.dia.skipLocked(), ms(before), formerBatch).Scan(&rows).Error
		if err != nil || len(rows) == 0 {
			return err
		}
		names := make([]string, 0, len(rows))
		var old [][]byte // from an earlier time that they left
		args := make([]any, 0, 7*len(rows))
		for _, r := range rows {
			names = append(names, r.Account)
			args = append(args, r.PersonID, formerHash(v.openVault, civic.Account(r.Account)), r.How, r.Consent, r.SinceMS, ms(b.now), v.newest().id)
			old = append(old, formerHashes(v.openVault, civic.Account(r.Account))[1:]...)
		}
		d := db.dia
		err = tx.Exec("INSERT INTO former_identities (person_id, account_hash, how, consent, since_ms, left_ms, key_id) VALUES "+tuples(len(rows), 7)+
			d.conflict("account_hash")+"person_id = "+d.incoming("person_id")+", how = "+d.incoming("how")+", consent = "+d.incoming("consent")+
			", since_ms = "+d.incoming("since_ms")+", left_ms = "+d.incoming("left_ms")+", key_id = "+d.incoming("key_id"), args...).Error
		if err != nil {
			return err
		}
		if len(old) > 0 {
			if err := tx.Exec("DELETE FROM former_identities WHERE account_hash IN ?", old).Error; err != nil {
				return err
			}
		}
		n = len(rows)
		return tx.Exec("DELETE FROM identities WHERE account IN ?", names).Error
	})
	if err != nil {
		return 0, fmt.Errorf("sweep identities: %w", err)
	}
	return n, nil
}

// restoreFormer gives back their identities to accounts that are in touch again. Until then look-ups
// find them by their hash. One question, while there is nobody who left; two else.
func (db *DB) restoreFormer(ctx context.Context, touched []accountRow) error {
	var some int
	if err := db.r.WithContext(ctx).Raw("SELECT 1 FROM former_identities LIMIT 1").Scan(&some).Error; err != nil || some == 0 {
		return err
	}
	if _, err := db.vault(ctx); err != nil { // there is a key
		return err
	}
	touched = slices.DeleteFunc(slices.Clone(touched), func(a accountRow) bool { return max(a.LastMessageMS, a.LastEventMS) < a.UnfollowedMS })
	if len(touched) == 0 {
		return nil
	}
	return db.retried(ctx, func(tx *gorm.DB) error {
		v, err := (&batch{db: db, tx: tx, now: db.clock.Now()}).vault()
		if err != nil {
			return err
		}
		back := map[string]string{}
		var hashes [][]byte
		for _, a := range touched {
			for _, h := range formerHashes(v.openVault, civic.Account(a.Openid)) {
				hashes, back[string(h)] = append(hashes, h), a.Openid
			}
		}
		var rows []formerRow
		if err := tx.Raw("SELECT * FROM former_identities WHERE account_hash IN ?"+db.dia.forUpdate(), hashes).Scan(&rows).Error; err != nil || len(rows) == 0 {
			return err
		}
		args := make([]any, 0, 5*len(rows))
		gone := make([][]byte, 0, len(rows))
		for _, r := range rows {
			gone = append(gone, r.AccountHash)
			args = append(args, back[string(r.AccountHash)], r.PersonID, r.How, r.Consent, r.SinceMS)
		}
		err = tx.Exec("INSERT INTO identities (account, person_id, how, consent, since_ms) VALUES "+tuples(len(rows), 5)+
			db.dia.conflict("account")+"account = identities.account", args...).Error
		if err != nil {
			return err
		}
		return tx.Exec("DELETE FROM former_identities WHERE account_hash IN ?", gone).Error
	})
}

// homesBatch is how many accounts one transaction moves.
const homesBatch = 200

// SweepHomes lets accounts belong to the community and estate where the roll says that their person
// lives, so that pushes to a community find who has moved there, and says how many. Look-ups of
// identities need not wait for it. Once a day is enough.
func (db *DB) SweepHomes(ctx context.Context) (int, error) {
	total := 0
	for {
		n := 0
		err := db.retried(ctx, func(tx *gorm.DB) error {
			var rows []struct {
				Account               string
				CommunityID, EstateID int64
			}
			err := tx.Raw("SELECT i.account, p.community_id, b.estate_id FROM identities i JOIN persons p ON p.id = i.person_id "+
				"JOIN households h ON h.id = p.household_id JOIN buildings b ON b.id = h.building_id JOIN accounts a ON a.openid = i.account "+
				"WHERE p.left_ms = 0 AND (a.community_id <> p.community_id OR a.estate_id <> b.estate_id) LIMIT ?", homesBatch).Scan(&rows).Error
			if err != nil || len(rows) == 0 {
				return err
			}
			n = len(rows)
			var t turn
			for _, r := range rows {
				t.plan.joins = append(t.plan.joins, civic.Join{
					Account: civic.Account(r.Account), Community: civic.CommunityID(r.CommunityID), Estate: r.EstateID,
				})
			}
			return (&batch{db: db, tx: tx, now: db.clock.Now()}).join([]*turn{&t})
		})
		if err != nil {
			return total, fmt.Errorf("sweep homes: %w", err)
		}
		if total += n; n < homesBatch {
			return total, nil
		}
	}
}
