package civic

import "slices"

// Role is in what office somebody acts. Values are stored.
type Role string

// The roles. A resident needs no grant; all others are given by invitation (see Grant).
const (
	Resident   Role = "resident"   // 居民: whoever follows the account
	Supervisor Role = "supervisor" // 居民监督员: looks at the work of one community
	GridWorker Role = "gridWorker" // 网格员: one community, some of its grids
	Committee  Role = "committee"  // 居委会: one community
	Street     Role = "street"     // 街道: all communities of a street
	District   Role = "district"   // 区: all communities of a district
	Observer   Role = "observer"   // 观察员: reads the figures of one community, does nothing
)

// Roles lists all of them, the resident first.
func Roles() []Role {
	return []Role{Resident, Supervisor, GridWorker, Committee, Street, District, Observer}
}

// String names the role as people read it.
func (r Role) String() string {
	switch r {
	case Resident:
		return "居民"
	case Supervisor:
		return "居民监督员"
	case GridWorker:
		return "网格员"
	case Committee:
		return "居委会"
	case Street:
		return "街道"
	case District:
		return "区"
	case Observer:
		return "观察员"
	}
	return string(r)
}

// StaffID names a member of staff in grants and in the audit log, for ever: another account, or
// another phone, does not change it.
type StaffID int64

// Grant is one office that an account holds now.
type Grant struct {
	ID    int64
	Staff StaffID
	Role  Role
	// Community is where it holds. For Street and District it is zero: Over tells.
	Community CommunityID
	Over      int64   // id of the street or district; zero for others
	Grids     []int64 // of a GridWorker, ascending; none: all grids of the community
}

// Act is something that staff do or read, named as the audit log keeps it.
type Act string

// The acts of staff. Whoever adds one says below who may do it; until then nobody may.
const (
	ActWork         Act = "work"          // see the words of staff, and what waits
	ActTriage       Act = "need.triage"   // read needs that are not public; reclassify, mark, ask, type a voice, merge, accept, hand on
	ActDecline      Act = "need.decline"  // decline, and confirm another's decline
	ActRelease      Act = "need.release"  // 公开: let others read text and photos
	ActTakeDown     Act = "need.takedown" // take public words or photos down
	ActRaiseFor     Act = "need.raise"    // raise a need for somebody without WeChat
	ActStage        Act = "round.stage"   // open rounds, move their stages by hand
	ActShortlist    Act = "round.list"    // draw up and publish the shortlist
	ActVerify       Act = "roll.verify"   // accept or decline a request to be verified, settle two claims
	ActRoll         Act = "roll.import"   // import the roll, print door codes
	ActDoors        Act = "roll.doors"    // read door lists: how many people of a household are verified
	ActRelay        Act = "relay"         // talk with residents through the bot
	ActInvite       Act = "role.invite"   // give and revoke the offices below one's own
	ActHandOver     Act = "role.handover" // give one's own queue, or that of somebody who is ill, to another
	ActSettings     Act = "community.set" // change the community's settings
	ActReadFigures  Act = "figures.read"  // read counts and waiting ages
	ActReadAudit    Act = "audit.read"    // read who did what
	ActExport       Act = "export"        // get tables of needs, without names
	ActSendNotice   Act = "notice.send"   // push a notice to the community
	ActRunCommunity Act = "community.run" // the operator's command line: everything
)

// Acts lists all acts of staff.
func Acts() []Act {
	return []Act{
		ActWork, ActTriage, ActDecline, ActRelease, ActTakeDown, ActRaiseFor, ActStage, ActShortlist, ActVerify, ActRoll, ActDoors, ActRelay,
		ActInvite, ActHandOver, ActSettings, ActReadFigures, ActReadAudit, ActExport, ActSendNotice, ActRunCommunity,
	}
}

// permits is the whole of who may do what; what is not here is forbidden.
var permits = map[Role][]Act{
	Supervisor: {ActWork, ActReadFigures},
	GridWorker: {
		ActWork, ActTriage, ActDecline, ActRelease, ActTakeDown, ActRaiseFor, ActVerify, ActDoors, ActRelay, ActHandOver,
		ActReadFigures, ActSendNotice,
	},
	Committee: {
		ActWork, ActTriage, ActDecline, ActRelease, ActTakeDown, ActRaiseFor, ActStage, ActShortlist, ActVerify, ActRoll, ActDoors, ActRelay,
		ActInvite, ActHandOver, ActSettings, ActReadFigures, ActReadAudit, ActExport, ActSendNotice,
	},
	Street:   {ActWork, ActReadFigures, ActReadAudit, ActExport, ActInvite},
	District: {ActWork, ActReadFigures, ActReadAudit, ActExport, ActInvite},
	Observer: {ActWork, ActReadFigures},
}

// May says whether a role allows an act. The default is no.
func May(r Role, a Act) bool { return slices.Contains(permits[r], a) }

// By is who does a staff act, and for which community. Every effect of staff carries one; the
// store checks it again in the writing transaction and writes the audit log.
type By struct {
	Account   Account
	Community CommunityID
	// Grid is where the object of the act belongs, zero for none: a GridWorker with grids of
	// their own acts only there, or where no grid is known.
	Grid int64
}

// NoLonger is what somebody reads whose office was taken away in the middle of something.
const NoLonger = "您现在没有办这件事的权限了，刚才这件没有办。有疑问请问居委会。"

// Covers says whether the grant reaches a community; in is the street and district it lies in.
func (g Grant) Covers(c CommunityID, in Area) bool {
	switch g.Role {
	case Street:
		return g.Over != 0 && g.Over == in.Street
	case District:
		return g.Over != 0 && g.Over == in.District
	case Supervisor, GridWorker, Committee, Observer:
		return g.Community != 0 && g.Community == c
	case Resident:
	}
	return false
}

// Reaches says whether the grant reaches a grid of its community; zero is a grid not known.
func (g Grant) Reaches(grid int64) bool {
	return g.Role != GridWorker || grid == 0 || len(g.Grids) == 0 || slices.Contains(g.Grids, grid)
}

// Area is the street and district that a community lies in; zero where nobody said.
type Area struct {
	Street   int64
	District int64
}
