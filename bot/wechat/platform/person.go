package platform

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (q *Person) follow(ctx context.Context, scene string) *Delivery {
	switch {
	case !q.following():
		key := ""
		if scene != "" {
			key = "qrscene_" + scene
		}
		return q.event(ctx, "subscribe", key)
	case scene != "":
		return q.event(ctx, "SCAN", scene)
	}
	return &Delivery{Openid: q.openid, Err: ErrFollowing}
}

func (q *Person) unfollow(ctx context.Context) *Delivery { return q.event(ctx, "unsubscribe", "") }

func (q *Person) click(ctx context.Context, key string) *Delivery { return q.event(ctx, "CLICK", key) }

// event sends an event; everybody but a newcomer has to follow for it.
func (q *Person) event(ctx context.Context, event, key string) *Delivery {
	if event != "subscribe" && !q.following() {
		return q.stranger()
	}
	return q.send(ctx, []Field{{"MsgType", "event"}, {"Event", event}, {"EventKey", key}})
}

func (q *Person) scanMenu(ctx context.Context, key, text string) *Delivery {
	return q.message(ctx, []Field{
		{"MsgType", "event"},
		{"Event", "scancode_waitmsg"},
		{"EventKey", key},
		{"ScanCodeInfo", "<ScanType><![CDATA[qrcode]]></ScanType><ScanResult><![CDATA[" + text + "]]></ScanResult>"},
	})
}

func (q *Person) say(ctx context.Context, text string, id *int) *Delivery {
	fields := []Field{{"MsgType", "text"}, {"Content", text}}
	if id != nil {
		fields = append(fields, Field{"bizmsgmenuid", strconv.Itoa(*id)})
	}
	return q.message(ctx, fields)
}

func (q *Person) photo(ctx context.Context, data []byte) *Delivery {
	if !q.following() {
		return q.stranger()
	}
	id := q.p.keep("image", data)
	return q.message(ctx, []Field{
		{"MsgType", "image"},
		{"PicUrl", "http://mmbiz.qpic.cn/mmbiz_jpg/" + id + "/0"},
		{"MediaId", id},
	})
}

func (q *Person) voice(ctx context.Context, data []byte, transcript string) *Delivery {
	if !q.following() {
		return q.stranger()
	}
	id := q.p.keep("voice", data)
	return q.message(ctx, []Field{
		{"MsgType", "voice"}, {"MediaId", id}, {"Format", "amr"}, {"Recognition", transcript},
	})
}

func (q *Person) locate(ctx context.Context, lat, lng float64, label string) *Delivery {
	degrees := func(f float64) string { return strconv.FormatFloat(f, 'f', 6, 64) }
	return q.message(ctx, []Field{
		{"MsgType", "location"},
		{"Location_X", degrees(lat)},
		{"Location_Y", degrees(lng)},
		{"Scale", "16"},
		{"Label", label},
	})
}

func (q *Person) message(ctx context.Context, fields []Field) *Delivery {
	if !q.following() {
		return q.stranger()
	}
	return q.send(ctx, fields)
}

func (q *Person) stranger() *Delivery {
	return &Delivery{Openid: q.openid, Err: ErrNotFollowing}
}

func (q *Person) following() bool {
	q.p.mu.Lock()
	defer q.p.mu.Unlock()
	return q.p.follower(q.openid).Following
}

// send completes the fields, lets the platform take note, and delivers.
func (q *Person) send(ctx context.Context, fields []Field) *Delivery {
	q.p.enqueue() // receipts that an import brought wait for the bot to be there
	return q.p.deliver(ctx, q.compose(fields), manner{})
}

// note is one message on its way.
type note struct {
	openid, id, xml, what string
	unseen                bool // the sender has left and sees no reply
	receipt               bool // the platform says it, no person
}

// compose makes the message's XML and books its effect on the person.
func (q *Person) compose(fields []Field) note {
	p := q.p
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	event := fieldOf(fields, "MsgType") == "event"
	all := make([]Field, 0, len(fields)+4)
	for _, f := range []Field{
		{"ToUserName", p.account.id},
		{"FromUserName", q.openid},
		{"CreateTime", strconv.FormatInt(now.Unix(), 10)},
	} {
		if !hasField(fields, f.Name) {
			all = append(all, f)
		}
	}
	all = append(all, fields...)
	if !event && !hasField(fields, "MsgId") {
		all = append(all, Field{"MsgId", p.nextID()})
	}
	p.follower(q.openid).book(fields, now)
	return note{
		openid: q.openid, id: fieldOf(all, "MsgId"), xml: writeXML(all), what: describe(fields),
		unseen: event && fieldOf(fields, "Event") == "unsubscribe",
	}
}

// book records what a message or event changes: following, and which window it opens.
func (f *follower) book(fields []Field, now time.Time) {
	if fieldOf(fields, "MsgType") != "event" {
		if hasField(fields, "bizmsgmenuid") {
			f.touch(byClick, now)
			return
		}
		f.touch(byMessage, now)
		return
	}
	key := fieldOf(fields, "EventKey")
	switch fieldOf(fields, "Event") {
	case "subscribe":
		f.Following, f.FollowedAt = true, now.Unix()
		f.Scene = strings.TrimPrefix(key, "qrscene_")
		f.touch(byFollow, now)
	case "unsubscribe":
		f.Following = false
		f.Windows = nil
	case "SCAN":
		f.Scene = key
		f.touch(byScan, now)
	case "CLICK", "scancode_push", "scancode_waitmsg":
		f.touch(byClick, now)
	}
}

// describe is what a watcher is told the person did: typed words, or the kind in brackets.
func describe(fields []Field) string {
	switch kind := fieldOf(fields, "MsgType"); kind {
	case "text":
		return fieldOf(fields, "Content")
	case "event":
		return fmt.Sprintf("[%s %s]", fieldOf(fields, "Event"), fieldOf(fields, "EventKey"))
	case "location":
		return fmt.Sprintf("[location %s]", fieldOf(fields, "Label"))
	default:
		return "[" + kind + "]"
	}
}

func (q *Person) repeat(ctx context.Context, d *Delivery) *Delivery {
	return q.p.deliver(ctx, note{openid: d.Openid, id: d.MsgID, xml: d.In, what: "[repeat]"}, manner{})
}

func hasField(fields []Field, name string) bool {
	return slices.ContainsFunc(fields, func(f Field) bool { return f.Name == name })
}

func fieldOf(fields []Field, name string) string {
	for _, f := range fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// writeXML writes a message as WeChat does: numbers bare, all else in CDATA as it is.
func writeXML(fields []Field) string {
	var b strings.Builder
	b.WriteString("<xml>")
	for _, f := range fields {
		switch f.Name {
		case "CreateTime", "MsgId", "Location_X", "Location_Y", "Scale", "bizmsgmenuid", "ScanCodeInfo",
			"MsgID", "SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent":
			fmt.Fprintf(&b, "<%s>%s</%s>", f.Name, f.Value, f.Name)
		default:
			fmt.Fprintf(&b, "<%s><![CDATA[%s]]></%s>", f.Name, f.Value, f.Name)
		}
	}
	b.WriteString("</xml>")
	return b.String()
}
