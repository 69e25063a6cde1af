package demo

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"yishi/bot/browsertest"

	"github.com/chromedp/chromedp"
)

// tab is one open page of the demo.
type tab struct {
	t     *testing.T
	ctx   context.Context
	shots string
}

func newTab(t *testing.T) *tab {
	t.Helper()
	b := &tab{t: t, ctx: browsertest.Start(t, 4*time.Minute), shots: os.Getenv("YISHI_TEST_SHOTS")}
	if b.shots == "" {
		b.shots = t.TempDir()
	} else if err := os.MkdirAll(b.shots, 0o755); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *tab) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.shot("failed")
		b.t.Fatalf("%s: %v", what, err)
	}
}

// until waits for a condition in the page.
func (b *tab) until(condition string) {
	b.t.Helper()
	ok, err := chromedp.Run(b.ctx, chromedp.Poll[bool](condition, chromedp.WithPollingTimeout(30*time.Second)))
	if err != nil || !ok {
		b.shot("failed")
		b.t.Fatalf("waiting for %s: %v", condition, err)
	}
}

// await waits for what the page's request does to the server: a box is ticked before it is answered.
func (b *tab) await(what string, done func() bool) {
	b.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); !done(); <-tick.C {
		if time.Now().After(end) {
			b.shot("failed")
			b.t.Fatalf("waiting: %s", what)
		}
	}
}

func (b *tab) eval(expression string) any {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[any](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

func (b *tab) shot(name string) {
	b.t.Helper()
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(b.shots, name+".png"), png, 0o600)
	}
	if err != nil {
		b.t.Errorf("screenshot %s: %v", name, err)
	}
}

// css selects within the n-th phone.
func css(n, selector string) chromedp.CSS {
	return chromedp.CSS(".phone:nth-of-type(" + n + ") " + selector)
}

// said is a condition: the n-th phone shows the words in a bubble of the account.
func said(n, words string) string {
	return `[...document.querySelectorAll(".phone:nth-of-type(` + n + `) .them .bubble")].some(b => b.textContent.includes("` + words + `"))`
}

func (b *tab) say(n, text string) {
	b.t.Helper()
	b.do("type "+text, chromedp.SendKeys(css(n, ".keys textarea"), text+"\r"))
}

const plus = `.keys .round[aria-label^="照片"]`

func TestOnAPhone(t *testing.T) {
	w := newWorld(t)
	w.api("/cgi-bin/menu/create", testMenu)
	b := newTab(t)
	b.do("open", chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch),
		chromedp.Navigate(w.web.URL+"/"))
	b.until(`document.body.classList.contains("ready")`)
	b.shot("phone-1-follow")
	b.do("follow", chromedp.Click(css("1", ".stranger .codes button")))
	b.until(said("1", "这里是社区议事"))
	b.say("1", "河边又有人乱晾衣服")
	b.until(said("1", "很像"))
	b.shot("phone-2-choices")
	low := b.eval(`Math.min(...[...document.querySelectorAll(".phone.active .choice, .phone.active .menu button")].filter(c => c.offsetParent).map(c => c.getBoundingClientRect().height))`)
	if h, ok := low.(float64); !ok || h < 44 {
		t.Errorf("the lowest thing to tap is %v px high, want 44", low)
	}
	b.do("tap", chromedp.Click(css("1", ".them:nth-last-of-type(2) .choice:nth-of-type(2)")))
	b.until(said("1", "点了 2 号 102"))
	if got := w.bot.last(); got.MenuID != "102" {
		t.Errorf("the tap carried id %q", got.MenuID)
	}
	b.photo()
	b.menu()
	b.voice()
	b.large()
	if wide := b.eval(`document.documentElement.scrollWidth`); wide != float64(390) {
		t.Errorf("the page is %v px wide on a screen of 390", wide)
	}
	b.do("other phone", chromedp.Click(chromedp.CSS("#switcher button:nth-child(2)")))
	b.until(`document.querySelector(".phone:nth-of-type(2) .follow").offsetParent !== null`)
	b.shot("phone-8-stranger-large")
}

func (b *tab) photo() {
	b.t.Helper()
	b.do("open panel", chromedp.Click(css("1", plus)))
	b.until(`document.querySelector(".phone.active .tiles") !== null`)
	b.shot("phone-3-plus")
	b.do("photos", chromedp.Click(css("1", ".tile")))
	b.until(`document.querySelectorAll(".pictures img").length === 3 && [...document.querySelectorAll(".pictures img")].every(i => i.complete)`)
	b.shot("phone-4-photos")
	b.do("send photo", chromedp.Click(css("1", ".pictures button")))
	b.until(said("1", "收到照片"))
	b.until(`[...document.querySelectorAll(".picture img")].every(i => i.complete && i.naturalWidth > 0)`)
}

func (b *tab) menu() {
	b.t.Helper()
	b.do("sub-menu", chromedp.Click(css("1", ".menu > div:nth-child(2) > button")))
	b.shot("phone-5-menu")
	b.do("menu", chromedp.Click(css("1", ".menu > div:nth-child(2) li:first-child button")))
	b.until(said("1", "CLICK mine"))
}

// voice sends a recording and looks at what crossed the wire.
func (b *tab) voice() {
	b.t.Helper()
	b.do("voice", chromedp.Click(css("1", plus)), chromedp.Click(css("1", ".tile:nth-child(3)")),
		chromedp.SendKeys(css("1", ".panel textarea"), "楼道的灯也不亮"))
	b.shot("phone-6-voice")
	b.do("send voice", chromedp.Click(css("1", ".panel .submit")))
	b.until(said("1", "听到了：楼道的灯也不亮"))
	b.tool("#wire")
	b.do("open drawer", chromedp.Click(css("1", ".me:nth-last-of-type(3) .chip")))
	b.until(`document.querySelectorAll(".drawer pre").length >= 2`)
	b.shot("phone-7-wire")
	b.do("close drawer", chromedp.Click(chromedp.CSS(".drawer .tool")))
	b.tool("#wire")
}

func (b *tab) large() {
	b.t.Helper()
	b.tool("#big")
	b.shot("phone-8-large")
	b.do("tools", chromedp.Click(chromedp.CSS("#more")))
	b.shot("phone-8-tools-large")
	b.do("fold tools", chromedp.Click(chromedp.CSS("#more")))
}

// tool presses one of the tools that a narrow screen folds away.
func (b *tab) tool(id string) {
	b.t.Helper()
	b.do("tool "+id, chromedp.Click(chromedp.CSS("#more")), chromedp.Click(chromedp.CSS(id)), chromedp.Click(chromedp.CSS("#more")))
}

func TestOnADesk(t *testing.T) {
	w := newWorld(t)
	w.api("/cgi-bin/menu/create", testMenu)
	b := newTab(t)
	b.do("open", chromedp.EmulateViewport(1280, 900), chromedp.Navigate(w.web.URL+"/demo/"))
	b.until(`document.body.classList.contains("ready")`)
	b.do("follow", chromedp.Click(css("1", ".follow")), chromedp.Click(css("3", ".follow")))
	b.until(said("1", "这里是社区议事"))
	b.until(said("3", "这里是社区议事"))
	b.say("1", "提需求")
	b.until(said("1", "请说说您的需求"))
	b.say("1", "河边又有人乱晾衣服")
	b.until(said("1", "很像"))
	b.do("place", chromedp.Click(css("3", plus)), chromedp.Click(css("3", ".tile:nth-child(2)")),
		chromedp.Click(css("3", ".rows button")))
	b.until(said("3", "记下地点"))
	b.say("3", "坏")
	b.until(`document.querySelector(".phone:nth-of-type(3) .note.fault") !== null`)
	b.shot("desk-1")
	// What is typed can never become markup.
	b.say("1", "<img src=x onerror=document.title='hacked'>")
	b.until(said("1", "收到：<img src=x"))
	if b.eval(`document.title`) == "hacked" || b.eval(`document.querySelector('img[src="x"]')`) != nil {
		t.Error("a text became markup")
	}
	b.do("wire", chromedp.Click(chromedp.CSS("#wire")), chromedp.Click(css("1", ".me:nth-last-of-type(3) .chip")))
	b.until(`document.querySelectorAll(".drawer pre").length >= 2`)
	b.shot("desk-2-wire")
	b.do("close", chromedp.KeyEvent("\x1b"))
	b.until(`document.querySelector(".drawer").hidden`)
	b.do("clock", chromedp.Click(chromedp.CSS(`[data-hours="24"]`)))
	b.until(`document.querySelector("#ahead").textContent === "快 1 天"`)
	b.do("export", chromedp.Click(chromedp.CSS("#print")))
	b.say("1", "等")
	b.until(`[...document.querySelectorAll(".phone:nth-of-type(1) .dots")].every(d => !d.hidden)`)
	b.shot("desk-3-waiting")
	close(w.bot.hold)
	b.until(said("1", "收到：等"))
	b.do("large letters", chromedp.Click(chromedp.CSS("#big")))
	b.shot("desk-4-large")
	if wide := b.eval(`document.documentElement.scrollWidth`); wide != float64(1280) {
		t.Errorf("the page is %v px wide on a screen of 1280", wide)
	}
}

// A page that was open while the program restarted shows the same chat, once.
func TestPageSurvivesRestart(t *testing.T) {
	w := newWorld(t)
	b := newTab(t)
	b.do("open", chromedp.EmulateViewport(1280, 900), chromedp.Navigate(w.web.URL+"/demo/"))
	b.until(`document.body.classList.contains("ready")`)
	b.do("follow", chromedp.Click(css("1", ".follow")))
	b.until(said("1", "这里是社区议事"))
	address := w.web.Listener.Addr().String()
	w.close()
	b.until(`document.body.classList.contains("offline")`)
	w.openAt(address)
	b.until(`!document.body.classList.contains("offline")`)
	b.say("1", "还在吗")
	b.until(said("1", "收到：还在吗"))
	if n := b.eval(`[...document.querySelectorAll(".them .bubble")].filter(b => b.textContent.includes("这里是社区议事")).length`); n != float64(1) {
		t.Errorf("the welcome is shown %v times", n)
	}
	if strings.Contains(w.transcript("0"), "重启") {
		t.Error("a finished chat was told of the restart")
	}
}
