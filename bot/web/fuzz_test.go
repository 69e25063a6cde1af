package web

import (
	"mime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"yishi/store"
)

func sealing() *Server { return &Server{o: Options{Key: []byte(strings.Repeat("k", 32))}} }

const (
	someRef     = "7d4rcdcxvlosrgfkjdee2xgsnq"
	someBrowser = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

func TestState(t *testing.T) {
	s, now := sealing(), time.Unix(1_800_000_000, 0)
	state, err := s.seal(someRef, someBrowser, now)
	if err != nil || len(state) != 100 || strings.Trim(state, "abcdefghijklmnopqrstuvwxyz234567") != "" {
		t.Fatalf("state %q of %d characters: %v", state, len(state), err)
	}
	if ref, ok := s.unseal(state, someBrowser, now.Add(loginTime-time.Second)); !ok || ref != someRef {
		t.Errorf("in time: %q %v", ref, ok)
	}
	first := "a"
	if state[0] == 'a' {
		first = "b"
	}
	other := &Server{o: Options{Key: []byte(strings.Repeat("x", 32))}}
	for name, ok := range map[string]bool{
		"too late":        second(s.unseal(state, someBrowser, now.Add(loginTime))),
		"another browser": second(s.unseal(state, "Z"+someBrowser[1:], now)),
		"no browser":      second(s.unseal(state, "", now)),
		"changed":         second(s.unseal(first+state[1:], someBrowser, now)),
		"another key":     second(other.unseal(state, someBrowser, now)),
	} {
		if ok {
			t.Errorf("%s: good", name)
		}
	}
}

func second(_ string, ok bool) bool { return ok }

// FuzzState: nothing that did not come from seal is a state.
func FuzzState(f *testing.F) {
	s, now := sealing(), time.Unix(1_800_000_000, 0)
	good, err := s.seal(someRef, someBrowser, now)
	if err != nil {
		f.Fatal(err)
	}
	for _, x := range []string{"", good, good[:99], good + "a", strings.ToUpper(good), "\x00", strings.Repeat("a", 128)} {
		f.Add(x, someBrowser)
	}
	f.Fuzz(func(t *testing.T, state, browser string) {
		ref, ok := s.unseal(state, browser, now)
		if ok && (ref != someRef || browser != someBrowser || !store.ValidRef(ref)) {
			t.Errorf("%q of %q leads to %q", state, browser, ref)
		}
	})
}

// FuzzDisposition: whatever a file is called, its header is one line that tells one name.
func FuzzDisposition(f *testing.F) {
	for _, x := range []string{"名册.csv", `a"b\c.csv`, "a\r\nSet-Cookie: x=1", "../../etc/passwd", `C:\x\y.csv`, "", ".", "a;b=c", "%41%0a", "\xff\xfe", strings.Repeat("长", 300), "e\u202Ecsv.exe"} {
		f.Add(x)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := disposition(name)
		for i := range len(got) {
			if got[i] < 0x20 || got[i] > 0x7e {
				t.Fatalf("%q: byte %#x", got, got[i])
			}
		}
		kind, params, err := mime.ParseMediaType(strings.Replace(got, `filename*=`, `whole*=`, 1))
		if err != nil || kind != "attachment" || len(params) != 2 {
			t.Fatalf("%q: %s %v %v", got, kind, params, err)
		}
		if w := params["whole"]; !utf8.ValidString(w) || utf8.RuneCountInString(w) > 100 || strings.ContainsAny(w, "/\\\r\n\x00") {
			t.Errorf("%q names %q", got, w)
		}
	})
}
