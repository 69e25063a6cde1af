package civic

// Verify 认证 links an account to a person of the roll if Print still fits. If the person has other
// accounts, all stay, and the others are told Tell at once. It is refused while the account is
// locked, while it is disputed, and when it belongs to somebody else. Receipt.Word is Verified
// or VerifiedToo.
type Verify struct {
	Account Account
	Link    Linkage
	Print   string // of the Match
	Tell    Push   // Kind and Args are set
}

// NoteWrong counts a wrong try of the account, at the place that its Match named.
type NoteWrong struct {
	Account Account
	At      string
	How     VerifiedBy
}

// AskVerify asks a grid worker to look who the account is. A second request replaces the first
// while that waits. Receipt.Word is VerifyAsked.
type AskVerify struct {
	Said    Said
	Consent string
}

// Unverify 取消认证 takes back the consent: the account belongs to nobody any more.
type Unverify struct {
	Account Account
}

// DisputeClaim 不是我 says that the newest other account of the person is not theirs. A claim newer
// than the account's own is frozen until staff decide; an older one stays. Its account is told Tell.
type DisputeClaim struct {
	Account Account
	Tell    Push
}

// DecideClaim 审认证申请 is staff's answer to a claim. The asker, or the account in dispute, is told
// Tell once; the person's other accounts are told TellOthers.
type DecideClaim struct {
	By         By
	Claim      int64
	Decision   Decision
	Person     PersonID // of an accepted ClaimAsk: one of its Fits
	Beside     bool     // they stood beside the person; else they spoke by phone
	ReasonCode string   // of a decline, for the audit log
	Tell       Push
	TellOthers Push
}
