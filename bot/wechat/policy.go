package wechat

import (
	"errors"
	"regexp"
	"time"
)

// Class says what became of a message, and so what its sender does.
type Class string

// The classes. Only Uncertain leaves open whether the message arrived.
const (
	Sent       Class = "sent"        // the platform accepted it
	Duplicate  Class = "duplicate"   // accepted before, under the same client id: done
	Refused    Class = "refused"     // this person, this way: take the next rung
	Retry      Class = "retry"       // surely not sent: the same again, not before After
	Quota      Class = "quota"       // surely not sent: nobody gets any until the Period is over
	Fatal      Class = "fatal"       // surely not sent: stop and tell the operator
	Uncertain  Class = "uncertain"   // may have arrived
	BadContent Class = "bad_content" // surely not sent, and never will be as it is
)

// Reason says why this person cannot be reached this way.
type Reason string

// The reasons of Refused.
const (
	NotFollowing Reason = "not_following"
	NoAccount    Reason = "no_account"    // no such follower of this account
	NoConsent    Reason = "no_consent"    // used up or withdrawn: nothing is left of it
	WindowClosed Reason = "window_closed" // the platform's 48 hours are over, or they left
	WindowUsed   Reason = "window_used"   // its number of messages is
	Blocked      Reason = "blocked"       // they turned messages off, or are on the black list
)

// Scope says what a Fatal verdict or a Quota is about.
type Scope string

// The scopes, from the widest.
const (
	WholeAccount Scope = "account"  // nothing of this account works
	OneAPI       Scope = "api"      // this kind of message
	OneTemplate  Scope = "template" // this template
)

// Period is when a quota opens again.
type Period string

// The periods.
const (
	NextMinute Period = "minute"
	NextDay    Period = "day" // midnight in UTC+8
)

// Verdict is what a sender does about the end of one call.
type Verdict struct {
	Class   Class
	Why     Reason        // of Refused
	Scope   Scope         // of Fatal and Quota
	After   time.Duration // of Retry, before back-off, and of Fatal: not tried again sooner
	Tries   int           // of Retry: attempts after which a person has to look; 0: no limit, and none is counted
	Period  Period        // of Quota
	Field   string        // of BadContent, if it is known
	Receipt string        // of Duplicate: the platform's id of the message, if it is known
	Code    int           // the platform's; 0: it said nothing
	RID     string        // the platform's id of the call, for the log
}

// errSetup is a setting that makes every call impossible.
var errSetup = errors.New("wrong setting")

// Classify decides about any error of a Client; nil is Sent. What it does not know is Uncertain.
func Classify(err error) Verdict {
	var (
		e     *Error
		field *FieldError
	)
	switch {
	case err == nil:
		return Verdict{Class: Sent}
	case errors.As(err, &e) && e != nil:
		v := byCode(e)
		v.Code, v.RID = e.Code, e.RID
		return v
	case errors.As(err, &field) && field != nil:
		return Verdict{Class: BadContent, Field: field.Field}
	case errors.Is(err, errBadOpenID):
		return Verdict{Class: Refused, Why: NoAccount}
	case errors.Is(err, errSetup):
		return fatal(WholeAccount)
	case errors.Is(err, ErrNotSent):
		return Verdict{Class: Retry, After: 2 * time.Second}
	}
	return Verdict{Class: Uncertain}
}

// tryFatal is when a Fatal fault is worth another look: about as long as a new entry in the
// platform's list of IPs takes.
const tryFatal = 5 * time.Minute

func fatal(s Scope) Verdict { return Verdict{Class: Fatal, Scope: s, After: tryFatal} }

func refused(why Reason) Verdict { return Verdict{Class: Refused, Why: why} }

// byCode knows what the platform says. Every code but 0 is a clear answer that nothing was sent.
func byCode(e *Error) Verdict {
	switch e.Code {
	case -1: // busy
		return Verdict{Class: Retry, After: 2 * time.Second, Tries: 5}
	case 43108: // two at once to one person
		return Verdict{Class: Retry, After: 5 * time.Second, Tries: 5}
	case 45066, 42010: // mass sends too close together
		return Verdict{Class: Retry, After: time.Minute, Tries: 5}
	case 43117: // too often to this person
		return Verdict{Class: Retry, After: 10 * time.Minute, Tries: 3}
	case 45011:
		return Verdict{Class: Quota, Scope: OneAPI, Period: NextMinute}
	case 45009, 45028:
		return Verdict{Class: Quota, Scope: OneAPI, Period: NextDay}
	case 45065:
		return Verdict{Class: Duplicate, Receipt: e.MsgID}
	}
	if v := ofPerson(e.Code); v.Class != "" {
		return v
	}
	if v := ofAccount(e.Code); v.Class != "" {
		return v
	}
	if field, ok := ofContent(e); ok {
		return Verdict{Class: BadContent, Field: field}
	}
	return Verdict{Class: Retry, After: time.Minute, Tries: 3} // not known
}

// ofPerson knows the codes that say something about the receiver.
func ofPerson(code int) Verdict {
	switch code {
	case 40003, 46004, 43104:
		return refused(NoAccount)
	case 43004, 50005:
		return refused(NotFollowing)
	case 43101:
		return refused(NoConsent)
	case 45015:
		return refused(WindowClosed)
	case 45047:
		return refused(WindowUsed)
	case 48002, 43019:
		return refused(Blocked)
	}
	return Verdict{}
}

// ofAccount knows the codes that say something about the account and its settings.
func ofAccount(code int) Verdict {
	switch code {
	case 40001, 40014, 42001: // refused again with a new token
		return Verdict{Class: Fatal, Scope: WholeAccount, After: time.Minute}
	case 40002, 40013, 40125, 41001, 41002, 41004, 40164, 40243, 89501, 89503, 89506, 89507, 50002, 48004:
		return fatal(WholeAccount)
	case 48001, 48003, 48008, 50001, 43107, 43001, 43002, 43003, 40066:
		return fatal(OneAPI)
	case 40037, 43116:
		return fatal(OneTemplate)
	}
	return Verdict{}
}

var valuePattern = regexp.MustCompile(`\bdata\.([A-Za-z0-9_]{1,64})`)

// ofContent knows the codes that say something about what was to be sent, and names the field.
func ofContent(e *Error) (field string, ok bool) {
	switch e.Code {
	case 47003:
		if m := valuePattern.FindStringSubmatch(e.Msg); m != nil {
			field = m[1]
		}
		return field, true
	case 45002, 44004, 45168, 87014:
		return fieldText, true
	case 40039, 40048, 45005:
		return "url", true
	case 41030, 40165:
		return "page", true
	case 45008, 44003:
		return "articles", true
	case 40007, 44001:
		return "media", true
	case 40008, 40033, 40035, 40036, 44002, 45003, 45004, 45007, 46003, 47001, 61501:
		return "", true
	}
	return "", false
}
