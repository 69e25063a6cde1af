package civic_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"yishi/flows/civic"
)

var triageNow = time.Date(2027, 3, 10, 9, 0, 0, 0, time.UTC)

// TestQueueOrder: the longest wait comes first; what many want or what cannot wait comes earlier, but
// nothing waits for ever.
func TestQueueOrder(t *testing.T) {
	type waits struct {
		name   string
		days   int
		heat   int
		urgent bool
	}
	for _, c := range []struct {
		name string
		in   []waits // in the order wanted
	}{
		{"age alone", []waits{{"old", 5, 0, false}, {"new", 1, 0, false}}},
		{"heat of the same age", []waits{{"hot", 1, 3, false}, {"cold", 1, 2, false}}},
		{"an endorser is half a day", []waits{{"three", 1, 3, false}, {"two days", 2, 0, false}, {"one", 1, 1, false}}},
		{"heat counts up to twenty", []waits{{"11 days", 11, 0, false}, {"a hundred", 0, 100, false}, {"9 days", 9, 0, false}}},
		{"urgent is a week", []waits{{"8 days", 8, 0, false}, {"urgent", 0, 0, true}, {"6 days", 6, 0, false}}},
		{"urgent and hot", []waits{{"both", 0, 20, true}, {"16 days", 16, 0, false}}},
		{"no heat below none", []waits{{"none", 1, 0, false}, {"wrong", 0, -5, false}}},
	} {
		at := func(w waits) time.Time { return civic.QueueAt(triageNow.AddDate(0, 0, -w.days), w.heat, w.urgent) }
		got := slices.SortedFunc(slices.Values(c.in), func(x, y waits) int { return at(x).Compare(at(y)) })
		if !reflect.DeepEqual(got, c.in) {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestStatesMove: every state but the last ones leads on, nothing leads from being withdrawn, and a
// decline is never final at once.
func TestStatesMove(t *testing.T) {
	want := map[civic.NeedState][]civic.NeedState{
		civic.NeedRaised:    {civic.NeedAccepted, civic.NeedDeclining, civic.NeedHanded, civic.NeedMerged, civic.NeedWithdrawn},
		civic.NeedAccepted:  {civic.NeedHanded, civic.NeedMerged, civic.NeedWithdrawn},
		civic.NeedDeclining: {civic.NeedRaised, civic.NeedDeclined, civic.NeedWithdrawn},
		civic.NeedDeclined:  {civic.NeedAppealed},
		civic.NeedAppealed:  {civic.NeedAccepted, civic.NeedDeclined, civic.NeedHanded, civic.NeedWithdrawn},
		civic.NeedHanded:    {civic.NeedWithdrawn},
		civic.NeedMerged:    {civic.NeedRaised, civic.NeedAccepted},
	}
	for _, from := range civic.NeedStates() {
		for _, to := range civic.NeedStates() {
			if got := civic.CanMove(from, to); got != slices.Contains(want[from], to) {
				t.Errorf("from %s to %s: %v", from, to, got)
			}
		}
	}
}

func TestNextMorning(t *testing.T) {
	zone := time.FixedZone("CST", 8*3600)
	for in, want := range map[string]string{
		"2027-03-10T00:30:00+08:00": "2027-03-11T09:00:00+08:00",
		"2027-03-10T23:30:00+08:00": "2027-03-11T09:00:00+08:00",
		"2027-03-09T23:30:00Z":      "2027-03-11T09:00:00+08:00", // the 10th there
		"2027-12-31T12:00:00+08:00": "2028-01-01T09:00:00+08:00",
	} {
		at, err := time.Parse(time.RFC3339, in)
		if err != nil {
			t.Fatal(err)
		}
		if got := civic.NextMorning(at, zone).Format(time.RFC3339); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestDigests(t *testing.T) {
	worker := civic.Watcher{Account: "oWorker", Grant: civic.Grant{Role: civic.GridWorker, Community: 1, Grids: []int64{7}}}
	committee := civic.Watcher{Account: "oCommittee", Grant: civic.Grant{Role: civic.Committee, Community: 1}}
	watcher := civic.Watcher{Account: "oObserver", Grant: civic.Grant{Role: civic.Observer, Community: 1}}
	both := civic.Watcher{Account: "oWorker", Grant: civic.Grant{Role: civic.Committee, Community: 1}}
	all := []civic.Watcher{worker, committee, watcher}
	for _, c := range []struct {
		name  string
		set   civic.Settings
		staff []civic.Watcher
		waits []civic.Overdue
		want  []civic.Digest
	}{
		{"nothing", civic.Settings{}, all, nil, nil},
		{"not old yet", civic.Settings{}, all, []civic.Overdue{{Grid: 7, Days: 6, Number: 3}}, nil},
		{"grid worker first", civic.Settings{}, all, []civic.Overdue{{Grid: 7, Days: 7, Number: 2}, {Days: 8, Number: 1}}, []civic.Digest{{"oWorker", 3, 8, 7}}},
		{
			"committee three days later",
			civic.Settings{},
			all,
			[]civic.Overdue{{Grid: 7, Days: 7, Number: 2}, {Grid: 7, Days: 12, Number: 1}},
			[]civic.Digest{{"oWorker", 3, 12, 7}, {"oCommittee", 1, 12, 10}},
		},
		{"other grids are the committee's", civic.Settings{}, all, []civic.Overdue{{Grid: 9, Days: 12, Number: 1}}, []civic.Digest{{"oCommittee", 1, 12, 10}}},
		{"the community's own days", civic.Settings{OldAfterDays: 2}, all, []civic.Overdue{{Grid: 7, Days: 2, Number: 1}}, []civic.Digest{{"oWorker", 1, 2, 2}}},
		{
			"two offices, one message",
			civic.Settings{},
			[]civic.Watcher{worker, both},
			[]civic.Overdue{{Grid: 7, Days: 12, Number: 1}, {Grid: 9, Days: 12, Number: 4}},
			[]civic.Digest{{"oWorker", 5, 12, 10}},
		},
	} {
		if got := civic.Digests(c.set, c.staff, c.waits); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
