package store

import (
	"context"
	"fmt"

	"yishi/flows/civic"
)

// identityRead finds the person of an account, also of one that has just come back and whose link is
// a hash still. Both questions are by primary key.
const identityRead = "i.person_id, p.household_id, p.community_id, b.estate_id, b.grid_id, i.how, i.since_ms, i.consent " +
	"FROM (SELECT person_id, how, since_ms, consent FROM identities WHERE account = ? UNION ALL " +
	"SELECT person_id, how, since_ms, consent FROM former_identities WHERE account_hash IN ?) i JOIN persons p ON p.id = i.person_id " +
	"JOIN households h ON h.id = p.household_id JOIN buildings b ON b.id = h.building_id WHERE p.left_ms = 0"

// identityFound is a row of identityRead.
type identityFound struct {
	PersonID, HouseholdID, CommunityID, EstateID, GridID int64
	How, Consent                                         string
	SinceMS                                              int64 `gorm:"column:since_ms"`
}

func (r identityFound) identity() civic.Identity {
	return civic.Identity{
		Person: civic.PersonID(r.PersonID), Household: civic.HouseholdID(r.HouseholdID), Community: civic.CommunityID(r.CommunityID),
		Estate: r.EstateID, Grid: r.GridID, How: civic.VerifiedBy(r.How), Since: at(r.SinceMS),
	}
}

// formerHash is how an account that left is found again when it comes back, and only then.
func formerHash(v *openVault, a civic.Account) []byte { return v.Hash("former", string(a)) }

func formerHashes(v *openVault, a civic.Account) [][]byte { return v.Hashes("former", string(a)) }

const (
	standsAs = iota + 1
	standsTries
	standsAsk
	standsDispute
	standsChosen
	standsKeys // the newest data key
)

// Standing says in one statement how an account stands: who it is, its wrong tries, what waits.
func (f *Verification) Standing(ctx context.Context, a civic.Account) (civic.Standing, error) {
	return look(ctx, f.db, func(v *openVault) (civic.Standing, int64, error) {
		return f.standing(ctx, v, a)
	})
}

func (f *Verification) standing(ctx context.Context, v *openVault, a civic.Account) (s civic.Standing, newest int64, err error) {
	var rows []struct {
		What  int
		Is    identityFound `gorm:"embedded"`
		Wrong int
		LastMS,
		UntilMS int64
	}
	err = f.db.r.WithContext(ctx).Raw("SELECT 1 AS what, 0 AS wrong, 0 AS last_ms, 0 AS until_ms, "+identityRead+
		" UNION ALL SELECT 2, wrong, last_ms, until_ms, 0, 0, 0, 0, 0, '', 0, '' FROM tries WHERE key_hash = ?"+
		" UNION ALL SELECT CASE WHEN kind = 'ask' THEN 3 ELSE 4 END, frozen, made_ms, 0, 0, 0, 0, 0, 0, '', 0, '' FROM claims WHERE open_key IN ?"+
		" UNION ALL SELECT 5, 0, community_id, 0, 0, 0, 0, 0, 0, '', 0, '' FROM accounts WHERE openid = ?"+
		" UNION ALL SELECT 6, 0, MAX(id), 0, 0, 0, 0, 0, 0, '', 0, '' FROM vault_keys",
		string(a), formerHashes(v, a), accountTries(v, a), []string{openKey(civic.ClaimAsk, a), openKey(civic.ClaimDispute, a)}, string(a)).Scan(&rows).Error
	if err != nil {
		return s, 0, fmt.Errorf("read standing: %w", clean(err))
	}
	for _, r := range rows {
		switch r.What {
		case standsAs:
			s.Identity, s.Consent = r.Is.identity(), r.Is.Consent
		case standsTries:
			s.Tries = civic.Tries{Wrong: r.Wrong, Last: at(r.LastMS), Until: at(r.UntilMS)}
		case standsAsk:
			s.Asked = at(r.LastMS)
		case standsChosen:
			s.Chosen = civic.CommunityID(r.LastMS)
		case standsKeys:
			newest = r.LastMS
		case standsDispute:
			s.Frozen = r.Wrong != 0
		}
	}
	return s, newest, nil
}

// openKey lets one claim of a kind wait for each account.
func openKey(k civic.ClaimKind, a civic.Account) string { return string(k) + ":" + string(a) }
