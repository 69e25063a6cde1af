package chat_test

import (
	"cmp"
	"context"
	"slices"

	"yishi/flows/civic"
)

// What a town shows of its needs: one stranger may see what is released, an author their own.

func (w *town) Estate(_ context.Context, id int64) (civic.Estate, bool, error) {
	for _, e := range w.estates() {
		if e.ID == id {
			return e, true, nil
		}
	}
	return civic.Estate{}, false, nil
}

func (w *town) Sight(ctx context.Context, a civic.Account, c civic.CommunityID, year, seq int) (civic.Sight, bool, error) {
	n, ok, err := w.ByNumber(ctx, c, year, seq)
	if err != nil || !ok || n.Author != a && !n.Released {
		return civic.Sight{}, false, err
	}
	return civic.Sight{Need: n, Own: n.Author == a}, true, nil
}

func (w *town) Browse(_ context.Context, _ civic.Account, c civic.CommunityID, v civic.View, after civic.ViewAt, limit int) ([]civic.Need, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []civic.Need
	for _, n := range w.needs {
		if n.Community == c && n.Released && n.State == civic.NeedRaised && (v.Kind != civic.ViewCategory || n.Category == v.Category) {
			all = append(all, n)
		}
	}
	slices.SortFunc(all, func(x, y civic.Need) int {
		p, q := v.After(&x), v.After(&y)
		return cmp.Or(cmp.Compare(q.Rank, p.Rank), cmp.Compare(q.Serial, p.Serial))
	})
	i := 0
	for !after.Zero() && i < len(all) && v.After(&all[i]) != after {
		i++
	}
	if !after.Zero() {
		i = min(i+1, len(all))
	}
	return slices.Clone(all[i:min(i+limit, len(all))]), nil
}

func (f *faultyLookups) Estate(ctx context.Context, id int64) (civic.Estate, bool, error) {
	if err := f.err(); err != nil {
		return civic.Estate{}, false, err
	}
	return f.w.Communities.Estate(ctx, id)
}

func (f *faultyLookups) Sight(ctx context.Context, a civic.Account, c civic.CommunityID, year, seq int) (civic.Sight, bool, error) {
	if err := f.err(); err != nil {
		return civic.Sight{}, false, err
	}
	return f.w.Needs.Sight(ctx, a, c, year, seq)
}

func (f *faultyLookups) Browse(ctx context.Context, a civic.Account, c civic.CommunityID, v civic.View, after civic.ViewAt, limit int) ([]civic.Need, error) {
	if err := f.err(); err != nil {
		return nil, err
	}
	return f.w.Needs.Browse(ctx, a, c, v, after, limit)
}

func (nobody) Next(context.Context, civic.Grant, civic.CommunityID, civic.ReviewKind, civic.ReviewAt) (civic.Review, bool, error) {
	return civic.Review{}, false, nil
}

func (nobody) Again(context.Context, civic.Grant, civic.CommunityID, civic.ReviewKind, civic.NeedID) (civic.Review, bool, error) {
	return civic.Review{}, false, nil
}

func (nobody) Waiting(context.Context, civic.Grant, civic.CommunityID, civic.ReviewKind) (int, error) {
	return 0, nil
}

// townPublic does what residents say of needs that are public, or should not be.
func townPublic(e any, find func(civic.NeedID) (*civic.Need, error), r *civic.Receipt) error {
	var id civic.NeedID
	switch e := e.(type) {
	case civic.UnendorseNeed:
		n, err := find(e.Need)
		if err == nil {
			n.Heat = max(0, n.Heat-1)
			r.Heat, r.Number = n.Heat, n.Number.String()
		}
		return err
	case civic.RewriteNeed:
		n, err := find(e.Need)
		if err == nil {
			n.Text = e.Text
		}
		return err
	case civic.ReportNeed:
		id = e.Need
	case civic.AppealNeed:
		id = e.Need
	case civic.ObjectMerge:
		id = e.Need
	default:
		return nil
	}
	_, err := find(id)
	return err
}
