package wechat

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Events about subscription notices and about what became of messages.
const (
	eventPopup   = "subscribe_msg_popup_event"  // somebody answered a question for consent
	eventChange  = "subscribe_msg_change_event" // somebody changed it in the settings
	eventSent    = "subscribe_msg_sent_event"   // what became of notices
	eventJob     = "TEMPLATESENDJOBFINISH"
	eventMassJob = "MASSSENDJOBFINISH"
)

// maxNotices is far beyond what one event has.
const maxNotices = 50

// NoticeEvent is one item of an event about subscription notices: in popup and change events a
// consent, in sent events what became of a notice.
type NoticeEvent struct {
	TemplateID string
	Accepted   bool   // popup and change events: yes, else no
	Sent       bool   // sent events: it was delivered
	JobID      string // sent events: the platform's id of the notice
	Code       int    // sent events: the platform's error code; -1: failed without one
}

// JobResult is what became of a message that the platform had accepted.
type JobResult string

// The results.
const (
	JobDone    JobResult = "done"
	JobBlocked JobResult = "blocked" // by the person
	JobFailed  JobResult = "failed"
)

// Job reads the receipt of a template or mass message, which is about JobID; false means that
// the message is none, or says nothing understandable.
func (m *Message) Job() (JobResult, bool) {
	if m.Type != typeEvent || m.JobID == "" || m.Event != eventJob && m.Event != eventMassJob {
		return "", false
	}
	s := strings.ToLower(m.Status)
	switch {
	case s == "success" || s == "send success" || s == "sendsuccess":
		return JobDone, true
	case strings.HasPrefix(s, "failed") && strings.Contains(s, "user block"):
		return JobBlocked, true
	case strings.HasPrefix(s, "fail"), strings.HasPrefix(s, "send fail"), strings.HasPrefix(s, "err"):
		return JobFailed, true
	}
	return "", false
}

// noticeItem is a <List> as it was read.
type noticeItem struct {
	template, status, id, code, result []byte
}

// noticeWrapper reports whether an element holds such items; old events have the popup's in
// place of the change's.
func noticeWrapper(name []byte) bool {
	switch string(name) {
	case "SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent":
		return true
	}
	return false
}

// enterNotice begins an item if the element name is one; depth is that of its parent.
func (s *scanner) enterNotice(name []byte, depth int) error {
	switch depth {
	case 0:
		s.wrapped, s.item = noticeWrapper(name), nil
	case 1:
		if s.item = nil; s.wrapped && string(name) == "List" {
			if len(s.f.notices) == maxNotices {
				return fmt.Errorf("too many notices: %w", errMalformed)
			}
			s.f.notices = append(s.f.notices, noticeItem{})
			s.item = &s.f.notices[len(s.f.notices)-1]
		}
	}
	return nil
}

// keepNotice keeps the value of an element directly inside of an item.
func (s *scanner) keepNotice(name, val []byte, depth int) error {
	if s.item == nil || depth != 2 {
		return nil
	}
	var to *[]byte
	switch string(name) {
	case "TemplateId":
		to = &s.item.template
	case "SubscribeStatusString":
		to = &s.item.status
	case "MsgID":
		to = &s.item.id
	case "ErrorCode":
		to = &s.item.code
	case "ErrorStatus":
		to = &s.item.result
	default:
		return nil
	}
	if *to != nil {
		return fmt.Errorf("field twice: %w", errMalformed)
	}
	*to = append([]byte{}, val...)
	return nil
}

// noticeEvents reads the items of an event; those that make no sense are dropped.
func (f *fields) noticeEvents(event string) []NoticeEvent {
	var list []NoticeEvent
	for _, i := range f.notices {
		n, ok := i.consent()
		if event == eventSent {
			n, ok = i.receipt()
		} else if event != eventPopup && event != eventChange {
			return nil
		}
		if ok {
			list = append(list, n)
		}
	}
	return list
}

func (i *noticeItem) consent() (NoticeEvent, bool) {
	id, status := string(bytes.TrimSpace(i.template)), string(bytes.TrimSpace(i.status))
	ok := isToken(id, maxOpenID) && (status == "accept" || status == "reject")
	return NoticeEvent{TemplateID: id, Accepted: status == "accept"}, ok
}

func (i *noticeItem) receipt() (NoticeEvent, bool) {
	n := NoticeEvent{TemplateID: string(bytes.TrimSpace(i.template)), JobID: string(bytes.TrimSpace(i.id))}
	if !isToken(n.TemplateID, maxOpenID) {
		return n, false
	}
	if !isToken(n.JobID, maxOpenID) {
		n.JobID = ""
	}
	good := strings.EqualFold(string(bytes.TrimSpace(i.result)), "success")
	code, err := strconv.ParseInt(string(bytes.TrimSpace(i.code)), 10, 32)
	switch {
	case err == nil:
		n.Code, n.Sent = int(code), good && code == 0
	case good:
		n.Sent = true
	}
	if !n.Sent && n.Code == 0 {
		n.Code = -1
	}
	return n, len(bytes.TrimSpace(i.result)) > 0 || err == nil
}
