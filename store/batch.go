package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// Bounds of one batch: callers have 4.2 s for their whole turn.
const (
	batchTime = 3 * time.Second
	batchTry  = 4
)

// turn is one run and number in a batch, with all callers that sent it.
type turn struct {
	job      *job
	others   []*job // repeats that arrived meanwhile
	plan     plan
	attached []mediaRow // of the needs written in this try
	receipt  civic.Receipt
	first    *runRow       // set when the turn was written before this batch
	placed   bool          // a community was changed
	forgot   civic.Account // whose data it deleted; "": nobody's
	unsure   bool          // an earlier attempt's COMMIT was not answered
}

// tell answers all callers of the turn.
func (db *DB) tell(t *turn, receipt civic.Receipt, err error) {
	if err != nil && t.unsure && !errors.Is(err, ErrUnsure) && !settled(err) {
		err = fmt.Errorf("%w: %w", ErrUnsure, err)
	}
	if err != nil && !settled(err) && !errors.Is(err, ErrUnsure) && !errors.Is(err, ErrBusy) {
		err = fmt.Errorf("%w: %w", ErrBusy, err)
	}
	if err == nil {
		if t.first == nil {
			db.stats.commits.Add(1)
			db.stats.repeats.Add(uint64(len(t.others)))
		} else {
			db.stats.repeats.Add(uint64(1 + len(t.others)))
		}
	}
	for _, j := range t.others {
		j.tell(receipt, err)
	}
	t.job.tell(receipt, err)
}

// taken says that the turn's number was written by another message, in the middle of the run.
func (t *turn) taken() bool {
	f, c := t.first, t.job.c
	return !t.job.close && !c.Final && !f.Final && f.Run == c.Run && f.N == c.N &&
		c.Key != "" && f.MsgKey != nil && *f.MsgKey != c.Key
}

// settled says that err is an answer about the turn, found by the database.
func settled(err error) bool {
	var refusal *civic.Refusal
	return errors.As(err, &refusal) || errors.Is(err, ErrClosed) || errors.Is(err, ErrStale) || errors.Is(err, ErrTaken)
}

// write plans the turns and commits them, together if possible.
func (db *DB) write(turns []*turn) {
	ctx, cancel := context.WithTimeout(context.Background(), batchTime)
	defer cancel()
	ready := turns[:0]
	for _, t := range turns {
		if err := db.prepare(ctx, t); err != nil {
			db.tell(t, civic.Receipt{}, err)
			continue
		}
		ready = append(ready, t)
	}
	if len(ready) > 0 {
		slices.SortFunc(ready, func(a, b *turn) int { // one order for all: no deadlocks over runs
			return cmp.Or(strings.Compare(a.job.c.Run, b.job.c.Run), a.job.c.N-b.job.c.N)
		})
		db.attempt(ctx, ready)
	}
}

// attempt commits turns in one transaction. Passing trouble is tried again; a turn that the
// rules or the database refuse is tried alone, so that it harms no neighbour.
func (db *DB) attempt(ctx context.Context, turns []*turn) {
	var err error
	for try := range batchTry {
		if try > 0 && !pause(ctx, try) {
			break
		}
		err = db.execute(ctx, turns)
		if err == nil {
			db.settle(turns)
			return
		}
		if errors.Is(err, ErrUnsure) {
			for _, t := range turns {
				t.unsure = true
			}
		}
		if !passing(err) && !errors.Is(err, ErrUnsure) && (!cut(err) || slow(err) || try > 0) {
			break
		}
	}
	var bad *culprit
	switch {
	case len(turns) == 1 && errors.As(err, &bad):
		db.tell(turns[0], civic.Receipt{}, bad.err)
	case len(turns) == 1 || cut(err) || errors.Is(err, ErrUnsure) || passing(err):
		for _, t := range turns {
			db.tell(t, civic.Receipt{}, err)
		}
	case errors.As(err, &bad):
		rest := slices.DeleteFunc(slices.Clone(turns), func(t *turn) bool { return t == bad.turn })
		db.attempt(ctx, rest)
		db.attempt(ctx, []*turn{bad.turn})
	default:
		for _, t := range turns {
			db.attempt(ctx, []*turn{t})
		}
	}
}

// pause waits a little before another try and says whether there is time for it.
func pause(ctx context.Context, try int) bool {
	t := time.NewTimer(time.Duration(try)*5*time.Millisecond + rand.N(10*time.Millisecond))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// culprit is a turn that makes its batch impossible.
type culprit struct {
	turn *turn
	err  error
}

func (c *culprit) Error() string { return c.err.Error() }
func (c *culprit) Unwrap() error { return c.err }

// settle answers everybody after COMMIT.
func (db *DB) settle(turns []*turn) {
	for _, t := range turns {
		if t.placed {
			db.places.forget()
		}
		if t.forgot != "" {
			db.contacts.drop(t.forgot)
		}
		if t.first == nil {
			db.tell(t, db.reveal(t.job.c.Run, t.job.c.N, t.receipt), nil)
			continue
		}
		receipt, err := db.receiptOf(t.first)
		switch {
		case err != nil:
		case !db.madeBy(t.first, t.job):
			receipt, err = civic.Receipt{}, errors.New("the run is another account's")
		case t.first.State == runClosed && !t.job.close:
			err = ErrClosed
		case t.taken():
			receipt, err = civic.Receipt{}, ErrTaken
		}
		db.tell(t, receipt, err)
	}
}

// execute is one try of one transaction. ErrUnsure means that COMMIT was sent and not answered.
func (db *DB) execute(ctx context.Context, turns []*turn) error {
	db.stats.batches.Add(1)
	for _, t := range turns {
		t.first, t.attached, t.placed, t.forgot = nil, nil, false, ""
		t.receipt = civic.Receipt{Final: t.job.c.Final, Closed: t.job.close}
	}
	tx := db.w.WithContext(ctx).Begin()
	if tx.Error != nil {
		return fmt.Errorf("begin: %w", clean(tx.Error))
	}
	open := true
	defer func() {
		if open {
			tx.Rollback()
		}
	}()
	b := &batch{db: db, tx: tx, now: db.clock.Now()}
	fresh, err := b.claim(turns)
	if err != nil {
		return err
	}
	if len(fresh) == 0 {
		return nil
	}
	if err := b.apply(fresh); err != nil {
		return err
	}
	if err := b.record(fresh); err != nil {
		return err
	}
	open = false
	if err := tx.Commit().Error; err != nil {
		err = clean(err)
		if passing(err) {
			tx.Rollback()
			return err
		}
		return fmt.Errorf("%w: %w", ErrUnsure, err)
	}
	return nil
}

// batch is one transaction at work.
type batch struct {
	db   *DB
	tx   *gorm.DB
	now  time.Time
	kept keptVault // see vault
}

// claim inserts the turns' runs, the unique key that makes each happen once, and returns
// the turns that are new. A duplicate undoes only its own statement.
func (b *batch) claim(turns []*turn) ([]*turn, error) {
	for range batchTry {
		rows := make([]runRow, 0, len(turns))
		for _, t := range turns {
			rows = append(rows, t.row(b.now))
		}
		err := b.tx.Create(&rows).Error
		if err == nil {
			return turns, nil
		}
		if !errors.Is(err, gorm.ErrDuplicatedKey) {
			return nil, fmt.Errorf("claim runs: %w", clean(err))
		}
		found, err := b.firsts(turns)
		if err != nil {
			return nil, err
		}
		if found == 0 {
			break // whoever held the key has gone: again from the start
		}
		turns = slices.DeleteFunc(slices.Clone(turns), func(t *turn) bool { return t.first != nil })
		if len(turns) == 0 {
			return nil, nil
		}
	}
	return nil, fmt.Errorf("claim runs: %w", &SQLError{Number: 1020})
}

// firsts finds which of the turns were written before, by run or by message.
func (b *batch) firsts(turns []*turn) (int, error) {
	var runs, keys []string
	for _, t := range turns {
		runs = append(runs, t.job.c.Run)
		if t.job.c.Key != "" {
			keys = append(keys, t.job.c.Key)
		}
	}
	var rows, byKey []runRow
	if err := b.tx.Where("run IN ?", runs).Find(&rows).Error; err != nil {
		return 0, fmt.Errorf("find runs: %w", clean(err))
	}
	if len(keys) > 0 {
		if err := b.tx.Where("msg_key IN ?", keys).Find(&byKey).Error; err != nil {
			return 0, fmt.Errorf("find runs by message: %w", clean(err))
		}
	}
	found := 0
	for _, t := range turns {
		i := slices.IndexFunc(rows, func(r runRow) bool { return r.Run == t.job.c.Run && r.N == t.job.c.N })
		k := slices.IndexFunc(byKey, func(r runRow) bool { return t.job.c.Key != "" && *r.MsgKey == t.job.c.Key })
		switch {
		case i >= 0:
			t.first = &rows[i]
		case k >= 0:
			t.first = &byKey[k]
		default:
			continue
		}
		found++
	}
	return found, nil
}

// row is the turn's run with the receipt known so far.
func (t *turn) row(now time.Time) runRow {
	r := runRow{
		Run: t.job.c.Run, N: t.job.c.N, AccountHash: t.job.hash, State: runCommitted,
		Final: t.job.c.Final, AtMS: ms(now), Receipt: t.json(),
	}
	if t.job.close {
		r.State = runClosed
	}
	if t.job.c.Key != "" {
		r.MsgKey = &t.job.c.Key
	}
	return r
}

func (t *turn) json() string {
	text, _ := json.Marshal(t.receipt) // plain strings, numbers and flags: cannot fail
	return string(text)
}

// record stores the receipts that the effects have changed.
func (b *batch) record(turns []*turn) error {
	var sql strings.Builder
	var args []any
	for _, t := range turns {
		if t.receipt == (civic.Receipt{Final: t.job.c.Final, Closed: t.job.close}) {
			continue
		}
		if len(args) > 0 {
			sql.WriteString(", ")
		}
		sql.WriteString("(?, ?, ?, ?, ?, ?, ?)")
		r := t.row(b.now)
		args = append(args, r.Run, r.N, r.AccountHash, r.State, r.Final, r.Receipt, r.AtMS)
	}
	if len(args) == 0 {
		return nil
	}
	d := b.db.dia
	err := b.tx.Exec("INSERT INTO runs (run, n, account_hash, state, final, receipt, at_ms) VALUES "+sql.String()+
		d.conflict("run, n")+"receipt = "+d.incoming("receipt"), args...).Error
	if err != nil {
		return fmt.Errorf("record receipts: %w", clean(err))
	}
	return nil
}
