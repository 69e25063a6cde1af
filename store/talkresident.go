package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"yishi/flows/civic"
)

// planCall opens the account's talk, or finds it.
func (db *DB) planCall(ctx context.Context, t *turn, e civic.CallPerson) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	return db.planTalk(ctx, t, func(b *batch, t *turn, d desk) error {
		k, fresh, err := b.joinTalk(d, e.Account, e.Community)
		if err != nil {
			return err
		}
		if fresh {
			err = b.arm(silenceTimer(&k))
		}
		due := b.now.Add(contactLag)
		if err == nil && e.Typed {
			due, err = b.now, b.touch(e.Account)
		}
		if err == nil {
			err = b.came(&k, 0, due)
		}
		if err == nil {
			err = b.saveTalk(&k)
		}
		if err != nil {
			return err
		}
		return b.talkReceipt(t, &k, fresh)
	})
}

// contactLag is how long the database may not know yet that somebody is in touch.
const contactLag = 1500 * time.Millisecond

// talkReceipt says how the talk stands for its resident.
func (b *batch) talkReceipt(t *turn, k *talkRow, fresh bool) error {
	t.receipt.Talk, t.receipt.Talking = k.Number, civic.TalkingWaits
	if k.state() == civic.TalkTaken {
		t.receipt.Talking = civic.TalkingTaken
		return nil
	}
	if fresh && k.Said > 0 {
		t.receipt.Talking = civic.TalkingReopens
	}
	var err error
	t.receipt.Ahead, err = ahead(b.tx, k)
	return err
}

// planSay adds what a resident says to their talk.
func (db *DB) planSay(ctx context.Context, t *turn, e civic.Say) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	if err := checkLines(e.Lines); err != nil {
		return err
	}
	return db.planTalk(ctx, t, func(b *batch, t *turn, d desk) error { return b.say(t, d, e) })
}

func (b *batch) say(t *turn, d desk, e civic.Say) error {
	k, fresh, err := b.joinTalk(d, e.Account, e.Community)
	if err != nil {
		return err
	}
	reopened := fresh && k.Said > 0
	if err := b.touch(e.Account); err != nil {
		return err
	}
	for _, l := range e.Lines {
		if err := b.line(&k, d, sideResident, civic.Resident, l); err != nil {
			return err
		}
	}
	k.Said += len(e.Lines)
	k.Unread += len(e.Lines)
	if err := b.keepHolder(&k, d); err != nil {
		return err
	}
	if k.WaitsMS == 0 {
		k.WaitsMS = ms(b.now)
		if err := b.armWait(&k, d); err != nil {
			return err
		}
	}
	if err := b.arm(silenceTimer(&k)); err != nil {
		return err
	}
	if k.state() == civic.TalkTaken {
		err = b.bring(&k, k.StaffID, b.now)
	}
	if err == nil {
		err = b.came(&k, 0, b.now)
	}
	if err == nil {
		err = b.saveTalk(&k)
	}
	if err != nil {
		return err
	}
	return b.talkReceipt(t, &k, reopened)
}

// touch notes at once that an account wrote: what is sent to it in the same breath goes by it.
func (b *batch) touch(a civic.Account) error {
	err := b.tx.Exec("UPDATE accounts SET sent_in_window = 0, last_message_ms = ?, following = 1 WHERE openid = ? AND last_message_ms < ?", ms(b.now), string(a), ms(b.now)).Error
	if err != nil {
		return fmt.Errorf("note contact: %w", clean(err))
	}
	return nil
}

// keepHolder puts a talk back into the queue whose holder may not answer any more. The resident
// is told.
func (b *batch) keepHolder(k *talkRow, d desk) error {
	if k.state() != civic.TalkTaken {
		return nil
	}
	may, err := b.mayTalk(k, k.StaffID)
	if err != nil || may {
		return err
	}
	if err := b.queue(k, d, 0); err != nil {
		return err
	}
	return b.note(k, d, 0, civic.NoteMoved)
}

// planHangUp ends the account's own talk.
func (db *DB) planHangUp(ctx context.Context, t *turn, e civic.HangUp) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	return db.planTalk(ctx, t, func(b *batch, t *turn, d desk) error {
		k, ok, err := b.liveTalk(e.Account)
		if err != nil || !ok {
			return err // it has ended already
		}
		t.receipt.Talk = k.Number
		if k.state() == civic.TalkTaken {
			if err := b.note(&k, d, k.StaffID, civic.NoteLeft); err != nil {
				return err
			}
		}
		return b.endTalk(&k)
	})
}

// planRateTalk keeps the first word on whether the account's last talk helped.
func (t *turn) planRateTalk(e civic.RateTalk) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, t *turn) error {
		k, ok, err := oneTalk(b.tx, "account = ? AND closed_ms > ? ORDER BY closed_ms DESC LIMIT 1"+b.db.dia.forUpdate(),
			string(e.Account), ms(b.now.Add(-civic.TalkReopens)))
		switch {
		case err != nil:
			return err
		case !ok:
			return refuse("现在没有要您评的会话。有事回“人工”。")
		case k.Rating != 0:
			return nil
		}
		if k.Rating = 2; e.Helped {
			k.Rating = 1
		}
		t.receipt.Talk = k.Number
		return b.saveTalk(&k)
	}})
	return nil
}

// talkTimer names a timer of a talk.
func talkTimer(k *talkRow, what string) string { return fmt.Sprintf("talk-%x/%s", k.ID, what) }

func newTalkTimer(k *talkRow, what string, due time.Time) civic.Timer {
	k.Rev++
	args, _ := json.Marshal(civic.TalkDue{Talk: k.id(), What: what}) // plain values: cannot fail
	return civic.Timer{ID: talkTimer(k, what), Rev: k.Rev, Kind: civic.TimerTalk, Args: args, DueAt: due}
}

func silenceTimer(k *talkRow) civic.Timer {
	return newTalkTimer(k, civic.TalkDueSilent, at(k.LastMS).Add(civic.TalkSilence))
}

// armWait sets when more of the staff are told that a talk waits.
func (b *batch) armWait(k *talkRow, d desk) error {
	due := civic.TalkFirst
	if k.Level > 0 {
		due = civic.TalkAgain
	}
	return b.arm(newTalkTimer(k, civic.TalkDueWait, d.hours(k.CommunityID).After(at(k.WaitsMS), due)))
}

// planTalkDue does what a timer of a talk is for, if it still holds.
func (db *DB) planTalkDue(ctx context.Context, t *turn, e civic.TalkDue) error {
	return db.planTalk(ctx, t, func(b *batch, _ *turn, d desk) error {
		if e.What == civic.TalkDueFree {
			return b.free(d, e.Staff, e.Community)
		}
		k, ok, err := oneTalk(b.tx, "id = ?"+b.db.dia.forUpdate(), int64(e.Talk))
		if err != nil || !ok || k.closed() {
			return err
		}
		if e.What == civic.TalkDueWait {
			err = b.escalate(&k, d)
		} else {
			err = b.silent(&k, d)
		}
		if err != nil {
			return err
		}
		return b.saveTalk(&k)
	})
}

// escalate tells more of the staff that a talk has waited long; the last time the resident too.
func (b *batch) escalate(k *talkRow, d desk) error {
	if k.WaitsMS == 0 || k.Level > 1 {
		return nil
	}
	k.Level++
	why, note := civic.CallLate, civic.NoteUnheard
	if k.Level > 1 {
		all, err := colleagues(b.tx, k.CommunityID)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(all, func(c civic.Colleague) bool { return c.Role == civic.Committee }) {
			why, note = civic.CallCommittee, civic.NoteEscalated
		}
	}
	if _, err := b.summon(k, d, k.Level, why, 0); err != nil {
		return err
	}
	if k.Level == 1 {
		return b.armWait(k, d)
	}
	return b.note(k, d, 0, note)
}

// silent ends a talk in which nobody has said anything for long. One that waits for an answer is
// called out once more instead, until it is given up.
func (b *batch) silent(k *talkRow, d desk) error {
	waits := k.WaitsMS > 0
	note := civic.NoteSilent
	switch {
	case b.now.Before(at(k.LastMS).Add(civic.TalkSilence)):
		return b.arm(silenceTimer(k))
	case waits && b.now.Before(at(k.WaitsMS).Add(civic.TalkGivenUp)):
		k.Level = 2
		if _, err := b.summon(k, d, k.Level, civic.CallCommittee, 0); err != nil {
			return err
		}
		return b.arm(newTalkTimer(k, civic.TalkDueSilent, b.now.Add(civic.TalkSilence)))
	case waits:
		note = civic.NoteGivenUp
	}
	if err := b.note(k, d, 0, note); err != nil {
		return err
	}
	if k.state() == civic.TalkTaken {
		if err := b.note(k, d, k.StaffID, note); err != nil {
			return err
		}
	}
	return b.endTalk(k)
}
