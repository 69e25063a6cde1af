package platform

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
)

// ErrNoTemplate is set when a phone answers for a template that the account does not own.
var ErrNoTemplate = errors.New("no such template of the account")

// Answer is what a person chooses for one template.
type Answer struct {
	TemplateID string
	Accept     bool
}

// Consent is what the platform keeps for one phone and template.
type Consent struct {
	TemplateID string
	Left       int  // notices that may still be sent, of a template for one time
	LongTerm   bool // any number of notices may be sent
	Refused    bool // turned off in the settings, and not accepted since
}

type consent struct {
	Left    int  `json:"left,omitempty"`
	Always  bool `json:"always,omitempty"`
	Refused bool `json:"refused,omitempty"`
}

// AnswerPopup answers the question for consent, several templates at once, following or not: one
// event with an item for each. Every acceptance of a template for one time is good for one more
// notice; a refusal here takes nothing back.
func (q *Person) AnswerPopup(ctx context.Context, answers ...Answer) *Delivery {
	return q.consent(ctx, "subscribe_msg_popup_event", "SubscribeMsgPopupEvent", answers)
}

// ChangeSettings turns templates off or on again in the phone's settings, several in one event.
// Off takes back all that is left of the consents. On gives a new one for long-term templates
// only; those for one time have to be asked for again.
func (q *Person) ChangeSettings(ctx context.Context, answers ...Answer) *Delivery {
	return q.consent(ctx, "subscribe_msg_change_event", "SubscribeMsgChangeEvent", answers)
}

// Consents lists what the phone consented to or refused, by template.
func (q *Person) Consents() []Consent {
	q.p.mu.Lock()
	defer q.p.mu.Unlock()
	var list []Consent
	for id, c := range q.p.follower(q.openid).Consents {
		list = append(list, Consent{TemplateID: id, Left: c.Left, LongTerm: c.Always, Refused: c.Refused})
	}
	slices.SortFunc(list, func(a, b Consent) int { return cmp.Compare(a.TemplateID, b.TemplateID) })
	return list
}

func (q *Person) consent(ctx context.Context, event, wrapper string, answers []Answer) *Delivery {
	if !q.choose(wrapper, answers) {
		return &Delivery{Openid: q.openid, Err: ErrNoTemplate}
	}
	var items strings.Builder
	for _, a := range answers {
		status := "reject"
		if a.Accept {
			status = "accept"
		}
		items.WriteString("<List><TemplateId><![CDATA[" + a.TemplateID + "]]></TemplateId>" +
			"<SubscribeStatusString><![CDATA[" + status + "]]></SubscribeStatusString>")
		if wrapper == "SubscribeMsgPopupEvent" {
			items.WriteString("<PopupScene>2</PopupScene>")
		}
		items.WriteString("</List>")
	}
	return q.send(ctx, []Field{{"MsgType", "event"}, {"Event", event}, {wrapper, items.String()}})
}

// choose books the answers, all or none; false when a template is not the account's.
func (q *Person) choose(wrapper string, answers []Answer) bool {
	p := q.p
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range answers {
		if _, code := p.noticeTemplates.find(a.TemplateID); code != codeOK {
			return false
		}
	}
	f := p.follower(q.openid)
	if f.Consents == nil {
		f.Consents = map[string]consent{}
	}
	for _, a := range answers {
		t, _ := p.noticeTemplates.find(a.TemplateID)
		long := t != nil && t.LongTerm
		c := f.Consents[a.TemplateID]
		switch {
		case wrapper == "SubscribeMsgChangeEvent" && !a.Accept:
			c = consent{Refused: true}
		case a.Accept && long:
			c = consent{Always: true}
		case a.Accept && wrapper == "SubscribeMsgPopupEvent":
			c = consent{Left: c.Left + 1}
		case a.Accept:
			c.Refused = false
		}
		f.Consents[a.TemplateID] = c
	}
	return true
}

// use takes one consent for a notice; false when there is none.
func (f *follower) use(t *Template) bool {
	c := f.Consents[t.ID]
	switch {
	case c.Always:
		return true
	case c.Left == 0:
		return false
	}
	c.Left--
	f.Consents[t.ID] = c
	return true
}
