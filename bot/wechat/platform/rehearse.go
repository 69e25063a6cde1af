package platform

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"sync"
	"time"
)

// The bounds of a rehearsal: it is a local exercise, not a weapon.
const (
	MaxResidents = 1000
	MaxRehearsal = 10 * time.Minute
)

// ErrBounds is set when a rehearsal is asked to be larger or longer than allowed.
var ErrBounds = errors.New("rehearsal out of bounds")

// Rule answers the bot: when its last message contains all of Contains, one of Say is said,
// chosen at random. "{need}" becomes the unique text of the need, "@photo" sends a photo and
// "@place" a location; words that the bot offers as a link are tapped half of the time.
type Rule struct {
	Contains []string
	Say      []string
}

// Share is how often something happens, from 0 (or below: never) to 1.
type Share = float64

// RehearseOptions say who takes part and what they do.
type RehearseOptions struct {
	Residents int            // 1 to MaxResidents; 0 means 20
	For       time.Duration  // until no new message is begun, at most MaxRehearsal; 0 means 30 s
	Needs     int            // needs each resident raises at most; 0: as many as there is time for
	Seed      uint64         // 0 means 1
	Prefix    string         // of the openids; empty means oRehearse
	Scenes    []string       // QR scenes they follow by, one at random; none: they just follow
	Opens     string         // what begins a need; empty means 提需求
	Script    []Rule         // the first rule that fits speaks
	Unsure    string         // in a reply that confirms nothing; empty means 没有确认成功
	Claimed   string         // in a reply that claims the need is kept; empty means 已提交
	Endorsed  string         // in a reply that claims an endorsement; empty means 已附议
	Progress  string         // asked after a claim, {short} is its digits; empty means 进度 {short}
	Number    *regexp.Regexp // of a public number in a claim; nil means like 钮2027-018
	Copies    Share          // messages delivered three times at once; 0 means 0.05
	Hurry     Share          // messages whose first try is cut short and repeated; 0 means 0.05
	Cancel    Share          // steps at which somebody changes their mind; 0 means 0.01
	Ask       Share          // claims after which progress is asked; 0 means 0.2
}

// Claim is what a resident was told to be true.
type Claim struct {
	Openid  string    `json:"openid"`
	Text    string    `json:"text"` // of the resident's own need, a unique token in it
	Number  string    `json:"number"`
	Endorse bool      `json:"endorse,omitempty"` // the number is another's need, endorsed
	At      time.Time `json:"at"`
}

// Report is what the residents saw. The caller compares Claims with the tables.
type Report struct {
	Claims     []Claim
	Sent       int           // messages, repeats not counted
	Unsure     int           // replies that confirmed nothing
	Unanswered int           // messages answered with nothing
	Faulty     int           // messages whose answer never came or was no reply
	Different  int           // copies of one message that got different answers
	Abandoned  int           // needs given up because no rule fitted, or the bot did not answer
	Strange    []string      // replies that no rule fitted, ten at most
	Slowest    time.Duration // the slowest request that was answered
	Seed       uint64
	Err        error // why nothing was rehearsed
}

func (o *RehearseOptions) complete() error {
	defaults := func(s *string, value string) {
		if *s == "" {
			*s = value
		}
	}
	defaults(&o.Prefix, "oRehearse")
	defaults(&o.Opens, "提需求")
	defaults(&o.Unsure, "没有确认成功")
	defaults(&o.Claimed, "已提交")
	defaults(&o.Endorsed, "已附议")
	defaults(&o.Progress, "进度 {short}")
	for share, value := range map[*Share]Share{&o.Copies: 0.05, &o.Hurry: 0.05, &o.Cancel: 0.01, &o.Ask: 0.2} {
		if *share == 0 {
			*share = value
		}
	}
	if o.Number == nil {
		o.Number = regexp.MustCompile(`\p{Han}\d{4}-\d{3,}`)
	}
	if o.Residents == 0 {
		o.Residents = 20
	}
	if o.For == 0 {
		o.For = 30 * time.Second
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	switch {
	case o.Residents < 0 || o.Residents > MaxResidents:
		return fmt.Errorf("%d residents: %w", o.Residents, ErrBounds)
	case o.For < 0 || o.For > MaxRehearsal:
		return fmt.Errorf("for %s: %w", o.For, ErrBounds)
	}
	return nil
}

// Rehearse lets residents raise needs in the chat, all at once, until the time is over, and
// returns all they were told. They repeat like the platform does, to random replicas, and
// more: three copies at once, a repeat that overtakes its first try, a changed mind, the same
// words again after an unsure answer. Only replicas on loopback are called. It ends at the
// latest three deadlines after RehearseOptions.For, or when ctx ends.
func Rehearse(ctx context.Context, p *Platform, o RehearseOptions) Report {
	if err := o.complete(); err != nil {
		return Report{Seed: o.Seed, Err: err}
	}
	p.mu.Lock()
	webhooks := p.webhooks
	p.mu.Unlock()
	if len(webhooks) == 0 {
		return Report{Seed: o.Seed, Err: ErrNoWebhook}
	}
	for _, webhook := range webhooks {
		if err := checkLoopback(webhook); err != nil {
			return Report{Seed: o.Seed, Err: err}
		}
	}
	timed, cancel := context.WithTimeout(ctx, o.For)
	defer cancel()
	all := &ledger{report: Report{Seed: o.Seed}, told: map[string]bool{}}
	var wg sync.WaitGroup
	for i := range o.Residents {
		w := &walker{
			o: &o, all: all, p: p, over: timed,
			q:   p.Person(fmt.Sprintf("%s%04d", o.Prefix, i)),
			rng: rand.New(rand.NewPCG(o.Seed, uint64(i))),
		}
		wg.Go(func() { w.live(ctx) })
	}
	wg.Wait()
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.report
}

// ledger is what the residents write down together.
type ledger struct {
	mu     sync.Mutex
	report Report
	told   map[string]bool
}

func (l *ledger) claim(c Claim) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := fmt.Sprintf("%s\n%s\n%s\n%t", c.Openid, c.Text, c.Number, c.Endorse)
	if !l.told[key] {
		l.told[key] = true
		l.report.Claims = append(l.report.Claims, c)
	}
}

func (l *ledger) write(f func(r *Report)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(&l.report)
}

func (l *ledger) strange(text string) {
	l.write(func(r *Report) {
		if r.Abandoned++; len(r.Strange) < 10 {
			r.Strange = append(r.Strange, text)
		}
	})
}
