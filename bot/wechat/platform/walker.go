package platform

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const (
	maxSteps   = 40 // of one need, repeats included
	maxResends = 5  // of the same words after an unsure answer, or none
	copies     = 3
)

// walker is one simulated resident.
type walker struct {
	o    *RehearseOptions
	all  *ledger
	p    *Platform
	q    *Person
	rng  *rand.Rand
	over context.Context // ends when no new message is to be begun
	need string          // of the moment
	open bool            // the need may stand half-typed in the chat
	last Reply           // the bot's last message
}

// live follows, then raises needs until the time is over.
func (w *walker) live(ctx context.Context) {
	scene := ""
	if n := len(w.o.Scenes); n > 0 {
		scene = w.o.Scenes[w.rng.IntN(n)]
	}
	if !w.q.Following() || scene != "" {
		w.all.write(func(r *Report) { r.Sent++ })
		w.last, _ = w.read(w.q.Follow(ctx, scene))
	}
	for raised := 0; w.going(ctx) && (w.o.Needs == 0 || raised < w.o.Needs); raised++ {
		w.raise(ctx)
	}
}

func (w *walker) going(ctx context.Context) bool { return ctx.Err() == nil && w.over.Err() == nil }

func (w *walker) happens(s Share) bool { return s > 0 && w.rng.Float64() < s }

// raise walks one need to a claim, a changed mind or a dead end.
func (w *walker) raise(ctx context.Context) {
	if w.open && !w.cancel(ctx) {
		return
	}
	w.need, w.open = w.invent(), true
	words := w.o.Opens
	for range maxSteps {
		reply, answered := w.insist(ctx, words)
		switch {
		case !w.going(ctx):
			return
		case !answered:
			w.all.strange(reply.Text)
			return
		case w.claims(reply.Text):
			w.open = false
			w.followUp(ctx, reply.Text)
			return
		}
		if w.happens(w.o.Cancel) {
			w.cancel(ctx)
			return
		}
		next, ok := w.next(reply.Text)
		if !ok {
			w.all.strange(reply.Text)
			w.cancel(ctx)
			return
		}
		words = next
	}
	w.all.strange("no end")
}

// cancel leaves nothing half-typed behind: an answer to a later need would be taken for one to
// this need. The answer may claim that the need was kept after all.
func (w *walker) cancel(ctx context.Context) bool {
	_, answered := w.insist(ctx, "取消")
	w.open = !answered
	return answered
}

// insist says something, and says it again as a new message while the answer is unsure.
func (w *walker) insist(ctx context.Context, words string) (Reply, bool) {
	var last Reply
	for i := range maxResends {
		if i > 0 {
			wait(ctx, w.p.account.pause)
		}
		if !w.going(ctx) {
			return last, false
		}
		reply, ok := w.say(ctx, words)
		if !ok {
			continue
		}
		last, w.last = reply, reply
		if !strings.Contains(reply.Text, w.o.Unsure) {
			return reply, true
		}
		w.all.write(func(r *Report) { r.Unsure++ })
	}
	return last, false
}

// say sends one message, sometimes thrice at once, sometimes in a hurry.
func (w *walker) say(ctx context.Context, words string) (Reply, bool) {
	n := w.q.compose(w.fields(words))
	w.all.write(func(r *Report) { r.Sent++ })
	var how manner
	if w.happens(w.o.Hurry) {
		how.hurry = w.p.account.deadline / 50
	}
	if !w.happens(w.o.Copies) {
		d := w.p.deliver(ctx, n, how)
		return w.read(d)
	}
	got := make([]*Delivery, copies)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() { got[i] = w.p.deliver(ctx, n, how) })
	}
	wg.Wait()
	return w.compare(got)
}

// compare takes the surest of the copies' answers; all that are sure must be the same.
func (w *walker) compare(got []*Delivery) (Reply, bool) {
	var best Reply
	answered := false
	for _, d := range got {
		reply, ok := w.read(d)
		switch {
		case !ok:
		case !answered || strings.Contains(best.Text, w.o.Unsure):
			best, answered = reply, true
		case strings.Contains(reply.Text, w.o.Unsure):
		case reply.Raw != best.Raw:
			w.all.write(func(r *Report) { r.Different++ })
		}
	}
	return best, answered
}

// read books a delivery, with whatever it claims.
func (w *walker) read(d *Delivery) (Reply, bool) {
	w.all.write(func(r *Report) {
		switch {
		case d.Faulty:
			r.Faulty++
		case d.Err == nil && d.Reply.Type == "":
			r.Unanswered++
		}
		for _, try := range d.Tries {
			if try.Status != 0 {
				r.Slowest = max(r.Slowest, try.Took)
			}
		}
	})
	if w.need != "" {
		w.claims(d.Reply.Text)
	}
	return d.Reply, d.Err == nil && d.Reply.Text != ""
}

// claims says whether a reply claims that something is kept, and writes the claim down.
func (w *walker) claims(text string) bool {
	number := w.o.Number.FindString(text)
	kept, endorsed := strings.Contains(text, w.o.Claimed), strings.Contains(text, w.o.Endorsed)
	if number == "" || strings.Contains(text, w.o.Unsure) || (!kept && !endorsed) {
		return false
	}
	w.all.claim(Claim{
		Openid: w.q.openid, Text: w.need, Number: number, Endorse: !kept, At: w.p.now(),
	})
	return true
}

// followUp asks what became of it, sometimes.
func (w *walker) followUp(ctx context.Context, text string) {
	if !w.happens(w.o.Ask) {
		return
	}
	number := w.o.Number.FindString(text)
	short := number[strings.LastIndex(number, "-")+1:]
	w.need = "" // what is told now is no new claim
	w.insist(ctx, strings.ReplaceAll(w.o.Progress, "{short}", short))
}

// next is what the script says to the bot's last message.
func (w *walker) next(text string) (string, bool) {
	for _, rule := range w.o.Script {
		fits := !slices.ContainsFunc(rule.Contains, func(s string) bool { return !strings.Contains(text, s) })
		if fits && len(rule.Say) > 0 {
			return strings.ReplaceAll(rule.Say[w.rng.IntN(len(rule.Say))], "{need}", w.need), true
		}
	}
	return "", false
}

// fields makes the message of words: typed, tapped, a photo or a place.
func (w *walker) fields(words string) []Field {
	switch words {
	case "@photo":
		id := w.p.keep("image", []byte("\xff\xd8\xff\xe0 a photo of "+w.need))
		return []Field{{"MsgType", "image"}, {"PicUrl", "http://mmbiz.qpic.cn/mmbiz_jpg/" + id + "/0"}, {"MediaId", id}}
	case "@place":
		return []Field{
			{"MsgType", "location"},
			{"Location_X", "31.230416"},
			{"Location_Y", "121.473701"},
			{"Scale", "16"},
			{"Label", "小区东门"},
		}
	}
	fields := []Field{{"MsgType", "text"}, {"Content", words}}
	for _, l := range w.last.Links {
		if l.Content == words && w.happens(0.5) {
			return append(fields, Field{"bizmsgmenuid", strconv.Itoa(l.ID)})
		}
	}
	return fields
}

// invent makes a need that nobody else has: a common matter, with a token of letters, as long
// numbers would be masked.
func (w *walker) invent() string {
	matters := []string{
		"楼道灯不亮", "电动车没有地方充电", "单元门关不上", "垃圾桶太少", "健身器材坏了",
		"下雨天路面积水", "快递没地方放", "希望装一部休息座椅", "晚上广场舞太吵", "绿化带枯了",
	}
	token := make([]byte, 10)
	for i := range token {
		token[i] = "bcdfghjkmnpqrstvwxz"[w.rng.IntN(19)]
	}
	return matters[w.rng.IntN(len(matters))] + "，记号" + string(token)
}
