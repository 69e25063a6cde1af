package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"yishi/bot/wechat"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
	"yishi/store"
	"yishi/store/session"
)

// taking is one message on its way through the turn.
type taking struct {
	c         *Chat
	account   string
	key       string
	in        dialog.Input
	ev        *Event
	read      bool // it took something out of the inbox
	committed bool // something of this message is in the store: what is said about it is true
}

func stack() string { return string(debug.Stack()) }

// fault marks errors of ours, as against services that do not answer.
type fault struct{ error }

func (f fault) Unwrap() error { return f.error }

// excuse is what the resident reads when a turn could not be taken, and notes why.
func (t *taking) excuse(err error) string {
	var f fault
	switch {
	case errors.Is(err, session.ErrNewer):
		t.ev.Word = "newer"
		return flows.Updating
	case errors.Is(err, store.ErrUnsure):
		t.ev.Word = "unsure"
		t.c.o.Log.Warn("turn unsure", "error", err.Error(), "resident", t.c.name(t.account))
		return flows.Unsure
	case errors.As(err, &f):
		t.ev.Word = "fault"
		t.c.o.Log.Error("turn failed", "error", err.Error(), "resident", t.c.name(t.account))
		return flows.Sorry
	}
	t.ev.Word = "busy"
	t.c.o.Log.Warn("turn put off", "error", err.Error(), "resident", t.c.name(t.account))
	return flows.Busy
}

// try runs the turn once against the session as it is now.
func (t *taking) try(ctx context.Context) (text string, at int64, err error) {
	c := t.c
	t.ev.Effects = 0 // an earlier try counted them, and they are the same ones
	v, err := c.o.Sessions.Load(ctx, t.account)
	if err != nil {
		return t.withoutSession(ctx, fmt.Errorf("load session: %w", err))
	}
	mem, s, err := c.decode(v)
	if err != nil {
		return "", 0, err
	}
	now := c.o.Now()
	if r, ok := mem.Find(t.key, now); ok {
		t.ev.Word = "repeated"
		return r.Text, r.At, nil
	}
	if !v.Known {
		if text, ok := t.recall(ctx); ok {
			mailNote{forgotten: true}.write(&s)
			return t.save(ctx, v, mem, s, []string{text}, 0)
		}
	}
	if len(s.More) > 0 && t.in.Kind == dialog.Text && zh.Said(t.in.Text, "更多", "下文") {
		t.ev.Word = "more"
		return t.save(ctx, v, mem, s, s.More, 0)
	}
	s.More = nil
	s2, out, err := t.advance(ctx, s, now)
	if err != nil {
		return "", 0, err
	}
	t.ev.Flow, t.ev.Step, t.ev.Word = out.Flow, out.Step, out.Word
	if out.Keep {
		return t.saveRaw(ctx, v, mem, wechat.Render(out.Reply, 0)[0], 0)
	}
	if out.Erased {
		mem = session.Memory{}
	}
	pages, read := t.offer(ctx, v, &s2, out, wechat.Render(out.Reply, out.Card))
	return t.save(ctx, v, mem, s2, pages, read)
}

// withoutSession answers when sessions cannot be loaded: what is committed is told, the rest must wait.
func (t *taking) withoutSession(ctx context.Context, err error) (string, int64, error) {
	if text, ok := t.recall(ctx); ok {
		return text, t.c.o.Now().Unix(), nil
	}
	return "", 0, err
}

// recall asks the runs for the message when the session store has forgotten the account.
func (t *taking) recall(ctx context.Context) (string, bool) {
	r, _, _, found, err := t.c.o.Ledger.Seen(ctx, t.key)
	if err != nil || !found {
		return "", false
	}
	t.ev.Word = "repeated"
	return wechat.Render(flows.Recall(r), 0)[0], true
}

// advance lets the dialogue decide and carries out what it wants done first.
func (t *taking) advance(ctx context.Context, s dialog.Session, now time.Time) (dialog.Session, dialog.Outcome, error) {
	turn := dialog.NewTurn(ctx, t.in, now.In(t.c.o.Location), t.account, t.key, t.c.o.World)
	s, out, err := t.c.o.Engine.Advance(s, turn)
	for range maxSteps {
		var service serviceError
		switch {
		case err != nil && turn.Err() == nil && !errors.As(err, &service):
			return s, out, fault{err}
		case err != nil:
			return s, out, err
		case out.Commit != nil:
			s, out, err = t.commit(ctx, out)
		case out.Close != nil:
			s, out, err = t.close(ctx, out)
		default:
			return s, out, nil
		}
	}
	return s, out, fault{errors.New("turn commits without end")}
}

// serviceError marks that a store did not do what it was asked, as against a fault of a flow.
type serviceError struct{ error }

func (e serviceError) Unwrap() error { return e.error }

// commit has the effects committed. A turn of the same run that is there already and is not
// this one (a photo kept just before a kill) moves on to the next number.
func (t *taking) commit(ctx context.Context, out dialog.Outcome) (dialog.Session, dialog.Outcome, error) {
	want := out.Commit
	c := store.Commit{
		Run: want.Run, N: want.N, Key: t.commitKey(), Account: civic.Account(t.account),
		Final: want.Final, Effects: want.Effects,
	}
	for range maxSteps {
		r, err := t.sure(ctx, func() (civic.Receipt, error) { return t.c.o.Ledger.Commit(ctx, c) })
		var no *civic.Refusal
		switch {
		case errors.As(err, &no):
			return out.Refused(no.Sentence, no.Step)
		case errors.Is(err, store.ErrTaken):
			c.N++
			continue
		case errors.Is(err, store.ErrClosed):
			return out.Refused("这件已经取消了，没有提交。要提就重新说一次。", "")
		case err != nil:
			return dialog.Session{}, out, serviceError{fmt.Errorf("commit: %w", err)}
		case r.Final != c.Final && c.Final:
			c.N++
			continue
		}
		t.committed = true
		t.ev.Effects += len(want.Effects)
		t.read = t.read || readsMail(want.Effects)
		return out.Committed(r)
	}
	return dialog.Session{}, out, fault{errors.New("no free number in run")}
}

// commitKey marks the commits of this message. Only the first one carries the message's own
// key, by which a repeat is found when the session is lost.
func (t *taking) commitKey() string {
	if t.committed {
		return ""
	}
	return t.key
}

// close closes a run, or learns what it had committed.
func (t *taking) close(ctx context.Context, out dialog.Outcome) (dialog.Session, dialog.Outcome, error) {
	n := out.Close.N
	for range maxSteps {
		r, err := t.sure(ctx, func() (civic.Receipt, error) {
			return t.c.o.Ledger.CloseRun(ctx, out.Close.Run, n, civic.Account(t.account))
		})
		switch {
		case err != nil:
			return dialog.Session{}, out, serviceError{fmt.Errorf("close run: %w", err)}
		case r.Closed:
			return out.Closed(nil)
		case r.Final:
			return out.Closed(r)
		}
		n++
	}
	return dialog.Session{}, out, fault{errors.New("no free number in run")}
}

// sure repeats a commit whose end is unknown while there is time; the same key makes it harmless.
func (t *taking) sure(ctx context.Context, do func() (civic.Receipt, error)) (civic.Receipt, error) {
	r, err := do()
	for range maxSure - 1 {
		if !errors.Is(err, store.ErrUnsure) {
			break
		}
		if end, ok := ctx.Deadline(); ok && time.Until(end) < lastCall { //nolint:forbidigo // a context's deadline is in the machine's own time
			break
		}
		r, err = do()
	}
	return r, err
}

// save stores the session with the reply's first page and answers with it. read is the mail mark
// that is done with, 0: none.
func (t *taking) save(ctx context.Context, v session.Value, mem session.Memory, s dialog.Session, pages []string, read int) (string, int64, error) {
	s.More = append([]string(nil), pages[1:]...)
	data, err := json.Marshal(s)
	if err != nil {
		return "", 0, fault{fmt.Errorf("encode session: %w", err)}
	}
	mem.Session = data
	return t.saveRaw(ctx, v, mem, pages[0], read)
}

func (t *taking) saveRaw(ctx context.Context, v session.Value, mem session.Memory, text string, read int) (string, int64, error) {
	now := t.c.o.Now()
	mem.Remember(session.Reply{Key: t.key, At: now.Unix(), Text: text}, now)
	saved, err := t.c.o.Sessions.Save(ctx, t.account, v.Rev, mem.Encode(), read, now.Add(sessionLife))
	switch {
	case err != nil && t.committed: // what is told is true; the next message finds the old step and its run
		t.c.o.Log.Warn("session not saved after commit", "error", err.Error(), "resident", t.c.name(t.account))
		return text, now.Unix(), nil
	case err != nil:
		return "", 0, fmt.Errorf("save session: %w", err)
	case !saved:
		return "", 0, errConflict
	}
	return text, now.Unix(), nil
}
