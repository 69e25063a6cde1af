package platform

import (
	"slices"
	"strings"
	"testing"
)

func TestParseReply(t *testing.T) {
	good := plainReply(someone, testAccount, "您好")
	with := func(old, replacement string) string { return strings.Replace(good, old, replacement, 1) }
	for _, row := range []struct {
		name, xml, want string // want "" means refused
	}{
		{"good", good, "您好"},
		{"declaration", `<?xml version="1.0" encoding="UTF-8"?>` + good, "您好"},
		{"escaped instead of CDATA", with("<![CDATA[您好]]>", "a &amp; b"), "a & b"},
		{"2048 bytes", with("您好", strings.Repeat("a", 2048)), strings.Repeat("a", 2048)},
		{"2049 bytes", with("您好", strings.Repeat("a", 2049)), ""},
		{"empty content", with("您好", ""), ""},
		{"blank content", with("您好", " \n "), ""},
		{"no content", with("<Content><![CDATA[您好]]></Content>", ""), ""},
		{"content twice", with("<Content>", "<Content><![CDATA[a]]></Content><Content>"), ""},
		{"not swapped", plainReply(testAccount, someone, "您好"), ""},
		{"to another", plainReply("oOther", testAccount, "您好"), ""},
		{"from another", plainReply(someone, "gh_other", "您好"), ""},
		{"CreateTime no number", with("1800000000", "now"), ""},
		{"CreateTime zero", with("1800000000", "0"), ""},
		{"unknown type", with("[text]", "[sms]"), ""},
		{"control character", with("您好", "a\x02b"), ""},
		{"not UTF-8", with("您好", "\xff"), ""},
		{"cut", good[:len(good)-3], ""},
		{"more after it", good + "x", ""},
		{"another after it", good + good, ""},
		{"a DTD", "<!DOCTYPE xml>" + good, ""},
		{"other root", strings.NewReplacer("<xml>", "<html>", "</xml>", "</html>").Replace(good), ""},
		{"attributes", with("<xml>", `<xml a="b">`), ""},
		{"stray text", with("<xml>", "<xml>x"), ""},
		{"elements in content", with("<![CDATA[您好]]>", "a<b>c</b>"), ""},
		{"JSON", `{"errcode":0}`, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			r, err := parseReply([]byte(row.xml), someone, testAccount)
			if (row.want == "") != (err != nil) {
				t.Fatalf("error %v", err)
			}
			if err == nil && (r.Text != row.want || r.At != 1_800_000_000 || r.Type != "text") {
				t.Errorf("reply %+v", r)
			}
		})
	}
}

func TestParseReplyOfOtherTypes(t *testing.T) {
	head := "<xml><ToUserName>" + someone + "</ToUserName><FromUserName>" + testAccount + "</FromUserName><CreateTime>1</CreateTime>"
	for _, row := range []struct {
		name, rest, raw string
		ok              bool
	}{
		{"image", "<MsgType>image</MsgType><Image><MediaId>m1</MediaId></Image>", "m1", true},
		{"image without id", "<MsgType>image</MsgType><Image></Image>", "", false},
		{"news", "<MsgType>news</MsgType><ArticleCount>1</ArticleCount><Articles><item><Title>t</Title></item></Articles>", "t", true},
		{"transfer", "<MsgType>transfer_customer_service</MsgType>", "", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			r, err := parseReply([]byte(head+row.rest+"</xml>"), someone, testAccount)
			if row.ok != (err == nil) || r.Raw != row.raw && row.ok {
				t.Errorf("reply %+v, %v", r, err)
			}
		})
	}
}

func TestOpenInBothModes(t *testing.T) {
	p := testPlatform(t, Options{})
	plain := plainReply(someone, testAccount, "您好")
	good := envelope(sealed(plain, testAppID))
	for _, row := range []struct {
		name, mode, body, want string
		ok                     bool
	}{
		{"safe: empty", Safe, "", "", true},
		{"safe: success", Safe, "success", "", true},
		{"safe: envelope", Safe, good, plain, true},
		{"safe: success with a newline", Safe, "success\n", "", false},
		{"safe: plain reply", Safe, plain, "", false},
		{"safe: wrong signature", Safe, strings.Replace(good, "[77]", "[78]", 1), "", false},
		{"safe: no nonce", Safe, strings.Replace(good, "<Nonce><![CDATA[77]]></Nonce>", "", 1), "", false},
		{"safe: other appid", Safe, envelope(sealed(plain, "wxother")), "", false},
		{"safe: encrypted nothing", Safe, envelope(sealed("", testAppID)), "", false},
		{"safe: too long", Safe, strings.Repeat("a", maxAnswer+1), "", false},
		{"plain: success", Plain, "success", "", true},
		{"plain: reply", Plain, plain, plain, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := p.open(row.mode, []byte(row.body))
			if row.ok != (err == nil) || string(got) != row.want {
				t.Errorf("opened %q, %v", got, err)
			}
		})
	}
}

func TestParseText(t *testing.T) {
	for _, row := range []struct {
		name, content, text string
		links               []Link
	}{
		{"none", "1. 照明", "1. 照明", nil},
		{
			"one", `选 <a href="weixin://bizmsgmenu?msgmenucontent=%E7%85%A7%E6%98%8E&msgmenuid=7">照明</a>。`, "选 照明。",
			[]Link{{Label: "照明", Content: "照明", ID: 7}},
		},
		{
			"two over lines", "<a href=\"weixin://bizmsgmenu?msgmenucontent=1&msgmenuid=1\">一\n行</a>\n<a href=\"weixin://bizmsgmenu?msgmenuid=2&msgmenucontent=2\">二</a>", "一\n行\n二",
			[]Link{{Label: "一\n行", Content: "1", ID: 1}, {Label: "二", Content: "2", ID: 2}},
		},
		{"plus stays plus", `<a href="weixin://bizmsgmenu?msgmenucontent=1+3%205&msgmenuid=1">x</a>`, "x", []Link{{Label: "x", Content: "1+3 5", ID: 1}}},
		{"id no number", `<a href="weixin://bizmsgmenu?msgmenucontent=a&msgmenuid=x">x</a>`, "x", []Link{{Label: "x", Content: "a"}}},
		{"without id", `<a href="weixin://bizmsgmenu?msgmenucontent=a">x</a>`, "x", nil},
		{"without content", `<a href="weixin://bizmsgmenu?msgmenucontent=&msgmenuid=1">x</a>`, "x", nil},
		{"broken escape", `<a href="weixin://bizmsgmenu?msgmenucontent=%E7%8&msgmenuid=1">x</a>`, "x", nil},
		{"web", `<a href="https://example.org/a?b=c">页面</a>`, "页面", []Link{{Label: "页面", URL: "https://example.org/a?b=c"}}},
		{"not closed", `<a href="weixin://bizmsgmenu?msgmenucontent=a&msgmenuid=1">x`, `<a href="weixin://bizmsgmenu?msgmenucontent=a&msgmenuid=1">x`, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			text, links := parseText(row.content)
			if text != row.text || !slices.Equal(links, row.links) {
				t.Errorf("text %q, links %+v", text, links)
			}
		})
	}
}
