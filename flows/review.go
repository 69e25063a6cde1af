package flows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// ReviewDraft is where staff stand in what waits to be decided about what is public.
type ReviewDraft struct {
	Community civic.CommunityID `json:"community,omitempty"`
	Cur       reviewAt          `json:"cur,omitzero"`
	Prev      reviewAt          `json:"prev,omitzero"` // decided just now, should the store want it looked at again
	Asking    string            `json:"asking,omitempty"`
	Did       string            `json:"did,omitempty"` // said once it is committed
	Link      bool              `json:"link,omitempty"`
}

// reviewAt is one thing of a queue.
type reviewAt struct {
	Kind   civic.ReviewKind `json:"kind,omitempty"`
	At     civic.ReviewAt   `json:"at,omitzero"`
	Rev    time.Time        `json:"rev,omitzero"`
	Number string           `json:"number,omitempty"`
	Media  bool             `json:"media,omitempty"`
	Photos bool             `json:"photos,omitempty"`
	Public bool             `json:"public,omitempty"` // it is an addition that waits
	Own    bool             `json:"own,omitempty"`    // the asking staff took it down
	Codes  []string         `json:"codes,omitempty"`  // of reports, the most frequent first
}

// reviewKinds are the queues in the order they are worked off.
var reviewKinds = []civic.ReviewKind{civic.ReviewReport, civic.ReviewAppeal, civic.ReviewRelease}

// review 待公开 shows staff what waits, one by one: reports, appeals, then needs to be released.
var review = Flow[ReviewDraft]{
	ID: "review", Version: 1, Title: "待公开",
	Opens: []string{"待公开", "公开需求", "看举报", "处理举报", "看申诉", "待核举报"},
	For:   forAct(civic.ActRelease), Lost: civic.NoLonger,
	Glance: true, // a queue: what was decided is done, what waits comes again
	Begin:  (*ReviewDraft).begin,
	Steps: []Step[ReviewDraft]{
		{ID: "none", Open: func(d *ReviewDraft, _ *Turn) bool { return d.Cur.Kind == "" }, Ask: (*ReviewDraft).askNone},
		{
			ID: "show", Open: func(d *ReviewDraft, _ *Turn) bool { return d.Cur.Kind != "" }, Ask: (*ReviewDraft).ask, Hear: (*ReviewDraft).hear,
			Commits: true, Refused: (*ReviewDraft).refused,
		},
	},
	After: (*ReviewDraft).after,
	Told: func(d *ReviewDraft, t *Turn, got any) Reply {
		return Reply{Text: twoLines(d.after(t, got), allRead)}
	},
}

func (d *ReviewDraft) begin(t *Turn, _ string) {
	g, c, ok := officeFor(t, civic.ActRelease)
	if !ok {
		return
	}
	d.Community = c.ID
	from := reviewAt{Kind: reviewKinds[0]}
	switch {
	case t.Said("看申诉"):
		from.Kind = civic.ReviewAppeal
	case t.Said("待公开", "公开需求"):
		if n, err := t.World.Reviews.Waiting(t.Context(), g, c.ID, civic.ReviewReport); t.Failed(err) || n == 0 {
			from.Kind = civic.ReviewAppeal
		}
	}
	d.Cur = d.after1(t, g, from)
}

// after1 is what comes after a place, in its own queue or the next ones; the zero value for nothing.
func (d *ReviewDraft) after1(t *Turn, g civic.Grant, at reviewAt) reviewAt {
	for i, kind := range reviewKinds {
		place := civic.ReviewAt{}
		if kind == at.Kind {
			place = at.At
		} else if i < slices.Index(reviewKinds, at.Kind) {
			continue
		}
		r, ok, err := t.World.Reviews.Next(t.Context(), g, d.Community, kind, place)
		if t.Failed(err) {
			return reviewAt{}
		}
		if ok {
			return placeOfReview(t, &r)
		}
	}
	return reviewAt{}
}

func placeOfReview(t *Turn, r *civic.Review) reviewAt {
	at := reviewAt{
		Kind: r.Kind, At: civic.ReviewAt{Since: r.Since, Need: r.Need.ID}, Rev: r.Rev, Number: r.Need.Number.String(),
		Media: canLink(t) && r.Need.Photos+r.Voices > 0, Photos: r.Need.Photos+r.Voices > 0, Public: r.Need.Released, Own: r.OwnDeed,
	}
	for _, c := range r.Reports {
		at.Codes = append(at.Codes, c.Code)
	}
	return at
}

func (d *ReviewDraft) askNone(*Turn) Reply {
	if d.Community == 0 {
		return Reply{Text: civic.NoLonger}
	}
	return Reply{Text: "现在没有待公开的需求，也没有举报和申诉。"}
}

func (d *ReviewDraft) ask(t *Turn) Reply {
	if d.Asking != "" {
		return Reply{Text: d.Asking + " " + d.Cur.Number + "，原因是？会告诉提的人。", Choices: numbered(d.reasons()), After: "也可以自己写一句；不办了回“不了”。"}
	}
	if d.Link {
		return Reply{Text: d.Cur.Number + "，怎么办？", Choices: numbered(d.ways())}
	}
	g, _, ok := officeFor(t, civic.ActRelease)
	if !ok {
		return Reply{Text: civic.NoLonger}
	}
	r, found, err := t.World.Reviews.Again(t.Context(), g, d.Community, d.Cur.Kind, d.Cur.At.Need)
	if t.Failed(err) {
		return Reply{}
	}
	if !found {
		return Reply{Text: d.Cur.Number + " 刚才已由同事处理，或者不用处理了。", Choices: numbered([]string{wayNext})}
	}
	d.Cur = placeOfReview(t, &r)
	return Reply{Text: describeReview(&r, t.Now, d.settings(t)), Choices: numbered(d.ways())}
}

func (d *ReviewDraft) settings(t *Turn) civic.Settings {
	c, _, err := t.World.Communities.Community(t.Context(), d.Community)
	if t.Failed(err) {
		return civic.Settings{}
	}
	return c.Settings
}

// describeReview is what staff read of one thing that waits.
func describeReview(r *civic.Review, now time.Time, s civic.Settings) string {
	n := &r.Need
	var b strings.Builder
	switch r.Kind {
	case civic.ReviewReport:
		b.WriteString("有人举报")
		var why []string
		for _, c := range r.Reports {
			why = append(why, fmt.Sprintf("%s（%d 人）", civic.PublicReasonText(c.Code), c.N))
		}
		b.WriteString("：" + strings.Join(why, "，"))
		if r.Hidden {
			b.WriteString("\n已先藏起来，等您核。")
		}
	case civic.ReviewAppeal:
		b.WriteString("提的人申诉：“" + r.Appeal + "”\n撤下的原因：" + sentence(reasonOf(n)))
		if r.OwnDeed {
			b.WriteString("\n这件是您撤下的，请同事来定。")
		}
	case civic.ReviewRelease, civic.ReviewObjection:
		b.WriteString("待公开，" + waited(r.Since, now))
		if n.Released {
			b.WriteString("（补充）")
		}
	}
	fmt.Fprintf(&b, "\n%s〔%s〕%s\n%s", n.Number, stateName(n.State), day(n.RaisedAt, now)+"提", n.Text)
	if n.Place.Text != "" {
		b.WriteString("\n位置：" + n.Place.Text)
	}
	for _, a := range n.Additions {
		fmt.Fprintf(&b, "\n补充（%s%s）：%s", day(a.At, now), hiddenWord(!a.Released), a.Text)
	}
	var media []string
	if n.Photos > 0 {
		media = append(media, fmt.Sprintf("%d 张照片", n.Photos))
	}
	if r.Voices > 0 {
		media = append(media, fmt.Sprintf("%d 段语音", r.Voices))
	}
	if len(media) > 0 {
		b.WriteString("\n有 " + strings.Join(media, "、"))
	}
	if m := marksLine(n, s); m != "" {
		b.WriteString("\n" + m)
	}
	return b.String()
}

// waited says how long something has waited.
func waited(since, now time.Time) string {
	switch d := now.Sub(since); {
	case d < time.Hour:
		return "刚来的"
	case d < 24*time.Hour:
		return fmt.Sprintf("等了 %d 小时", int(d.Hours()))
	default:
		return fmt.Sprintf("等了 %d 天", int(d.Hours()/24))
	}
}

const (
	wayBoth    = "公开文字和照片"
	wayText    = "只公开文字"
	wayRelease = "公开"
	wayKeep    = "先不公开"
	wayDown    = "撤下"
	wayLeave   = "保留，继续公开"
	wayRestore = "恢复公开"
	wayUphold  = "维持撤下"
	wayNext    = "看下一条"
)

// ways are what can be done about the present one.
func (d *ReviewDraft) ways() []string {
	var ways []string
	switch d.Cur.Kind {
	case civic.ReviewReport:
		ways = []string{wayDown, wayLeave}
	case civic.ReviewAppeal:
		if !d.Cur.Own {
			ways = []string{wayRestore, wayUphold}
		}
	case civic.ReviewRelease, civic.ReviewObjection:
		ways = []string{wayRelease, wayKeep}
		if d.Cur.Photos && !d.Cur.Public {
			ways = []string{wayBoth, wayText, wayKeep}
		}
	}
	ways = append(ways, wayNext)
	if d.Cur.Media {
		ways = append(ways, doMedia)
	}
	return ways
}

func (d *ReviewDraft) hear(t *Turn) Move {
	d.Did = ""
	if d.Asking != "" {
		return d.hearWhy(t)
	}
	ways := d.ways()
	i, v := t.Choice(ways...)
	if t.Said("下一条", "下一个", "下一页") {
		i, v = slices.Index(ways, wayNext), zh.Sure
	}
	if v != zh.Sure {
		return dialog.Again(askNumber(len(ways)))
	}
	by, need := byIn(t, d.Community), d.Cur.At.Need
	switch way := ways[i]; way {
	case wayBoth, wayText, wayRelease:
		d.Did = "已公开 " + d.Cur.Number + "，会告诉提的人。"
		return d.goOn(t, civic.ReleaseNeed{By: by, Need: need, Text: true, Photos: way == wayBoth, Seen: d.Cur.Rev})
	case wayKeep, wayDown:
		d.Asking = way
		return dialog.Stay("")
	case wayLeave:
		d.Did = d.Cur.Number + " 继续公开，会告诉举报的人。"
		return d.goOn(t, civic.LeavePublic{By: by, Need: need})
	case wayRestore, wayUphold:
		d.Did = d.Cur.Number + " 已" + way + "，会告诉提的人。"
		return d.goOn(t, civic.SettleAppeal{By: by, Need: need, Restore: way == wayRestore})
	case doMedia:
		d.Link = true
		return dialog.Stay("").With(mediaLink(t, d.Community, need, d.Cur.Number))
	}
	return d.goOn(t)
}

// reasons are those that staff choose from, the ones given in reports first.
func (d *ReviewDraft) reasons() []string {
	var texts []string
	for _, c := range d.Cur.Codes {
		texts = append(texts, civic.PublicReasonText(c))
	}
	for _, text := range reasonTexts() {
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return texts
}

// maxReason bounds a reason that staff write, in characters.
const maxReason = 100

func (d *ReviewDraft) hearWhy(t *Turn) Move {
	if t.Said("不了", "不办了", "返回", "算了") {
		d.Asking = ""
		return dialog.Stay("好，没有动。")
	}
	texts := d.reasons()
	i, v := t.Choice(texts...)
	code, words := "other", ""
	switch n := zh.Runes(t.Text); {
	case v == zh.Sure:
		for _, r := range civic.PublicReasons() {
			if r.Text == texts[i] {
				code = r.Code
			}
		}
	case v != zh.None || n < 4:
		return dialog.Again(askNumber(len(texts)))
	case n > maxReason:
		return dialog.Again(fmt.Sprintf("请写短一点，最多 %d 个字。", maxReason))
	default:
		words = zh.Mask(t.Text)
	}
	by, need, way := byIn(t, d.Community), d.Cur.At.Need, d.Asking
	d.Asking = ""
	if way == wayKeep {
		d.Did = d.Cur.Number + " 先不公开，会把原因告诉提的人。"
		return d.goOn(t, civic.KeepBack{By: by, Need: need, ReasonCode: code, Reason: words, Seen: d.Cur.Rev})
	}
	d.Did = "已撤下 " + d.Cur.Number + "，会告诉提的人和举报的人。"
	return d.goOn(t, civic.TakeDownNeed{By: by, Need: need, ReasonCode: code, Reason: words})
}

// goOn has effects committed and shows what comes next, or ends.
func (d *ReviewDraft) goOn(t *Turn, effects ...any) Move {
	g, _, _ := officeFor(t, civic.ActRelease)
	d.Prev, d.Link = d.Cur, false
	d.Cur = d.after1(t, g, d.Cur)
	if d.Cur.Kind == "" {
		if len(effects) == 0 {
			return dialog.Done().Saying("后面没有了。")
		}
		return dialog.Done(effects...)
	}
	return dialog.Stay("").With(effects...)
}

// refused goes back to what was to be decided, where the store wants it looked at again.
func (d *ReviewDraft) refused(_ *Turn, sentence string) {
	if sentence == civic.LookAgain && d.Prev.Kind != "" {
		d.Cur = d.Prev
	}
}

func (d *ReviewDraft) after(t *Turn, got any) string {
	if d.Link && d.Did == "" {
		return linkReply(t, "看照片和语音", got, 0).Text
	}
	return d.Did
}
