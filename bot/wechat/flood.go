package wechat

import (
	"hash/maphash"
	"sync"
	"time"
)

// Limits keep one follower, or all of them together, from wearing the bot down. They hold for
// this process, so that they also work while everything behind it is down.
type Limits struct {
	Burst     int     // messages at once; 0 means 30, negative means no limit per follower
	PerSecond float64 // messages a second afterwards; 0 means 2
	Turns     int     // turns at once for all followers; 0 means 1024
}

const (
	tellEvery   = 30 * time.Second
	maxBuckets  = 8192 // a generation; two are kept
	recentKeys  = 32   // no fewer than the usual burst, so that repeats of what passed pass again
	tooFastText = "您发得太快了，请歇几秒再发。"
	busyText    = "现在办事的人多，请过半分钟再发一次。"
)

func (l Limits) withDefaults() Limits {
	if l.Burst == 0 {
		l.Burst = 30
	}
	if l.PerSecond <= 0 {
		l.PerSecond = 2
	}
	if l.Turns <= 0 {
		l.Turns = 1024
	}
	return l
}

type verdict int

const (
	pass    verdict = iota
	tell            // refused; say so
	silence         // refused; it was said lately
)

// flood is a token bucket for each follower. A repeat of a message costs nothing and gets what
// the message got, since the platform sends it again when our answer was late.
type flood struct {
	limits     Limits
	seed       maphash.Seed
	mu         sync.Mutex
	young, old map[string]*bucket
}

type bucket struct {
	tokens float64
	at     time.Time // when tokens was right
	told   time.Time
	recent [recentKeys]uint64 // hashes of message keys that passed
	next   int
}

func newFlood(l Limits) *flood {
	return &flood{limits: l, seed: maphash.MakeSeed(), young: make(map[string]*bucket)}
}

func (f *flood) take(account, key string, now time.Time) verdict {
	if f.limits.Burst < 0 {
		return pass
	}
	hash := maphash.String(f.seed, key)
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.bucket(account, now)
	for _, h := range b.recent {
		if h == hash {
			return pass
		}
	}
	if b.tokens >= 1 {
		b.tokens--
		b.recent[b.next%recentKeys] = hash
		b.next++
		return pass
	}
	return b.tell(now)
}

// busy is the verdict on a message for which there is no room at all.
func (f *flood) busy(account string, now time.Time) verdict {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.bucket(account, now).tell(now)
}

func (b *bucket) tell(now time.Time) verdict {
	if !b.told.IsZero() && now.Sub(b.told).Abs() < tellEvery {
		return silence
	}
	b.told = now
	return tell
}

// bucket finds or makes the account's bucket and fills it up to now. Followers not heard of for
// two generations are forgotten, which only makes their bucket full.
func (f *flood) bucket(account string, now time.Time) *bucket {
	b, ok := f.young[account]
	if !ok {
		if len(f.young) >= maxBuckets {
			f.old, f.young = f.young, make(map[string]*bucket)
		}
		if b, ok = f.old[account]; !ok {
			b = &bucket{tokens: float64(f.limits.Burst), at: now}
		}
		f.young[account] = b
	}
	if d := now.Sub(b.at); d > 0 {
		b.tokens = min(float64(f.limits.Burst), b.tokens+d.Seconds()*f.limits.PerSecond)
	}
	b.at = now
	return b
}
