package chat_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

// stageWords are the names of stages in scripts.
var stageWords = []string{"none", "collect", "screen", "plan", "choose", "build", "rate", "sum", "keep"}

// clerk is a member of staff who is not in the chat, for what a script arranges.
func (p *player) clerk(code string) (civic.By, error) {
	ctx, db := p.t.Context(), p.st.db()
	c, err := communityOf(ctx, db, code)
	if err != nil {
		return civic.By{}, err
	}
	by := civic.By{Account: civic.Account("oClerk" + strconv.FormatInt(int64(c.ID), 36)), Community: c.ID}
	_, err = db.AddStaff(ctx, store.NewStaff{Account: by.Account, Name: "某社工", Role: civic.Committee, Community: c.ID})
	return by, err
}

// commit carries out what a script arranges as a turn of its own.
func (p *player) commit(a civic.Account, effects ...any) error {
	p.pushes++
	_, err := p.st.db().Commit(p.t.Context(), store.Commit{
		Run: fmt.Sprintf("script-%d", p.pushes), N: 1, Account: a, Final: true, Effects: effects,
	})
	return err
}

// openRound opens a round: 钮 2027年 [stage].
func (p *player) openRound(args []string) error {
	if len(args) < 2 {
		return errors.New("want 钮 名称")
	}
	by, err := p.clerk(args[0])
	if err != nil {
		return err
	}
	return p.commit(by.Account, civic.OpenRound{By: by, Name: args[1], Year: 2027})
}

// moveTo takes the community's latest round on, stage by stage: 钮 screen.
func (p *player) moveTo(args []string) error {
	by, err := p.clerk(args[0])
	if err != nil {
		return err
	}
	to := slices.Index(stageWords, args[1])
	for {
		rounds, err := p.st.db().Rounds().Rounds(p.t.Context(), by.Community)
		if err != nil || len(rounds) == 0 {
			return errors.Join(err, errors.New("no round is open"))
		}
		r := rounds[0]
		if int(r.Stage) == to {
			return nil
		}
		if err := p.commit(by.Account, civic.MoveStage{By: by, Round: r.ID, From: r.Stage, To: r.Stage + 1}); err != nil {
			return err
		}
	}
}

// accepted makes a need that is accepted and public, in the community's round: 钮 12 内容.
func (p *player) accepted(args []string) error {
	ctx, db := p.t.Context(), p.st.db()
	c, err := communityOf(ctx, db, args[0])
	if err != nil {
		return err
	}
	heat, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	n := civic.Need{
		Community: c.ID, Author: "oSomebodyElse", Category: civic.Environment, Text: strings.Join(args[2:], " "),
		State: civic.NeedAccepted, Released: true, Heat: heat,
	}
	r, ok, err := db.Rounds().Front(ctx, c.ID)
	if err != nil {
		return err
	}
	if ok {
		n.Round = int64(r.ID)
	}
	db.Clock().Shift(time.Millisecond) // one after the other, so that queues have one order
	_, err = db.AddNeed(ctx, n)
	return err
}
