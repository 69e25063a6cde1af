package chat

import (
	"yishi/flows"
	"yishi/store"
)

// World is all that flows may look up, from one database; base is the program's public address
// without a slash at its end, "" where it has no pages.
func World(db *store.DB, base string) flows.World {
	return flows.World{
		Communities: db.Communities(),
		Followers:   db.Followers(),
		Needs:       db.Needs(),
		Inbox:       db,
		Preferences: db,
		Staff:       db.Staff(),
		People:      db.People(),
		Talks:       db.Talks(),
		Rounds:      db.Rounds(),
		Links:       db.Links(),
		Base:        base,
	}
}
