package chat_test

import (
	"context"

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
	world.Followers = w
	world.Needs = w
	world.Inbox = w
	world.Preferences = w
	world.Links = w
	world.Staff = nobody{}
	world.People = nobody{}
	world.Rounds = nobody{}
	world.Reviews = nobody{}
	world.Verification = verifying(w)
	world.Claims = nobody{}
	world.Talks = nobody{}
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
