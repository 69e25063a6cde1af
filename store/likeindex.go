package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"yishi/flows/civic"
	"yishi/flows/zh"
)

// How the indexes are kept up to date. Nobody waits for a renewal but who would otherwise
// search nothing, or something old: building a large index takes a third of a second under load.
const (
	likeFresh    = 2 * time.Second        // how long the index of a community is taken as it is
	likeOld      = 10 * time.Second       // from which age on a searcher waits for a renewal
	likePatience = 250 * time.Millisecond // how long
	likeOverlap  = 10 * time.Second       // longer than any transaction: rows written late are still seen
	likeWhole    = 10 * time.Minute       // after which an index is built anew
	likeLimit    = 2 * statementTimeout   // of a renewal that reads twice
)

// likes are the indexes of released open needs, one a community that was asked for.
type likes struct {
	mu   sync.Mutex
	all  map[civic.CommunityID]*likeIndex
	work sync.WaitGroup // renewals under way
	shut bool           // none may begin any more
}

// likeIndex is what is searched for one community, and when it was renewed.
type likeIndex struct {
	mu      sync.RWMutex
	set     *likeSet  // never nil; changed in place, with mu
	looked  time.Time // local time of the last renewal begun
	renewed time.Time // local time of the last that succeeded; zero: there is nothing to search yet
	built   time.Time // local time of the last that read everything
	seen    int64     // database's time in ms of the last that succeeded
	moves   uint64    // of the clock, when it was built
	renewal *renewal  // under way; nil: none
}

// renewal is one under way. done is closed when the index is as new as it gets soon.
type renewal struct {
	done chan struct{}
	err  error
}

// likeSet finds the needs of a community that share pairs of characters with a text.
type likeSet struct {
	docs     []likeDoc
	byID     map[int64]int      // into docs
	postings map[uint64][]int32 // pair of characters → docs that have it
	dead     int                // docs that are no longer offered
}

type likeDoc struct {
	row   needRow
	grams zh.Grams
	gone  bool
}

var (
	errShut    = errors.New("the store is closed")
	errNoIndex = errors.New("no index of like needs")
)

func newLikeSet() *likeSet {
	return &likeSet{byID: map[int64]int{}, postings: map[uint64][]int32{}}
}

func (l *likes) of(c civic.CommunityID) *likeIndex {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[civic.CommunityID]*likeIndex{}
	}
	if l.all[c] == nil {
		l.all[c] = &likeIndex{set: newLikeSet()}
	}
	return l.all[c]
}

// background runs a renewal, and reports false once the store closes.
func (l *likes) background(renew func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shut {
		return false
	}
	l.work.Go(renew)
	return true
}

// close waits for the renewals under way.
func (l *likes) close() {
	l.mu.Lock()
	l.shut = true
	l.mu.Unlock()
	l.work.Wait()
}

// fresh has the index renewed where it is time, one renewal at once, and waits for it only where
// the index is of no use without. When the database is away an old index goes on as it is.
func (x *likeIndex) fresh(ctx context.Context, db *DB, c civic.CommunityID) error {
	now := local()
	x.mu.Lock()
	none, moved := x.renewed.IsZero(), x.moves != db.clock.moves.Load()
	r := x.renewal
	if r == nil && (none || moved || now.Sub(x.looked) >= likeFresh) {
		r = &renewal{done: make(chan struct{})}
		if !db.likes.background(func() { x.renew(db, c, r) }) {
			x.mu.Unlock()
			return errShut
		}
		x.renewal, x.looked = r, now
	}
	old := now.Sub(x.renewed) >= likeOld
	x.mu.Unlock()
	if r == nil || !none && !moved && !old {
		return nil
	}
	patience := likePatience
	if none || moved {
		patience = statementTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var err error
	select {
	case <-r.done:
		err = r.err
	case <-ctx.Done():
		err = ctx.Err()
	}
	if none && err != nil {
		return fmt.Errorf("first look at needs: %w", err)
	}
	return nil
}

// renew reads what changed since the last time and then, where it is time or there was nothing
// yet, everything. After a failure the next try waits its turn.
func (x *likeIndex) renew(db *DB, c civic.CommunityID, r *renewal) {
	ctx, cancel := context.WithTimeout(context.Background(), likeLimit)
	defer cancel()
	err := errNoIndex
	var told sync.Once
	tell := func() { told.Do(func() { r.err = err; close(r.done) }) }
	defer func() {
		fault := recover() // what somebody wrote must not end the program
		x.mu.Lock()
		x.renewal = nil // before anybody is told: who asks then begins another
		x.mu.Unlock()
		if fault != nil {
			db.log.ErrorContext(ctx, "index of like needs panicked", "community", int64(c))
		}
		tell()
	}()
	x.mu.RLock()
	now, moves := local(), db.clock.moves.Load()
	usable := !x.renewed.IsZero() && x.moves == moves
	worn := now.Sub(x.built) > likeWhole || x.set.dead > 1000 && x.set.dead > len(x.set.docs)/2
	x.mu.RUnlock()
	if usable {
		if err = x.change(ctx, db, c); err != nil || !worn {
			return
		}
		tell() // what follows changes nothing for those who wait
	}
	err = x.build(ctx, db, c, moves)
}

// change reads the rows written since the last renewal.
func (x *likeIndex) change(ctx context.Context, db *DB, c civic.CommunityID) error {
	asked := ms(db.clock.Now())
	x.mu.RLock()
	since := x.seen - likeOverlap.Milliseconds()
	x.mu.RUnlock()
	var rows []needRow
	err := db.r.WithContext(ctx).Where("community_id = ? AND updated_ms >= ?", int64(c), since).Find(&rows).Error
	if err != nil {
		return fmt.Errorf("read changed needs: %w", clean(err))
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, r := range rows {
		x.set.put(r)
	}
	x.seen, x.renewed = asked, local()
	return nil
}

// build reads all open needs and replaces the index.
func (x *likeIndex) build(ctx context.Context, db *DB, c civic.CommunityID, moves uint64) error {
	asked := ms(db.clock.Now())
	var rows []needRow
	err := db.r.WithContext(ctx).Where("community_id = ? AND released = ? AND state IN ?", int64(c), true, likeStates()).Find(&rows).Error
	if err != nil {
		return fmt.Errorf("read open needs: %w", clean(err))
	}
	set := newLikeSet()
	for _, r := range rows {
		set.put(r)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.set, x.seen, x.moves, x.renewed, x.built = set, asked, moves, local(), local()
	return nil
}

// put adds, renews or retires a need.
func (x *likeSet) put(r needRow) {
	shown := r.Released && slices.Contains(likeStates(), r.State)
	if i, ok := x.byID[r.ID]; ok {
		d := &x.docs[i]
		if shown && d.row.Text == r.Text {
			d.row = r
			return
		}
		d.gone = true
		x.dead++
		delete(x.byID, r.ID)
	}
	if !shown {
		return
	}
	grams := zh.GramsOf(r.Text)
	i := int32(len(x.docs))
	x.docs = append(x.docs, likeDoc{row: r, grams: grams})
	x.byID[r.ID] = int(i)
	for _, p := range grams {
		x.postings[p] = append(x.postings[p], i)
	}
}

// search returns what is like enough, not the asker's own, best first, at most limit.
func (x *likeSet) search(said zh.Grams, asker string, limit int) []likeHit {
	type match struct {
		doc   int32
		score float64
	}
	seen := make([]bool, len(x.docs))
	var found []match
	for _, p := range said {
		for _, i := range x.postings[p] {
			if seen[i] {
				continue
			}
			seen[i] = true
			d := &x.docs[i]
			if d.gone || d.row.Account == asker {
				continue
			}
			if s := zh.Alike(said, d.grams); s >= likeFrom {
				found = append(found, match{i, s})
			}
		}
	}
	slices.SortFunc(found, func(p, q match) int {
		a, b := &x.docs[p.doc].row, &x.docs[q.doc].row
		return cmp.Or(cmp.Compare(q.score, p.score), cmp.Compare(b.Heat, a.Heat), cmp.Compare(a.ID, b.ID))
	})
	var hits []likeHit
	for _, m := range found[:min(limit, len(found))] {
		hits = append(hits, likeHit{x.docs[m.doc].row, m.score})
	}
	return hits
}
