package demo

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// fill writes an announcement into the staff's panel by the keyboard.
func (b *tab) fill(title, body string) {
	b.t.Helper()
	b.do("write", chromedp.SendKeys(chromedp.CSS(".tell input[type=text]"), title), chromedp.SendKeys(chromedp.CSS(".tell textarea"), body))
}

const previewed = `document.querySelector(".preview li .way")?.className`

// Staff look, confirm and see a phone light up; a route that is turned off is told of at once.
func TestStaffOnADesk(t *testing.T) {
	w, d := newDeskWorld(t)
	b := newTab(t)
	b.do("open", chromedp.EmulateViewport(1280, 900), chromedp.Navigate(w.web.URL+"/demo/"))
	b.until(`document.body.classList.contains("ready")`)
	b.do("panel", chromedp.Click(chromedp.CSS("#staff")))
	b.do("look at nothing", chromedp.Click(chromedp.CSS(".look")))
	b.until(`document.querySelector("#toast")?.textContent === "请写标题"`)
	b.fill("周六议事会", "周六下午三点，社区服务站。")
	b.do("look", chromedp.Click(chromedp.CSS(".look")))
	b.until(previewed + ` === "way customer"`)
	b.shot("desk-5-preview")
	w.post("switch", `{"do":"route","route":"customer","set":"off"}`, nil)
	b.until(previewed + ` === "way inbox"`)
	b.until(`document.querySelector(".preview li")?.textContent.includes("站内")`)
	w.post("switch", `{"do":"route","route":"customer","set":"on"}`, nil)
	b.until(previewed + ` === "way customer"`)
	b.until(`document.querySelector(".preview .submit")?.textContent === "确认发送 2 人"`)
	b.do("confirm by keyboard", chromedp.SendKeys(chromedp.CSS(".preview .submit"), "\r"))
	b.until(`document.querySelector(".phone:nth-of-type(1) .frame")?.classList.contains("lit")`)
	b.until(`document.querySelector(".phone:nth-of-type(1) .banner.customer b")?.textContent === "周六议事会"`)
	b.until(said("1", "周六下午三点，社区服务站。"))
	b.until(`document.querySelector(".told .sum")?.textContent === "合计 2，名单 2 人"`)
	b.shot("desk-6-lit")
	if n := b.eval(`document.querySelectorAll(".phone:nth-of-type(2) .banner, .phone:nth-of-type(3) .banner").length`); n != float64(0) {
		t.Errorf("%v other phones light up", n)
	}
	b.do("again", chromedp.Click(chromedp.CSS(".told .wide")))
	b.until(`document.querySelector("#toast")?.textContent === "再发一次：1 人"`)
	if len(d.resent) != 1 {
		t.Errorf("resent %v", d.resent)
	}
	b.do("switches", chromedp.Click(chromedp.CSS("#tab-switches")), chromedp.Click(chromedp.CSS(".switch input")))
	b.await("the first switch cuts answers", func() bool { return w.server.switchState().Cut })
	b.do("heal", chromedp.Click(chromedp.CSS(".heal")))
	b.until(`!document.querySelector(".switch input").checked`)
	b.do("close", chromedp.KeyEvent("\x1b"))
	b.until(`document.querySelector("#desk").hidden && document.activeElement.id === "staff"`)
}

// On a phone's screen the panel covers all, and a banner above it leads to the phone.
func TestStaffOnAPhone(t *testing.T) {
	w, _ := newDeskWorld(t)
	b := newTab(t)
	b.do("open", chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch), chromedp.Navigate(w.web.URL+"/"))
	b.until(`document.body.classList.contains("ready")`)
	b.do("other phone", chromedp.Click(chromedp.CSS("#switcher button:nth-child(2)")))
	b.do("panel", chromedp.Click(chromedp.CSS("#staff")))
	b.fill("周六议事会", "周六下午三点，社区服务站。")
	b.do("look", chromedp.Click(chromedp.CSS(".look")))
	b.until(`document.querySelector(".preview .submit") !== null`)
	b.narrow("preview")
	b.do("confirm", chromedp.Click(chromedp.CSS(".preview .submit")))
	b.until(`document.querySelector("#notices .banner")?.getAnimations().length === 0`)
	b.shot("phone-9-lit")
	b.do("see", chromedp.Click(chromedp.CSS("#notices .see")))
	b.until(`document.querySelector("#desk").hidden && document.querySelector(".phone.active") === document.querySelector(".phone:nth-of-type(1)")`)
	b.do("panel again", chromedp.Click(chromedp.CSS("#staff")))
	b.narrow("told")
	b.do("switches", chromedp.Click(chromedp.CSS("#tab-switches")))
	b.narrow("switches")
	w.api(sendPaths["template"], `{"touser":"o-aunt","template_id":"t-news","data":{"thing1":{"value":"周六议事会"},"thing2":{"value":"周六下午三点，社区服务站，商量晾衣架"}}}`)
	b.until(`document.querySelector(".phone:nth-of-type(1) .bubble.card.template dd")?.textContent === "周六议事会"`)
	b.do("close", chromedp.Click(chromedp.CSS("#desk header .tool")))
	b.narrow("card")
	b.do("plus", chromedp.Click(css("1", plus)), chromedp.Click(css("1", ".tile:nth-child(5)")))
	b.narrow("consent")
	b.do("consent", chromedp.Click(css("1", ".popup .submit")))
	b.until(`[...document.querySelectorAll(".phone:nth-of-type(1) .note")].some(n => n.textContent.includes("同意收“会议通知”"))`)
	if list := w.platform.Person(aunt).Consents(); len(list) != 1 || list[0].Left != 1 {
		t.Errorf("consents: %+v", list)
	}
}

// narrow checks that nothing is wider than the screen, in both sizes of letters, and large enough to tap.
func (b *tab) narrow(what string) {
	b.t.Helper()
	for _, size := range []string{"", "-large"} {
		b.shot("phone-desk-" + what + size)
		wide := b.eval(`Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll("#desk .scroll, .phone.active .chat, .phone.active .panel")].filter(e => e.offsetParent || e.clientWidth).map(e => e.scrollWidth))`)
		if wide != float64(390) {
			b.t.Errorf("%s%s is %v px wide on a screen of 390", what, size, wide)
		}
		low := b.eval(`Math.min(99, ...[...document.querySelectorAll("#desk button, #desk input[type=text], .popup button")].filter(e => e.offsetHeight && !e.closest("[role=tablist]")).map(e => e.getBoundingClientRect().height))`)
		if h, ok := low.(float64); !ok || h < 44 {
			b.t.Errorf("%s%s: the lowest thing to tap is %v px high, want 44", what, size, low)
		}
		b.eval(`document.querySelector("#big").click()`)
	}
}
