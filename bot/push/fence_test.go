package push

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"yishi/flows/civic"
)

// lossy is a queue to which marks get lost at first, and from which the answers to records get
// lost for a while: the first one was written, the others do not arrive.
type lossy struct {
	*parcels
	until   time.Time
	records atomic.Int32
}

var errLost = errors.New("answer lost")

func (l *lossy) Calling(ctx context.Context, owner string, ids []int64, by civic.Route, lease time.Duration) ([]int64, error) {
	if l.records.Load() == 0 {
		return nil, errLost
	}
	return l.parcels.Calling(ctx, owner, ids, by, lease)
}

func (l *lossy) RecordDeliveries(ctx context.Context, owner string, all []civic.Outcome) (int, error) {
	n := l.records.Add(1)
	if time.Now().Before(l.until) {
		if n == 1 {
			_, _ = l.parcels.RecordDeliveries(ctx, owner, all)
		}
		return 0, errLost
	}
	return l.parcels.RecordDeliveries(ctx, owner, all)
}

// TestRecordThatIsRepeated has a worker claim a row again while it still repeats the record of
// the row's first attempt, as the answer was lost. Nobody is told twice.
func TestRecordThatIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(200)
		c := o.config()
		c.Hands = 1000 // so that some are free
		c.Queue = &lossy{parcels: o.queue, until: time.Now().Add(15 * time.Second)}
		_, stop := start(t, c)
		o.settle(t, 5*time.Minute)
		stop()
		o.audit(t)
		o.want(t, states{civic.Sent: 200})
	})
}
