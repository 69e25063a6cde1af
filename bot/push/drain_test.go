package push

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"yishi/flows/civic"
)

// TestDrain: what is due is worked off in its order by the time Drain returns, and the rest waits.
func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(7)
		o.routes = []civic.Route{civic.ByCustomer}
		o.queue.rows[6].at = time.Now().Add(time.Hour)
		d, err := NewDeliveries(o.config())
		if err != nil {
			t.Fatal(err)
		}
		if n, err := d.Drain(t.Context()); n != 6 || err != nil {
			t.Errorf("drained %d, %v", n, err)
		}
		if got := o.queue.count(); got[civic.Sent] != 6 || got[civic.Waiting] != 1 {
			t.Errorf("states %v", got)
		}
		if n, err := d.Drain(t.Context()); n != 0 || err != nil {
			t.Errorf("drained %d once more, %v", n, err)
		}
		<-time.After(time.Hour)
		if n, err := d.Drain(t.Context()); n != 1 || err != nil {
			t.Errorf("drained %d later, %v", n, err)
		}
		o.audit(t)
		o.queue.fault(errors.New("away"))
		if _, err := d.Drain(t.Context()); err == nil {
			t.Error("nobody was told that the queue is away")
		}
	})
}
