package wechat

import (
	"bytes"
	"fmt"
	"math"
	"strconv"

	"yishi/flows/zh"
)

const (
	typeEvent  = "event"
	maxOpenID  = 64
	maxMedia   = 128
	maxScene   = 128 // the platform allows 64 characters, menu keys 128 bytes
	maxScanned = 512 // bytes of what a scanned code says
	maxLabel   = 256
)

// message makes a Message of parsed fields. Identity is FromUserName only.
func (f *fields) message(cfg *Config) (*Message, error) {
	if string(f.v[fieldTo]) != cfg.Account {
		return nil, errWrongAccount
	}
	from, kind := f.v[fieldFrom], bytes.TrimSpace(f.v[fieldType])
	if !isToken(from, maxOpenID) || string(from) == cfg.Account || !isToken(kind, 32) {
		return nil, fmt.Errorf("identity: %w", errMalformed)
	}
	at, err := strconv.ParseInt(string(bytes.TrimSpace(f.v[fieldCreateTime])), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("create time: %w", errMalformed)
	}
	m := &Message{Account: string(from), CreateTime: at, Type: string(kind)}
	if m.Type == typeEvent {
		return m, f.event(m, cfg)
	}
	if id := f.v[fieldMsgID]; isToken(id, maxOpenID) && string(id) != "0" {
		m.MsgID = string(id)
	}
	m.Content = clean(string(f.v[fieldContent]))
	if n, err := strconv.ParseInt(string(f.v[fieldMenuID]), 10, 32); err == nil && n > 0 {
		m.MenuID = int(n)
	}
	if id := f.v[fieldMediaID]; isToken(id, maxMedia) {
		m.MediaID = string(id)
	}
	if format := f.v[fieldFormat]; isToken(format, 32) {
		m.Format = string(format)
	}
	m.Transcript = clean(string(f.v[fieldRecognition]))
	m.Label = f.short(fieldLabel, maxLabel)
	if m.Label == "" {
		m.Label = f.short(fieldTitle, maxLabel)
	}
	f.locate(m)
	return m, nil
}

// event fills what events have; Content and MsgId of an event are not read.
func (f *fields) event(m *Message, cfg *Config) error {
	name := f.v[fieldEvent]
	if len(name) > 0 && !isToken(name, maxOpenID) {
		return fmt.Errorf("event: %w", errMalformed)
	}
	m.Event = string(name)
	m.EventKey = f.long(fieldEventKey)
	m.Scanned = f.short(fieldScanResult, 2*maxScanned)
	m.Status = f.short(fieldStatus, 128)
	if id := f.v[fieldJobID]; isToken(id, maxOpenID) {
		m.JobID = string(id)
	}
	m.Notices = f.noticeEvents(m.Event)
	if f.seen[fieldAppID] && string(f.v[fieldAppID]) != cfg.AppID {
		return errWrongAccount
	}
	if f.seen[fieldOpenID] {
		if !isToken(f.v[fieldOpenID], maxOpenID) {
			return fmt.Errorf("subject: %w", errMalformed)
		}
		m.Subject = string(f.v[fieldOpenID])
	}
	return nil
}

func (f *fields) long(k field) string { return clean(string(f.v[k])) }

// short is a cleaned value cut to n bytes.
func (f *fields) short(k field, n int) string { return zh.CutBytes(f.long(k), n) }

func (f *fields) locate(m *Message) {
	lat, okLat := degrees(f.v[fieldLat], 90)
	lng, okLng := degrees(f.v[fieldLng], 180)
	if okLat && okLng && (lat != 0 || lng != 0) {
		m.Lat, m.Lng, m.Located = lat, lng, true
	}
}

// degrees reads plain decimals only: no exponent, no hex, no NaN.
func degrees(b []byte, limit float64) (float64, bool) {
	b = bytes.TrimSpace(b)
	if len(b) == 0 || len(b) > 24 {
		return 0, false
	}
	for _, c := range b {
		if (c < '0' || c > '9') && c != '.' && c != '-' {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(string(b), 64)
	return v, err == nil && math.Abs(v) <= limit
}

// isToken reports whether b is 1 to n of A–Z a–z 0–9 _ -.
func isToken[T string | []byte](b T, n int) bool {
	if len(b) == 0 || len(b) > n {
		return false
	}
	for i := range len(b) {
		if !isName(b[i]) {
			return false
		}
	}
	return true
}
