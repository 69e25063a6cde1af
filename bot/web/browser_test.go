package web_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"yishi/bot/browsertest"
	"yishi/bot/web"
	"yishi/flows/civic"
	"yishi/store/storetest"
)

// A real browser, under the pages' own policy: it shows a code, goes on by itself once the chat has
// said yes, sends a file with its progress, follows the work and shows what came of it.
func TestInABrowser(t *testing.T) {
	ctx := browsertest.Start(t, 2*time.Minute)
	r := newRig(t, storetest.Open(t))
	ref := r.link("count")
	goOn := make(chan struct{})
	r.take = func(ctx context.Context, o web.Opened, f web.File, say web.Say) (web.Page, error) {
		say("已读 1 行")
		select {
		case <-goOn:
		case <-ctx.Done():
		}
		return countLines(ctx, o, f, say)
	}
	file := filepath.Join(t.TempDir(), "名册.csv")
	if err := os.WriteFile(file, []byte("户,人\n3-501,2\n3-502\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := &window{t, ctx}
	b.do("open", chromedp.EmulateViewport(1100, 800), chromedp.Navigate(r.base+"/f/"+ref))
	b.do("ask for a code", chromedp.Click(chromedp.CSS("button")))
	b.until(`document.body.dataset.tag === "code"`)
	code, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector(".code").textContent.slice(-6)`))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.commit(asker, civic.OpenLink{Account: asker, Code: code}); err != nil {
		t.Fatal(err)
	}
	b.until(`document.body.dataset.tag === "form"`)
	b.until(`getComputedStyle(document.body).fontSize === "20px"`) // the style comes after the page
	b.do("choose", chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}), chromedp.Click(chromedp.CSS("#upload button")))
	b.until(`document.body.dataset.tag === "work"`)
	b.until(`document.getElementById("progress").textContent === "已读 1 行"`)
	close(goOn)
	b.until(`document.body.dataset.tag === "done" && document.body.innerText.includes("第 3 行：少一列")`)
}

// window is a browser's only page.
type window struct {
	t   *testing.T
	ctx context.Context
}

func (b *window) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// until waits for a condition. A look at a page that just goes away is an error, and not the last.
func (b *window) until(condition string) {
	b.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); ; <-tick.C {
		ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](condition))
		if err == nil && ok {
			return
		}
		if time.Now().After(end) {
			text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.body.innerText"))
			b.t.Fatalf("waiting for %s: %v\n%s", condition, err, text)
		}
	}
}
