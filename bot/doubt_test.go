package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"yishi/bot/wechat/platform"
	"yishi/flows/civic"
)

// upstream is one answer of the platform's gateway, out of the shared corpus.
type upstream struct {
	Name, API string
	Response  struct {
		Status      int
		JSON        json.RawMessage
		Text, Reset string
		StallMS     int `json:"stall_ms"`
		StallBodyMS int `json:"stall_body_ms"`
	}
}

// fault has the local platform answer so.
func (u *upstream) fault() platform.Fault {
	body := string(u.Response.JSON) + u.Response.Text
	if head, rest, ok := strings.Cut(body, "{{rep:x:"); ok {
		n, tail, _ := strings.Cut(rest, "}}")
		times, _ := strconv.Atoi(n) // 0 shows in the test's outcome
		body = head + strings.Repeat("x", times) + tail
	}
	switch {
	case u.Response.StallMS > 0:
		return platform.Fault{Kind: platform.FaultHang}
	case u.Response.StallBodyMS > 0:
		return platform.Fault{Kind: platform.FaultStall}
	case u.Response.Status != 200:
		return platform.Fault{Kind: platform.FaultStatus, Status: u.Response.Status, Body: cmp.Or(body, "moved")}
	}
	return platform.Fault{Kind: platform.FaultHTML, Body: body} // a body as it is
}

// corpusDoubts are the answers of the corpus to sends that leave a doubt.
func corpusDoubts(t *testing.T) map[string]platform.Fault {
	t.Helper()
	shared := os.Getenv("YISHI_TEST_SHARED")
	if shared == "" {
		if os.Getenv("YISHI_TEST_REQUIRE") == "1" {
			t.Fatal("YISHI_TEST_SHARED is not set and YISHI_TEST_REQUIRE is")
		}
		t.Log("without the corpus: YISHI_TEST_SHARED is not set")
		return map[string]platform.Fault{}
	}
	f, err := os.Open(filepath.Join(shared, "corpus", "upstream.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was read
	doubts := map[string]bool{"html": true, "truncated": true, "string-code": true, "huge": true, "slow-header": true, "slow-body": true, "redirect": true}
	found := map[string]platform.Fault{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var u upstream
		if err := json.Unmarshal(lines.Bytes(), &u); err != nil {
			t.Fatal(err)
		}
		if doubts[u.Name] {
			found["corpus "+u.Name] = u.fault()
		}
	}
	if len(found) != len(doubts) {
		t.Fatalf("the corpus has %d of %d", len(found), len(doubts))
	}
	return found
}

// moreDoubts are of the same kind.
func moreDoubts() map[string]platform.Fault {
	all := map[string]platform.Fault{}
	for _, status := range []int{204, 404, 429, 500, 502} {
		all[fmt.Sprintf("status %d", status)] = platform.Fault{Kind: platform.FaultStatus, Status: status}
	}
	for name, body := range map[string]string{
		"blanks": "  ", "null": "null", "list": "[0]", "number": "0", "no code": `{"errmsg":"ok"}`, "code null": `{"errcode":null}`, "code too large": `{"errcode":99999999999999999999}`,
		"two answers": `{"errcode":0}{"errcode":0}`, "503 as text": "503 Service Unavailable",
	} {
		all["body "+name] = platform.Fault{Kind: platform.FaultHTML, Body: body}
	}
	for _, kind := range []platform.FaultKind{platform.FaultHTML, platform.FaultCut, platform.FaultReset} {
		all[string(kind)] = platform.Fault{Kind: kind}
	}
	return all
}

// TestAnswersThatLeaveADoubt has the platform answer every call so that nobody knows whether
// the message arrives, and it does or it does not. By customer message and notice that is the
// end, after one call. By template message the same call is made again, under the same id and
// within ten minutes of the first. Nobody goes a rung down, nobody is told twice.
func TestAnswersThatLeaveADoubt(t *testing.T) {
	all := moreDoubts()
	maps.Copy(all, corpusDoubts(t))
	for name, f := range all {
		t.Run(name, func(t *testing.T) {
			for _, done := range []bool{true, false} {
				if f.Kind == platform.FaultHang && done || f.Kind == platform.FaultStall && !done {
					continue // five seconds a call: one of each will do
				}
				f := f // each has its own
				f.Done = done
				t.Run(fmt.Sprintf("arrives %v", done), func(t *testing.T) {
					t.Parallel()
					if f.Kind == platform.FaultHang || f.Kind == platform.FaultStall {
						testDoubtOnce(t, f)
						return
					}
					testDoubt(t, f)
				})
			}
		})
	}
}

func testDoubt(t *testing.T, f platform.Fault) {
	s := openStage(t, 2)
	f.Times = -1
	s.fault(f)
	s.announced(t, "p")
	begun := s.db.Clock().Now()
	last, seen := begun, 0
	r := s.drive(t, 20*time.Second, 20*time.Minute, func(civic.Report) {
		if n := s.played(civic.ByTemplate); n > seen {
			last, seen = s.db.Clock().Now(), n
		}
	})
	if r.Unknown != 6 || r.Audience != 6 {
		t.Errorf("ended as %+v", r)
	}
	got := 0
	if f.Done {
		got = 1
	}
	for _, route := range []civic.Route{civic.ByCustomer, civic.ByNotice, civic.ByTemplate} {
		for _, q := range s.people[route] {
			s.want(t, q, rowUnknown, got)
		}
	}
	if a, b := s.played(civic.ByCustomer), s.played(civic.ByNotice); a != 2 || b != 2 {
		t.Errorf("%d calls by customer message, %d by notice: want one a person", a, b)
	}
	if age := last.Sub(begun); age >= 10*time.Minute || seen < 4 || seen > 12 {
		t.Errorf("%d calls by template, the last %v after the first", seen, age)
	}
}

// testDoubtOnce has one call a route meet the fault.
func testDoubtOnce(t *testing.T, f platform.Fault) {
	s := openStage(t, 1)
	s.fault(f)
	s.announced(t, "p")
	r := s.drive(t, 20*time.Second, 10*time.Minute, nil)
	if r.Unknown != 2 || r.Sent[civic.ByTemplate] != 1 || r.Audience != 3 {
		t.Errorf("ended as %+v", r)
	}
	got := 0
	if f.Done {
		got = 1
	}
	s.want(t, s.people[civic.ByCustomer][0], rowUnknown, got)
	s.want(t, s.people[civic.ByNotice][0], rowUnknown, got)
	s.want(t, s.people[civic.ByTemplate][0], rowSent, 1)
}

// TestDoubtThatIsTooOld has nobody call for ten minutes after a template message that may have
// arrived: the platform would not know a repeat any more, so there is none.
func TestDoubtThatIsTooOld(t *testing.T) {
	t.Parallel()
	for _, wait := range []time.Duration{9 * time.Minute, 10 * time.Minute, 2 * time.Hour} {
		s := openStage(t, 1)
		s.platform.Refuse(customerSend, 45015)
		s.platform.Refuse(noticeSend, 43101)
		s.platform.Fault(templateSend, platform.Fault{Kind: platform.FaultReset, Done: true, Times: 3})
		s.announced(t, "p")
		s.drain(t)
		s.db.Clock().Shift(wait)
		r := s.drain(t)
		want := civic.Report{Sent: map[civic.Route]int{civic.ByTemplate: 3}}
		if wait >= 10*time.Minute-30*time.Second {
			want = civic.Report{Unknown: 3}
		}
		if r.Unknown != want.Unknown || r.Sent[civic.ByTemplate] != want.Sent[civic.ByTemplate] {
			t.Errorf("called again after %v: %+v", wait, r)
		}
		if n := s.platform.Tally().Received; n.Template != 3 || n.All() != 3 {
			t.Errorf("phones got %+v after %v", n, wait)
		}
	}
}
