package chat

import (
	"yishi/flows"
	"yishi/store"
)

// World is all that flows may look up, from one database; base is the program's public address
// without a slash at its end, "" where it has no pages.
func World(db *store.DB, base string) flows.World {
	var w flows.World
	w.Base = base
	w.Communities = db.Communities()
	w.Followers = db.Followers()
	w.Needs = db.Needs()
	w.Reviews = db.Reviews()
	w.Inbox = db
	w.Preferences = db
	w.Staff = db.Staff()
	w.People = db.People()
	w.Verification = db.Verification()
	w.Claims = db.Claims()
	w.Areas = db.Communities()
	w.Offices = db.Offices()
	w.Audits = db.Audits()
	w.Work = db.Work()
	w.Rounds = db.Rounds()
	w.Triage = db.Triage()
	w.Talks = db.Talks()
	w.Links = db.Links()
	w.Privacy = db.Privacy()
	w.Doors = db.Communities()
	return w
}
