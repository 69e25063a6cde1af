package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// Rounds looks up rounds, their stages and their shortlists.
type Rounds struct{ db *DB }

// Rounds returns the look-ups of rounds.
func (db *DB) Rounds() *Rounds { return &Rounds{db} }

// Rounds lists the rounds of a community that are open, the latest first.
func (r *Rounds) Rounds(ctx context.Context, c civic.CommunityID) ([]civic.Round, error) {
	return r.read(ctx, "community_id = ? AND closed_ms = 0", int64(c))
}

// Front returns the round of a community that collects, screens, plans or chooses; false if there is none.
func (r *Rounds) Front(ctx context.Context, c civic.CommunityID) (civic.Round, bool, error) {
	found, err := r.read(ctx, "front_of = ?", int64(c))
	if err != nil || len(found) == 0 {
		return civic.Round{}, false, err
	}
	return found[0], true, nil
}

// Round returns a round by its id, closed ones too; false if there is none.
func (r *Rounds) Round(ctx context.Context, id civic.RoundID) (civic.Round, bool, error) {
	found, err := r.read(ctx, "id = ?", int64(id))
	if err != nil || len(found) == 0 {
		return civic.Round{}, false, err
	}
	return found[0], true, nil
}

func (r *Rounds) read(ctx context.Context, where string, args ...any) ([]civic.Round, error) {
	tx := r.db.r.WithContext(ctx)
	var rows []roundRow
	if err := tx.Where(where, args...).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read rounds: %w", clean(err))
	}
	return withStages(tx, rows)
}

// withStages adds their stages to rounds and sorts them, the latest first.
func withStages(tx *gorm.DB, rows []roundRow) ([]civic.Round, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	var stages []stageRow
	if err := tx.Where("round_id IN ?", ids).Find(&stages).Error; err != nil {
		return nil, fmt.Errorf("read stages: %w", clean(err))
	}
	slices.SortFunc(rows, func(a, b roundRow) int { return b.before(a) })
	out := make([]civic.Round, len(rows))
	for i, row := range rows {
		out[i] = row.round(stages)
	}
	return out, nil
}

// Candidates lists the needs among which the shortlist of a round is drawn up: accepted ones of it.
func (r *Rounds) Candidates(ctx context.Context, round civic.Round) ([]civic.Need, error) {
	var rows []needRow
	err := r.db.r.WithContext(ctx).Where("community_id = ? AND round_id = ? AND state = ?",
		int64(round.Community), int64(round.ID), string(civic.NeedAccepted)).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read candidates: %w", clean(err))
	}
	k, err := r.db.places.known(ctx, r.db)
	if err != nil {
		return nil, err
	}
	out := make([]civic.Need, len(rows))
	for i, row := range rows {
		out[i] = row.need(k.communities[round.Community].Code)
	}
	return out, nil
}

// Shortlist returns the published list of a round with the rule it was drawn up by, listed needs
// first, the warmest first; false while nothing is published.
func (r *Rounds) Shortlist(ctx context.Context, id civic.RoundID) ([]civic.Listing, civic.ShortlistRule, bool, error) {
	var rule civic.ShortlistRule
	var round roundRow
	tx := r.db.r.WithContext(ctx)
	if err := tx.Where("id = ? AND listed_ms <> 0", int64(id)).Limit(1).Find(&round).Error; err != nil {
		return nil, rule, false, fmt.Errorf("read round: %w", clean(err))
	}
	if round.ID == 0 {
		return nil, rule, false, nil
	}
	if err := json.Unmarshal([]byte(round.ListRule), &rule); err != nil {
		return nil, rule, false, fmt.Errorf("read rule of a shortlist: %w", err)
	}
	var rows []struct {
		NeedID   int64
		OnList   bool
		Place    int
		Heat     int
		Why      string
		Note     string
		Year     int
		Seq      int
		Category string
		Text     string
	}
	err := tx.Raw("SELECT l.*, n.`year`, n.seq, n.category, CASE WHEN n.released THEN n.text ELSE '' END AS text FROM listings l JOIN needs n ON n.id = l.need_id WHERE l.round_id = ? "+
		"ORDER BY l.on_list DESC, l.place, n.`year`, n.seq", int64(id)).Scan(&rows).Error
	if err != nil {
		return nil, rule, false, fmt.Errorf("read shortlist: %w", clean(err))
	}
	out := make([]civic.Listing, len(rows))
	k, err := r.db.places.known(ctx, r.db)
	if err != nil {
		return nil, rule, false, err
	}
	code := k.communities[civic.CommunityID(round.CommunityID)].Code
	for i, l := range rows {
		out[i] = civic.Listing{
			Need: civic.NeedID(l.NeedID), Number: civic.Number{Code: code, Year: l.Year, Seq: l.Seq}, Category: civic.Category(l.Category),
			Heat: l.Heat, Rank: l.Place, On: l.OnList, Why: civic.ListReason(l.Why), Note: l.Note, Text: l.Text,
		}
	}
	return out, rule, true, nil
}
