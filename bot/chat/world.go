package chat

import (
	"yishi/flows"
	"yishi/store"
)

// World is all that flows may look up, from one database.
func World(db *store.DB) flows.World {
	return flows.World{
		Communities: db.Communities(), Followers: db.Followers(), Needs: db.Needs(), Inbox: db, Preferences: db,
		Staff: db.Staff(), People: db.People(), Talks: db.Talks(),
	}
}
