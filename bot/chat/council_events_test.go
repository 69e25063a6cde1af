package chat_test

import (
	"time"

	"yishi/bot/wechat"
	"yishi/flows/civic"
	"yishi/flows/dialog"
)

// pass lets time go by: minutes, hours, over night, sometimes weeks.
func (w *council) pass() {
	d := time.Duration(w.rnd.IntN(90)) * time.Minute
	switch w.rnd.IntN(6) {
	case 0, 1:
		d = time.Duration(3+w.rnd.IntN(26)) * time.Hour
	case 2:
		d = time.Duration(1+w.rnd.IntN(9)) * 24 * time.Hour
	case 3:
		if w.rnd.IntN(3) == 0 {
			d = time.Duration(10+w.rnd.IntN(90)) * 24 * time.Hour
		}
	}
	w.note("time: %v", d)
	w.db.Clock().Shift(d)
}

// revokeOrGive takes an office away in the middle of whatever goes on, or gives it back.
func (w *council) revokeOrGive() {
	var staff []*member
	for _, m := range w.people {
		if m.role != "" {
			staff = append(staff, m)
		}
	}
	m, away := pick(w.rnd, staff), w.rnd.IntN(2) == 0
	grants, err := w.db.Staff().Grants(w.t.Context(), civic.Account(m.account))
	if err != nil {
		w.t.Fatal(err)
	}
	if len(grants) == 0 {
		w.give(m)
		return
	}
	if !away && w.rnd.IntN(3) > 0 {
		return
	}
	w.note("operator revokes %s", m.name)
	for _, g := range grants {
		if err := w.db.RevokeStaff(w.t.Context(), g.ID); err != nil {
			w.t.Fatal(err)
		}
	}
	w.notary.byOperator()
}

func (w *council) give(m *member) {
	w.note("operator gives %s an office", m.name)
	args := []string{m.name, string(m.role), m.home}
	if m.grids != "" {
		args = append(args, m.grids)
	}
	p := &player{t: w.t, st: &direct{ledger: &ledger{DB: w.db}}}
	if err := p.addStaff(args); err != nil {
		w.t.Fatal(err)
	}
	w.notary.byOperator()
}

// sweep clears away what need not be kept, as each day does.
func (w *council) sweep() {
	w.note("sweep")
	ctx := w.t.Context()
	for _, do := range []func() error{
		func() error { _, err := w.db.Sweep(ctx); return err },
		func() error { _, err := w.db.SweepDeliveries(ctx); return err },
		func() error { _, err := w.db.SweepHomes(ctx); return err },
		func() error { _, err := w.db.SweepTalks(ctx); return err },
	} {
		if err := do(); err != nil {
			w.t.Fatal(err)
		}
	}
}

// comeOrGo has a resident unfollow, or follow again.
func (w *council) comeOrGo() {
	m := w.people[3]
	if w.rnd.IntN(4) == 0 {
		m = w.people[w.rnd.IntN(6)]
	}
	if m.gone {
		w.comeBack(m)
		return
	}
	w.note("%s unfollows", m.name)
	m.gone = true
	w.seq++
	got := w.chat.Turn(w.t.Context(), &wechat.Message{Account: m.account, CreateTime: w.db.Clock().Now().Unix() + int64(w.seq), Type: "event", Event: "unsubscribe"})
	if got.Text != "" {
		w.t.Errorf("who left is told %q", got.Text)
	}
	m.message = nil
}

func (w *council) comeBack(m *member) {
	m.gone = false
	w.hear(m, dialog.Input{Kind: dialog.Follow})
}

// again delivers somebody's last message once more: it changes nothing.
func (w *council) again() {
	m := pick(w.rnd, w.people)
	if w.last != nil && w.rnd.IntN(3) > 0 {
		m = w.last
	}
	if m.message == nil || w.db.Clock().Now().Sub(m.heard) > repeatsFor {
		return
	}
	w.note("%s again", m.name)
	before, lost := w.books.digest(""), w.sess.lost
	got := w.chat.Turn(w.t.Context(), m.message).Text
	if after := w.books.digest(""); after != before {
		w.t.Errorf("the same message again changed something: %s", differ(before, after))
	}
	if got != m.reply && lost == 0 && w.event.Word == "repeated" && !recalled(got) {
		w.t.Errorf("the same message again got %q, before %q", got, m.reply)
	}
}
