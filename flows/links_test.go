package flows

import (
	"strings"
	"testing"
	"time"

	"yishi/flows/civic"
)

func TestMatchOpen(t *testing.T) {
	for text, want := range map[string]string{
		"打开 123456": "123456", "打开123456": "123456", "打开１２３ ４５６": "123456", "打開 123456。": "123456",
		"打开：000001": "000001", "打开验证码 123456": "123456", "请打开 123456": "123456", "打开 12": "12",
		"打开": "", "打开水龙头": "", "打开 123456 看看": "", "打开3号楼的门": "", "123456": "", "打开 1234567890123": "",
	} {
		got, ok := matchOpen(text)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", text, got, ok, want)
		}
	}
}

func TestLinkReply(t *testing.T) {
	turn := &Turn{World: World{Base: "https://yishi.example"}}
	got := linkReply(turn, "上传名册", civic.Receipt{Link: "abc"}, 0).Text
	if !strings.Contains(got, "\nhttps://yishi.example/f/abc\n30 分钟") {
		t.Errorf("usual life: %s", got)
	}
	if got := linkReply(turn, "上传名册", civic.Receipt{Link: "abc"}, time.Hour).Text; !strings.Contains(got, "60 分钟") {
		t.Errorf("an hour: %s", got)
	}
}
