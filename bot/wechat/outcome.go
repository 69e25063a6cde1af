package wechat

// Outcome says how a call to the webhook ended; a small fixed set, fit for metrics.
type Outcome string

// The outcomes of a call.
const (
	OK             Outcome = "ok"              // a turn ran
	Echo           Outcome = "echo"            // the console's check of the URL
	Unread         Outcome = "unread"          // an event that nobody reads, answered with success
	Method         Outcome = "method"          // neither GET nor POST
	Oversized      Outcome = "oversized"       // more than 64 KiB
	BadQuery       Outcome = "bad_query"       // a parameter twice, a bad escape, a GET without echostr
	BadSignature   Outcome = "bad_signature"   // not signed with our token
	Stale          Outcome = "stale"           // signed, but too long ago
	Downgrade      Outcome = "downgrade"       // not encrypted although the account is in safe mode
	WrongMode      Outcome = "wrong_mode"      // encrypted although the account is in plain mode
	ReplayedQuery  Outcome = "replayed_query"  // a known signature with another body
	Undecryptable  Outcome = "undecryptable"   // signed, but no key opens it: check the AES key
	Malformed      Outcome = "malformed"       // proven, but not understandable
	WrongAccount   Outcome = "wrong_account"   // proven, but addressed to another account
	Flood          Outcome = "flood"           // one follower sends too fast
	Busy           Outcome = "busy"            // too many turns at once
	Incomplete     Outcome = "incomplete"      // the body did not arrive whole
	Panicked       Outcome = "panic"           // a fault of ours; answered with success
	ReplyUnwritten Outcome = "reply_unwritten" // the caller was gone when the answer was ready
)

// Outcomes lists all of them, so that metrics can start at zero.
func Outcomes() []Outcome {
	return []Outcome{
		OK, Echo, Unread, Method, Oversized, BadQuery, BadSignature, Stale, Downgrade, WrongMode, ReplayedQuery,
		Undecryptable, Malformed, WrongAccount, Flood, Busy, Incomplete, Panicked, ReplyUnwritten,
	}
}
