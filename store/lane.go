package store

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"sync/atomic"

	"yishi/flows/civic"
)

// Sizes of the group commit.
const (
	batchMost = 64   // turns in one transaction
	queueMost = 2048 // turns that may wait in one lane
)

// lane writes the turns of some communities, one transaction after another. Whatever has
// queued while a transaction ran shares the next; nobody waits for company.
type lane struct {
	queue chan *job
}

// job is one caller's turn on its way.
type job struct {
	c     Commit
	close bool // close the run instead
	ctx   context.Context
	taken atomic.Bool // by the lane, or by a caller that gave up
	done  chan result // holds one
	hash  []byte
}

type result struct {
	receipt civic.Receipt
	err     error
}

// id is the run and number, unique.
func (j *job) id() string { return j.c.Run + "/" + strconv.Itoa(j.c.N) }

func (j *job) tell(receipt civic.Receipt, err error) { j.done <- result{receipt, err} }

func (db *DB) startLanes() {
	for range db.dia.lanes {
		l := &lane{queue: make(chan *job, queueMost)}
		db.lanes = append(db.lanes, l)
		db.lanesWG.Go(func() { db.drive(l) })
	}
}

// stopLanes refuses new turns and writes those that wait.
func (db *DB) stopLanes() {
	db.shut.Lock()
	db.closed = true
	for _, l := range db.lanes {
		close(l.queue)
	}
	db.shut.Unlock()
	db.lanesWG.Wait()
}

// submit queues a turn and waits for its result.
func (db *DB) submit(ctx context.Context, c Commit, closing bool) (civic.Receipt, error) {
	if err := c.check(); err != nil {
		return civic.Receipt{}, err
	}
	if err := ctx.Err(); err != nil {
		return civic.Receipt{}, errors.Join(ErrBusy, err)
	}
	j := &job{c: c, close: closing, ctx: ctx, done: make(chan result, 1), hash: db.accountHash(c.Account)}
	if err := db.queue(j); err != nil {
		db.stats.busy.Add(1)
		return civic.Receipt{}, err
	}
	select {
	case r := <-j.done:
		return db.count(r)
	case <-ctx.Done():
	}
	if j.taken.CompareAndSwap(false, true) {
		db.stats.waiting.Add(-1)
		return db.count(result{err: fmt.Errorf("%w: %w", ErrBusy, ctx.Err())})
	}
	select { // the lane may have told it just now
	case r := <-j.done:
		return db.count(r)
	default:
		return db.count(result{err: fmt.Errorf("%w: %w", ErrUnsure, ctx.Err())})
	}
}

// count keeps the figures and hands the result on.
func (db *DB) count(r result) (civic.Receipt, error) {
	var refusal *civic.Refusal
	switch {
	case r.err == nil:
	case errors.As(r.err, &refusal):
		db.stats.refused.Add(1)
	case errors.Is(r.err, ErrUnsure):
		db.stats.unsure.Add(1)
	case errors.Is(r.err, ErrBusy):
		db.stats.busy.Add(1)
	}
	return r.receipt, r.err
}

func (db *DB) queue(j *job) error {
	db.shut.RLock()
	defer db.shut.RUnlock()
	if db.closed {
		return fmt.Errorf("%w: the store is closed", ErrBusy)
	}
	select {
	case db.lanes[laneOf(j, len(db.lanes))].queue <- j:
		db.stats.waiting.Add(1)
		return nil
	default:
		return fmt.Errorf("%w: the queue is full", ErrBusy)
	}
}

// laneOf keeps a community's needs in one lane, so that lanes do not wait for each other's
// counters, and one account's other turns in one.
func laneOf(j *job, lanes int) int {
	for _, e := range j.c.Effects {
		if n, ok := e.(civic.RaiseNeed); ok {
			return int(uint64(n.Community) % uint64(lanes))
		}
	}
	h := fnv.New32a()
	_, _ = h.Write(j.hash)
	return int(h.Sum32() % uint32(lanes))
}

// drive works until the queue is closed and empty.
func (db *DB) drive(l *lane) {
	for first := range l.queue {
		jobs := make([]*job, 0, batchMost)
		jobs = db.take(jobs, first)
	more:
		for len(jobs) < batchMost {
			select {
			case j, open := <-l.queue:
				if !open {
					break more
				}
				jobs = db.take(jobs, j)
			default:
				break more
			}
		}
		for len(jobs) > 0 {
			jobs = db.round(jobs)
		}
	}
}

// take claims a job unless its caller has left.
func (db *DB) take(jobs []*job, j *job) []*job {
	if !j.taken.CompareAndSwap(false, true) {
		return jobs
	}
	db.stats.waiting.Add(-1)
	return append(jobs, j)
}

// round writes one transaction's worth and returns the jobs that must wait for it: those
// whose outcome depends on another of the same round.
func (db *DB) round(jobs []*job) []*job {
	var (
		leaders []*turn
		later   []*job
		ids     = map[string]*turn{}
		keys    = map[string]bool{}
	)
	for _, j := range jobs {
		first, same := ids[j.id()]
		switch {
		case same && first.job.close == j.close && string(first.job.hash) == string(j.hash):
			first.others = append(first.others, j)
		case same || keys[j.c.Key]:
			later = append(later, j)
		default:
			t := &turn{job: j}
			ids[j.id()] = t
			if j.c.Key != "" {
				keys[j.c.Key] = true
			}
			leaders = append(leaders, t)
		}
	}
	db.write(leaders)
	return later
}
