package store

import (
	"context"
	"encoding/json"
	"fmt"

	"yishi/flows/civic"
)

// planStaffTalk adds a step of a member of staff on a talk of their community: the office is
// checked, the act is audited and the talk is locked.
func (db *DB) planStaffTalk(ctx context.Context, t *turn, by civic.By, talk civic.TalkID, what string, do func(b *batch, t *turn, d desk, k *talkRow, g civic.Grant) error) error {
	return db.planTalk(ctx, t, func(b *batch, t *turn, d desk) error {
		k, err := b.talk(talk)
		if err != nil {
			return err
		}
		if civic.CommunityID(k.CommunityID) != by.Community {
			return refuse(civic.NoLonger)
		}
		g, err := b.permit(t, deed{by: by, act: civic.ActRelay, what: what, object: k.object(), detail: map[string]any{"number": k.Number}})
		if err != nil {
			return err
		}
		if err := b.touch(by.Account); err != nil {
			return err
		}
		t.receipt.Talk = k.Number
		if err := do(b, t, d, &k, g); err != nil {
			return err
		}
		return b.saveTalk(&k)
	})
}

// planTake gives a talk to who takes it first.
func (db *DB) planTake(ctx context.Context, t *turn, e civic.TakeTalk) error {
	return db.planStaffTalk(ctx, t, e.By, e.Talk, "take", func(b *batch, _ *turn, d desk, k *talkRow, g civic.Grant) error {
		staff := int64(g.Staff)
		switch {
		case k.closed():
			return refuse(fmt.Sprintf("%d号已经结束了。回“会话”看别的。", k.Number))
		case k.heldBy(staff):
			return b.hear(k, staff, e.Seen)
		case k.state() == civic.TalkTaken && !k.late():
			if may, err := b.mayTalk(k, k.StaffID); err != nil || may {
				return orElse(err, refuse(fmt.Sprintf("%d号同事刚接了。回“会话”看别的。", k.Number)))
			}
		case k.state() == civic.TalkTaken:
			before, err := b.endAccount(k, k.StaffID)
			if err != nil {
				return err
			}
			if before != "" {
				if err := b.call(k, b.now, civic.CallTaken, []civic.Account{before}); err != nil {
					return err
				}
			}
		}
		k.is(civic.TalkTaken)
		k.StaffID, k.Level = staff, 0
		if k.WaitsMS > 0 {
			k.WaitsMS = ms(b.now)
			if err := b.armWait(k, d); err != nil {
				return err
			}
		}
		return b.hear(k, staff, e.Seen)
	})
}

func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// hear notes up to which line a member of staff has read a talk; later ones are sent.
func (b *batch) hear(k *talkRow, staff int64, seen int) error {
	e, err := b.talkEnd(k.ID, staff, placeOf(seen))
	if err != nil {
		return err
	}
	e.Boxed, e.Knocked = 0, false
	if e.Push == "" { // else it carries what it carries
		e.Told = placeOf(min(seen, k.Seq))
	}
	if err := b.saveEnd(e); err != nil {
		return err
	}
	return b.bring(k, staff, b.now)
}

// holds refuses what only the one who has the talk may do.
func holds(k *talkRow, g civic.Grant, undone string) error {
	switch {
	case k.heldBy(int64(g.Staff)):
		return nil
	case k.closed():
		return refuse(fmt.Sprintf("%d号已经结束了，%s。", k.Number, undone))
	case k.state() == civic.TalkWaiting:
		return refuse(fmt.Sprintf("%d号现在在排队，%s。回“接%d”先接下来。", k.Number, undone, k.Number))
	}
	return refuse(fmt.Sprintf("%d号现在是同事在接，%s。", k.Number, undone))
}

// planAnswer adds what the holder says.
func (db *DB) planAnswer(ctx context.Context, t *turn, e civic.Answer) error {
	if err := checkLines(e.Lines); err != nil {
		return err
	}
	return db.planStaffTalk(ctx, t, e.By, e.Talk, "answer", func(b *batch, t *turn, d desk, k *talkRow, g civic.Grant) error {
		if err := holds(k, g, "这句没有发"); err != nil {
			return err
		}
		for _, l := range e.Lines {
			if err := b.line(k, d, sideStaff, g.Role, l); err != nil {
				return err
			}
		}
		k.Answered += len(e.Lines)
		k.WaitsMS, k.Unread, k.Level = 0, 0, 0
		if _, err := b.cancel(talkTimer(k, civic.TalkDueWait), 0); err != nil {
			return err
		}
		if err := b.arm(silenceTimer(k)); err != nil {
			return err
		}
		if err := b.bring(k, 0, b.now); err != nil {
			return err
		}
		if err := b.came(k, k.StaffID, b.now); err != nil {
			return err
		}
		var err error
		t.receipt.Talking, err = b.through(k)
		return err
	})
}

// through says whether what is said now gets through to the resident at once.
func (b *batch) through(k *talkRow) (string, error) {
	var rows []accountRow
	if err := b.tx.Raw("SELECT * FROM accounts WHERE openid = ?", k.Account).Scan(&rows).Error; err != nil {
		return "", fmt.Errorf("read reach: %w", clean(err))
	}
	switch {
	case len(rows) == 0:
		return "", nil
	case !rows[0].Following:
		return civic.TalkingGone, nil
	}
	r := civic.Reach{
		Following: true, LastMessageAt: at(rows[0].LastMessageMS), LastEventAt: at(rows[0].LastEventMS), SentInWindow: rows[0].SentInWindow,
	}
	if !r.WindowOpen(b.now) {
		return civic.TalkingShut, nil
	}
	return "", nil
}

// planHand gives a talk to a colleague, or back to the queue.
func (db *DB) planHand(ctx context.Context, t *turn, e civic.HandTalk) error {
	return db.planStaffTalk(ctx, t, e.By, e.Talk, "hand", func(b *batch, _ *turn, d desk, k *talkRow, g civic.Grant) error {
		if err := holds(k, g, "没有转"); err != nil {
			return err
		}
		if e.To == 0 {
			return b.queue(k, d, int64(g.Staff))
		}
		return b.giveTalk(k, d, int64(e.To))
	})
}

// giveTalk makes a member of staff the one who has a talk, and tells them.
func (b *batch) giveTalk(k *talkRow, d desk, to int64) error {
	may, err := b.mayTalk(k, to)
	if err != nil {
		return err
	}
	if !may {
		return refuse("这位同事现在接不了会话，没有转。")
	}
	account, err := b.endAccount(k, to)
	if err != nil {
		return err
	}
	k.is(civic.TalkTaken)
	k.StaffID, k.Level = to, 0
	if k.WaitsMS > 0 {
		k.WaitsMS = ms(b.now)
		if err := b.armWait(k, d); err != nil {
			return err
		}
	}
	if err := b.hear(k, to, k.Seq); err != nil {
		return err
	}
	return b.call(k, b.now, civic.CallHanded, []civic.Account{account})
}

// planEndTalk ends the talk of its holder. The resident is told.
func (db *DB) planEndTalk(ctx context.Context, t *turn, e civic.EndTalk) error {
	return db.planStaffTalk(ctx, t, e.By, e.Talk, "end", func(b *batch, _ *turn, d desk, k *talkRow, g civic.Grant) error {
		if err := holds(k, g, "不用再结束"); err != nil {
			return err
		}
		if err := b.note(k, d, 0, civic.NoteEnded); err != nil {
			return err
		}
		return b.endTalk(k)
	})
}

// freeTalks has the talks of somebody who does not work for a community any more go back into the
// queue, at once but in a turn of their own.
func (b *batch) freeTalks(g civic.Grant) error {
	args, _ := json.Marshal(civic.TalkDue{Staff: g.Staff, Community: g.Community, What: civic.TalkDueFree}) // plain values: cannot fail
	return b.arm(civic.Timer{
		ID: fmt.Sprintf("talks-%x-%x/free", int64(g.Staff), int64(g.Community)), Rev: int(ms(b.now) / 1000 % 1_000_000_000), Kind: civic.TimerTalk, Args: args, DueAt: b.now,
	})
}

// free puts the talks of a member of staff back into the queue. The residents are told.
func (b *batch) free(d desk, staff civic.StaffID, c civic.CommunityID) error {
	var ids []int64
	err := b.tx.Raw("SELECT id FROM talks WHERE staff_id = ? AND state = ? AND community_id = ? ORDER BY id", int64(staff), int(civic.TalkTaken), int64(c)).Scan(&ids).Error
	if err != nil {
		return fmt.Errorf("read talks of staff: %w", clean(err))
	}
	for _, id := range ids {
		k, err := b.talk(civic.TalkID(id))
		if err != nil {
			return err
		}
		if err := b.keepHolder(&k, d); err != nil {
			return err
		}
		if err := b.saveTalk(&k); err != nil {
			return err
		}
	}
	return nil
}
