package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"yishi/flows/civic"
)

// deedsMost bounds how many acts of staff a docket lists, the last ones.
const deedsMost = 20

// group lists the needs that count together with a head, itself first.
func (q *Triage) group(ctx context.Context, head civic.NeedID) ([]int64, error) {
	all, err := (&batch{db: q.db, tx: q.db.r.WithContext(ctx)}).group(needRow{ID: int64(head)})
	if err != nil {
		return nil, err
	}
	return ids(all), nil
}

// counts says how many will be told of what becomes of the need.
func (q *Triage) counts(ctx context.Context, k *civic.Docket) error {
	all, err := q.group(ctx, k.Need.ID)
	if err != nil {
		return err
	}
	g := q.db.r.WithContext(ctx)
	err = g.Raw("SELECT COUNT(*) FROM (SELECT DISTINCT account, CASE WHEN account = '' THEN id ELSE 0 END AS one FROM needs WHERE id IN ?) authors", all).Scan(&k.Authors).Error
	if err == nil {
		err = g.Raw("SELECT COUNT(DISTINCT account) FROM endorsements WHERE need_id IN ? AND account NOT IN (SELECT account FROM needs WHERE id IN ?)", all, all).Scan(&k.Backers).Error
	}
	if err != nil {
		return fmt.Errorf("count those concerned: %w", clean(err))
	}
	if len(all) > 1 {
		var rows []needRow
		if err := g.Where("id IN ?", all[1:]).Order("`year`, seq").Find(&rows).Error; err != nil {
			return fmt.Errorf("read merged needs: %w", clean(err))
		}
		k.Merged, err = q.db.Needs().whole(ctx, rows)
	}
	return err
}

// asked reads the questions to the authors, the oldest first.
func (q *Triage) asked(ctx context.Context, k *civic.Docket) error {
	var rows []questionRow
	err := q.db.r.WithContext(ctx).Where("need_id = ?", int64(k.Need.ID)).Order("asked_ms, id").Find(&rows).Error
	if err != nil {
		return fmt.Errorf("read questions: %w", clean(err))
	}
	for _, r := range rows {
		k.Asked = append(k.Asked, r.question(k.Need.Number))
	}
	return nil
}

func (r questionRow) question(n civic.Number) civic.Question {
	return civic.Question{
		Need: civic.NeedID(r.NeedID), Number: n, Staff: civic.StaffID(r.StaffID), Text: r.Text, At: at(r.AskedMS), Answer: r.Answer, Lapsed: r.State == questionLapsed,
	}
}

// related reads where a merged need goes on, and what its author says against it.
func (q *Triage) related(ctx context.Context, k *civic.Docket) error {
	if k.Need.MergedInto == 0 {
		return nil
	}
	head, err := q.db.Needs().head(ctx, k.Need)
	if err != nil {
		return err
	}
	k.Into = head
	g := q.db.r.WithContext(ctx)
	var merged int64
	err = g.Raw("SELECT COALESCE(MAX(at_ms), 0) FROM merges WHERE source_id = ? AND undone_ms = 0", int64(k.Need.ID)).Scan(&merged).Error
	if err != nil {
		return fmt.Errorf("read merge: %w", clean(err))
	}
	k.MergedAt = at(merged)
	var words []string
	err = g.Raw("SELECT p.`text` FROM reviews r JOIN pleas p ON p.need_id = r.need_id AND p.kind = r.kind WHERE r.need_id = ? AND r.kind = ?",
		int64(k.Need.ID), string(civic.ReviewObjection)).Scan(&words).Error
	if err != nil {
		return fmt.Errorf("read objection: %w", clean(err))
	}
	if len(words) > 0 {
		if k.Objection = words[0]; k.Objection == "" {
			k.Objection = "-"
		}
	}
	return nil
}

// appealed reads who declined, and the author's word against it.
func (q *Triage) appealed(ctx context.Context, k *civic.Docket) error {
	var row struct{ DecidedBy int64 }
	g := q.db.r.WithContext(ctx)
	if err := g.Raw("SELECT decided_by FROM needs WHERE id = ?", int64(k.Need.ID)).Scan(&row).Error; err != nil {
		return fmt.Errorf("read who decided: %w", clean(err))
	}
	var a appealRow
	if err := g.Raw("SELECT * FROM appeals WHERE need_id = ?", int64(k.Need.ID)).Scan(&a).Error; err != nil {
		return fmt.Errorf("read appeal: %w", clean(err))
	}
	k.Appeal = a.Text
	switch k.Need.State {
	case civic.NeedDeclining, civic.NeedDeclined:
		k.Decliner = civic.StaffID(row.DecidedBy)
	case civic.NeedAppealed:
		k.Decliner = civic.StaffID(a.Decliner)
	case civic.NeedRaised, civic.NeedAccepted, civic.NeedHanded, civic.NeedMerged, civic.NeedWithdrawn:
	}
	return nil
}

// deeds reads the last acts of staff upon the need; looks are not told.
func (q *Triage) deeds(ctx context.Context, k *civic.Docket) error {
	var rows []auditRow
	err := q.db.r.WithContext(ctx).Raw("SELECT * FROM audits WHERE object = ? AND what NOT IN ('look', 'leave') ORDER BY at_ms DESC, id LIMIT ?",
		needObject(k.Need.ID), deedsMost).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("read audit log of need: %w", clean(err))
	}
	var staff []int64
	for _, r := range rows {
		staff = append(staff, r.StaffID)
	}
	names, err := q.names(ctx, staff)
	if err != nil {
		return err
	}
	for _, r := range slices.Backward(rows) {
		k.Deeds = append(k.Deeds, civic.Deed{What: r.What, Who: names[r.StaffID], At: at(r.AtMS)})
	}
	return nil
}

// askedWithin is for how long an answer to a question is taken that nobody waits for any more.
const askedWithin = 30 * 24 * time.Hour

// Questions lists the questions that the account has not answered, each with the number of its own
// need: first those that are waited for, the oldest first, then those that have lapsed lately.
func (q *Triage) Questions(ctx context.Context, a civic.Account, limit int) ([]civic.Question, error) {
	var rows []struct {
		Row   questionRow `gorm:"embedded"`
		OwnID int64
	}
	// What was merged is asked about with its head: numbers are those of the account's own.
	err := q.db.r.WithContext(ctx).Raw("SELECT q.*, MIN(own.id) AS own_id FROM (SELECT id, id AS head FROM needs WHERE account = ? "+
		"UNION ALL SELECT id, merged_into FROM needs WHERE account = ? AND merged_into <> 0) own JOIN questions q ON q.need_id = own.head "+
		"WHERE q.answer = '' AND q.asked_ms > ? AND NOT EXISTS (SELECT 1 FROM questions later WHERE later.need_id = q.need_id AND later.asked_ms > q.asked_ms) "+
		"GROUP BY q.id ORDER BY q.state DESC, q.asked_ms, q.id LIMIT ?", string(a), string(a), ms(q.db.clock.Now().Add(-askedWithin)), limit).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read questions: %w", clean(err))
	}
	var out []civic.Question
	for _, r := range rows {
		n, found, err := q.db.Needs().Need(ctx, civic.NeedID(r.OwnID))
		if err != nil {
			return nil, err
		}
		if found {
			out = append(out, r.Row.question(n.Number))
		}
	}
	return out, nil
}

// Objections lists merges that an author objects to, the oldest first, as far as a grant reaches.
func (q *Triage) Objections(ctx context.Context, c civic.CommunityID, grids []int64, limit int) ([]civic.Need, error) {
	sql, args := "community_id = ? AND kind = ?", []any{int64(c), string(civic.ReviewObjection)}
	if len(grids) > 0 {
		sql, args = sql+" AND grid_id IN ?", append(args, append([]int64{0}, grids...))
	}
	g := q.db.r.WithContext(ctx)
	var found []int64
	if err := g.Raw("SELECT need_id FROM reviews WHERE "+sql+" ORDER BY since_ms, need_id LIMIT ?", append(args, limit)...).Scan(&found).Error; err != nil {
		return nil, fmt.Errorf("read objections: %w", clean(err))
	}
	if len(found) == 0 {
		return nil, nil
	}
	var rows []needRow
	if err := g.Where("id IN ?", found).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read merged needs: %w", clean(err))
	}
	slices.SortFunc(rows, func(x, y needRow) int { return slices.Index(found, x.ID) - slices.Index(found, y.ID) })
	return q.db.Needs().whole(ctx, rows)
}

// Declines lists needs whose decline waits for the word of another than not, the oldest first, as far as
// a grant reaches.
func (q *Triage) Declines(ctx context.Context, c civic.CommunityID, grids []int64, not civic.StaffID, limit int) ([]civic.Need, error) {
	g := q.db.r.WithContext(ctx).Where("community_id = ? AND state = ? AND decided_by <> ?", int64(c), string(civic.NeedDeclining), int64(not))
	if len(grids) > 0 {
		g = g.Where("grid_id IN ?", append([]int64{0}, grids...))
	}
	var rows []needRow
	if err := g.Order("waiting_ms, id").Limit(limit).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read declines: %w", clean(err))
	}
	return q.db.Needs().whole(ctx, rows)
}

// Overdue counts what waits for a decision in a community, by grid and days.
func (q *Triage) Overdue(ctx context.Context, c civic.CommunityID) ([]civic.Overdue, error) {
	now := q.db.clock.Now()
	var rows []struct {
		GridID    int64
		WaitingMS int64 `gorm:"column:waiting_ms"`
	}
	err := q.db.r.WithContext(ctx).Raw("SELECT grid_id, waiting_ms FROM needs WHERE community_id = ? AND state IN ? AND waiting_ms <= ? AND asked_ms = 0",
		int64(c), []string{string(civic.NeedRaised), string(civic.NeedAppealed)}, ms(now.Add(-24*time.Hour))).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read what waits too long: %w", clean(err))
	}
	type key struct {
		grid int64
		days int
	}
	count := map[key]int{}
	for _, r := range rows {
		count[key{r.GridID, int(now.Sub(at(r.WaitingMS)) / (24 * time.Hour))}]++
	}
	out := make([]civic.Overdue, 0, len(count))
	for k, n := range count {
		out = append(out, civic.Overdue{Grid: k.grid, Days: k.days, Number: n})
	}
	slices.SortFunc(out, func(x, y civic.Overdue) int { return cmp.Or(cmp.Compare(x.Grid, y.Grid), y.Days-x.Days) })
	return out, nil
}

// Watchers lists who of the staff may be told of what waits in a community.
func (q *Triage) Watchers(ctx context.Context, c civic.CommunityID) ([]civic.Watcher, error) {
	var rows []struct {
		Row     grantRow `gorm:"embedded"`
		Account string
	}
	err := q.db.r.WithContext(ctx).Raw("SELECT g.*, s.account FROM grants g JOIN staff s ON s.id = g.staff_id "+
		"WHERE g.community_id = ? AND g.revoked_ms = 0 AND s.account IS NOT NULL ORDER BY s.account, g.id", int64(c)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read staff: %w", clean(err))
	}
	out := make([]civic.Watcher, 0, len(rows))
	for _, r := range rows {
		g, err := r.Row.grant()
		if err != nil {
			return nil, err
		}
		out = append(out, civic.Watcher{Account: civic.Account(r.Account), Grant: g})
	}
	return out, nil
}
