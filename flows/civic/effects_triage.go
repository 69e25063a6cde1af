package civic

import "time"

// Effects of 初选. Each act of staff names the need as it was read: Commit looks again, and whoever
// comes second reads who did what.

// HoldNeed notes that somebody of the staff looks at a need, for HoldFor. Others may still decide.
type HoldNeed struct {
	By   By
	Need NeedID
}

// LeaveNeed 放回队列 takes one's own note away.
type LeaveNeed struct {
	By   By
	Need NeedID
}

// AcceptNeed 受理 takes a need up for the round.
type AcceptNeed struct {
	By   By
	Need NeedID
}

// ClassifyNeed 改类别 puts a need where it belongs.
type ClassifyNeed struct {
	By       By
	Need     NeedID
	Category Category
}

// MarkNeed 标急、标难: 1 is, -1 is not, 0 leaves the mark as it was.
type MarkNeed struct {
	By     By
	Need   NeedID
	Urgent int
	Hard   int
}

// TypeNeed 听写 makes what staff heard in a voice the text of the need. The words that stood there
// are kept as an addition.
type TypeNeed struct {
	By   By
	Need NeedID
	Text string // masked
}

// AskAuthor 问提出人 puts a question to the authors. The need leaves the queue until one of them
// answers, at most for AskFor.
type AskAuthor struct {
	By   By
	Need NeedID
	Text string
}

// AnswerAuthor is an author's answer. It is kept even where the need was decided meanwhile: then
// Receipt.Late is set.
type AnswerAuthor struct {
	Account Account
	Need    NeedID // the one that the question is about
	Text    string // masked
}

// LapseQuestion puts a need whose question nobody answered in time back into the queue.
type LapseQuestion struct {
	Need NeedID
}

// MergeNeeds 合并 has Source go on in Target, of the same community, or in what Target itself goes
// on in. What goes on in Source comes along. It is refused where Target goes on in Source.
type MergeNeeds struct {
	By     By
	Source NeedID
	Target NeedID
}

// UndoMerge 分开 undoes a merge: all is as before, but for what was done to either since.
type UndoMerge struct {
	By     By
	Source NeedID
}

// KeepMerge says that staff looked at an objection and that the merge stays.
type KeepMerge struct {
	By     By
	Source NeedID
}

// DeclineNeed 不予受理 is the first of two steps. Of an appeal it is the last one.
type DeclineNeed struct {
	By     By
	Need   NeedID
	Reason Reason
	Text   string // one sentence for the residents
	Final  bool   // of an appeal
}

// ConfirmDecline 复核 makes a colleague's decline final.
type ConfirmDecline struct {
	By   By
	Need NeedID
}

// RejectDecline 退回 puts a need that a colleague would decline back into the queue.
type RejectDecline struct {
	By   By
	Need NeedID
}

// LapseDecline makes a decline final to which no colleague objected over night, and has it told.
type LapseDecline struct {
	Need NeedID
	Push Push
}

// HandNeed 转办 says whose duty a need is.
type HandNeed struct {
	By   By
	Need NeedID
	Duty string // whom residents turn to, with a phone where there is one
	Text string // one sentence for them, "" none
}

// AppealDecline 申诉 asks once to look again at a decline, within AppealFor.
type AppealDecline struct {
	Account Account
	Need    NeedID
	Text    string // masked
}

// RaiseFor 代办 raises a need for somebody without WeChat, who has agreed by word of mouth. Its
// Account is whose photos they are: the member of staff.
type RaiseFor struct {
	By      By
	Person  PersonID  // of the roll, 0 for 不具名
	Agreed  string    // version of the phrase that was read out
	BeganAt time.Time // when it began: it has to be done within AssistFor
	Raise   RaiseNeed
}
