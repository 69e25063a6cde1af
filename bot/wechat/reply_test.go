package wechat

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFit(t *testing.T) {
	link := `<a href="weixin://bizmsgmenu?msgmenucontent=1&msgmenuid=2">好</a>`
	family := "👨‍👩‍👧‍👦"
	tests := []struct{ name, text, want string }{
		{"plain", "您好", "您好"},
		{"empty", "", ""},
		{"nothing to see", " \n\x00", ""},
		{"controls and bad bytes", "a\x00\x08b\xff\xfec\r\nd", "abc\nd"},
		{"just fits", strings.Repeat("a", 2048), strings.Repeat("a", 2048)},
		{"too long", strings.Repeat("汉", 683), strings.Repeat("汉", 682)},
		{"emoji over the limit", strings.Repeat("a", 2030) + family, strings.Repeat("a", 2030)},
		{"flag over the limit", strings.Repeat("a", 2042) + "🇨🇳", strings.Repeat("a", 2042)},
		{"second flag over the limit", strings.Repeat("a", 2038) + "🇨🇳🇨🇳", strings.Repeat("a", 2038) + "🇨🇳"},
		{"accent over the limit", strings.Repeat("a", 2047) + "é" + "́", strings.Repeat("a", 2047)},
		{"link over the limit", strings.Repeat("a", 2000) + link, strings.Repeat("a", 2000)},
		{"link before the limit", link + strings.Repeat("a", 2048), link + strings.Repeat("a", 2048-len(link))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := fit(tt.text); got != tt.want {
				t.Errorf("got %d bytes %.60q, want %d bytes %.60q", len(got), got, len(tt.want), tt.want)
			}
		})
	}
}

func TestReplyFields(t *testing.T) {
	got := readReply(t, appendReply(nil, testOpenID, testAccount, 42, "a]]>b]]]]>c"))
	if got.ToUserName != testOpenID || got.FromUserName != testAccount || got.CreateTime != 42 ||
		got.MsgType != "text" || got.Content != "a]]>b]]]]>c" {
		t.Errorf("got %+v", got)
	}
}

func FuzzReply(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		want := fit(text)
		if len(want) > maxContent || !utf8.ValidString(want) || fit(want) != want {
			t.Fatalf("bad fit of %q", text)
		}
		if want == "" {
			return
		}
		got := readReply(t, appendReply(nil, testOpenID, testAccount, 1, want))
		if got.Content != want || got.ToUserName != testOpenID {
			t.Errorf("%q came back as %q", want, got.Content)
		}
	})
}
