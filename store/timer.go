package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// timerRow is something that is due; it goes when it has fired for the last time.
type timerRow struct {
	ID       string `gorm:"primaryKey"`
	Rev      int
	Kind     string
	Args     string
	DueMS    int64 `gorm:"column:due_ms"`
	EveryMS  int64 `gorm:"column:every_ms"`
	Account  string
	NextMS   int64 `gorm:"column:next_ms"` // when it may be claimed: due, or the end of a lease
	OwnerKey int64
}

// TableName is the plural noun of the migration.
func (timerRow) TableName() string { return "timers" }

// TimerRun is the run under which a claimed timer's turn is committed, with N 1: whoever
// fires the same timer for the same time commits the same run.
func TimerRun(t civic.Timer) string {
	return fmt.Sprintf("t:%x-%d-%x", uint64(key63("timer", t.ID)), t.Rev%1_000_000, t.DueAt.UnixMilli()&(1<<44-1))
}

func checkTimer(t civic.Timer) error {
	switch {
	case t.ID == "" || !token(t.ID, 80):
		return errors.New("arm timer: id is not 1 to 80 ASCII characters")
	case t.Rev < 0:
		return errors.New("arm timer: negative revision")
	case t.Kind == "" || !token(t.Kind, kindMost):
		return errors.New("arm timer: kind is not 1 to 40 ASCII characters")
	case len(t.Args) > argsMost || len(t.Args) > 0 && !json.Valid(t.Args):
		return errors.New("arm timer: arguments are not JSON of at most 16 KiB")
	case !token(string(t.Account), 64):
		return errors.New("arm timer: account is not at most 64 ASCII characters")
	case t.DueAt.IsZero():
		return errors.New("arm timer: no time")
	case t.Every != 0 && t.Every < time.Second:
		return errors.New("arm timer: repeats within a second")
	}
	return nil
}

// ArmTimer sets a timer outside of a turn, as civic.ArmTimer does in one.
func (db *DB) ArmTimer(ctx context.Context, t civic.Timer) error {
	if err := checkTimer(t); err != nil {
		return err
	}
	return db.retried(ctx, func(tx *gorm.DB) error { return (&batch{db: db, tx: tx}).arm(t) })
}

// CancelTimer takes a timer of this revision or an earlier one away, 0 being any, and says
// whether there was one.
func (db *DB) CancelTimer(ctx context.Context, id string, rev int) (bool, error) {
	was := false
	err := db.retried(ctx, func(tx *gorm.DB) error {
		var err error
		was, err = (&batch{db: db, tx: tx}).cancel(id, rev)
		return err
	})
	return was, err
}

func (t *turn) planArm(e civic.ArmTimer) error {
	if err := checkTimer(e.Timer); err != nil {
		return err
	}
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, _ *turn) error { return b.arm(e.Timer) }})
	return nil
}

func (t *turn) planCancel(e civic.CancelTimer) error {
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, _ *turn) error {
		was, err := b.cancel(e.ID, e.Rev)
		if err == nil && !was && e.Late != "" {
			return refuse(e.Late)
		}
		return err
	}})
	return nil
}

func (t *turn) planFire(e civic.FireTimer) error {
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, _ *turn) error { return b.fire(e) }})
	return nil
}

// arm writes a timer over one of the same or an earlier revision. The revision is set last:
// MySQL reads columns as they have been set before.
func (b *batch) arm(t civic.Timer) error {
	d := b.db.dia
	var set []string
	for _, c := range []string{"kind", "args", "due_ms", "every_ms", "account", "next_ms", "owner_key", "rev"} {
		set = append(set, fmt.Sprintf("%s = CASE WHEN timers.rev <= %s THEN %s ELSE timers.%s END", c, d.incoming("rev"), d.incoming(c), c))
	}
	err := b.tx.Exec("INSERT INTO timers (id, rev, kind, args, due_ms, every_ms, account, next_ms, owner_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)"+d.conflict("id")+strings.Join(set, ", "),
		t.ID, t.Rev, t.Kind, string(t.Args), ms(t.DueAt), t.Every.Milliseconds(), string(t.Account), ms(t.DueAt)).Error
	if err != nil {
		return fmt.Errorf("arm timer: %w", clean(err))
	}
	return nil
}

// cancel deletes a timer. Rows deleted are counted alike on every engine.
func (b *batch) cancel(id string, rev int) (bool, error) {
	res := b.tx.Exec("DELETE FROM timers WHERE id = ? AND (rev <= ? OR ? = 0)", id, rev, rev)
	if res.Error != nil {
		return false, fmt.Errorf("cancel timer: %w", clean(res.Error))
	}
	return res.RowsAffected > 0, nil
}

// fire takes the timer away, or on to its next time, if it is armed as it was claimed.
func (b *batch) fire(e civic.FireTimer) error {
	var rows []timerRow
	err := b.tx.Raw("SELECT * FROM timers WHERE id = ? AND rev = ? AND due_ms = ?"+b.db.dia.forUpdate(), e.ID, e.Rev, ms(e.DueAt)).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("find timer: %w", clean(err))
	}
	if len(rows) == 0 {
		return ErrStale
	}
	t := rows[0]
	if t.EveryMS == 0 {
		err = b.tx.Exec("DELETE FROM timers WHERE id = ?", t.ID).Error
	} else {
		late := max(0, ms(b.now)-t.DueMS) // times that were missed are passed over
		next := t.DueMS + (late/t.EveryMS+1)*t.EveryMS
		err = b.tx.Exec("UPDATE timers SET due_ms = ?, next_ms = ?, owner_key = 0 WHERE id = ?", next, next, t.ID).Error
	}
	if err != nil {
		return fmt.Errorf("fire timer: %w", clean(err))
	}
	return nil
}

// ClaimTimers takes at most n due timers under a lease. Whoever got one commits what it does
// together with civic.FireTimer under TimerRun; ErrStale means that there is nothing to do. A
// timer that was not fired is due again when its lease has run out.
func (db *DB) ClaimTimers(ctx context.Context, owner string, n int, lease time.Duration) ([]civic.Timer, error) {
	if owner == "" || !token(owner, 64) {
		return nil, errors.New("claim timers: owner is not 1 to 64 ASCII characters")
	}
	if n <= 0 {
		return nil, nil
	}
	now := db.clock.Now()
	var rows []timerRow
	err := db.retried(ctx, func(tx *gorm.DB) error {
		rows = nil
		err := tx.Raw("SELECT * FROM timers WHERE next_ms <= ? ORDER BY next_ms LIMIT ?"+db.dia.skipLocked(), ms(now), n).Scan(&rows).Error
		if err != nil || len(rows) == 0 {
			return err
		}
		ids := make([]string, 0, len(rows))
		for _, r := range rows {
			ids = append(ids, r.ID)
		}
		return tx.Exec("UPDATE timers SET next_ms = ?, owner_key = ? WHERE id IN ?", ms(now.Add(lease)), key63("owner", owner), ids).Error
	})
	if err != nil {
		return nil, fmt.Errorf("claim timers: %w", err)
	}
	timers := make([]civic.Timer, 0, len(rows))
	for _, r := range rows {
		timers = append(timers, civic.Timer{
			ID: r.ID, Rev: r.Rev, Kind: r.Kind, Args: json.RawMessage(r.Args), DueAt: at(r.DueMS),
			Every: time.Duration(r.EveryMS) * time.Millisecond, Account: civic.Account(r.Account),
		})
	}
	return timers, nil
}

// TimerAge is how long the timer that has been due for longest has waited; zero if none does.
func (db *DB) TimerAge(ctx context.Context) (time.Duration, error) {
	now := db.clock.Now()
	var oldest *int64
	if err := db.r.WithContext(ctx).Raw("SELECT MIN(due_ms) FROM timers WHERE next_ms <= ?", ms(now)).Scan(&oldest).Error; err != nil {
		return 0, fmt.Errorf("read age of timers: %w", clean(err))
	}
	if oldest == nil {
		return 0, nil
	}
	return max(0, now.Sub(at(*oldest))), nil
}
