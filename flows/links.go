package flows

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// Links looks up browsers that wait to be let in.
type Links interface {
	// Pairing finds the browser that shows the code for a link of this account; false if none does.
	Pairing(ctx context.Context, a civic.Account, code string) (civic.Pairing, bool, error)
}

// LinkPath is where links live below the program's public address.
const LinkPath = "/f/"

// canLink says whether files can be sent and fetched at all: the program knows its public address.
func canLink(t *Turn) bool { return t.World.Base != "" }

// noPages is said where they cannot.
const noPages = "这里还不能用网页传文件，请回“人工”找网格员。"

// linkReply hands the link of a receipt over. todo begins the sentence: 上传名册; life is that of the
// link, 0 the usual one.
func linkReply(t *Turn, todo string, got any, life time.Duration) Reply {
	if life == 0 {
		life = civic.LinkLife
	}
	return Reply{Text: fmt.Sprintf("%s，请点：\n%s\n%d 分钟内有效，只有您自己能打开。要用电脑，就把这个链接发到电脑上打开。",
		todo, t.World.Base+LinkPath+receipt(got).Link, int(life.Minutes()))}
}

// OpenLinkDraft is a browser that somebody is about to let in.
type OpenLinkDraft struct {
	Code  string `json:"code,omitempty"`
	Title string `json:"title,omitempty"` // of what the browser would open; "" none waits for this code
}

// openLink 打开 lets a browser in that shows a code for a link of this very account. The code alone
// must not do it: somebody may have been talked into sending one.
var openLink = Flow[OpenLinkDraft]{
	ID: "open-link", Version: 1, Title: "打开网页",
	Opens: []string{"打开", "打开网页", "打开链接"},
	Match: matchOpen,
	Begin: func(d *OpenLinkDraft, t *Turn, code string) {
		if code != "" && canLink(t) {
			d.look(t, code)
		}
	},
	Glance: true,
	Steps: []Step[OpenLinkDraft]{
		{ID: "code", Open: func(d *OpenLinkDraft, _ *Turn) bool { return d.Title == "" }, Ask: (*OpenLinkDraft).askCode, Hear: (*OpenLinkDraft).hearCode},
		{ID: "confirm", Open: always[OpenLinkDraft], Ask: (*OpenLinkDraft).askConfirm, Hear: (*OpenLinkDraft).hearConfirm, Commits: true},
	},
	Told: func(_ *OpenLinkDraft, _ *Turn, _ any) Reply {
		return Reply{Text: "好了，请看那边的屏幕，页面会自己往下走。"}
	},
}

// codeLength is that of a code in digits.
const codeLength = 6

var (
	openWord   = regexp.MustCompile(`^请?打开(?:网页|链接|验证码|数字)?[:： ]*([0-9][0-9 ]{0,11})[。.]?$`)
	digitGroup = regexp.MustCompile(`^[0-9][0-9 ]{0,11}$`)
)

// matchOpen recognises 打开 123456, however the digits are grouped.
func matchOpen(text string) (string, bool) {
	m := openWord.FindStringSubmatch(zh.Fold(text))
	if m == nil {
		return "", false
	}
	return strings.ReplaceAll(m[1], " ", ""), true
}

// look finds what waits for the code, and has a wrong one counted.
func (d *OpenLinkDraft) look(t *Turn, code string) {
	d.Code, d.Title = code, ""
	if len(code) != codeLength {
		return
	}
	p, found, err := t.World.Links.Pairing(t.Context(), civic.Account(t.Account), code)
	if t.Failed(err) {
		return
	}
	if !found {
		t.Also(civic.MissLink{Account: civic.Account(t.Account)})
		return
	}
	d.Title = p.Title
}

func (d *OpenLinkDraft) askCode(t *Turn) Reply {
	switch {
	case !canLink(t):
		return Reply{Text: noPages}
	case d.Code == "":
		return Reply{Text: "屏幕上显示的六位数字是多少？"}
	case len(d.Code) != codeLength:
		return Reply{Text: "数字要六位。屏幕上显示的是多少？"}
	}
	return Reply{Text: "没有您的页面在等这个数字，什么也没有打开。\n要是别人让您发的，就别再发了，那可能是骗您的。\n是您自己的屏幕，请照着上面再发一次；过了 5 分钟，先在页面上换一个数字。"}
}

func (d *OpenLinkDraft) hearCode(t *Turn) Move {
	text := zh.Fold(t.Text)
	if !canLink(t) {
		return dialog.Done().Saying(noPages)
	}
	if !digitGroup.MatchString(text) {
		return dialog.Again("请发屏幕上的六位数字；不打开了回“取消”。")
	}
	d.look(t, strings.ReplaceAll(text, " ", ""))
	if d.Title == "" {
		return dialog.Stay("")
	}
	return dialog.Next()
}

func (d *OpenLinkDraft) askConfirm(*Turn) Reply {
	return Reply{
		Text:    "要在另一块屏幕上打开：" + d.Title + "。\n这个数字，是您自己在那块屏幕上看到的吗？",
		Choices: numbered([]string{"是，我自己看到的", "不是，别人让我发的"}),
		After:   "别人让您发的都别回“是”：回了，他就能替您办这件事。",
	}
}

func (d *OpenLinkDraft) hearConfirm(t *Turn) Move {
	i, v := t.Choice("是，我自己看到的", "不是，别人让我发的")
	yes, no := v == zh.Sure && i == 0, v == zh.Sure && i == 1
	if v == zh.None {
		yes, no = zh.YesNo(t.Text) == zh.Yes, zh.YesNo(t.Text) == zh.No
	}
	who := civic.Account(t.Account)
	switch {
	case yes:
		return dialog.Done(civic.OpenLink{Account: who, Code: d.Code})
	case no:
		t.Also(civic.ShutLink{Account: who, Code: d.Code})
		return dialog.Done().Saying("好，没有打开，那个数字已经作废。谁要您发数字，都别理他。")
	}
	return dialog.Again("请回 1 或 2。")
}
