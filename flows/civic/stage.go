package civic

import (
	"fmt"
	"time"
)

// Stage 环节 is one of the eight steps of a round. Values are stored.
type Stage int

// The stages, in their order. NoStage is where no round is open.
const (
	NoStage Stage = iota
	Collect       // 需求征集: residents raise needs
	Screen        // 需求初选: needs are weighed, merged, accepted or declined; the shortlist is published
	Plan          // 编制方案
	Choose        // 评议项目
	Build         // 项目实施
	Rate          // 项目评估
	Sum           // 总结反馈
	Keep          // 自治管理
)

// Stages is how many there are.
const Stages = 8

// String names the stage as people read it.
func (s Stage) String() string {
	names := [...]string{"还没开始", "需求征集", "需求初选", "编制方案", "评议项目", "项目实施", "项目评估", "总结反馈", "自治管理"}
	if s < 0 || int(s) >= len(names) {
		return "？"
	}
	return names[s]
}

// Front says whether the stage is one in which the round decides. A community has one round in
// front at most; rounds before it may still be built, rated and kept.
func (s Stage) Front() bool { return s >= Collect && s <= Choose }

// RoundID names a round inside the program.
type RoundID int64

// Round 年度/批次 is one way from needs to what is kept alive, usually a year's.
type Round struct {
	ID        RoundID
	Community CommunityID
	Name      string // as people say it: 2027年
	Year      int
	Seq       int // from 1 within its year
	Stage     Stage
	Rev       int                   // rises with each change of stage or dates
	Starts    [Stages + 1]time.Time // when each stage is to begin, by Stage; zero: by hand
	Began     [Stages + 1]time.Time // when each did; zero: not yet
	OpenedAt  time.Time
	ClosedAt  time.Time // zero: open
	Listed    bool      // its shortlist is published
}

// Next is the stage after the present one and the day it is to begin, zero where nobody set one;
// NoStage after the last.
func (r Round) Next() (Stage, time.Time) {
	if r.Stage >= Keep {
		return NoStage, time.Time{}
	}
	return r.Stage + 1, r.Starts[r.Stage+1]
}

// Doing is what somebody wants to do with a need, as far as the stage has a say in it.
type Doing int

// What the stage has a say in.
const (
	DoRaise   Doing = iota // into this round; otherwise it waits for the next
	DoEndorse              // and take an endorsement back
	DoDecide               // accept, decline, hand on
	DoMerge                // and undo it
	DoList                 // draw up and publish the shortlist
	DoWithdraw
)

// During says whether a stage allows something. Needs of no round, because the community has
// none or because they wait for the next, are free: NoStage allows all but the shortlist.
func During(s Stage, d Doing) bool {
	switch d {
	case DoRaise:
		return s == Collect || s == NoStage
	case DoEndorse, DoDecide, DoMerge, DoWithdraw:
		return s == Collect || s == Screen || s == NoStage
	case DoList:
		return s == Screen
	}
	return false
}

// Closed is what people read who come too late, or too early, for something; what waits for them
// is in it.
func Closed(s Stage, d Doing) string {
	now := "现在是“" + s.String() + "”环节，"
	switch d {
	case DoRaise:
		return now + "您的需求记入下一轮。"
	case DoEndorse:
		return now + "这一轮的附议已经截止，没有计入。想接着办，回“提需求”，记入下一轮。"
	case DoDecide:
		return now + "初选已经结束，这件没有改动。"
	case DoMerge:
		return now + "初选已经结束，不能再合并或拆开。"
	case DoList:
		return now + "只有“需求初选”时能定入围名单。"
	case DoWithdraw:
		return now + "这件已经进入后面的环节，不能自己撤回了。有变化请回“人工”。"
	}
	return now + "这件没有办。"
}

// OpenRound opens a round in its first stage, 需求征集. It is refused while another of the
// community is in front. Needs that wait for the next round become part of it, and so do
// those of earlier rounds that were accepted and not listed: they come back with their history.
type OpenRound struct {
	By     By
	Name   string
	Year   int
	Starts [Stages + 1]time.Time
}

// MoveStage takes a round from one stage to another, by hand: to the next, or back to the one
// before while nothing was published in it. After Keep the round is closed.
type MoveStage struct {
	By    By
	Round RoundID
	From  Stage
	To    Stage // NoStage closes the round
}

// PlanStage sets the day on which a stage is to begin by itself, in place of another; zero: by hand.
type PlanStage struct {
	By    By
	Round RoundID
	Rev   int // of the round as it was read
	Stage Stage
	At    time.Time
}

// StageDue takes a round on by schedule. It does nothing if the round was changed since.
type StageDue struct {
	Round RoundID `json:"round"`
	To    Stage   `json:"to"`
	Rev   int     `json:"rev"` // of the round when the timer was armed
}

// TellListDue is the kind of push that reminds a committee of its shortlist: ListDue.
const TellListDue = "list-due"

// ListDue says that 需求初选 is over by its date and the shortlist not published.
type ListDue struct {
	Round string    `json:"round"`
	Since time.Time `json:"since"`
}

// StageTimer is the timer that takes a round to its next stage; false where no day is set.
func StageTimer(r Round) (Timer, bool) {
	next, at := r.Next()
	if next == NoStage || at.IsZero() {
		return Timer{}, false
	}
	return Timer{ID: StageTimerID(r.ID), Rev: r.Rev, Kind: TimerStage, Args: argsOf(StageDue{Round: r.ID, To: next, Rev: r.Rev}), DueAt: at}, true
}

// StageTimerID is the id of a round's timer.
func StageTimerID(r RoundID) string { return fmt.Sprintf("stage/%d", r) }

// Fits says whether days set for stages follow one another; the first fault is told.
func (r Round) Fits(now time.Time) error {
	last := time.Time{}
	for s := r.Stage + 1; s <= Keep; s++ {
		at := r.Starts[s]
		switch {
		case at.IsZero():
			continue
		case !at.After(now):
			return fmt.Errorf("“%s”的日期已经过了", s)
		case !at.After(last):
			return fmt.Errorf("“%s”的日期要在前一个环节之后", s)
		}
		last = at
	}
	return nil
}
