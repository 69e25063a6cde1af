package civic

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
)

func TestDue(t *testing.T) {
	now := time.Date(2027, 3, 1, 9, 0, 7, 0, time.UTC)
	args, err := json.Marshal(TimedPush{
		Push:     Push{ID: "r-1", Purpose: "remind-1", Kind: "announce", Args: json.RawMessage(`{"title":"议事会"}`), Topic: TopicMeetings},
		Audience: Audience{Community: 7},
	})
	if err != nil {
		t.Fatal(err)
	}
	due := now.Add(-7 * time.Second)
	once, err := Due(Timer{ID: "r-1", Kind: TimerPush, Args: args, DueAt: due}, now)
	if err != nil || len(once.Effects) != 1 || once.Sweep {
		t.Fatalf("got %+v, %v", once, err)
	}
	p, ok := once.Effects[0].(MakePush)
	if !ok || p.Push.ID != "r-1" || p.Push.Purpose != "remind-1" || !p.Push.DueAt.Equal(now) || p.Audience.Community != 7 || string(p.Push.Args) != `{"title":"议事会"}` {
		t.Errorf("made %+v", p)
	}
	seen := map[string]bool{}
	for n := range 3 { // each time is another push, and the same time the same one
		for range 2 {
			todo, err := Due(Timer{ID: "r-1", Kind: TimerPush, Args: args, Every: time.Hour, DueAt: due.Add(time.Duration(n) * time.Hour)}, now)
			if err != nil {
				t.Fatal(err)
			}
			if p, ok := todo.Effects[0].(MakePush); ok {
				seen[p.Push.ID+" "+p.Push.Purpose] = true
			}
		}
	}
	if len(seen) != 3 {
		t.Errorf("three times made %v", seen)
	}
	if todo, err := Due(Timer{Kind: TimerSweep}, now); err != nil || !todo.Sweep || todo.Effects != nil {
		t.Errorf("sweep: %+v, %v", todo, err)
	}
	if _, err := Due(Timer{Kind: "dance"}, now); !errors.Is(err, ErrTimerKind) {
		t.Errorf("a newer kind: %v", err)
	}
	if _, err := Due(Timer{Kind: TimerPush, Args: json.RawMessage(`[]`)}, now); err == nil || errors.Is(err, ErrTimerKind) {
		t.Errorf("wrong arguments: %v", err)
	}
}

func TestDailySweep(t *testing.T) {
	zone := time.FixedZone("", 8*60*60)
	for _, row := range []struct{ now, want string }{
		{"2027-03-01T03:29:59+08:00", "2027-03-01T03:30:00+08:00"},
		{"2027-03-01T03:30:00+08:00", "2027-03-02T03:30:00+08:00"},
		{"2027-12-31T23:00:00+08:00", "2028-01-01T03:30:00+08:00"},
		{"2027-03-01T20:00:00Z", "2027-03-03T03:30:00+08:00"},
	} {
		now, err := time.Parse(time.RFC3339, row.now)
		if err != nil {
			t.Fatal(err)
		}
		got := DailySweep(now, zone)
		if got.DueAt.In(zone).Format(time.RFC3339) != row.want || got.Every != 24*time.Hour {
			t.Errorf("%s: due %v, want %s", row.now, got.DueAt, row.want)
		}
	}
}
