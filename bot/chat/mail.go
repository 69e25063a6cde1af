package chat

import (
	"context"
	"fmt"
	"time"

	"yishi/bot/wechat"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/store/session"
)

const (
	noteMail   = "mail"                 // the session's note of mail, see mailNote
	offerAgain = 6 * time.Hour          // before the same mail is offered once more
	mailWait   = 800 * time.Millisecond // the answer is ready: it does not wait longer for an offer
)

// mailNote is what the session knows of mail beside its mark.
type mailNote struct {
	forgotten bool  // the account was forgotten and the mail was not asked for since
	mark      int   // under which it was looked up last
	at        int64 // when it was offered last, Unix s; 0: all that was known is read
	newest    int64 // the newest item then
}

func readMailNote(s *dialog.Session) (n mailNote) {
	text := s.Notes[noteMail]
	if text == "" {
		return n
	}
	n.forgotten = text == "?"
	if _, err := fmt.Sscanf(text, "%d@%d@%d", &n.mark, &n.at, &n.newest); err != nil {
		n.mark, n.at, n.newest = 0, 0, 0
	}
	return n
}

// write keeps the note; one that says nothing goes.
func (n mailNote) write(s *dialog.Session) {
	if s.Notes == nil {
		s.Notes = map[string]string{}
	}
	switch {
	case n.forgotten:
		s.Notes[noteMail] = "?"
	case n.at > 0:
		s.Notes[noteMail] = fmt.Sprintf("%d@%d@%d", n.mark, n.at, n.newest)
	default:
		delete(s.Notes, noteMail)
	}
}

// offer adds to an answer that waiting mail can be read, when there is some that was not offered
// lately, no question is open but the menu's, and both fit one message. read is the mark to be cleared: nothing
// is left unread. It costs a query only where there may be something to say; it never fails, as
// mail can wait.
func (t *taking) offer(ctx context.Context, v session.Value, s *dialog.Session, out dialog.Outcome, pages []string) (_ []string, read int) {
	now := t.c.o.Now()
	n := readMailNote(s)
	n.forgotten = n.forgotten || !v.Known
	lately := now.Sub(time.Unix(n.at, 0)) < offerAgain
	waits := v.Mail != 0 || n.at > 0
	if t.c.o.Engine.Open(*s) || out.Word == "alarm" || len(pages) != 1 || !n.forgotten && !t.read && (!waits || lately && v.Mail == n.mark) {
		if n.forgotten {
			n.write(s)
		}
		return pages, 0
	}
	asking, done := context.WithTimeout(ctx, mailWait)
	defer done()
	newest, unread, err := t.c.o.World.Inbox.Unread(asking, civic.Account(t.account), flows.OfferMost)
	if err != nil {
		t.c.o.Log.Warn("mail not looked up", "error", err.Error(), "resident", t.c.name(t.account))
		n.write(s)
		return pages, 0
	}
	if unread == 0 {
		mailNote{}.write(s)
		return pages, v.Mail
	}
	last := newest[len(newest)-1].ID
	with, fits := wechat.Below(pages[0], flows.Offer(newest, unread), max(out.Card, 1))
	switch {
	case lately && (t.read && v.Mail == n.mark || last == n.newest): // a mark may come for old mail that is put off once more
		n.mark = v.Mail
	case fits:
		pages, n = []string{with}, mailNote{mark: v.Mail, at: now.Unix(), newest: last}
	}
	n.write(s)
	return pages, 0
}

// readsMail reports whether effects take something out of the inbox.
func readsMail(effects []any) bool {
	for _, e := range effects {
		if _, is := e.(civic.ReadInbox); is {
			return true
		}
	}
	return false
}

// MidStep reports whether a question is open in the account's chat whose answer would still be
// taken, so that what is told meanwhile says how to go on. Where that cannot be known, it is not.
func (c *Chat) MidStep(ctx context.Context, a civic.Account) bool {
	v, err := c.o.Sessions.Load(ctx, string(a))
	if err != nil {
		return false
	}
	_, s, err := c.decode(v)
	return err == nil && c.o.Engine.Asking(s, c.o.Now())
}
