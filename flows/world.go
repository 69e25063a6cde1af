// Package flows holds the conversations of Yishi, one file each. A flow decides and speaks; it
// never touches a database, a clock or a platform.
package flows

import (
	"context"
	"strconv"

	"yishi/flows/civic"
	"yishi/flows/dialog"
)

// The engine's types, bound to our World.
type (
	// Flow is one matter that a person can go through.
	Flow[D any] = dialog.Flow[D, World]
	// Step asks one thing and hears the answer.
	Step[D any] = dialog.Step[D, World]
	// Turn is one input with all that a step may know.
	Turn = dialog.Turn[World]
	// Move is what a step makes of an answer.
	Move = dialog.Move
	// Reply is what the bot says in one turn.
	Reply = dialog.Reply
	// Choice is one tappable answer.
	Choice = dialog.Choice
)

// World is all that flows may look up. It is read-only and may be a few seconds stale.
type World struct {
	Communities Communities
	Followers   Followers
	Needs       Needs
	Inbox       Inbox
	Preferences Preferences
	Staff       Staff
	People      People
	Talks       Talks
	Rounds      Rounds
	Links       Links
	Base        string // the program's public address without a slash at its end; "": no pages
}

// Communities looks up communities and how to find one's own.
type Communities interface {
	// Community returns one community; false if there is none with that id.
	Community(ctx context.Context, id civic.CommunityID) (civic.Community, bool, error)
	// Communities lists all, in the order of their names.
	Communities(ctx context.Context) ([]civic.Community, error)
	// Scene returns the community and estate (0: none) that a QR scene stands for.
	Scene(ctx context.Context, scene string) (civic.CommunityID, int64, bool, error)
	// EstatesNamed lists estates whose names are like name, best first.
	EstatesNamed(ctx context.Context, name string, limit int) ([]civic.Estate, error)
}

// Followers looks up what is remembered of an account.
type Followers interface {
	Follower(ctx context.Context, a civic.Account) (civic.Follower, bool, error)
}

// Needs looks up needs.
type Needs interface {
	// Like lists open needs like the text: the account's own first, then released ones, best first.
	Like(ctx context.Context, a civic.Account, c civic.CommunityID, text string, limit int) ([]civic.LikeNeed, error)
	// Mine lists the account's needs, newest first, and how many there are in all.
	Mine(ctx context.Context, a civic.Account, offset, limit int) ([]civic.Need, int, error)
	// ByNumber finds a need by its public number; year 0 means the latest year that has it.
	ByNumber(ctx context.Context, c civic.CommunityID, year, seq int) (civic.Need, bool, error)
}

// Inbox looks up what an account can read 站内: what could not be pushed, and what still waits.
type Inbox interface {
	// Inbox returns a page, how many items there are and how many are unread. Unread ones come
	// first, in the order they came, then those read, the newest first.
	Inbox(ctx context.Context, a civic.Account, offset, limit int) (items []civic.InboxItem, total, unread int, err error)
	// InboxItem returns one item; false where the account cannot read it, such as when it has
	// been sent meanwhile.
	InboxItem(ctx context.Context, a civic.Account, id int64) (civic.InboxItem, bool, error)
	// Unread returns the newest unread items, at most limit in the order they came, and how many
	// there are in all. The chat asks it, to offer them.
	Unread(ctx context.Context, a civic.Account, limit int) (newest []civic.InboxItem, unread int, err error)
}

// Preferences looks up the topics that an account does not want to hear of.
type Preferences interface {
	Preferences(ctx context.Context, a civic.Account) ([]civic.Topic, error)
}

// Staff looks up who may act for a community.
type Staff interface {
	// Grants lists the offices that the account holds now, the narrowest first; none for residents.
	Grants(ctx context.Context, a civic.Account) ([]civic.Grant, error)
}

// People looks up who an account belongs to.
type People interface {
	// Identity returns the person that the account was verified as; false while it is not verified.
	Identity(ctx context.Context, a civic.Account) (civic.Identity, bool, error)
}

// Talks looks up conversations between residents and the staff. What it tells of them is for the
// staff of their community and for their own resident alone.
type Talks interface {
	// Reachable says whether somebody of the staff can answer residents of a community.
	Reachable(ctx context.Context, c civic.CommunityID) (bool, error)
	// Own returns the account's own open talk; false if there is none.
	Own(ctx context.Context, a civic.Account) (civic.Talk, bool, error)
	// Desk lists the talks that the account may see as staff: its own first, then the queue, the
	// oldest first. It is empty for who may not talk.
	Desk(ctx context.Context, a civic.Account) ([]civic.Talk, error)
	// Numbered returns a talk that the account may see as staff, open or closed lately.
	Numbered(ctx context.Context, a civic.Account, number int) (civic.Talk, bool, error)
	// Lines returns the last lines of such a talk, at most limit, in order.
	Lines(ctx context.Context, a civic.Account, talk civic.TalkID, limit int) ([]civic.TalkLine, error)
	// Colleagues lists, with their names, the others who may talk with residents of a community.
	Colleagues(ctx context.Context, a civic.Account, c civic.CommunityID) ([]civic.Colleague, error)
}

// Rounds looks up rounds, their stages and their shortlists.
type Rounds interface {
	// Rounds lists the open rounds of a community, the latest first.
	Rounds(ctx context.Context, c civic.CommunityID) ([]civic.Round, error)
	// Candidates lists the needs among which the shortlist of a round is drawn up.
	Candidates(ctx context.Context, r civic.Round) ([]civic.Need, error)
	// Shortlist returns the published list of a round, listed needs first, and the rule it was drawn
	// up by; false while nothing is published. Texts that are not public are left out.
	Shortlist(ctx context.Context, r civic.RoundID) ([]civic.Listing, civic.ShortlistRule, bool, error)
}

// noteCommunity remembers the account's community between turns, so that most turns need no look-up.
const noteCommunity = "community"

// home returns the community of the turn's account, 0 if it is not known yet. Where there is
// only one community, everybody belongs to it.
func home(t *Turn) civic.CommunityID {
	if n, err := strconv.ParseInt(t.Note(noteCommunity), 10, 64); err == nil {
		return civic.CommunityID(n)
	}
	f, ok, err := t.World.Followers.Follower(t.Context(), civic.Account(t.Account))
	if t.Failed(err) {
		return 0
	}
	if ok && f.Community != 0 {
		setHome(t, f.Community)
		return f.Community
	}
	all, err := t.World.Communities.Communities(t.Context())
	if t.Failed(err) || len(all) != 1 {
		return 0
	}
	return all[0].ID
}

// setHome remembers the community, or forgets it for 0, so that the next turn looks it up.
func setHome(t *Turn, c civic.CommunityID) {
	if c == 0 {
		t.SetNote(noteCommunity, "")
		return
	}
	t.SetNote(noteCommunity, strconv.FormatInt(int64(c), 10))
}

// needsHome is the Requires of flows that belong to a community.
func needsHome(t *Turn) string {
	if home(t) == 0 && !t.Failed(nil) {
		return findCommunity.ID
	}
	return ""
}

// ours returns the account's community; false when it is not known.
func ours(t *Turn) (civic.Community, bool) {
	id := home(t)
	if id == 0 {
		return civic.Community{}, false
	}
	c, ok, err := t.World.Communities.Community(t.Context(), id)
	if t.Failed(err) {
		return civic.Community{}, false
	}
	return c, ok
}

// receipt reads what dialog hands over as the receipt of a commit.
func receipt(r any) civic.Receipt {
	got, _ := r.(civic.Receipt) // dialog carries it as any; only a civic.Receipt is ever handed in
	return got
}
