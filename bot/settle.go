package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"yishi/config"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store"
)

// settleDemo makes the sample neighbourhood, unless the data folder has a database already. It is
// made in a file beside, which takes its place when it is whole: whoever stops the demo meanwhile
// finds it made anew the next time.
func settleDemo(ctx context.Context, cfg config.Config, log *slog.Logger) error {
	path := strings.TrimPrefix(cfg.SQL.Reveal(), "sqlite:")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err //nolint:wrapcheck // nil, or says the path and why
	}
	making := path + ".making"
	old, err := filepath.Glob(making + "*") // and its journal
	if err != nil {
		return fmt.Errorf("look for half a sample: %w", err)
	}
	for _, name := range old {
		if err := os.Remove(name); err != nil {
			return fmt.Errorf("remove half a sample: %w", err)
		}
	}
	cfg.SQL = config.Secret("sqlite:" + making)
	db, err := openStore(ctx, cfg, log)
	if err != nil {
		return err
	}
	err = db.Migrate(ctx)
	if err == nil {
		err = seed(ctx, db)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("make sample neighbourhood: %w", err)
	}
	if err := os.Rename(making, path); err != nil {
		return fmt.Errorf("keep sample neighbourhood: %w", err)
	}
	return nil
}

// seed fills an empty database. Its clock is moved on the way, so that what is made has an age.
func seed(ctx context.Context, db *store.DB) error {
	var c civic.Community
	for _, n := range sampleCommunities() {
		made, err := db.AddCommunity(ctx, n)
		if err != nil {
			return fmt.Errorf("make sample community: %w", err)
		}
		if c.ID == 0 {
			c = made
		}
	}
	for _, scene := range []string{"demo-fenghuang", "demo-lujia", "demo-niujia"} {
		if err := db.AddScene(ctx, scene, c.ID, 0); err != nil {
			return fmt.Errorf("make sample scene: %w", err)
		}
	}
	neighbours, err := settleNeighbourhood(ctx, db, c)
	if err != nil {
		return err
	}
	s := &sampler{ctx: ctx, db: db, community: c, neighbours: neighbours, now: db.Clock().Now()}
	return s.life()
}

// sampleZone is where the sample community is.
var sampleZone = time.FixedZone("CST", 8*60*60)

// sampler makes what has happened in the sample neighbourhood, by the effects of which it would have
// come about. The first error is kept, and nothing is done after it.
type sampler struct {
	ctx        context.Context //nolint:containedctx // of the one call of seed that it lives for
	db         *store.DB
	community  civic.Community
	neighbours []civic.Account // verified
	now        time.Time
	turns      int
	err        error
}

// life is all that has happened.
func (s *sampler) life() error {
	s.ago(14 * 24 * time.Hour)
	s.openRound()
	needs := sampleNeeds()
	ids := make([]civic.NeedID, len(needs))
	for i, n := range needs {
		s.ago(n.Age)
		ids[i] = s.raise(n, s.author(i, n))
	}
	s.ago(30 * time.Hour)
	s.endorse(needs, ids)
	s.ago(20 * time.Hour)
	for i, n := range needs {
		s.decide(n, ids[i], ids)
	}
	s.ago(40 * time.Minute)
	s.call()
	s.ago(25 * time.Minute)
	s.askVerify()
	s.ago(0)
	return s.err
}

// ago is how long ago what comes next has happened.
func (s *sampler) ago(d time.Duration) { s.db.Clock().Shift(s.now.Add(-d).Sub(s.db.Clock().Now())) }

// commit carries out effects as a turn of its own.
func (s *sampler) commit(a civic.Account, effects ...any) civic.Receipt {
	if s.err != nil {
		return civic.Receipt{}
	}
	s.turns++
	r, err := s.db.Commit(s.ctx, store.Commit{Run: fmt.Sprintf("sample-%d", s.turns), N: 1, Account: a, Final: true, Effects: effects})
	if err != nil {
		s.err = fmt.Errorf("make sample %d: %w", s.turns, err)
	}
	return r
}

func (s *sampler) by(a civic.Account) civic.By {
	return civic.By{Account: a, Community: s.community.ID}
}

// openRound opens a round whose 需求初选 begins in five weeks.
func (s *sampler) openRound() {
	year, month, day := s.now.In(sampleZone).Date()
	e := civic.OpenRound{By: s.by(demoCommittee), Name: fmt.Sprintf("%d年", year), Year: year}
	e.Starts[civic.Screen] = time.Date(year, month, day+35, 9, 0, 0, 0, sampleZone).UTC()
	s.commit(demoCommittee, e)
}

// author is who raised the i-th need: a verified neighbour, or 李阿姨.
func (s *sampler) author(i int, n sampleNeed) civic.Account {
	if n.Aunt {
		return demoAunt
	}
	return s.neighbours[i%len(s.neighbours)]
}

// raise raises a need and makes it public, unless it waits for that.
func (s *sampler) raise(n sampleNeed, author civic.Account) civic.NeedID {
	r := s.commit(author, civic.Join{Account: author, Community: s.community.ID}, civic.RaiseNeed{
		Account: author, Community: s.community.ID, Category: n.Category, Text: n.Text, Place: civic.Place{Text: n.Place}, Urgent: n.Urgent,
	})
	if s.err != nil {
		return 0
	}
	var year, seq int
	if _, err := fmt.Sscanf(strings.TrimPrefix(r.Number, s.community.Code), "%d-%d", &year, &seq); err != nil {
		s.err = fmt.Errorf("read sample number: %w", err)
		return 0
	}
	need, found, err := s.db.Needs().ByNumber(s.ctx, s.community.ID, year, seq)
	if err != nil || !found {
		s.err = errors.Join(errors.New("sample need is not found"), err)
		return 0
	}
	if n.Public {
		s.commit(demoWorker, civic.ReleaseNeed{By: s.by(demoWorker), Need: need.ID, Text: true})
	}
	return need.ID
}

// endorse has as many verified neighbours endorse each need as its heat says, all that one of them
// endorses in one turn.
func (s *sampler) endorse(needs []sampleNeed, ids []civic.NeedID) {
	effects := map[civic.Account][]any{}
	for i, n := range needs {
		author := s.author(i, n)
		for k, left := i, n.Heat; left > 0 && k < i+len(s.neighbours); k++ {
			a := s.neighbours[(k*7)%len(s.neighbours)]
			if a != author {
				effects[a] = append(effects[a], civic.EndorseNeed{Account: a, Need: ids[i]})
				left--
			}
		}
	}
	for _, a := range s.neighbours {
		if len(effects[a]) > 0 {
			s.commit(a, append([]any{civic.Join{Account: a, Community: s.community.ID}}, effects[a]...)...)
		}
	}
}

// decide brings a need to where it is to stand. Two of the staff decline: one says so, another confirms.
func (s *sampler) decide(n sampleNeed, id civic.NeedID, ids []civic.NeedID) {
	worker, committee := s.by(demoWorker), s.by(demoCommittee)
	switch n.State {
	case civic.NeedAccepted:
		s.commit(demoCommittee, civic.AcceptNeed{By: committee, Need: id})
	case civic.NeedHanded:
		s.commit(demoWorker, civic.HandNeed{By: worker, Need: id, Duty: n.Duty, Text: n.Words})
	case civic.NeedMerged:
		s.commit(demoCommittee, civic.MergeNeeds{By: committee, Source: id, Target: ids[n.Into]})
	case civic.NeedDeclining, civic.NeedDeclined, civic.NeedAppealed:
		s.commit(demoWorker, civic.DeclineNeed{By: worker, Need: id, Reason: n.Reason, Text: n.Words})
	}
	if n.State == civic.NeedDeclined || n.State == civic.NeedAppealed {
		s.commit(demoCommittee, civic.ConfirmDecline{By: committee, Need: id})
	}
	author := s.author(s.place(id, ids), n)
	switch {
	case n.State == civic.NeedAppealed:
		s.commit(author, civic.AppealDecline{Account: author, Need: id, Text: n.Plea})
	case n.State == civic.NeedMerged && n.Plea != "":
		s.commit(author, civic.ObjectMerge{Account: author, Need: id, Text: n.Plea})
	case n.State == civic.NeedWithdrawn:
		s.commit(author, civic.WithdrawNeed{Account: author, Need: id})
	case n.Question != "":
		s.commit(demoWorker, civic.AskAuthor{By: worker, Need: id, Text: n.Question}, civic.ArmTimer{Timer: civic.AskTimer(id, s.db.Clock().Now())})
	}
}

// place is where a need stands among all.
func (s *sampler) place(id civic.NeedID, ids []civic.NeedID) int {
	for i, other := range ids {
		if other == id {
			return i
		}
	}
	return 0
}

// call has a neighbour wait for a grid worker.
func (s *sampler) call() {
	if s.err != nil {
		return
	}
	a := civic.Account(sampleCaller)
	s.commit(a, civic.Say{Account: a, Community: s.community.ID, Lines: []civic.Line{
		{Kind: civic.LineText, Text: "我妈一个人住，明天想请人帮她看看燃气灶，能联系谁？"},
	}})
}

// askVerify has a newcomer whose door the roll knows ask to be verified by hand.
func (s *sampler) askVerify() {
	s.commit(sampleNewcomer, civic.Join{Account: sampleNewcomer, Community: s.community.ID}, civic.AskVerify{
		Said: civic.Said{
			Account: sampleNewcomer, Community: s.community.ID, Estate: "河沿小区", Building: "1", Unit: "1", Room: "201", Name: "沈小妹",
		},
		Consent: flows.ConsentVersion,
	})
}
