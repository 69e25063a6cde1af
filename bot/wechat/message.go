// Package wechat is the edge to the WeChat platform: it proves and parses what comes in,
// renders what goes out, and calls the platform's API. Nothing else knows the SDK.
package wechat

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
)

// Message is one proven inbound message or event. Fields that a kind does not have are empty.
type Message struct {
	Account    string // FromUserName: the follower's openid
	CreateTime int64  // seconds, as the platform says; not trusted for rules
	Type       string // text image voice video shortvideo location link event
	MsgID      string // "" for events
	Content    string // text, control characters stripped
	MenuID     int    // bizmsgmenuid of a tapped choice, 0 if none or not a positive number
	MediaID    string // image, voice, video
	Format     string // voice: amr, speex
	Transcript string // voice: Recognition, often empty
	Lat, Lng   float64
	Located    bool   // location with sane coordinates
	Label      string // location's label, or a link's title
	Event      string // subscribe unsubscribe SCAN CLICK VIEW …
	EventKey   string
	Scanned    string // scancode events: what the code says
	JobID      string // job receipts (TEMPLATESENDJOBFINISH …): id of the sent message
	Status     string // job receipts: success, failed:user block …
	Subject    string // authorization events: the openid they are about

	Notices []NoticeEvent // events about subscription notices: consents, or receipts
}

// Answer is the passive reply to a message. An empty Text means no reply ("success").
type Answer struct {
	Text string
	At   int64 // CreateTime of the reply in seconds; a repeat gets the same one
}

// Turner runs one turn for a proven message. It answers within 4.5 s whatever is down.
type Turner interface {
	Turn(ctx context.Context, m *Message) Answer
}

// Key identifies a message across the platform's repeats: openid and MsgId; for events openid,
// CreateTime, Event and EventKey, since two events can share a second; for a message without a
// usable MsgId openid, CreateTime and content. It is at most 128 bytes of printable ASCII.
//
// Key holds the openid: it must not be logged.
func (m *Message) Key() string {
	if m.Type != typeEvent && m.MsgID != "" {
		return m.Account + ":" + m.MsgID
	}
	b := make([]byte, 0, 256)
	for _, s := range [...]string{
		m.Type, m.Event, m.EventKey, m.Content, m.MediaID, m.Label, m.Scanned, m.JobID, m.Subject,
	} {
		b = append(b, s...)
		b = append(b, 0)
	}
	if m.Located {
		b = strconv.AppendFloat(b, m.Lat, 'g', -1, 64)
		b = append(b, ',')
		b = strconv.AppendFloat(b, m.Lng, 'g', -1, 64)
	}
	for _, n := range m.Notices { // two notices can be sent to one person in a second
		b = fmt.Appendf(b, "%s,%t,%t,%s,%d;", n.TemplateID, n.Accepted, n.Sent, n.JobID, n.Code)
	}
	sum := sha256.Sum256(b)
	key := make([]byte, 0, 128)
	key = append(append(key, m.Account...), ':')
	key = append(strconv.AppendInt(key, m.CreateTime, 10), ':')
	return string(base64.RawURLEncoding.AppendEncode(key, sum[:12]))
}
