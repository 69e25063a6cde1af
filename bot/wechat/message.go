// Package wechat is the edge to the WeChat platform: it proves and parses what comes in,
// renders what goes out, and calls the platform's API. Nothing else knows the SDK.
package wechat

import "context"

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
