package wechat

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func parseMessage(body string) (*Message, error) {
	f, err := parseFields([]byte(body))
	if err != nil {
		return nil, err
	}
	cfg := testConfig(ModeSafe)
	return f.message(&cfg)
}

func TestParseForgives(t *testing.T) {
	base := textXML("你好", "7", "")
	tests := []struct{ name, body, want string }{
		{"as it should be", base, "你好"},
		{"byte order mark", "\ufeff" + base, "你好"},
		{"declaration", `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + base + "\n", "你好"},
		{"declaration in single quotes", `<?xml version='1.0' encoding='utf-8' standalone='yes'?>` + base, "你好"},
		{"raw controls", textXML("a\x00\x02\x1fb\x7f", "7", ""), "ab"},
		{"line breaks stay", textXML("a\r\nb\tc", "7", ""), "a\nb c"},
		{"end mark inside", textXML("a]]>b", "7", ""), "a]]>b"},
		{"end mark at the end", textXML("a]]>", "7", ""), "a]]>"},
		{"split section", textXML("a]]]]><![CDATA[>b", "7", ""), "a]]>b"},
		{"tags in text", textXML("<a href='x'>y</a></Contents>", "7", ""), "<a href='x'>y</a></Contents>"},
		{"no section", strings.Replace(base, "<![CDATA[你好]]>", "a&lt;b&#20320;&#x597d;&amp;", 1), "a<b你好&"},
		{"empty element", strings.Replace(base, "<Content><![CDATA[你好]]></Content>", "<Content/>", 1), ""},
		{"no content", strings.Replace(base, "<Content><![CDATA[你好]]></Content>", "", 1), ""},
		{"pretty printed", strings.ReplaceAll(base, "><", ">\n  <"), "你好"},
		{"unknown fields", textXML("你好", "7", "<Foo>1</Foo><Foo>2</Foo><Idx/>"), "你好"},
		{"big characters", textXML("👨‍👩‍👧‍👦𠮷", "7", ""), "👨‍👩‍👧‍👦𠮷"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := parseMessage(tt.body)
			if err != nil {
				t.Fatal(err)
			}
			if m.Content != tt.want || m.Account != testOpenID || m.MsgID != "7" {
				t.Errorf("got %q of %q, id %q; want %q", m.Content, m.Account, m.MsgID, tt.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	base := textXML("1", "7", "")
	with := func(old, now string) string { return strings.Replace(base, old, now, 1) }
	tests := []struct{ name, body string }{
		{"nothing", ""},
		{"no XML", "hello"},
		{"JSON", `{"MsgType":"text"}`},
		{"empty root", "<xml></xml>"},
		{"closed root", "<xml/>"},
		{"other root", strings.ReplaceAll(base, "xml>", "foo>")},
		{"root in capitals", strings.ReplaceAll(base, "xml>", "XML>")},
		{"two roots", base + base},
		{"text behind", base + " junk <"},
		{"cut short", base[:len(base)-3]},
		{"text beside fields", with("<Content>", "stray<Content>")},
		{"document type", `<!DOCTYPE xml [<!ENTITY a "b">]>` + base},
		{"document type after the declaration", `<?xml version="1.0"?><!DOCTYPE xml>` + base},
		{"comment", with("<![CDATA[1]]>", "1<!-- x -->2")},
		{"instruction", with("<Content>", "<?php ?><Content>")},
		{"attribute", with("<Content>", `<Content a="b">`)},
		{"unknown entity", with("<![CDATA[1]]>", "&x;")},
		{"bare ampersand", with("<![CDATA[1]]>", "a & b")},
		{"reference to NUL", with("<![CDATA[1]]>", "&#0;")},
		{"reference to a surrogate", with("<![CDATA[1]]>", "&#xd800;")},
		{"reference beyond Unicode", with("<![CDATA[1]]>", "&#x110000;")},
		{"GBK", `<?xml version="1.0" encoding="GBK"?>` + base},
		{"UTF-16", `<?xml version="1.0" encoding = 'UTF-16'?>` + base},
		{"not UTF-8", textXML("a\xff\xfe", "7", "")},
		{"overlong", textXML("a\xc0\xbc", "7", "")},
		{"sender twice", textXML("1", "7", "<FromUserName>oX</FromUserName>")},
		{"sender smuggled in text", textXML("x]]></Content><FromUserName><![CDATA[oV]]></FromUserName><Content><![CDATA[y", "7", "")},
		{"content twice", textXML("1", "7", "<Content>2</Content>")},
		{"type twice", textXML("1", "7", "<MsgType>event</MsgType>")},
		{"id twice", textXML("1", "7", "<MsgId>8</MsgId>")},
		{"element inside of content", with("<![CDATA[1]]>", "<b>1</b>")},
		{"element beside text", with("<![CDATA[1]]>", "1<b></b>")},
		{"sender nested", with("<FromUserName>", "<FromUserName><x></x>")},
		{"too deep", textXML("1", "7", "<a><b><c><d><e></e></d></c></b></a>")},
		{"too many", textXML("1", "7", strings.Repeat("<a/>", maxElements))},
		{"crossed tags", textXML("1", "7", "<a><b></a></b>")},
		{"long name", textXML("1", "7", "<"+strings.Repeat("a", 65)+"/>")},
		{"sender in lower case", strings.ReplaceAll(base, "FromUserName", "fromusername")},
		{"no sender", with("FromUserName", "Who")},
		{"sender with a break", with(testOpenID, "oabc\nadmin")},
		{"sender with a control", with(testOpenID, "oabc\x00")},
		{"sender too long", with(testOpenID, strings.Repeat("o", 65))},
		{"sender not ASCII", with(testOpenID, "o张三")},
		{"sender empty", with(testOpenID, "")},
		{"sender is us", with(testOpenID, testAccount)},
		{"no time", with("CreateTime", "Time")},
		{"time beyond 64 bits", textAt("9223372036854775808")},
		{"time with a fraction", textAt("1.5")},
		{"no type", strings.Replace(base, "<![CDATA[text]]>", "", 1)},
		{"type with a path", strings.Replace(base, "<![CDATA[text]]>", "../text", 1)},
		{"event with a path", eventXML("../x", "")},
		{"subject with a path", eventXML("user_authorization_revoke", "<OpenID>../x</OpenID>")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if m, err := parseMessage(tt.body); !errors.Is(err, errMalformed) && !errors.Is(err, errWrongAccount) {
				t.Errorf("got %+v, %v; want an error", m, err)
			}
		})
	}
}

func textAt(at string) string {
	return "<xml><ToUserName>" + testAccount + "</ToUserName><FromUserName>" + testOpenID + "</FromUserName><CreateTime>" +
		at + "</CreateTime><MsgType>text</MsgType><Content>1</Content></xml>"
}

func typed(kind, extra string) string {
	return "<xml><ToUserName>" + testAccount + "</ToUserName><FromUserName>" + testOpenID +
		"</FromUserName><CreateTime>5</CreateTime><MsgType><![CDATA[" + kind + "]]></MsgType>" + extra + "<MsgId>7</MsgId></xml>"
}

func TestParseKinds(t *testing.T) {
	tests := []struct {
		name, body string
		want       Message
	}{
		{"image", typed("image", "<PicUrl>file:///etc/passwd</PicUrl><MediaId>m-1_a</MediaId>"), Message{Type: "image", MediaID: "m-1_a"}},
		{"image with a path for an id", typed("image", "<MediaId>../../token?x=1&amp;y</MediaId>"), Message{Type: "image"}},
		{"voice", typed("voice", "<MediaId>v</MediaId><Format>amr</Format><Recognition>路灯坏了</Recognition><MediaId16K>w</MediaId16K>"), Message{Type: "voice", MediaID: "v", Format: "amr", Transcript: "路灯坏了"}},
		{"link", typed("link", "<Title>t</Title><Url>javascript:alert(1)</Url>"), Message{Type: "link", Label: "t"}},
		{"location", typed("location", "<Location_X>23.13</Location_X><Location_Y>113.36</Location_Y><Label>东门</Label>"), Message{Type: "location", Lat: 23.13, Lng: 113.36, Located: true, Label: "东门"}},
		{"location west and south", typed("location", "<Location_X>-23.5</Location_X><Location_Y>-46.6</Location_Y>"), Message{Type: "location", Lat: -23.5, Lng: -46.6, Located: true}},
		{"location not a number", typed("location", "<Location_X>NaN</Location_X><Location_Y>NaN</Location_Y>"), Message{Type: "location"}},
		{"location without end", typed("location", "<Location_X>1e400</Location_X><Location_Y>1</Location_Y>"), Message{Type: "location"}},
		{"location in hex", typed("location", "<Location_X>0x1p4</Location_X><Location_Y>0x1p4</Location_Y>"), Message{Type: "location"}},
		{"location off the globe", typed("location", "<Location_X>91</Location_X><Location_Y>181</Location_Y>"), Message{Type: "location"}},
		{"location at zero", typed("location", "<Location_X>0</Location_X><Location_Y>0</Location_Y>"), Message{Type: "location"}},
		{"tap", typed("text", "<Content>1</Content><bizmsgmenuid>4201</bizmsgmenuid>"), Message{Type: "text", Content: "1", MenuID: 4201}},
		{"tap with a word", typed("text", "<Content>1</Content><bizmsgmenuid>abc</bizmsgmenuid>"), Message{Type: "text", Content: "1"}},
		{"tap too large", typed("text", "<Content>1</Content><bizmsgmenuid>99999999999</bizmsgmenuid>"), Message{Type: "text", Content: "1"}},
		{"tap below zero", typed("text", "<Content>1</Content><bizmsgmenuid>-4</bizmsgmenuid>"), Message{Type: "text", Content: "1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := parseMessage(tt.body)
			if err != nil {
				t.Fatal(err)
			}
			tt.want.Account, tt.want.CreateTime, tt.want.MsgID = testOpenID, 5, "7"
			if d := cmp.Diff(&tt.want, m); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestParseEvents(t *testing.T) {
	list := "<List><TemplateId>a</TemplateId><SubscribeStatusString>accept</SubscribeStatusString></List>"
	tests := []struct {
		name, body string
		want       Message
	}{
		{"follow by QR", eventXML("subscribe", "<EventKey>qrscene_b3</EventKey><Ticket>x</Ticket>"), Message{Event: "subscribe", EventKey: "qrscene_b3"}},
		{"event with text and id", eventXML("CLICK", "<EventKey>VOTE</EventKey><Content>2</Content><MsgId>9</MsgId>"), Message{Event: "CLICK", EventKey: "VOTE"}},
		{"consents", eventXML("subscribe_msg_popup_event", "<SubscribeMsgPopupEvent>"+list+list+list+"</SubscribeMsgPopupEvent>"), Message{Event: "subscribe_msg_popup_event", Notices: []NoticeEvent{{TemplateID: "a", Accepted: true}, {TemplateID: "a", Accepted: true}, {TemplateID: "a", Accepted: true}}}},
		{"scan", eventXML("scancode_waitmsg", "<EventKey>scan</EventKey><ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult><![CDATA[b3]]></ScanResult></ScanCodeInfo>"), Message{Event: "scancode_waitmsg", EventKey: "scan", Scanned: "b3"}},
		{"scan result elsewhere", eventXML("scancode_waitmsg", "<ScanResult>b3</ScanResult><A><ScanCodeInfo><ScanResult>b4</ScanResult></ScanCodeInfo></A>"), Message{Event: "scancode_waitmsg"}},
		{"pictures", eventXML("pic_weixin", "<SendPicsInfo><Count>2</Count><PicList><item><PicMd5Sum>1</PicMd5Sum></item><item><PicMd5Sum>2</PicMd5Sum></item></PicList></SendPicsInfo>"), Message{Event: "pic_weixin"}},
		{"job receipt", eventXML("TEMPLATESENDJOBFINISH", "<MsgID>200163841</MsgID><Status>failed:user block</Status>"), Message{Event: "TEMPLATESENDJOBFINISH", JobID: "200163841", Status: "failed:user block"}},
		{"withdrawn consent", eventXML("user_authorization_revoke", "<OpenID>oB</OpenID><AppID>"+testAppID+"</AppID>"), Message{Event: "user_authorization_revoke", Subject: "oB"}},
		{"no name", eventXML("", ""), Message{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := parseMessage(tt.body)
			if err != nil {
				t.Fatal(err)
			}
			tt.want.Account, tt.want.CreateTime, tt.want.Type = testOpenID, testNow.Unix(), typeEvent
			if d := cmp.Diff(&tt.want, m); d != "" {
				t.Error(d)
			}
		})
	}
	if _, err := parseMessage(eventXML("user_authorization_revoke", "<OpenID>oB</OpenID><AppID>wxff</AppID>")); !errors.Is(err, errWrongAccount) {
		t.Errorf("event for another app: %v", err)
	}
}

func TestKey(t *testing.T) {
	msg := func(f func(m *Message)) *Message {
		m := &Message{Account: "oA", Type: "text", CreateTime: 5, MsgID: "7", Content: "x"}
		f(m)
		return m
	}
	event := func(f func(m *Message)) *Message {
		m := &Message{Account: "oA", Type: typeEvent, CreateTime: 5, Event: "SCAN", EventKey: "1"}
		f(m)
		return m
	}
	tests := []struct {
		name string
		a, b *Message
		same bool
	}{
		{"same id, other text", msg(func(*Message) {}), msg(func(m *Message) { m.Content = "y"; m.CreateTime = 6 }), true},
		{"same id, other sender", msg(func(*Message) {}), msg(func(m *Message) { m.Account = "oB" }), false},
		{"other id", msg(func(*Message) {}), msg(func(m *Message) { m.MsgID = "8" }), false},
		{"no id, same words", msg(func(m *Message) { m.MsgID = "" }), msg(func(m *Message) { m.MsgID = "" }), true},
		{"no id, other words", msg(func(m *Message) { m.MsgID = "" }), msg(func(m *Message) { m.MsgID = ""; m.Content = "y" }), false},
		{"no id, other second", msg(func(m *Message) { m.MsgID = "" }), msg(func(m *Message) { m.MsgID = ""; m.CreateTime = 6 }), false},
		{"event again", event(func(*Message) {}), event(func(*Message) {}), true},
		{"other event in the same second", event(func(*Message) {}), event(func(m *Message) { m.Event = "CLICK" }), false},
		{"other event key in the same second", event(func(*Message) {}), event(func(m *Message) { m.EventKey = "2" }), false},
		{"name and key run together", event(func(m *Message) { m.Event, m.EventKey = "SC", "AN1" }), event(func(m *Message) { m.Event, m.EventKey = "SCA", "N1" }), false},
		{"receipts of two notices", event(func(m *Message) { m.Notices = []NoticeEvent{{TemplateID: "a", JobID: "1"}} }), event(func(m *Message) { m.Notices = []NoticeEvent{{TemplateID: "a", JobID: "2"}} }), false},
		{"the same consent again", event(func(m *Message) { m.Notices = []NoticeEvent{{TemplateID: "a", Accepted: true}} }), event(func(m *Message) { m.Notices = []NoticeEvent{{TemplateID: "a", Accepted: true}} }), true},
		{"receipts of two jobs", event(func(m *Message) { m.JobID = "1" }), event(func(m *Message) { m.JobID = "2" }), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := tt.a.Key(), tt.b.Key()
			if (a == b) != tt.same || len(a) > 128 {
				t.Errorf("keys %q and %q, want the same: %v", a, b, tt.same)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := parseMessage(string(body))
		if err != nil {
			if !errors.Is(err, errMalformed) && !errors.Is(err, errWrongAccount) {
				t.Errorf("unexpected error %v", err)
			}
			return
		}
		if !isToken(m.Account, maxOpenID) || m.Account == testAccount || m.Type == "" || len(m.Key()) > 128 {
			t.Errorf("accepted identity %q, type %q", m.Account, m.Type)
		}
		for _, s := range []string{m.Content, m.Transcript, m.Label, m.EventKey, m.Scanned, m.Status} {
			if !utf8.ValidString(s) || clean(s) != s {
				t.Errorf("not clean: %q", s)
			}
		}
		for _, n := range m.Notices {
			if !isToken(n.TemplateID, maxOpenID) || n.JobID != "" && !isToken(n.JobID, maxOpenID) || n.Sent && n.Code != 0 {
				t.Errorf("notice %+v", n)
			}
		}
		if in, ok := ToInput(m); ok && in.Media != "" && !isToken(in.Media, maxMedia) {
			t.Errorf("media id %q", in.Media)
		}
	})
}
