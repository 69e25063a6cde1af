package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"yishi/flows/civic"
)

// Claims looks up what waits in the queue of verification. Its owner says for which office.
type Claims struct{ db *DB }

// Claims returns the look-ups of claims.
func (db *DB) Claims() *Claims { return &Claims{db} }

// seen is the part of a query that leaves an office what it may see: the community, and of a grid
// worker their grids and what they have not passed on.
func (*Claims) seen(g civic.Grant, c civic.CommunityID) (where string, args []any) {
	where, args = " WHERE community_id = ? AND state = ?", []any{int64(c), claimWaits}
	if !civic.May(g.Role, civic.ActVerify) || g.Community != c {
		return where + " AND 1 = 0", args
	}
	if g.Role == civic.GridWorker {
		where += " AND passed = 0"
		if len(g.Grids) > 0 {
			where += " AND grid_id IN ?"
			args = append(args, append([]int64{0}, g.Grids...))
		}
	}
	return where, args
}

// Claims lists what waits, the oldest first, and how many there are. Fits are not filled in.
func (q *Claims) Claims(ctx context.Context, g civic.Grant, c civic.CommunityID, offset, limit int) ([]civic.Claim, int, error) {
	where, args := q.seen(g, c)
	var total int
	if err := q.db.r.WithContext(ctx).Raw("SELECT COUNT(*) FROM claims"+where, args...).Scan(&total).Error; err != nil {
		return nil, 0, fmt.Errorf("count claims: %w", clean(err))
	}
	var rows []claimRow
	err := q.db.r.WithContext(ctx).Raw("SELECT * FROM claims"+where+" ORDER BY made_ms, id LIMIT ? OFFSET ?", append(args, limit, offset)...).Scan(&rows).Error
	if err != nil {
		return nil, 0, fmt.Errorf("list claims: %w", clean(err))
	}
	v, err := q.db.vault(ctx)
	if err != nil {
		return nil, 0, err
	}
	out := make([]civic.Claim, 0, len(rows))
	for _, r := range rows {
		claim, err := r.claim(v)
		if err != nil {
			return nil, 0, err
		}
		out = append(out, claim)
	}
	return out, total, nil
}

// Claim returns one with those behind its door; false where the office may not see it, or where it
// has been decided.
func (q *Claims) Claim(ctx context.Context, g civic.Grant, c civic.CommunityID, id int64) (civic.Claim, bool, error) {
	where, args := q.seen(g, c)
	var rows []claimRow
	if err := q.db.r.WithContext(ctx).Raw("SELECT * FROM claims"+where+" AND id = ?", append(args, id)...).Scan(&rows).Error; err != nil {
		return civic.Claim{}, false, fmt.Errorf("read claim: %w", clean(err))
	}
	v, err := q.db.vault(ctx)
	if err != nil || len(rows) == 0 {
		return civic.Claim{}, false, err
	}
	claim, err := rows[0].claim(v)
	if err != nil {
		return civic.Claim{}, false, err
	}
	if rows[0].HouseholdID != 0 && claim.Kind == civic.ClaimAsk {
		claim.Fits, err = q.fits(ctx, v, rows[0].HouseholdID, claim.Name)
	}
	return claim, true, err
}

// fits lists who lives behind a door, whoever has the typed name first.
func (q *Claims) fits(ctx context.Context, v *openVault, household int64, name string) ([]civic.Fit, error) {
	var rows []personRow
	if err := q.db.r.WithContext(ctx).Raw("SELECT id, name FROM persons WHERE household_id = ? AND left_ms = 0 ORDER BY id", household).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read household: %w", clean(err))
	}
	out := make([]civic.Fit, 0, len(rows))
	for _, r := range rows {
		plain, err := v.Open(r.Name, "persons.name", r.ID)
		if err != nil {
			return nil, fmt.Errorf("read name: %w", err)
		}
		out = append(out, civic.Fit{Person: civic.PersonID(r.ID), Name: civic.MaskName(plain), Same: civic.FoldName(plain) == civic.FoldName(name)})
	}
	slices.SortStableFunc(out, func(a, b civic.Fit) int {
		switch {
		case a.Same == b.Same:
			return strings.Compare(a.Name, b.Name) // ids are random: staff see one order
		case a.Same:
			return -1
		}
		return 1
	})
	return out, nil
}

func (r claimRow) claim(v *openVault) (civic.Claim, error) {
	c := civic.Claim{
		ID: r.ID, Kind: civic.ClaimKind(r.Kind), Community: civic.CommunityID(r.CommunityID), Grid: r.GridID, At: at(r.MadeMS),
		Passed: r.Passed, Frozen: r.Frozen, Known: r.HouseholdID != 0,
	}
	var err error
	if c.Name, err = v.Open(r.Name, "claims.name", r.ID); err != nil {
		return c, fmt.Errorf("read claim: %w", err)
	}
	if c.Door, err = v.Open(r.Door, "claims.door", r.ID); err != nil {
		return c, fmt.Errorf("read claim: %w", err)
	}
	return c, nil
}

// Disputable says whether somebody could say 不是我: the account's person has another account, or
// a dispute that this account has begun waits.
func (f *Verification) Disputable(ctx context.Context, a civic.Account) (bool, error) {
	var n int
	err := f.db.r.WithContext(ctx).Raw("SELECT (SELECT COUNT(*) FROM identities i JOIN identities o ON o.person_id = i.person_id AND o.account <> i.account WHERE i.account = ?) + "+
		"(SELECT COUNT(*) FROM identities i JOIN claims c ON c.kind = 'dispute' AND c.state = 'waits' AND c.by_account = i.account WHERE i.account = ?)",
		string(a), string(a)).Scan(&n).Error
	if err != nil {
		return false, fmt.Errorf("look for other accounts: %w", clean(err))
	}
	return n > 0, nil
}
