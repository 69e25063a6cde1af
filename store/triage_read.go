package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"yishi/flows/civic"
)

// Triage looks up what waits for staff.
type Triage struct{ db *DB }

// Triage returns the look-ups of 初选.
func (db *DB) Triage() *Triage { return &Triage{db} }

// waitingMost bounds what is counted of a queue: nobody needs to know more exactly.
const waitingMost = 1000

// queueStart is before all places in a queue.
const queueStart = -1 << 62

// queuePlace is a need's place in the queue.
type queuePlace struct {
	ID      int64
	QueueMS int64 `gorm:"column:queue_ms"`
}

// Queue returns a page of the needs that wait in a community, in the order of civic.QueueAt and not
// before the place from, and how many wait in all, at most a thousand. With grids it tells of those
// alone and of needs whose grid nobody knows; none are all.
func (q *Triage) Queue(ctx context.Context, c civic.CommunityID, grids []int64, from time.Time, offset, limit int) ([]civic.Queued, int, error) {
	g := q.db.r.WithContext(ctx)
	var counts, pages []string
	var args []any
	for _, where := range queueParts(grids) {
		counts = append(counts, "SELECT COUNT(*) AS n FROM (SELECT 1 FROM needs WHERE "+where+" LIMIT 1000) part")
		pages = append(pages, "SELECT * FROM (SELECT id, queue_ms FROM needs WHERE "+where+" ORDER BY queue_ms LIMIT ?) part")
		args = append(args, int64(c), queueStart)
	}
	var total int
	if err := g.Raw("SELECT SUM(n) FROM ("+strings.Join(counts, " UNION ALL ")+") parts", args...).Scan(&total).Error; err != nil {
		return nil, 0, fmt.Errorf("count queue: %w", clean(err))
	}
	total = min(total, waitingMost)
	if total == 0 || limit <= 0 || offset >= total {
		return nil, total, nil
	}
	start := int64(queueStart)
	if !from.IsZero() {
		start = from.UnixMilli() - 1
	}
	args = args[:0]
	for range pages {
		args = append(args, int64(c), start, offset+limit)
	}
	var at []queuePlace
	err := g.Raw(strings.Join(pages, " UNION ALL ")+" ORDER BY queue_ms, id LIMIT ? OFFSET ?", append(args, limit, offset)...).Scan(&at).Error
	if err != nil {
		return nil, 0, fmt.Errorf("read queue: %w", clean(err))
	}
	ids := make([]int64, len(at))
	for i, p := range at {
		ids[i] = p.ID
	}
	items, err := q.queued(ctx, ids)
	return items, total, err
}

// queueParts are the conditions whose needs make up a queue, each read by an index of its own.
func queueParts(grids []int64) []string {
	if len(grids) == 0 {
		return []string{"community_id = ? AND queue_ms > ?"}
	}
	all := append([]int64{0}, grids...)
	slices.Sort(all)
	parts := make([]string, 0, len(all))
	for _, id := range slices.Compact(all) {
		parts = append(parts, fmt.Sprintf("grid_id = %d AND community_id = ? AND queue_ms > ?", id))
	}
	return parts
}

// Docket returns all that staff read of one need; false if there is none.
func (q *Triage) Docket(ctx context.Context, id civic.NeedID) (civic.Docket, bool, error) {
	items, err := q.queued(ctx, []int64{int64(id)})
	if err != nil || len(items) == 0 {
		return civic.Docket{}, false, err
	}
	k := civic.Docket{Queued: items[0]}
	for _, read := range []func(context.Context, *civic.Docket) error{q.counts, q.asked, q.related, q.appealed, q.deeds} {
		if err := read(ctx, &k); err != nil {
			return civic.Docket{}, false, err
		}
	}
	return k, true, nil
}

// queued reads needs in the order of ids.
func (q *Triage) queued(ctx context.Context, ids []int64) ([]civic.Queued, error) {
	var rows []needRow
	g := q.db.r.WithContext(ctx)
	if err := g.Where("id IN ?", ids).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read waiting needs: %w", clean(err))
	}
	slices.SortFunc(rows, func(x, y needRow) int { return cmp.Compare(slices.Index(ids, x.ID), slices.Index(ids, y.ID)) })
	needs, err := q.db.Needs().whole(ctx, rows)
	if err != nil {
		return nil, err
	}
	var voices, lapsed []int64
	err = g.Raw("SELECT need_id FROM media WHERE need_id IN ? AND kind = ? AND state <> ?", ids, string(civic.Voice), mediaFailed).Scan(&voices).Error
	if err == nil {
		err = g.Raw("SELECT need_id FROM questions WHERE need_id IN ? AND state = ? AND answer = ''", ids, questionLapsed).Scan(&lapsed).Error
	}
	if err != nil {
		return nil, fmt.Errorf("read voices and questions: %w", clean(err))
	}
	now := ms(q.db.clock.Now())
	var staff []int64
	for _, r := range rows {
		if r.Triage.HeldMS > now {
			staff = append(staff, r.Triage.HeldBy)
		}
	}
	names, err := q.names(ctx, staff)
	if err != nil {
		return nil, err
	}
	items := make([]civic.Queued, len(rows))
	for i, r := range rows {
		items[i] = civic.Queued{Need: needs[i], Lapsed: slices.Contains(lapsed, r.ID)}
		for _, id := range voices {
			if id == r.ID {
				items[i].Voices++
			}
		}
		if r.Triage.HeldMS > now {
			items[i].Held, items[i].Holder = names[r.Triage.HeldBy], civic.StaffID(r.Triage.HeldBy)
		}
	}
	return items, nil
}

// names opens what colleagues are called.
func (q *Triage) names(ctx context.Context, ids []int64) (map[int64]string, error) {
	out := map[int64]string{}
	if len(ids) == 0 {
		return out, nil
	}
	v, err := q.db.vault(ctx)
	if err != nil {
		return nil, err
	}
	var rows []staffRow
	if err := q.db.r.WithContext(ctx).Where("id IN ?", ids).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read names of staff: %w", clean(err))
	}
	for _, r := range rows {
		if out[r.ID], err = v.Open(r.Name, "staff.name", r.ID); err != nil {
			return nil, fmt.Errorf("open name of staff: %w", err)
		}
	}
	return out, nil
}
