// Package flows holds the conversations of Yishi, one file each. A flow decides and speaks; it
// never touches a database, a clock or a platform.
package flows

import (
	"context"
	"strconv"
	"strings"
	"time"

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
	Reviews     Reviews
	Inbox       Inbox
	Preferences Preferences
	Staff       Staff
	People      People
	Areas       Areas
	Offices     Offices
	Audits      Audits
	Work        Work
	Doors       Doors
	Talks       Talks
	Triage      Triage
	Rounds      Rounds
	Links       Links
	Base        string // the program's public address without a slash at its end; "": no pages

	Verification Verification
	Claims       Claims
	Privacy      Privacy
}

// Communities looks up communities and how to find one's own.
type Communities interface {
	// Community returns one community; false if there is none with that id.
	Community(ctx context.Context, id civic.CommunityID) (civic.Community, bool, error)
	// Communities lists all, in the order of their names.
	Communities(ctx context.Context) ([]civic.Community, error)
	// Scene returns the community and estate (0: none) that a QR scene stands for.
	Scene(ctx context.Context, scene string) (civic.CommunityID, int64, bool, error)
	// Estate returns an estate by its id; false if there is none.
	Estate(ctx context.Context, id int64) (civic.Estate, bool, error)
	// FirstEstate returns an estate of a community, the same one each time; false if it has none.
	FirstEstate(ctx context.Context, c civic.CommunityID) (civic.Estate, bool, error)
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
	// ByNumber finds a need by its public number; year 0 means the latest year that has it. It is
	// for staff: it asks nobody who reads it.
	ByNumber(ctx context.Context, c civic.CommunityID, year, seq int) (civic.Need, bool, error)
	// Sight finds a need by its public number as the account may see it; false where there is
	// nothing for it to see.
	Sight(ctx context.Context, a civic.Account, c civic.CommunityID, year, seq int) (civic.Sight, bool, error)
	// Browse lists public needs that stand after a place in a view, as the account may see them.
	Browse(ctx context.Context, a civic.Account, c civic.CommunityID, v civic.View, after civic.ViewAt, limit int) ([]civic.Need, error)
}

// Reviews looks up what waits for staff to decide what is public. A grant with grids is told of
// those, and of needs whose grid nobody knows.
type Reviews interface {
	// Next returns the oldest of a kind after a place in its queue; false where there is none.
	Next(ctx context.Context, g civic.Grant, c civic.CommunityID, kind civic.ReviewKind, after civic.ReviewAt) (civic.Review, bool, error)
	// Again returns one that was shown before as it is now; false where it does not wait any more.
	Again(ctx context.Context, g civic.Grant, c civic.CommunityID, kind civic.ReviewKind, need civic.NeedID) (civic.Review, bool, error)
	// Waiting counts what waits of a kind, to at most a thousand.
	Waiting(ctx context.Context, g civic.Grant, c civic.CommunityID, kind civic.ReviewKind) (int, error)
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

// Areas looks up what lies in a community, and what communities lie in.
type Areas interface {
	// Grids lists the grids of a community by name.
	Grids(ctx context.Context, c civic.CommunityID) ([]civic.Grid, error)
	// Streets lists all streets with their districts.
	Streets(ctx context.Context) ([]civic.StreetArea, error)
}

// Offices looks up who holds which office, and what was offered. What the account may not see is
// not there.
type Offices interface {
	// Members lists who holds an office of the community; names are open to those who may do act.
	Members(ctx context.Context, a civic.Account, c civic.CommunityID, act civic.Act) ([]civic.Member, error)
	// OpenInvites lists the codes of the community that nobody has used yet, oldest first.
	OpenInvites(ctx context.Context, a civic.Account, c civic.CommunityID) ([]civic.Invitation, error)
	// Invitation finds what a code is good for to the account.
	Invitation(ctx context.Context, a civic.Account, code string) (civic.Invitation, civic.InviteState, error)
}

// Audits looks up what staff did.
type Audits interface {
	// Page lists acts in the community, newest first, that are older than before; its zero value
	// means the newest.
	Page(ctx context.Context, a civic.Account, c civic.CommunityID, before civic.AuditLine, limit int) ([]civic.AuditLine, error)
}

// Work counts what waits for staff.
type Work interface {
	// Counts tells by kind what waits for the holder of a grant in a community.
	Counts(ctx context.Context, a civic.Account, g civic.Grant, c civic.CommunityID) ([]civic.WorkCount, error)
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

// Triage looks up what waits for staff in 初选.
type Triage interface {
	// Queue returns needs that wait in a community, in the order of civic.QueueAt and not before
	// the place from, and how many wait in all, at most a thousand. With grids it tells of those and
	// of needs whose grid nobody knows; none are all.
	Queue(ctx context.Context, c civic.CommunityID, grids []int64, from time.Time, offset, limit int) ([]civic.Queued, int, error)
	// Docket returns all that staff read of one need; false if there is none.
	Docket(ctx context.Context, need civic.NeedID) (civic.Docket, bool, error)
	// Questions lists what staff asked the account lately and it has not answered: first what is
	// waited for, then what has lapsed.
	Questions(ctx context.Context, a civic.Account, limit int) ([]civic.Question, error)
	// Neighbours lists who the roll has behind the doors of such a number, at most limit.
	Neighbours(ctx context.Context, c civic.CommunityID, building, unit, room string, limit int) ([]civic.Neighbour, error)
	// Objections lists needs to whose merge an author objects, the oldest first, of such grids.
	Objections(ctx context.Context, c civic.CommunityID, grids []int64, limit int) ([]civic.Need, error)
	// Declines lists needs whose decline waits for the word of another than not, the oldest first, of such grids.
	Declines(ctx context.Context, c civic.CommunityID, grids []int64, not civic.StaffID, limit int) ([]civic.Need, error)
}

// Verification looks up whether what somebody says fits the roll. Nothing that it returns names
// anybody or any door.
type Verification interface {
	// Standing says how an account stands before it says anything.
	Standing(ctx context.Context, a civic.Account) (civic.Standing, error)
	// Card puts a household code, nine digits, in a form that may be kept; whether it is right, it does not tell.
	Card(ctx context.Context, code string) (civic.Card, error)
	// Match compares what was said with the roll. It counts nothing: see civic.NoteWrong.
	Match(ctx context.Context, s civic.Said) (civic.Match, error)
	// Disputable says whether the account could say that another one is not its person's.
	Disputable(ctx context.Context, a civic.Account) (bool, error)
}

// Claims looks up, for an account that holds an office in a community, what waits in the queue of verification.
type Claims interface {
	// Claims lists what waits, the oldest first, without those behind the doors, and how many there are.
	Claims(ctx context.Context, a civic.Account, c civic.CommunityID, offset, limit int) ([]civic.Claim, int, error)
	// Claim returns one; false where the account may not see it, or where it is decided.
	Claim(ctx context.Context, a civic.Account, c civic.CommunityID, id int64) (civic.Claim, bool, error)
}

// Privacy looks up what is kept of an account, for its owner alone.
type Privacy interface {
	// Kept counts it.
	Kept(ctx context.Context, a civic.Account) (civic.Kept, error)
	// Backed returns a page of the needs that the account endorses, the latest first, and how many
	// there are in all. What is not public any more comes without its words.
	Backed(ctx context.Context, a civic.Account, offset, limit int) ([]civic.Need, int, error)
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

// noteCommunity remembers the account's community between turns, so that most turns need no look-up. It
// holds the day too: the roll may have moved its person since.
const noteCommunity = "community"

// home returns the community of the turn's account, 0 if it is not known yet: of who is verified,
// the roll's; else the one they chose, which gives no rights. Where there is only one community,
// everybody belongs to it.
func home(t *Turn) civic.CommunityID {
	id, day, _ := strings.Cut(t.Note(noteCommunity), " ")
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && day == today(t) {
		return civic.CommunityID(n)
	}
	who, verified, err := t.World.People.Identity(t.Context(), civic.Account(t.Account))
	if t.Failed(err) {
		return 0
	}
	if verified {
		setHome(t, who.Community)
		return who.Community
	}
	f, ok, err := t.World.Followers.Follower(t.Context(), civic.Account(t.Account))
	if t.Failed(err) {
		return 0
	}
	if ok && f.Community != 0 {
		setHome(t, f.Community)
		return f.Community
	}
	return onlyCommunity(t)
}

// onlyCommunity is the community of everybody where there is only one, else 0.
func onlyCommunity(t *Turn) civic.CommunityID {
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
	t.SetNote(noteCommunity, strconv.FormatInt(int64(c), 10)+" "+today(t))
}

// today is the day of the turn, for notes.
func today(t *Turn) string { return strconv.FormatInt(t.Now.Unix()/86400, 10) }

// needsHome is the Requires of flows that belong to a community.
func needsHome(t *Turn) string {
	if home(t) == 0 && !t.Failed(nil) {
		return findCommunity.ID
	}
	return ""
}

// placeToLook is home or, for staff who have not said where they live, the community of their office,
// the first where there are several: for looking at what is public, never for having a say.
func placeToLook(t *Turn) civic.CommunityID {
	if id := home(t); id != 0 || t.Failed(nil) {
		return id
	}
	grants, err := t.World.Staff.Grants(t.Context(), civic.Account(t.Account))
	if t.Failed(err) {
		return 0
	}
	for _, g := range grants {
		if g.Community != 0 {
			return g.Community
		}
	}
	return 0
}

// needsPlace is needsHome for what is only looked at.
func needsPlace(t *Turn) string {
	if placeToLook(t) == 0 && !t.Failed(nil) {
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

// dueAgain says whether a note of a day is so many days old, or is not there.
func dueAgain(t *Turn, key string, days int64) bool {
	then, err := strconv.ParseInt(t.Note(key), 10, 64)
	return err != nil || t.Now.Unix()/86400-then >= days
}
