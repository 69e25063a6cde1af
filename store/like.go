package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"yishi/flows/civic"
	"yishi/flows/zh"
)

// Figures of the search for like needs.
const (
	likeFrom     = 0.3                    // likeness from which a need is offered
	likeFresh    = 2 * time.Second        // how long the index of a community is taken as it is
	likeOverlap  = 10 * time.Second       // longer than any transaction: rows written late are still seen
	likeWhole    = 10 * time.Minute       // after which an index is built anew
	likeOwn      = 50                     // own needs looked at, the newest
	likePatience = 250 * time.Millisecond // a renewal of an index may take
)

// likes are the indexes of released open needs, one a community that was asked for.
type likes struct {
	mu  sync.Mutex
	all map[civic.CommunityID]*likeIndex
}

// likeIndex finds the needs of a community that share pairs of characters with a text.
type likeIndex struct {
	mu       sync.Mutex
	docs     []likeDoc
	byID     map[int64]int      // into docs
	postings map[uint64][]int32 // pair of characters → docs that have it
	dead     int                // docs that are no longer offered
	looked   time.Time          // local time of the last look
	built    time.Time
	seen     int64  // database's time in ms of the last look that succeeded
	moves    uint64 // of the clock, when it was built
}

type likeDoc struct {
	row   needRow
	grams zh.Grams
	gone  bool
}

// Like returns needs that resemble text, for asking before another is raised: first the
// account's own open ones, released or not, read afresh, then released open ones of the
// community, at most a few seconds old. Best first, at most limit in all.
func (n *Needs) Like(ctx context.Context, a civic.Account, c civic.CommunityID, text string, limit int) ([]civic.LikeNeed, error) {
	said := zh.GramsOf(text)
	if len(said) == 0 || limit <= 0 {
		return nil, nil
	}
	k, err := n.db.places.known(ctx, n.db)
	if err != nil {
		return nil, err
	}
	code := k.communities[c].Code
	found, err := n.ownLike(ctx, a, c, said)
	if err != nil {
		return nil, err
	}
	others, err := n.releasedLike(ctx, a, c, said, limit)
	if err != nil {
		return nil, err
	}
	found = append(found, others...)
	found = found[:min(limit, len(found))]
	out := make([]civic.LikeNeed, 0, len(found))
	var ids []int64
	for _, f := range found {
		out = append(out, civic.LikeNeed{
			ID: civic.NeedID(f.row.ID), Number: civic.Number{Code: code, Year: f.row.Year, Seq: f.row.Seq},
			Text: f.row.Text, Place: f.row.Place, Heat: f.row.Heat, Own: f.row.Account == string(a), Score: f.score,
		})
		ids = append(ids, f.row.ID)
	}
	return out, n.markBacked(ctx, a, ids, out)
}

// likeHit is a need with its likeness.
type likeHit struct {
	row   needRow
	score float64
}

func byScore(hits []likeHit) {
	slices.SortStableFunc(hits, func(x, y likeHit) int {
		return cmp.Or(cmp.Compare(y.score, x.score), cmp.Compare(y.row.Heat, x.row.Heat), cmp.Compare(x.row.ID, y.row.ID))
	})
}

func (n *Needs) ownLike(ctx context.Context, a civic.Account, c civic.CommunityID, said zh.Grams) ([]likeHit, error) {
	var rows []needRow
	err := n.db.r.WithContext(ctx).Where("account = ? AND community_id = ? AND state IN ?", string(a), int64(c), openStates()).
		Order("raised_ms DESC").Limit(likeOwn).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read own needs: %w", clean(err))
	}
	var hits []likeHit
	for _, r := range rows {
		if s := zh.Alike(said, zh.GramsOf(r.Text)); s >= likeFrom {
			hits = append(hits, likeHit{r, s})
		}
	}
	byScore(hits)
	return hits, nil
}

func openStates() []string { return []string{string(civic.NeedRaised), string(civic.NeedAccepted)} }

func (n *Needs) releasedLike(ctx context.Context, a civic.Account, c civic.CommunityID, said zh.Grams, limit int) ([]likeHit, error) {
	x := n.db.likes.of(c)
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.refresh(ctx, n.db, c); err != nil && x.built.IsZero() {
		return nil, err
	}
	return x.search(said, string(a), limit), nil
}

// markBacked notes which of the needs the account has endorsed.
func (n *Needs) markBacked(ctx context.Context, a civic.Account, ids []int64, out []civic.LikeNeed) error {
	if len(ids) == 0 {
		return nil
	}
	var backed []int64
	err := n.db.r.WithContext(ctx).Raw("SELECT need_id FROM endorsements WHERE account = ? AND need_id IN ?", string(a), ids).Scan(&backed).Error
	if err != nil {
		return fmt.Errorf("read endorsements: %w", clean(err))
	}
	for i := range out {
		out[i].Backed = slices.Contains(backed, int64(out[i].ID))
	}
	return nil
}

func (l *likes) of(c civic.CommunityID) *likeIndex {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[civic.CommunityID]*likeIndex{}
	}
	if l.all[c] == nil {
		l.all[c] = &likeIndex{}
	}
	return l.all[c]
}

// refresh reads what changed since the last look, at most every two seconds. When the database
// is away an index that was built once goes on as it is.
func (x *likeIndex) refresh(ctx context.Context, db *DB, c civic.CommunityID) error {
	now, moves := local(), db.clock.moves.Load()
	whole := x.built.IsZero() || now.Sub(x.built) > likeWhole || x.moves != moves || x.dead > 1000 && x.dead > len(x.docs)/2
	if !whole && now.Sub(x.looked) < likeFresh {
		return nil
	}
	x.looked = now // also after a failure: the next try waits its turn
	asked, patience := ms(db.clock.Now()), statementTimeout
	if !x.built.IsZero() {
		patience = likePatience // the askers behind this one could do with the old index
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	q := db.r.WithContext(ctx).Where("community_id = ?", int64(c))
	if whole {
		q = q.Where("released = ? AND state IN ?", true, openStates())
	} else {
		q = q.Where("updated_ms >= ?", x.seen-likeOverlap.Milliseconds())
	}
	var rows []needRow
	if err := q.Find(&rows).Error; err != nil {
		return fmt.Errorf("read open needs: %w", clean(err))
	}
	if whole {
		x.docs, x.byID, x.postings, x.dead = nil, map[int64]int{}, map[uint64][]int32{}, 0
		x.built, x.moves = now, moves
	}
	x.seen = asked
	for _, r := range rows {
		x.put(r)
	}
	return nil
}

// put adds, renews or retires a need.
func (x *likeIndex) put(r needRow) {
	shown := r.Released && slices.Contains(openStates(), r.State)
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
func (x *likeIndex) search(said zh.Grams, asker string, limit int) []likeHit {
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
