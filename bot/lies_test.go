package main

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"yishi/bot/wechat/platform"
	"yishi/flows/civic"
)

var msgID = regexp.MustCompile(`<MsgID>([0-9]+)</MsgID>`)

// in is the message of an event as the bot got it.
func in(e platform.Event) string {
	if e.Delivery == nil {
		return ""
	}
	return e.Delivery.In
}

// TestPlatformLies has the platform accept template messages and mislead about what became of
// them. The first word about a message counts, whenever it comes and however often, and no word
// moves anybody else.
func TestPlatformLies(t *testing.T) {
	for name, row := range map[string]struct {
		lies   platform.ReceiptLies
		fault  platform.Fault
		failed int // of six
		got    int // phones that were told
	}{
		"honest":                             {got: 6},
		"out of order, twice, for strangers": {lies: platform.ReceiptLies{Shuffled: true, Twice: true, Stranger: true}, got: 6},
		"before the answer":                  {lies: platform.ReceiptLies{Early: true, Twice: true, Stranger: true}, got: 6},
		"never":                              {lies: platform.ReceiptLies{Withheld: true}, got: 6},
		"not delivered and never told":       {fault: platform.Fault{Kind: platform.FaultSwallow, Times: -1}},
		"not delivered and called a success": {fault: platform.Fault{Kind: platform.FaultSwallow, Times: -1, Receipt: platform.ReceiptSuccess}},
		"not delivered and told": {
			fault:  platform.Fault{Kind: platform.FaultSwallow, Times: 2, Receipt: platform.ReceiptFailed},
			failed: 2, got: 4,
		},
		"not delivered and told before the answer, twice": {
			lies:   platform.ReceiptLies{Early: true, Twice: true, Stranger: true},
			fault:  platform.Fault{Kind: platform.FaultSwallow, Times: 3, Receipt: platform.ReceiptBlocked},
			failed: 3, got: 3,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openStage(t, 2)
			s.platform.Refuse(customerSend, 45015) // all by template
			s.platform.Refuse(noticeSend, 43101)
			if row.fault.Kind != "" {
				s.platform.Fault(templateSend, row.fault)
			}
			s.platform.LieAboutReceipts(row.lies)
			s.platform.HoldReceipts(row.lies.Shuffled)
			said := map[string]string{} // whose the ids are that receipts named
			stop := s.platform.Watch(func(e platform.Event) {
				if m := msgID.FindStringSubmatch(e.Text + in(e)); e.Kind == platform.KindReceipt && m != nil {
					said[m[1]] = e.Openid
				}
			})
			s.announced(t, "p")
			s.drive(t, 10*time.Second, time.Minute, nil)
			s.platform.HoldReceipts(false)
			if err := s.platform.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			stop()
			r := s.drain(t)
			failed := 0
			for _, n := range r.Failed {
				failed += n
			}
			if r.Sent[civic.ByTemplate] != 6-row.failed || failed != row.failed || r.Unknown+r.Waiting != 0 {
				t.Errorf("ended as %+v, want %d failed and all others sent", r, row.failed)
			}
			if tally := s.platform.Tally(); tally.Received.Template != row.got || tally.Received.All() != row.got || tally.Lost != 0 {
				t.Errorf("phones got %+v, want %d, and %d receipts were lost", tally.Received, row.got, tally.Lost)
			}
			if told := s.platform.Tally().Receipts; told > 0 && len(said) < 2 {
				t.Errorf("%d receipts named %d messages", told, len(said))
			}
			s.contradicted(t, r, said)
		})
	}
}

// contradicted has the platform take back what it said about every message, and say so to
// others, which changes nothing.
func (s *stage) contradicted(t *testing.T, before civic.Report, said map[string]string) {
	t.Helper()
	var all []*platform.Person
	for _, some := range s.people {
		all = append(all, some...)
	}
	for _, q := range all {
		for id, of := range said {
			for _, status := range []string{platform.ReceiptSuccess, platform.ReceiptFailed, platform.ReceiptBlocked} {
				d := q.Send(t.Context(), platform.Field{Name: "MsgType", Value: "event"}, platform.Field{Name: "Event", Value: "TEMPLATESENDJOBFINISH"},
					platform.Field{Name: "MsgID", Value: id}, platform.Field{Name: "Status", Value: status})
				if d.Err != nil {
					t.Fatalf("%s about the message of %s: %v", q.Openid(), of, d.Err)
				}
			}
		}
	}
	if r := s.drain(t); fmt.Sprint(r) != fmt.Sprint(before) {
		t.Errorf("was %+v, is %+v", before, r)
	}
}
