package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// How an import of a roll goes on.
const (
	rollBatch = 500              // lines read, staged or planned at once
	rollStep  = 2000             // lines of one statement of the switch
	rollBeat  = 5 * time.Second  // how often it shows that it lives
	rollLease = 30 * time.Second // an import that shows nothing for so long has died
)

// Errors of imports.
var (
	// ErrRollBusy means that a community's roll is being imported by somebody else. Wait and try again.
	ErrRollBusy = errors.New("the community's roll is being imported by somebody else; wait until that has ended")
	// ErrRollLost means that the import was taken for dead, and cleared away or carried on by another.
	ErrRollLost = errors.New("the import was silent for too long and was taken over by another")
	// ErrOffice means that a member of staff may not do what they are about to do any more.
	ErrOffice = errors.New("the office that allows this does not hold any more")
)

// RollOptions say how a roll is taken in.
type RollOptions struct {
	// By is the member of staff who imports; its account is empty for the operator.
	By civic.By
	// Community is the only one that may be touched; zero: whichever the roll names.
	Community civic.CommunityID
	// District is the district of streets that are not known yet; "" where there is one in all.
	District string
	// Complete says that the roll is whole: whom it does not name any more has left.
	Complete bool
}

// RollCounts says what has become of people, or would.
type RollCounts struct {
	New      int // not known before
	Changed  int // at the same door, with another name, phone, number or note
	Moved    int // to another door
	Returned int // had left
	Same     int // the roll says what it said before
	Left     int // not on a whole roll any more
	Bad      int // lines with a fault that only the comparison with what is known showed
	Houses   int // doors not known before
}

func (c *RollCounts) add(d RollCounts) {
	c.New, c.Changed, c.Moved, c.Returned = c.New+d.New, c.Changed+d.Changed, c.Moved+d.Moved, c.Returned+d.Returned
	c.Same, c.Left, c.Bad, c.Houses = c.Same+d.Same, c.Left+d.Left, c.Bad+d.Bad, c.Houses+d.Houses
}

// Roll is an import of a roll 名册: lines are staged (Add), compared with what is known (Plan)
// and put in force (Switch). Until Switch nobody sees any of it. It is for one goroutine.
//
// A community is put in force by one transaction. A roll of several goes by one transaction each,
// after all of it was found good: then it is only ever carried on with, by the next import if
// this one dies.
type Roll struct {
	db   *DB
	o    RollOptions
	pool *sql.DB // its statements may take their time
	end  func()
	v    keptVault // no data key is made while there is an import

	id, owner int64
	beat      time.Time
	places    *rollPlaces
	plans     map[int64]*rollPlan // by community
	finished  int                 // communities of an earlier import that died
	homeless  []string            // streets of no known district
}

// BeginRoll begins an import. What an earlier one left that died is cleared away first, or, where
// it was being put in force, finished.
func (db *DB) BeginRoll(ctx context.Context, o RollOptions) (*Roll, error) {
	r, err := db.openRoll(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("begin import of a roll: %w", err)
	}
	if err := r.sweep(ctx); err != nil {
		r.end()
		return nil, fmt.Errorf("clear away an import that died: %w", clean(err))
	}
	if err := r.enter(ctx); err != nil {
		r.end()
		return nil, fmt.Errorf("begin import of a roll: %w", err)
	}
	return r, nil
}

// enter makes the import known. From then on until it has ended no data key is made, under which it
// would find nobody.
func (r *Roll) enter(ctx context.Context) error {
	return r.db.retried(ctx, func(tx *gorm.DB) error {
		b := &batch{db: r.db, tx: tx, now: r.db.clock.Now()}
		v, err := b.vault()
		if err != nil {
			return err
		}
		if v.resealing() {
			return ErrResealing
		}
		r.v = v
		return tx.Create(&rollRow{ID: r.id, OwnerKey: r.owner, Complete: r.o.Complete, BegunMS: ms(b.now), BeatMS: ms(b.now)}).Error
	})
}

func (db *DB) openRoll(ctx context.Context, o RollOptions) (*Roll, error) {
	if _, err := db.vault(ctx); err != nil { // there is a key
		return nil, err
	}
	pool, end, err := db.migrationPool()
	if err != nil {
		return nil, err
	}
	r := &Roll{db: db, o: o, pool: pool, end: end, id: newID(), owner: newID(), beat: db.clock.Now(), plans: map[int64]*rollPlan{}}
	if r.places, err = r.readPlaces(ctx); err != nil {
		end()
		return nil, err
	}
	return r, nil
}

// Finished is how many communities of an earlier import, which died, were put in force by BeginRoll.
func (r *Roll) Finished() int { return r.finished }

// Homeless names the streets that were not kept, as nobody said which district they are in.
func (r *Roll) Homeless() []string { return r.homeless }

// Close ends the import and clears away what is staged. Unless Switch has returned nil, nothing of
// it is in force; an import of several communities that failed in the middle of its switch is left
// to be carried on with.
func (r *Roll) Close(ctx context.Context) error {
	defer r.end()
	if r.switching(ctx) {
		return nil
	}
	if err := r.clear(ctx); err != nil {
		return fmt.Errorf("clear away an import: %w", err)
	}
	return nil
}

// switching says whether communities are still to be put in force.
func (r *Roll) switching(ctx context.Context) bool {
	var on bool
	err := r.pool.QueryRowContext(ctx, "SELECT switching FROM rolls WHERE id = ?", r.id).Scan(&on)
	return err == nil && on
}

// clear takes the staged lines away, some at a time, and at last the import.
func (r *Roll) clear(ctx context.Context) error {
	for c := range r.places.claimed {
		last, err := r.lastLine(ctx, c)
		if err != nil {
			return err
		}
		for to := rollStep; to < last+rollStep; to += rollStep {
			if err := r.exec(ctx, r.pool, "DELETE FROM roll_lines WHERE roll_id = ? AND community_id = ? AND line <= ?", r.id, c, to); err != nil {
				return err
			}
			if err := r.alive(ctx); err != nil {
				return err
			}
		}
	}
	if err := r.exec(ctx, r.pool, "DELETE FROM roll_claims WHERE roll_id = ?", r.id); err != nil {
		return err
	}
	return r.exec(ctx, r.pool, "DELETE FROM rolls WHERE id = ?", r.id)
}

func (r *Roll) lastLine(ctx context.Context, c int64) (int, error) {
	var last sql.NullInt64
	err := r.pool.QueryRowContext(ctx, "SELECT MAX(line) FROM roll_lines WHERE roll_id = ? AND community_id = ?", r.id, c).Scan(&last)
	return int(last.Int64), clean(err)
}

// alive shows that the import goes on, now and then.
func (r *Roll) alive(ctx context.Context) error {
	now := r.db.clock.Now()
	if now.Sub(r.beat) < rollBeat {
		return nil
	}
	r.beat = now
	if err := r.exec(ctx, r.pool, "UPDATE rolls SET beat_ms = ? WHERE id = ? AND owner_key = ?", ms(now), r.id, r.owner); err != nil {
		return err
	}
	return r.ours(ctx, r.pool, "")
}

// runner is a pool or a transaction.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// ours says whether nobody has taken the import over; lock is added to the statement.
func (r *Roll) ours(ctx context.Context, x runner, lock string) error {
	var owner int64
	err := x.QueryRowContext(ctx, "SELECT owner_key FROM rolls WHERE id = ?"+lock, r.id).Scan(&owner)
	if errors.Is(err, sql.ErrNoRows) || err == nil && owner != r.owner {
		return ErrRollLost
	}
	return clean(err)
}

func (r *Roll) exec(ctx context.Context, x runner, query string, args ...any) error {
	_, err := x.ExecContext(ctx, query, args...)
	return clean(err)
}

// rowsAtOnce is how many rows one statement inserts. The driver of SQLite looks for each value among
// all of a statement's: there, many small ones are far cheaper.
func (d dialect) rowsAtOnce() int {
	if d.name == inSQLite {
		return 8
	}
	return rollBatch
}

// insert writes rows of so many values each: head up to VALUES, and tail after them.
func (r *Roll) insert(ctx context.Context, x runner, head, tail string, width int, args []any) error {
	full := ""
	for some := range slices.Chunk(args, width*r.db.dia.rowsAtOnce()) {
		marks := tuples(len(some)/width, width)
		if len(some) == width*r.db.dia.rowsAtOnce() {
			if full == "" {
				full = marks
			}
			marks = full
		}
		if err := r.exec(ctx, x, head+marks+tail, some...); err != nil {
			return err
		}
	}
	return nil
}

// insertAll is insert in a transaction of its own.
func (r *Roll) insertAll(ctx context.Context, head, tail string, width int, args []any) error {
	return r.patient(ctx, func() error {
		tx, err := r.pool.BeginTx(ctx, nil)
		if err != nil {
			return clean(err)
		}
		if err := r.insert(ctx, tx, head, tail, width, args); err != nil {
			return errors.Join(err, clean(tx.Rollback()))
		}
		return clean(tx.Commit())
	})
}

// patient tries again what other writers stood in the way of.
func (r *Roll) patient(ctx context.Context, do func() error) error {
	var err error
	for try := range rollTries {
		if err = do(); !passing(err) || !pause(ctx, try+1) {
			return err
		}
	}
	return err
}

// rollTries bounds how often a transaction of an import is tried.
const rollTries = 8
