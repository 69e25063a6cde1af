package civic

import (
	"strconv"
	"time"
)

// How long things are kept. Whoever sweeps goes by these; README and 我的数据 show the table below.
const (
	RetainLinks      = 24 * time.Hour       // after their end, so that a late tap is told that it is late
	RetainMarks      = 14 * 24 * time.Hour  // the platform repeats within seconds, and tells within a day how a message ended
	RetainTries      = 30 * 24 * time.Hour  // wrong tries
	RetainDeliveries = 30 * 24 * time.Hour  // one by one; then their numbers
	RetainDrafts     = 40 * 24 * time.Hour  // conversations that nobody goes on with
	RetainLoose      = 60 * 24 * time.Hour  // photos and voices that became part of nothing
	RetainTalks      = 90 * 24 * time.Hour  // words of talks after their end
	RetainClaims     = 365 * 24 * time.Hour // decided requests and disputes about who somebody is
	RetainReports    = 365 * 24 * time.Hour // reports that staff have looked at
	RetainRuns       = 400 * 24 * time.Hour // that a message was worked off: more than a year of rounds
	RetainGone       = 730 * 24 * time.Hour // what is kept of accounts that unfollowed, as by ForgetMe
)

// Retention is one line of the table of what is kept.
type Retention struct {
	For  time.Duration
	What string // in English, for the operator
	Say  string // for residents
}

// Retained is the table, the shortest first. What is not in it is kept until its owner deletes it.
var Retained = []Retention{
	{RetainLinks, "links for files, after their end; their files an hour", "传文件用的链接"},
	{RetainMarks, "the platform's ids of messages and events, hashed", ""},
	{RetainTries, "wrong tries of verification, by keyed hashes of account and door", "认证试错的次数"},
	{RetainDeliveries, "who was told what, by which way, and whether it arrived; then numbers alone, but for what is unread", "发给您的通知（没读的会留着）"},
	{RetainDrafts, "conversations: step, draft, last replies", "没办完的草稿"},
	{RetainLoose, "photos and voices that became part of nothing", "没用上的照片和语音"},
	{RetainTalks, "what was said in talks with staff, after their end", "和网格员说的话"},
	{RetainClaims, "requests to be verified and disputes, after the decision; name and door go with it", "认证申请的结果"},
	{RetainReports, "reports of needs, after staff looked at them", "您的举报"},
	{RetainRuns, "that a message was worked off, by a keyed hash of its account", ""},
	{RetainGone, "all that belongs to an account that unfollowed", "取消关注以后，您的其他记录"},
}

// Days is how long, in whole days.
func (r Retention) Days() int { return int(r.For / (24 * time.Hour)) }

// Long is how long, as residents read it.
func (r Retention) Long() string {
	switch d := r.Days(); d {
	case 730:
		return "两年"
	case 365:
		return "一年"
	default:
		return strconv.Itoa(d) + " 天"
	}
}
