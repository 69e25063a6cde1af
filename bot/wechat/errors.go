package wechat

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
	"syscall"

	"yishi/flows/zh"
)

// What a call can end in besides an *Error, which is a clear answer of the platform.
var (
	// ErrNotSent means that the platform surely has not seen the call: repeating is harmless.
	ErrNotSent = errors.New("call not sent")
	// ErrUnsure means that nothing understandable came back; the call may have had its effect.
	ErrUnsure = errors.New("answer of the platform unknown")
)

// Error is a refusal by the platform. Its codes are explained at
// https://developers.weixin.qq.com/doc/offiaccount/Getting_Started/Global_Return_Code.html.
type Error struct {
	Code int
	Msg  string // errmsg without its rid, at most 200 bytes, never with a token or secret; see Error
	RID  string // the platform's id of the call, for its support; may be empty

	MsgID string // of AlreadySent: the platform's id of what was sent, if it named it

	personal bool // the call was about somebody
}

// Error names the code and the call's id, and the platform's words where the call was about nobody:
// they may quote an openid, a media id or what was to be told.
func (e *Error) Error() string {
	text := fmt.Sprintf("wechat %d", e.Code)
	if e.Msg != "" && !e.personal {
		text += ": " + e.Msg
	}
	if e.RID != "" {
		text += " (rid " + e.RID + ")"
	}
	return text
}

// Retryable reports that the very same call may succeed a little later.
func (e *Error) Retryable() bool {
	switch e.Code {
	case -1, 43117, 45011, 45066, 42010:
		return true
	}
	return e.TokenExpired()
}

// TokenExpired reports that the access token was refused. The client has then already tried
// once with a fresh one.
func (e *Error) TokenExpired() bool {
	return e.Code == 40001 || e.Code == 40014 || e.Code == 42001
}

// Unreachable reports that this person cannot be reached in this way: not a follower, refused,
// outside the 48-hour window, or its quota used. Another way may work.
func (e *Error) Unreachable() bool {
	switch e.Code {
	case 40003, 43004, 43101, 45015, 45047:
		return true
	}
	return false
}

// QuotaUsed reports that a quota of the whole account is used up: 45011 until the next minute,
// 45009 until midnight, 45028 for mass sends until the platform grants more.
func (e *Error) QuotaUsed() bool {
	return e.Code == 45009 || e.Code == 45011 || e.Code == 45028
}

// Fatal reports a fault of the set-up that no repeat and no other person will cure: stop and
// tell the operator. The codes: IP list, secret, application id, template, permission, ban.
func (e *Error) Fatal() bool {
	switch e.Code {
	case 40013, 40125, 40164, 40243, 89503, 40037, 48001, 50002:
		return true
	}
	return false
}

// BadContent reports that what was sent is wrong: too long, too many articles, a template's
// value (named in Msg).
func (e *Error) BadContent() bool {
	return e.Code == 45002 || e.Code == 45008 || e.Code == 47003
}

// AlreadySent reports that the platform knows this client message id: count it as done.
func (e *Error) AlreadySent() bool { return e.Code == 45065 }

var ridPattern = regexp.MustCompile(`\s*,?\s*rid: ?([0-9a-zA-Z-]{1,64})\s*$`)

func newError(code int, msg string, secrets ...string) *Error {
	e := &Error{Code: code, Msg: scrub(msg, secrets...)}
	if m := ridPattern.FindStringSubmatchIndex(e.Msg); m != nil {
		e.RID = e.Msg[m[2]:m[3]]
		e.Msg = e.Msg[:m[0]]
	}
	e.Msg = zh.CutBytes(strings.ReplaceAll(clean(e.Msg), "\n", " "), 200)
	return e
}

// scrub takes secrets out of a text that may quote them.
func scrub(s string, secrets ...string) string {
	for _, secret := range secrets {
		if len(secret) >= 4 {
			s = strings.ReplaceAll(s, secret, stars)
			s = strings.ReplaceAll(s, url.QueryEscape(secret), stars)
		}
	}
	return s
}

// transportError says what became of a call without an answer, and drops the URL, which holds
// the access token. reached says whether there was a connection to write to.
func transportError(name string, err error, reached bool) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	certainty := ErrUnsure
	var op *net.OpError
	if !reached || errors.As(err, &op) && op.Op == "dial" || errors.Is(err, syscall.ECONNREFUSED) {
		certainty = ErrNotSent
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w: %w", name, certainty, context.DeadlineExceeded)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%s: %w: %w", name, certainty, context.Canceled)
	}
	return fmt.Errorf("%s: %w: %w", name, certainty, err)
}
