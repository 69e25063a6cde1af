package push

import (
	"testing"
	"time"
)

func TestRepeatable(t *testing.T) {
	now := time.Date(2027, 3, 1, 10, 0, 0, 0, time.UTC)
	for name, row := range map[string]struct {
		age  time.Duration
		want bool
	}{
		"at once":                      {0, true},
		"after nine minutes":           {9 * time.Minute, true},
		"the call might last too long": {noTwice - noTwiceMargin, false},
		"after an hour":                {time.Hour, false},
		"clocks differ by a hair":      {-time.Second, true},
		"the clock went back":          {-2 * time.Second, false},
	} {
		if got := repeatable(now.Add(-row.age), now); got != row.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestQuotasReopen(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, row := range []struct {
		name, now, want string
		quota           Answer
	}{
		{"minute", "2026-03-01T10:00:59Z", "2026-03-01T10:01:00Z", MinuteQuota},
		{"full minute", "2026-03-01T10:01:00Z", "2026-03-01T10:02:00Z", MinuteQuota},
		{"afternoon", "2026-03-01T15:00:00+08:00", "2026-03-02T00:00:00+08:00", DayQuota},
		{"late in UTC", "2026-02-28T23:30:00Z", "2026-03-01T16:00:00Z", DayQuota},
		{"just before midnight", "2026-12-31T23:59:59+08:00", "2027-01-01T00:00:00+08:00", DayQuota},
		{"midnight", "2026-03-01T00:00:00+08:00", "2026-03-02T00:00:00+08:00", DayQuota},
	} {
		if got := row.quota.reopens(at(row.now)); !got.Equal(at(row.want)) {
			t.Errorf("%s: got %v, want %s", row.name, got, row.want)
		}
	}
}

// TestBackOff grows from the verdict's first pause, by chance within a half either way.
func TestBackOff(t *testing.T) {
	for _, row := range []struct {
		v        Verdict
		attempts int
		want     time.Duration
	}{
		{Verdict{Answer: Busy}, 1, 2 * time.Second},
		{Verdict{Answer: Busy}, 4, 16 * time.Second},
		{Verdict{Answer: Busy}, 60, 5 * time.Minute},
		{Verdict{Answer: Busy, After: 10 * time.Minute, Tries: 3}, 1, 10 * time.Minute},
		{Verdict{Answer: Busy, After: 10 * time.Minute, Tries: 3}, 3, 10 * time.Minute},
		{Verdict{Answer: NotSent}, 9, 20 * time.Second},
	} {
		for range 100 {
			if got := row.v.effort().backOff(row.attempts); got < row.want/2 || got > row.want*3/2 {
				t.Errorf("%+v after %d attempts: %v, want about %v", row.v, row.attempts, got, row.want)
			}
		}
	}
	if e := (Verdict{Answer: Busy, Tries: 3}).effort(); e.tries != 3 {
		t.Errorf("%d tries", e.tries)
	}
}
