package wechat

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestClassifyCodes(t *testing.T) {
	again := func(after time.Duration, tries int) Verdict { return Verdict{Class: Retry, After: after, Tries: tries} }
	stop := func(s Scope) Verdict { return Verdict{Class: Fatal, Scope: s, After: tryFatal} }
	bad := func(field string) Verdict { return Verdict{Class: BadContent, Field: field} }
	no := func(why Reason) Verdict { return Verdict{Class: Refused, Why: why} }
	loop := Verdict{Class: Fatal, Scope: WholeAccount, After: time.Minute}
	tests := []struct {
		code int
		msg  string
		want Verdict
	}{
		{-1, "system error", again(2*time.Second, 5)},
		{40001, "invalid credential", loop},
		{40014, "invalid access_token", loop},
		{42001, "access_token expired", loop},
		{40003, "invalid openid", no(NoAccount)},
		{46004, "user not exist", no(NoAccount)},
		{43004, "require subscribe", no(NotFollowing)},
		{43101, "user refuse to accept the msg", no(NoConsent)},
		{45015, "response out of time limit or subscription is canceled", no(WindowClosed)},
		{45047, "out of response count limit", no(WindowUsed)},
		{48002, "api forbidden", no(Blocked)},
		{43019, "require remove blacklist", no(Blocked)},
		{40037, "invalid template_id", stop(OneTemplate)},
		{40164, "invalid ip 1.2.3.4, not in whitelist", stop(WholeAccount)},
		{89503, "confirm the ip", stop(WholeAccount)},
		{40243, "secret frozen", stop(WholeAccount)},
		{40125, "invalid appsecret", stop(WholeAccount)},
		{40013, "invalid appid", stop(WholeAccount)},
		{41001, "access_token missing", stop(WholeAccount)},
		{50002, "user limited", stop(WholeAccount)},
		{48004, "api forbidden for irregularities", stop(WholeAccount)},
		{48001, "api unauthorized", stop(OneAPI)},
		{43117, "too often", again(10*time.Minute, 3)},
		{43108, "concurrent", again(5*time.Second, 5)},
		{45066, "clientmsgid retry too fast", again(time.Minute, 5)},
		{42010, "too fast", again(time.Minute, 5)},
		{45009, "reach max api daily quota limit", Verdict{Class: Quota, Scope: OneAPI, Period: NextDay}},
		{45011, "api minute-quota reach limit", Verdict{Class: Quota, Scope: OneAPI, Period: NextMinute}},
		{45028, "has no masssend quota", Verdict{Class: Quota, Scope: OneAPI, Period: NextDay}},
		{45002, "content size out of limit", bad("text")},
		{45008, "article size out of limit", bad("articles")},
		{47003, "argument invalid! data.thing1.value is invalid", bad("thing1")},
		{47003, "argument invalid! hint: [x] data.character_string12.value invalid", bad("character_string12")},
		{47003, "argument invalid", bad("")},
		{47001, "data format error", bad("")},
		{41030, "invalid page", bad("page")},
		{45065, "clientmsgid exist", Verdict{Class: Duplicate, Receipt: "7"}},
		{99999, "?", again(time.Minute, 3)},
		{-99, "?", again(time.Minute, 3)},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.code, " ", tt.msg), func(t *testing.T) {
			tt.want.Code, tt.want.RID = tt.code, "65d-0f"
			err := error(&Error{Code: tt.code, Msg: tt.msg, RID: "65d-0f", MsgID: "7"})
			for _, err := range []error{err, fmt.Errorf("a: %w", err), fmt.Errorf("token: %w: %w", ErrNotSent, err)} {
				if d := cmp.Diff(tt.want, Classify(err)); d != "" {
					t.Error(d)
				}
			}
		})
	}
}

func TestClassifyTheRest(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want Verdict
	}{
		{"no error", nil, Verdict{Class: Sent}},
		{"not sent", fmt.Errorf("x: %w: %w", ErrNotSent, context.DeadlineExceeded), Verdict{Class: Retry, After: 2 * time.Second}},
		{"no token was to be had", fmt.Errorf("x: %w: %w", ErrNotSent, ErrUnsure), Verdict{Class: Retry, After: 2 * time.Second}},
		{"unsure", fmt.Errorf("x: %w", ErrUnsure), Verdict{Class: Uncertain}},
		{"somebody else's", errors.New("x"), Verdict{Class: Uncertain}},
		{"hung up", context.Canceled, Verdict{Class: Uncertain}},
		{"field", fmt.Errorf("x: %w", &FieldError{Field: "thing1"}), Verdict{Class: BadContent, Field: "thing1"}},
		{"bad openid", fmt.Errorf("x: %w", errBadOpenID), Verdict{Class: Refused, Why: NoAccount}},
		{"setting", fmt.Errorf("x: %w", errSetup), Verdict{Class: Fatal, Scope: WholeAccount, After: tryFatal}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, Classify(tt.err)); d != "" {
				t.Error(d)
			}
		})
	}
}
