// Package sessiontest holds what every session store must do, as tests, and opens stores for
// the tests of other packages.
package sessiontest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"yishi/store/session"
)

// Suite runs the tests that every implementation passes. open returns a store for one test,
// which may share its data with others; advance moves the clock that all of them expire by, and now
// reads it.
func Suite(t *testing.T, open func(t *testing.T) session.Store, now func() time.Time, advance func(d time.Duration)) {
	s := suite{open: open, now: now, advance: advance}
	for _, row := range []struct {
		name string
		test func(*testing.T)
	}{
		{"missing", s.missing},
		{"first save", s.firstSave},
		{"save over an old revision", s.conflict},
		{"revisions rise", s.rise},
		{"parallel increments are all kept", s.increments},
		{"of parallel first saves one wins", s.firsts},
		{"the mail mark leaves the revision alone", s.mail},
		{"mail that comes between load and save is not lost", s.mailBetween},
		{"each mail mark is another", s.mailMarks},
		{"mail for an unknown account creates nothing", s.mailUnknown},
		{"expiry is by the stamp", s.expiry},
		{"an expired value gives way to one writer", s.replaceExpired},
		{"big and odd values", s.values},
		{"accounts differ by case", s.accounts},
		{"ended contexts", s.contexts},
		{"it answers", s.ping},
	} {
		t.Run(row.name, row.test)
	}
}

type suite struct {
	open    func(t *testing.T) session.Store
	now     func() time.Time
	advance func(d time.Duration)
}

// Account makes an openid that no other test has.
func Account() string { return fmt.Sprintf("o-test-%016x", rand.Uint64()) }

func (s suite) save(t *testing.T, st session.Store, account string, rev uint64, data string) bool {
	t.Helper()
	ok, err := st.Save(t.Context(), account, rev, []byte(data), 0, s.now().Add(time.Minute))
	if err != nil {
		t.Fatalf("save: %v", err)
	}
	return ok
}

func load(t *testing.T, st session.Store, account string) session.Value {
	t.Helper()
	v, err := st.Load(t.Context(), account)
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return v
}

func (s suite) missing(t *testing.T) {
	st, account := s.open(t), Account()
	if v := load(t, st, account); v.Known || v.Rev != 0 || v.Mail != 0 || len(v.Data) != 0 {
		t.Errorf("load of a missing account: %+v", v)
	}
	if s.save(t, st, account, 7, "x") {
		t.Error("a missing value was saved over at revision 7")
	}
	if v := load(t, st, account); v.Known {
		t.Errorf("a refused save left %+v", v)
	}
}

func (s suite) firstSave(t *testing.T) {
	st, account := s.open(t), Account()
	if !s.save(t, st, account, 0, "one") {
		t.Fatal("first save was refused")
	}
	if v := load(t, st, account); !v.Known || v.Rev == 0 || v.Mail != 0 || string(v.Data) != "one" {
		t.Errorf("load after the first save: %+v", v)
	}
	if s.save(t, st, account, 0, "two") {
		t.Error("a second first save was taken")
	}
	if v := load(t, st, account); string(v.Data) != "one" {
		t.Errorf("data = %q", v.Data)
	}
}

func (s suite) conflict(t *testing.T) {
	st, account := s.open(t), Account()
	s.save(t, st, account, 0, "one")
	old := load(t, st, account)
	if !s.save(t, st, account, old.Rev, "two") {
		t.Fatal("save at the present revision was refused")
	}
	if s.save(t, st, account, old.Rev, "three") {
		t.Error("save at an old revision was taken")
	}
	if v := load(t, st, account); string(v.Data) != "two" {
		t.Errorf("data = %q", v.Data)
	}
	if s.save(t, st, account, load(t, st, account).Rev+1, "four") {
		t.Error("save at a revision to come was taken")
	}
}

func (s suite) rise(t *testing.T) {
	st, account := s.open(t), Account()
	var last uint64
	for i := range 5 {
		if !s.save(t, st, account, last, fmt.Sprint(i)) {
			t.Fatalf("save %d was refused", i)
		}
		v := load(t, st, account)
		if v.Rev <= last {
			t.Fatalf("revision %d after %d", v.Rev, last)
		}
		last = v.Rev
	}
}

func (s suite) increments(t *testing.T) {
	st, account := s.open(t), Account()
	const parallel = 20
	add := func() error {
		for range 500 {
			v, err := st.Load(t.Context(), account)
			if err != nil {
				return err
			}
			var n uint32
			if v.Known {
				n = binary.BigEndian.Uint32(v.Data)
			}
			data := binary.BigEndian.AppendUint32(nil, n+1)
			ok, err := st.Save(t.Context(), account, v.Rev, data, 0, s.now().Add(time.Minute))
			if err != nil || ok {
				return err
			}
		}
		return errors.New("never saved")
	}
	var wg sync.WaitGroup
	for range parallel {
		wg.Go(func() {
			if err := add(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if v := load(t, st, account); !v.Known || binary.BigEndian.Uint32(v.Data) != parallel {
		t.Errorf("value = %v, want %d", v.Data, parallel)
	}
}

func (s suite) firsts(t *testing.T) {
	st, account := s.open(t), Account()
	won := make(chan string, 20)
	var wg sync.WaitGroup
	for i := range cap(won) {
		wg.Go(func() {
			me := fmt.Sprint(i)
			ok, err := st.Save(t.Context(), account, 0, []byte(me), 0, s.now().Add(time.Minute))
			if err != nil {
				t.Error(err)
			}
			if ok {
				won <- me
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Fatalf("%d first saves were taken", len(won))
	}
	if winner, v := <-won, load(t, st, account); string(v.Data) != winner {
		t.Errorf("data = %q, winner = %q", v.Data, winner)
	}
}

func (s suite) expiry(t *testing.T) {
	st, account := s.open(t), Account()
	s.save(t, st, account, 0, "one")
	v := load(t, st, account)
	s.advance(59 * time.Second)
	if v := load(t, st, account); !v.Known {
		t.Fatal("expired too early")
	}
	s.advance(time.Second)
	if v := load(t, st, account); v.Known || v.Rev != 0 || len(v.Data) != 0 {
		t.Errorf("after its time: %+v", v)
	}
	if s.save(t, st, account, v.Rev, "two") {
		t.Error("an expired value was saved over at its old revision")
	}
}

func (s suite) replaceExpired(t *testing.T) {
	st, account := s.open(t), Account()
	s.save(t, st, account, 0, "one")
	old := load(t, st, account)
	if err := st.MarkMail(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	s.advance(61 * time.Second)
	if !s.save(t, st, account, 0, "two") {
		t.Fatal("an expired value was not replaced")
	}
	if s.save(t, st, account, 0, "three") {
		t.Error("the new value was replaced as if it had expired")
	}
	if s.save(t, st, account, old.Rev, "four") {
		t.Error("the new value has the revision of the old one")
	}
	if v := load(t, st, account); !v.Known || v.Mail != 0 || string(v.Data) != "two" {
		t.Errorf("load: %+v", v)
	}
}

func (s suite) values(t *testing.T) {
	st := s.open(t)
	big := bytes.Repeat([]byte("议事\x00\xff"), 24<<10)
	for _, row := range []struct {
		name string
		data []byte
	}{
		{"nothing", nil},
		{"empty", []byte{}},
		{"zero bytes", []byte{0, 0, 0}},
		{"not text", []byte{0xff, 0xfe, '\'', '"', '\\', '%', '\n', 0x1a}},
		{"192 KiB", big},
	} {
		t.Run(row.name, func(t *testing.T) {
			account := Account()
			for rev, want := uint64(0), row.data; ; {
				if ok, err := st.Save(t.Context(), account, rev, want, 0, s.now().Add(time.Minute)); err != nil || !ok {
					t.Fatalf("save: %v, %v", ok, err)
				}
				v := load(t, st, account)
				if !v.Known || !bytes.Equal(v.Data, want) {
					t.Fatalf("%d bytes came back as %d", len(want), len(v.Data))
				}
				if rev > 0 {
					return
				}
				rev = v.Rev
			}
		})
	}
}

func (s suite) accounts(t *testing.T) {
	st, account := s.open(t), Account()
	names := []string{account + "a", account + "A", account + "a ", account, ""}
	for _, a := range names {
		v := load(t, st, a)
		if a != "" && v.Known {
			t.Errorf("%q is known already", a)
		}
		s.save(t, st, a, v.Rev, a)
	}
	for _, a := range names {
		if v := load(t, st, a); string(v.Data) != a {
			t.Errorf("%q has %q", a, v.Data)
		}
	}
}

func (s suite) contexts(t *testing.T) {
	st, account := s.open(t), Account()
	s.save(t, st, account, 0, "one")
	v := load(t, st, account)
	for _, row := range []struct {
		name string
		ctx  func() (context.Context, context.CancelFunc)
		want error
	}{
		{"cancelled", func() (context.Context, context.CancelFunc) { return context.WithCancel(t.Context()) }, context.Canceled},
		{"past its deadline", func() (context.Context, context.CancelFunc) {
			return context.WithDeadline(t.Context(), time.Unix(0, 0))
		}, context.DeadlineExceeded},
	} {
		t.Run(row.name, func(t *testing.T) {
			ctx, cancel := row.ctx()
			cancel()
			if _, err := st.Load(ctx, account); !errors.Is(err, row.want) {
				t.Errorf("load: %v", err)
			}
			if ok, err := st.Save(ctx, account, v.Rev, nil, 0, s.now().Add(time.Minute)); ok || !errors.Is(err, row.want) {
				t.Errorf("save: %v, %v", ok, err)
			}
			if err := st.MarkMail(ctx, account); !errors.Is(err, row.want) {
				t.Errorf("mark mail: %v", err)
			}
			if err := st.Ping(ctx); !errors.Is(err, row.want) {
				t.Errorf("ping: %v", err)
			}
		})
	}
	if after := load(t, st, account); after.Rev != v.Rev || after.Mail != 0 || string(after.Data) != "one" {
		t.Errorf("calls that were never sent left %+v", after)
	}
}

func (s suite) ping(t *testing.T) {
	if err := s.open(t).Ping(t.Context()); err != nil {
		t.Error(err)
	}
}
