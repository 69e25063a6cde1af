package civic

import "time"

// PersonID names a person 人 of the roll 名册. It is random and never used again, so that
// snapshots of the roll and audits hold ids only.
type PersonID int64

// HouseholdID names a household 户, likewise.
type HouseholdID int64

// VerifiedBy says how an account was found to belong to a person. Values are stored.
type VerifiedBy string

// The ways of verification 认证.
const (
	ByRoll VerifiedBy = "roll" // door, name and the last four digits of the phone
	ByCode VerifiedBy = "code" // the household's code from a printed card
	ByHand VerifiedBy = "hand" // a grid worker knows them
)

// Identity is which person an account belongs to. Names and doors are not in it.
type Identity struct {
	Person    PersonID
	Household HouseholdID
	Community CommunityID
	Estate    int64
	Grid      int64 // zero: none known
	How       VerifiedBy
	Since     time.Time
}
