package chat_test

import (
	"context"
	"time"

	"yishi/flows"
	"yishi/flows/civic"
)

// looker answers the look-ups that the fakes of this package know something about.
type looker interface {
	flows.Communities
	flows.Followers
	flows.Needs
	flows.Inbox
	flows.Preferences
	flows.Links
}

// lookups are the look-ups of a fake, and nobody's where it knows nothing.
func lookups(w looker) flows.World {
	var world flows.World
	world.Base = base
	world.Communities = w
	world.Doors = nobody{}
	world.Followers = w
	world.Needs = w
	world.Inbox = w
	world.Preferences = w
	world.Links = w
	world.Staff = nobody{}
	world.People = nobody{}
	world.Rounds = nobody{}
	world.Reviews = nobody{}
	world.Triage = idle{}
	world.Verification = verifying(w)
	world.Claims = nobody{}
	world.Areas = nobody{}
	world.Offices = nobody{}
	world.Audits = nobody{}
	world.Work = nobody{}
	world.Talks = nobody{}
	world.Privacy = nobody{}
	return world
}

// nobody is on the roll or on the staff, and nothing is going on.
type nobody struct{}

func (nobody) Grants(context.Context, civic.Account) ([]civic.Grant, error) { return nil, nil }

func (nobody) Identity(context.Context, civic.Account) (civic.Identity, bool, error) {
	return civic.Identity{}, false, nil
}

func (nobody) Rounds(context.Context, civic.CommunityID) ([]civic.Round, error) { return nil, nil }

func (nobody) Candidates(context.Context, civic.Round) ([]civic.Need, error) { return nil, nil }

func (nobody) Shortlist(context.Context, civic.RoundID) ([]civic.Listing, civic.ShortlistRule, bool, error) {
	return nil, civic.ShortlistRule{}, false, nil
}

func (nobody) Buildings(context.Context, civic.CommunityID) ([]civic.BuildingAt, error) {
	return nil, nil
}

func (nobody) Kept(context.Context, civic.Account) (civic.Kept, error) { return civic.Kept{}, nil }

func (nobody) Backed(context.Context, civic.Account, int, int) ([]civic.Need, int, error) {
	return nil, 0, nil
}

// idle is a queue of staff in which nothing waits.
type idle struct{}

func (idle) Queue(context.Context, civic.CommunityID, []int64, time.Time, int, int) ([]civic.Queued, int, error) {
	return nil, 0, nil
}

func (idle) Docket(context.Context, civic.NeedID) (civic.Docket, bool, error) {
	return civic.Docket{}, false, nil
}

func (idle) Questions(context.Context, civic.Account, int) ([]civic.Question, error) { return nil, nil }

func (idle) Objections(context.Context, civic.CommunityID, []int64, int) ([]civic.Need, error) {
	return nil, nil
}

func (idle) Declines(context.Context, civic.CommunityID, []int64, civic.StaffID, int) ([]civic.Need, error) {
	return nil, nil
}

func (idle) Neighbours(context.Context, civic.CommunityID, string, string, string, int) ([]civic.Neighbour, error) {
	return nil, nil
}
