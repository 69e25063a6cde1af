package wechat

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func item(fields ...string) string {
	var b strings.Builder
	b.WriteString("\n<List>")
	for i := 0; i < len(fields); i += 2 {
		b.WriteString("<" + fields[i] + "><![CDATA[" + fields[i+1] + "]]></" + fields[i] + ">\n")
	}
	b.WriteString("</List>")
	return b.String()
}

func consentItem(id, status string) string {
	return item("TemplateId", id, "SubscribeStatusString", status, "PopupScene", "2")
}

func sentItem(id, job, code, status string) string {
	return item("TemplateId", id, "MsgID", job, "ErrorCode", code, "ErrorStatus", status)
}

func TestNoticeEvents(t *testing.T) {
	const popup, change, sent = "SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent"
	in := func(wrapper string, items ...string) string {
		return "<" + wrapper + ">" + strings.Join(items, "") + "</" + wrapper + ">"
	}
	const id = "VRR0UEO9VJOLs0MHlU0OilqX6MVFDwH3_3gz3Oc0NIc"
	yes := NoticeEvent{TemplateID: id, Accepted: true}
	tests := []struct {
		name, event, body string
		want              []NoticeEvent
	}{
		{"one yes", eventPopup, in(popup, consentItem(id, "accept")), []NoticeEvent{yes}},
		{"several", eventPopup, in(popup, consentItem(id, "accept"), consentItem("b", "reject"), consentItem("c", "accept")), []NoticeEvent{yes, {TemplateID: "b"}, {TemplateID: "c", Accepted: true}}},
		{"changes", eventChange, in(change, consentItem(id, "reject"), consentItem("b", "accept")), []NoticeEvent{{TemplateID: id}, {TemplateID: "b", Accepted: true}}},
		{"change in the other wrapper", eventChange, in(popup, consentItem(id, "reject")), []NoticeEvent{{TemplateID: id}}},
		{"popup in the other wrapper", eventPopup, in(change, consentItem(id, "accept")), []NoticeEvent{yes}},
		{"delivered and not", eventSent, in(sent, sentItem(id, "1700827132819554304", "0", "success"), sentItem("b", "2", "43101", "failed:user block")), []NoticeEvent{{TemplateID: id, Sent: true, JobID: "1700827132819554304"}, {TemplateID: "b", JobID: "2", Code: 43101}}},
		{"delivered, code is no number", eventSent, in(sent, sentItem(id, "1", "ok", "success")), []NoticeEvent{{TemplateID: id, Sent: true, JobID: "1"}}},
		{"success with a code", eventSent, in(sent, sentItem(id, "1", "20", "success")), []NoticeEvent{{TemplateID: id, JobID: "1", Code: 20}}},
		{"failure without a code", eventSent, in(sent, sentItem(id, "1", "", "failed")), []NoticeEvent{{TemplateID: id, JobID: "1", Code: -1}}},
		{"failure with code 0", eventSent, in(sent, sentItem(id, "1", "0", "failed")), []NoticeEvent{{TemplateID: id, JobID: "1", Code: -1}}},
		{"receipt for a path", eventSent, in(sent, sentItem(id, "../1", "0", "success")), []NoticeEvent{{TemplateID: id, Sent: true}}},
		{"receipt that says nothing", eventSent, in(sent, item("TemplateId", id, "MsgID", "1")), nil},
		{"unknown answer", eventPopup, in(popup, consentItem(id, "maybe"), consentItem("b", "accept")), []NoticeEvent{{TemplateID: "b", Accepted: true}}},
		{"no template", eventPopup, in(popup, item("SubscribeStatusString", "accept")), nil},
		{"template with a path", eventPopup, in(popup, consentItem("../x", "accept")), nil},
		{"empty items", eventPopup, in(popup, "<List/>", "<List></List>", "<List>x</List>"), nil},
		{"empty wrapper", eventPopup, "<" + popup + "/>", nil},
		{"no wrapper", eventPopup, consentItem(id, "accept"), nil},
		{"strange wrapper", eventPopup, in("Foo", consentItem(id, "accept")), nil},
		{"item in an item", eventPopup, in(popup, "<List>"+consentItem(id, "accept")+"</List>"), nil},
		{"fields beside items", eventPopup, in(popup, "<TemplateId>"+id+"</TemplateId><SubscribeStatusString>accept</SubscribeStatusString>"), nil},
		{"other event", "CLICK", in(popup, consentItem(id, "accept")), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := parseMessage(eventXML(tt.event, tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, m.Notices); d != "" {
				t.Error(d)
			}
			if _, heard := ToInput(m); heard && tt.event != "CLICK" {
				t.Error("the dialogue hears of it")
			}
		})
	}
	for name, body := range map[string]string{
		"field twice": in(popup, item("TemplateId", "a", "TemplateId", "b", "SubscribeStatusString", "accept")),
		"too many":    in(popup, strings.Repeat("<List/>", maxNotices+1)),
		"unclosed":    "<" + popup + "><List>",
	} {
		if m, err := parseMessage(eventXML(eventPopup, body)); !errors.Is(err, errMalformed) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

func TestJob(t *testing.T) {
	tests := []struct {
		name, event, body string
		want              JobResult
	}{
		{"delivered", eventJob, "<MsgID>200163836</MsgID><Status><![CDATA[success]]></Status>", JobDone},
		{"blocked", eventJob, "<MsgID>200163836</MsgID><Status><![CDATA[failed:user block]]></Status>", JobBlocked},
		{"blocked, with a blank", eventJob, "<MsgID>1</MsgID><Status><![CDATA[failed: user block]]></Status>", JobBlocked},
		{"failed", eventJob, "<MsgID>1</MsgID><Status><![CDATA[failed: system failed]]></Status>", JobFailed},
		{"mass done", eventMassJob, "<MsgID>1</MsgID><Status><![CDATA[send success]]></Status><SentCount>2</SentCount>", JobDone},
		{"mass failed", eventMassJob, "<MsgID>1</MsgID><Status><![CDATA[send fail]]></Status>", JobFailed},
		{"mass refused", eventMassJob, "<MsgID>1</MsgID><Status><![CDATA[err(10001)]]></Status>", JobFailed},
		{"no id", eventJob, "<Status><![CDATA[success]]></Status>", ""},
		{"id with a path", eventJob, "<MsgID>../1</MsgID><Status><![CDATA[success]]></Status>", ""},
		{"no status", eventJob, "<MsgID>1</MsgID>", ""},
		{"unknown status", eventJob, "<MsgID>1</MsgID><Status>later</Status>", ""},
		{"other event", "CLICK", "<MsgID>1</MsgID><Status>success</Status>", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := parseMessage(eventXML(tt.event, tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := m.Job(); got != tt.want || ok != (tt.want != "") {
				t.Errorf("got %q, %v; want %q", got, ok, tt.want)
			}
		})
	}
}
