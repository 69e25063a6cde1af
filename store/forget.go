package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"yishi/flows/civic"
)

// planForget plans that what is kept of an account goes. Its talk is ended first, as by its own
// word, so that whoever holds it is told.
func (db *DB) planForget(ctx context.Context, t *turn, e civic.ForgetMe) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	if _, err := db.vault(ctx); err != nil { // there is a key
		return err
	}
	if err := db.planHangUp(ctx, t, civic.HangUp(e)); err != nil {
		return err
	}
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, t *turn) error {
		if _, err := b.vault(); err != nil { // before anything is locked
			return err
		}
		if err := b.leaveStaff(e.Account); err != nil {
			return err
		}
		t.receipt = civic.Receipt{Final: t.receipt.Final, Word: civic.Forgotten}
		t.forgot = e.Account
		return b.forget(t, e.Account)
	}})
	return nil
}

// leaveStaff takes an account from somebody who held an office once, whose acts stay in the audit
// log under their id. It is refused while they hold one.
func (b *batch) leaveStaff(a civic.Account) error {
	grants, err := grantsOf(b.tx, a, b.db.dia.forUpdate())
	if err != nil {
		return err
	}
	if len(grants) > 0 {
		return refuse(civic.HoldsOffice)
	}
	if err := b.tx.Exec("UPDATE staff SET account = NULL WHERE account = ?", string(a)).Error; err != nil {
		return fmt.Errorf("take account from staff: %w", clean(err))
	}
	return nil
}

// forget deletes what is kept of an account, and leaves what belongs to others without whose it is.
// Doing it again changes nothing.
func (b *batch) forget(t *turn, a civic.Account) error {
	for _, do := range []func(*turn, civic.Account) error{
		b.unverify, b.forgetDeeds, b.forgetTalks, b.forgetTold, b.forgetMarks,
	} {
		if err := do(t, a); err != nil {
			return err
		}
	}
	v, err := b.vault()
	if err != nil {
		return err
	}
	d := b.db.dia // the hash comes second: behind a parenthesis gorm takes bytes for a list
	err = b.tx.Exec("INSERT INTO forgotten (at_ms, account_hash) VALUES (?, ?)"+d.conflict("account_hash")+"at_ms = "+d.incoming("at_ms"),
		ms(b.now), formerHash(v.openVault, a)).Error
	if err != nil {
		return fmt.Errorf("note that an account is forgotten: %w", clean(err))
	}
	return nil
}

// forgetDeeds withdraws an account's endorsements and reports and gives up its needs. What counts
// for other needs is worked out anew; shortlists that were published keep their numbers.
func (b *batch) forgetDeeds(_ *turn, a civic.Account) error {
	var backed []endorsementRow
	err := b.tx.Raw("SELECT * FROM endorsements WHERE account = ?"+b.db.dia.forUpdate(), string(a)).Scan(&backed).Error
	if err != nil {
		return fmt.Errorf("read own endorsements: %w", clean(err))
	}
	var own []int64
	if err := b.tx.Raw("SELECT id FROM needs WHERE account = ?", string(a)).Scan(&own).Error; err != nil {
		return fmt.Errorf("read own needs: %w", clean(err))
	}
	heads, err := b.touched(&backed, &own, 0)
	if err != nil {
		return err
	}
	if err := b.tx.Exec("DELETE FROM endorsements WHERE account = ?", string(a)).Error; err != nil {
		return fmt.Errorf("withdraw endorsements: %w", clean(err))
	}
	for _, id := range slices.Sorted(slices.Values(own)) {
		if err := b.forgetNeed(civic.NeedID(id)); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(heads)) {
		head, err := b.lockNeed(civic.NeedID(id)) // as forgetNeed has left it
		if err != nil {
			return err
		}
		if err := b.recount(head); err != nil {
			return err
		}
	}
	return b.forgetReports(a)
}

// forgetReports takes back what an account reported. A need that reports have hidden waits for staff
// as before.
func (b *batch) forgetReports(a civic.Account) error {
	var needs []int64
	if err := b.tx.Raw("SELECT need_id FROM reports WHERE account = ?", string(a)).Scan(&needs).Error; err != nil {
		return fmt.Errorf("read own reports: %w", clean(err))
	}
	for some := range slices.Chunk(needs, walkMost) {
		if err := b.tx.Exec("DELETE FROM reports WHERE need_id IN ? AND account = ?", some, string(a)).Error; err != nil {
			return fmt.Errorf("take back reports: %w", clean(err))
		}
	}
	return nil
}

// forgetNeed leaves a need to the community where others know of it or it is being worked on: its
// words stay and it is nobody's. Else it is withdrawn, and its words, place and photos go.
func (b *batch) forgetNeed(id civic.NeedID) error {
	row, err := b.lockNeed(id)
	if err != nil {
		return err
	}
	all, err := b.group(row)
	if err != nil {
		return err
	}
	stays := row.Released || row.Cycle.TakenDown || row.Public.HiddenMS != 0 || len(all) > 1 ||
		row.State == string(civic.NeedAccepted) || row.State == string(civic.NeedHanded)
	if err := b.forgetWords(row, stays); err != nil {
		return err
	}
	set := map[string]any{"account": "", "person_id": 0}
	switch to := civic.NeedWithdrawn; {
	case stays:
		if err := b.lapse(row); err != nil { // nobody can answer any more
			return err
		}
		set["asked_ms"] = 0
		return b.alter(row, set)
	case civic.CanMove(civic.NeedState(row.State), to):
		if _, err := b.cancel(civic.DeclineTimerID(id), 0); err != nil {
			return err
		}
		if err := b.advance(row, to, set); err != nil {
			return err
		}
	}
	maps.Copy(set, map[string]any{"text": civic.Deleted, "place": "", "lat": 0, "lng": 0, "located": false})
	delete(set, "state")
	return b.alter(row, set)
}

// forgetWords deletes what the author of a need said to staff alone, its photos where nobody may see
// them, and, of a need that does not stay, all there is.
func (b *batch) forgetWords(row needRow, stays bool) error {
	photos := "UPDATE media SET account = '', need_id = NULL, created_ms = 0 WHERE need_id = ?"
	if stays && (!row.Released || row.Cycle.PhotosShown) {
		photos = "UPDATE media SET account = '' WHERE need_id = ?"
	}
	additions := "DELETE FROM additions WHERE need_id = ?"
	if stays {
		additions += " AND released = 0"
	}
	todo := []string{photos, additions, "UPDATE questions SET answer = '" + civic.Deleted + "' WHERE answer <> '' AND need_id = ?"}
	for _, table := range []string{"pleas", "appeals"} {
		todo = append(todo, "UPDATE "+table+" SET account = '', text = '"+civic.Deleted+"' WHERE need_id = ?")
	}
	if !stays {
		todo = append(todo, "DELETE FROM reviews WHERE need_id = ?")
	}
	for _, sql := range todo {
		if err := b.tx.Exec(sql, row.ID).Error; err != nil {
			return fmt.Errorf("delete words of need: %w", clean(err))
		}
	}
	return nil
}

// forgetTalks deletes what was said in an account's talks. How many lines there were stays.
func (b *batch) forgetTalks(_ *turn, a civic.Account) error {
	var talks []int64
	if err := b.tx.Raw("SELECT id FROM talks WHERE account = ? AND closed_ms > 0", string(a)).Scan(&talks).Error; err != nil {
		return fmt.Errorf("read own talks: %w", clean(err))
	}
	for some := range slices.Chunk(talks, walkMost) {
		if err := emptyTalks(b.tx, some); err != nil {
			return fmt.Errorf("empty talks: %w", clean(err))
		}
	}
	return nil
}

// forgetTold takes an account out of what is told: what waits for it is skipped, what was told keeps
// its place in the numbers, and words that only this account was to read go.
func (b *batch) forgetTold(_ *turn, a civic.Account) error {
	person := string(civic.RecipientOf(a))
	var pushes, listed []int64
	err := b.tx.Raw("SELECT push_id FROM deliveries WHERE person = ?", person).Scan(&pushes).Error
	if err == nil {
		err = b.tx.Raw("SELECT push_id FROM audiences WHERE account = ?", string(a)).Scan(&listed).Error
	}
	if err != nil {
		return fmt.Errorf("read what was told: %w", clean(err))
	}
	for some := range slices.Chunk(append(pushes, listed...), walkMost) {
		err := b.tx.Exec("UPDATE pushes SET args = '{}' WHERE id IN ? AND members_of = 0 AND audience <= 1", some).Error
		if err == nil {
			err = b.tx.Exec("DELETE FROM audiences WHERE push_id IN ? AND account = ?", some, string(a)).Error
		}
		if err != nil {
			return fmt.Errorf("delete what was told: %w", clean(err))
		}
	}
	now := ms(b.now)
	err = b.tx.Exec("UPDATE deliveries SET state = CASE WHEN first_ms <> 0 THEN ? ELSE ? END, reason = ?, at_ms = ?, owner_key = 0, calling = 0 WHERE person = ? AND state = ?",
		stateCodes[civic.Unknown], stateCodes[civic.Skipped], civic.Forgotten, now, person, stateCodes[civic.Waiting]).Error
	if err == nil { // nobody reads the inbox any more; person is of its own, as one push tells each once
		err = b.tx.Exec("UPDATE deliveries SET read_ms = CASE WHEN read_ms = 0 THEN ? ELSE read_ms END, account = '', person = CONCAT('gone:', id) WHERE person = ?", now, person).Error
	}
	if err != nil {
		return fmt.Errorf("give up deliveries: %w", clean(err))
	}
	return nil
}

// forgetMarks deletes the rest: that the account was in touch, where it belonged, what it agreed to.
func (b *batch) forgetMarks(_ *turn, a civic.Account) error {
	now := ms(b.now)
	for _, s := range []struct {
		sql  string
		args []any
	}{
		{"DELETE FROM timers WHERE account = ?", nil},
		{"DELETE FROM consents WHERE account = ?", nil},
		{"DELETE FROM optouts WHERE account = ?", nil},
		{"DELETE FROM invite_tries WHERE account = ?", nil},
		{"DELETE FROM moves WHERE account = ?", nil},
		{"DELETE FROM accounts WHERE openid = ?", nil},
		{"UPDATE links SET account = '', args = '{}', title = '', expires_ms = CASE WHEN expires_ms > ? THEN ? ELSE expires_ms END WHERE account = ?", []any{now, now}},
		{"UPDATE media SET account = '', created_ms = 0 WHERE need_id IS NULL AND account = ?", nil},
		{"UPDATE claims SET account = '' WHERE account = ?", nil},
		{"UPDATE claims SET by_account = '' WHERE by_account = ?", nil},
	} {
		if err := b.tx.Exec(s.sql, append(s.args, string(a))...).Error; err != nil {
			return fmt.Errorf("delete marks of account: %w", clean(err))
		}
	}
	return nil
}
