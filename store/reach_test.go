package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"yishi/flows/civic"
	"yishi/store"
)

const someone = civic.Account("openid-0000")

func reach(t testing.TB, db *store.DB) civic.Reach {
	t.Helper()
	if err := store.Flush(within(t, 10*time.Second), db); err != nil {
		t.Fatalf("flush: %v", err)
	}
	all, err := db.Reach(within(t, 10*time.Second), []civic.Account{someone, "nobody"})
	if err != nil {
		t.Fatalf("reach: %v", err)
	}
	if _, ok := all["nobody"]; ok {
		t.Error("nobody can be reached")
	}
	return all[someone]
}

// Who joins by a code has said nothing yet: the platform's 48 hours begin with a message.
func TestJoiningIsNoMessage(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		start := db.Clock().Now().Truncate(time.Millisecond)
		db.Contact(someone, store.ContactFollow, start)
		must(t, db, commit("join", 1, someone, civic.Join{Account: someone, Community: c.ID}))
		if r := reach(t, db); !r.Following || !r.LastMessageAt.IsZero() || r.LastEventAt.Before(start) {
			t.Errorf("after joining %+v", r)
		}
		db.Contact(someone, store.ContactMessage, start.Add(time.Hour))
		if r := reach(t, db); !r.LastMessageAt.Equal(start.Add(time.Hour)) {
			t.Errorf("after a message %+v", r)
		}
	})
}

func TestWindowCountsCustomerMessages(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		a := someone
		start := db.Clock().Now().Truncate(time.Millisecond)
		db.Contact(a, store.ContactMessage, start)
		if r := reach(t, db); !r.Following || !r.LastMessageAt.Equal(start) || r.SentInWindow != 0 {
			t.Errorf("after a message %+v", r)
		}
		for i := range 3 {
			added(t, db, push(fmt.Sprint(i)), civic.Audience{Accounts: []civic.Account{a}})
		}
		expanded(t, db)
		ds := claimed(t, db, "w", 10)
		recorded(t, db, "w", 0,
			civic.Outcome{ID: ds[0].ID, State: civic.Sent, Route: civic.ByCustomer},
			civic.Outcome{ID: ds[1].ID, State: civic.Unknown, Route: civic.ByCustomer},
			civic.Outcome{ID: ds[2].ID, State: civic.Sent, Route: civic.ByTemplate})
		for _, step := range []struct {
			name string
			kind string
			at   time.Duration
			want int
		}{
			{"nothing", "", 0, 2},
			{"the same message again", store.ContactMessage, 0, 2},
			{"a click while the window is open", store.ContactClick, time.Hour, 2},
			{"a click when it is not", store.ContactClick, 50 * time.Hour, 0},
		} {
			if step.kind != "" {
				db.Contact(a, step.kind, start.Add(step.at))
			}
			if r := reach(t, db); r.SentInWindow != step.want {
				t.Errorf("%s: %d sent, want %d", step.name, r.SentInWindow, step.want)
			}
		}
		added(t, db, push("week"), civic.Audience{Accounts: []civic.Account{a}})
		db.Contact(a, store.ContactUnfollow, start.Add(60*time.Hour))
		expanded(t, db)
		must(t, db, commit("off", 1, a, civic.OptOut{Account: a, Topic: civic.TopicVotes, Off: true}))
		if r := reach(t, db); r.Following {
			t.Errorf("after leaving %+v", r)
		}
		d := claimed(t, db, "w", 10)[0]
		if d.Reach.ThisWeek != 3 || !d.Reach.OptedOut || d.Reach.Following || !d.Reach.LastMessageAt.Equal(start) {
			t.Errorf("claimed with %+v", d.Reach)
		}
	})
}

func TestConsents(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		a, three := someone, 3
		for i, step := range []struct {
			event string
			delta int
			set   *int
			want  int
		}{
			{"popup-1/0", 1, nil, 1},
			{"popup-1/0", 1, nil, 1},
			{"popup-1/1", 1, nil, 2},
			{"sent-1", -1, nil, 1},
			{"sent-2", -5, nil, 0},
			{"", 1, nil, 1},
			{"change", 0, &three, 3},
			{"change", 0, new(int), 3},
		} {
			if err := db.NoteConsent(within(t, 10*time.Second), a, "tmpl", step.event, step.delta, step.set); err != nil {
				t.Fatalf("note: %v", err)
			}
			if got := reach(t, db).Consents["tmpl"]; got != step.want {
				t.Errorf("step %d: %d left, want %d", i, got, step.want)
			}
		}
		added(t, db, push("a"), civic.Audience{Accounts: []civic.Account{a}})
		expanded(t, db)
		d := claimed(t, db, "w", 1)[0]
		if d.Reach.Consents["tmpl"] != 3 {
			t.Errorf("claimed with %+v", d.Reach)
		}
		sent := civic.Outcome{ID: d.ID, State: civic.Sent, Route: civic.ByNotice, Notice: "tmpl"}
		recorded(t, db, "w", 0, sent)
		recorded(t, db, "w", 1, sent)
		if got := reach(t, db).Consents["tmpl"]; got != 2 {
			t.Errorf("%d left after one was sent", got)
		}
		if _, err := db.Sweep(within(t, 10*time.Second)); err != nil {
			t.Errorf("sweep: %v", err)
		}
	})
}

func TestPreferences(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		a := civic.Account("openid-A")
		for i, step := range []struct {
			topic civic.Topic
			off   bool
			want  []civic.Topic
		}{
			{civic.TopicVotes, true, []civic.Topic{civic.TopicVotes}},
			{civic.TopicVotes, true, []civic.Topic{civic.TopicVotes}},
			{civic.TopicNeeds, true, []civic.Topic{civic.TopicNeeds, civic.TopicVotes}},
			{civic.TopicVotes, false, []civic.Topic{civic.TopicNeeds}},
			{civic.TopicVotes, false, []civic.Topic{civic.TopicNeeds}},
		} {
			must(t, db, commit("run", i, a, civic.OptOut{Account: a, Topic: step.topic, Off: step.off}))
			off, err := db.Preferences(within(t, time.Second), a)
			if err != nil || !cmp.Equal(off, step.want) {
				t.Errorf("step %d: %v %v, want %v", i, off, err, step.want)
			}
		}
	})
}

func TestInbox(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		a := civic.Account("openid-A")
		var ids []int64
		for i := range 4 {
			p := push(fmt.Sprint(i))
			p.Kind = fmt.Sprintf("kind-%d", i)
			added(t, db, p, civic.Audience{Accounts: []civic.Account{a, "openid-B"}})
			expanded(t, db)
			for _, d := range claimed(t, db, "w", 10) {
				recorded(t, db, "w", 0, civic.Outcome{ID: d.ID, State: civic.Inbox, Route: civic.ByInbox})
				if d.Account == a {
					ids = append(ids, d.ID)
				}
			}
			db.Clock().Shift(time.Minute)
		}
		page := func(offset, limit, wantUnread int, want ...int64) {
			t.Helper()
			items, total, unread, err := db.Inbox(within(t, time.Second), a, offset, limit)
			var got []int64
			for _, it := range items {
				got = append(got, it.ID)
				if it.Kind == "" || string(it.Args) != `{"n":1}` || it.At.IsZero() {
					t.Errorf("item %+v", it)
				}
			}
			if err != nil || total != 4 || unread != wantUnread || !cmp.Equal(got, want) {
				t.Errorf("page %v, %d in all, %d unread, %v; want %v, %d unread", got, total, unread, err, want, wantUnread)
			}
		}
		page(0, 3, 4, ids[0], ids[1], ids[2])
		page(3, 3, 4, ids[3])
		must(t, db, commit("B", 1, "openid-B", civic.ReadInbox{Account: "openid-B", IDs: ids})) // not theirs
		must(t, db, commit("A", 1, a, civic.ReadInbox{Account: a, IDs: []int64{ids[0], ids[2]}}))
		page(0, 10, 2, ids[1], ids[3], ids[2], ids[0])
		if r := reported(t, db, "0"); r.Inbox != 2 {
			t.Errorf("read ones stay in the inbox: %+v", r)
		}
	})
}
