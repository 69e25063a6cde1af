package chat_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

// addPublic adds a need with counts and marks: 钮 12+4 culture 急,难 小区 内容; - stands for none.
func (p *player) addPublic(args []string) error {
	if len(args) < 6 {
		return errors.New("want 钮 12+4 culture 急,难 小区 内容")
	}
	ctx, db := p.t.Context(), p.st.db()
	c, err := communityOf(ctx, db, args[0])
	if err != nil {
		return err
	}
	n := civic.Need{
		Community: c.ID, Author: "oSomebodyElse", Category: civic.Category(args[2]), Text: strings.Join(args[5:], " "), Released: true,
		Urgent: strings.Contains(args[3], "疑似"),
	}
	heat, others, _ := strings.Cut(args[1], "+")
	if n.Heat, err = strconv.Atoi(heat); err != nil {
		return err
	}
	if others != "" {
		if n.Others, err = strconv.Atoi(others); err != nil {
			return err
		}
	}
	for mark := range strings.SplitSeq(args[3], ",") {
		switch mark {
		case "急":
			n.MarkedUrgent = 1
		case "难":
			n.MarkedHard = 1
		}
	}
	if args[4] != "-" {
		found, err := db.Communities().EstatesNamed(ctx, args[4], 1)
		if err != nil || len(found) == 0 {
			return fmt.Errorf("no estate %s: %w", args[4], err)
		}
		n.Estate = found[0].ID
	}
	db.Clock().Shift(time.Millisecond) // one after the other, so that queues have one order
	_, err = db.AddNeed(ctx, n)
	return err
}

// addMerged adds somebody's need that was merged into another: 钮 小周 2 内容.
func (p *player) addMerged(args []string) error {
	ctx, db := p.t.Context(), p.st.db()
	c, err := communityOf(ctx, db, args[0])
	if err != nil {
		return err
	}
	seq, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	head, ok, err := db.Needs().ByNumber(ctx, c.ID, 0, seq)
	if err != nil || !ok {
		return fmt.Errorf("no need %d: %w", seq, err)
	}
	db.Clock().Shift(time.Millisecond) // one after the other, so that queues have one order
	_, err = db.AddNeed(ctx, civic.Need{
		Community: c.ID, Author: civic.Account(openid(args[1])), Category: civic.Environment, Text: args[3], Released: true,
		State: civic.NeedMerged, MergedInto: head.ID,
	})
	return err
}

// atOnce has a member of the committee make verified authors' needs public at once: 钮 小王.
func (p *player) atOnce(args []string) error {
	ctx, db := p.t.Context(), p.st.db()
	c, err := communityOf(ctx, db, args[0])
	if err != nil {
		return err
	}
	a := civic.Account(openid(args[1]))
	_, err = db.Commit(ctx, store.Commit{
		Run: "at-once-" + strconv.FormatInt(int64(c.ID), 36), N: 1, Account: a, Final: true,
		Effects: []any{civic.ChangeSettings{By: civic.By{Account: a, Community: c.ID}, Setting: civic.SetRelease, Values: []int{1}}},
	})
	return err
}
