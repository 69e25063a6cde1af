package civic

import "time"

// ReleaseNeed 公开 lets other residents read a need: its words with all additions, and its photos
// and voices too with Photos. Text is always set but where only Photos of a public need are. It
// is refused when a colleague was faster.
type ReleaseNeed struct {
	By     By
	Need   NeedID
	Text   bool
	Photos bool
	// Seen is Review.Rev as it was read; when the author has changed the words since, the effect is
	// refused. Zero: whatever stands there now.
	Seen time.Time
}

// KeepBack 先不公开 says why a need is not made public yet. Its author is told and may write it
// anew. Additions that wait are kept back alone; what was public before stays.
type KeepBack struct {
	By         By
	Need       NeedID
	ReasonCode string // see PublicReasons
	Reason     string // in staff's words; "" those of the code
	Seen       time.Time
}

// TakeDownNeed 撤下 takes a public need down, with its reason for the record. Its author is told,
// and may appeal once.
type TakeDownNeed struct {
	By         By
	Need       NeedID
	ReasonCode string // see PublicReasons
	Reason     string // in staff's words; "" those of the code
}

// LeavePublic 保留 says that staff looked at the reports of a need and that it stays public; one
// that reports had hidden comes back.
type LeavePublic struct {
	By   By
	Need NeedID
}

// SettleAppeal decides an appeal against taking a need down. Whoever took it down may not, where
// somebody else can.
type SettleAppeal struct {
	By      By
	Need    NeedID
	Restore bool   // it is public again
	Reason  string // "" those of the first decision
}

// ReportNeed 举报 says that a public need should not be public, once for each account.
type ReportNeed struct {
	Account Account
	Need    NeedID
	Code    string // see PublicReasons
}

// AppealNeed 申诉 asks staff to look again at a need of the account that was taken down, once.
type AppealNeed struct {
	Account Account
	Need    NeedID
	Text    string // masked
}

// RewriteNeed 改写 replaces the words of the account's own need that is not public. It waits for
// release again.
type RewriteNeed struct {
	Account Account
	Need    NeedID
	Text    string // masked
}

// UnendorseNeed 取消附议 takes the account's endorsement back. It is no error where there is none.
type UnendorseNeed struct {
	Account Account
	Need    NeedID
}

// ObjectMerge 不是一回事 is an author's word against the merge of their need. Staff decide.
type ObjectMerge struct {
	Account Account
	Need    NeedID // the one that was merged
	Text    string // masked; "" none
}
