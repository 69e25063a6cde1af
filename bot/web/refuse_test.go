package web_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"yishi/bot/web"
	"yishi/bot/wechat"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// opened is a link that its account has opened on its phone.
func (r *rig) opened(kind string) (ref string, phone *browser) {
	r.t.Helper()
	ref, phone = r.link(kind), r.phone(asker)
	if kind == "greet" {
		phone.agent = deskUA // a browser that saves files
		phone.get(ref, "in")
	}
	if a := phone.get(ref); a.tag() != "form" && a.tag() != "file" {
		r.t.Fatalf("not opened: %d %s", a.status, a.body)
	}
	return ref, phone
}

// Nobody but the asker's browser gets anywhere, and each is told what to do.
func TestRefusals(t *testing.T) {
	const asks = "请回到公众号的聊天里，再要一个链接。"
	for name, row := range map[string]struct {
		do     func(t *testing.T, r *rig) answer
		status int
		says   string
	}{
		"foreign account": {func(_ *testing.T, r *rig) answer { return r.phone(stranger).get(r.link("count")) }, 403, "这个链接不是给您的"},
		"opened elsewhere by the asker": {func(_ *testing.T, r *rig) answer {
			ref, _ := r.opened("count")
			return r.phone(asker).get(ref)
		}, 403, "已经在别处打开了"},
		"opened elsewhere, on a computer": {func(_ *testing.T, r *rig) answer {
			ref, _ := r.opened("count")
			return r.browser(deskUA).draw(ref)
		}, 403, "没有记住这一页"},
		"wrong cookie uploads": {func(_ *testing.T, r *rig) answer {
			ref, phone := r.opened("count")
			return r.browser(deskUA).upload(ref, phone.get(ref).token(), "户,人\n")
		}, 403, "已经在别处打开了"},
		"wrong cookie downloads": {func(_ *testing.T, r *rig) answer {
			ref, _ := r.opened("greet")
			return r.browser(deskUA).get(ref, "file")
		}, 403, "已经在别处打开了"},
		"late": {func(_ *testing.T, r *rig) answer {
			ref := r.link("count")
			r.db.Clock().Shift(civic.LinkLife)
			return r.phone(asker).get(ref)
		}, 410, asks},
		"late upload": {func(_ *testing.T, r *rig) answer {
			ref, phone := r.opened("count")
			token := phone.get(ref).token()
			r.db.Clock().Shift(civic.LinkLife)
			return phone.upload(ref, token, "户,人\n")
		}, 410, asks},
		"unknown":          {func(_ *testing.T, r *rig) answer { return r.phone(asker).get("aaaaaaaaaaaaaaaaaaaaaaaaaa") }, 404, asks},
		"broken reference": {func(_ *testing.T, r *rig) answer { return r.phone(asker).get("AAAA..%2f%2e%2e%00") }, 404, asks},
		"short reference":  {func(_ *testing.T, r *rig) answer { return r.phone(asker).get(r.link("count")[:25]) }, 404, asks},
		"unknown kind":     {func(_ *testing.T, r *rig) answer { return r.phone(asker).get(r.link("newer")) }, 503, "网页正在更新"},
		"wrong method": {func(_ *testing.T, r *rig) answer {
			ref, phone := r.opened("count")
			return phone.do(http.MethodDelete, r.base+flows.LinkPath+ref, "", nil)
		}, 405, "请回到聊天里"},
		"upload to a download": {func(_ *testing.T, r *rig) answer {
			ref, phone := r.opened("greet")
			return phone.upload(ref, "x", "户,人\n")
		}, 403, "这样打不开"},
		"download of an upload": {func(_ *testing.T, r *rig) answer {
			ref, phone := r.opened("count")
			return phone.get(ref, "file")
		}, 403, "这样打不开"},
		"result before there is one": {func(_ *testing.T, r *rig) answer {
			ref, phone := r.opened("count")
			return phone.get(ref, "result")
		}, 404, asks},
		"another page's form": {func(_ *testing.T, r *rig) answer {
			ref, phone := r.opened("count")
			other, _ := r.opened("count")
			return phone.upload(ref, phone.get(other).token()+"x", "户,人\n")
		}, 403, "没有收下"},
		"another link's token": {func(_ *testing.T, r *rig) answer {
			ref, phone := r.opened("count")
			other := r.link("count")
			return phone.upload(ref, phone.get(other).token(), "户,人\n")
		}, 403, "没有收下"},
		"cross-site upload": {func(_ *testing.T, r *rig) answer {
			ref, phone := r.opened("count")
			kind, body := form(phone.get(ref).token(), "a.csv", "户,人\n")
			return phone.do(http.MethodPost, r.base+flows.LinkPath+ref, kind, body, "Sec-Fetch-Site", "cross-site")
		}, 403, "不是从我们的页面来的"},
		"upload of another origin": {func(_ *testing.T, r *rig) answer {
			ref, phone := r.opened("count")
			kind, body := form(phone.get(ref).token(), "a.csv", "户,人\n")
			return phone.do(http.MethodPost, r.base+flows.LinkPath+ref, kind, body, "Origin", "https://evil.example")
		}, 403, "不是从我们的页面来的"},
		"code without its form": {func(_ *testing.T, r *rig) answer {
			ref, desk := r.link("count"), r.browser(deskUA)
			desk.get(ref)
			return desk.do(http.MethodPost, r.base+flows.LinkPath+ref+"/code", "application/x-www-form-urlencoded", strings.NewReader("token=x"))
		}, 403, "没有记住这一页"},
		"nothing chosen": {func(_ *testing.T, r *rig) answer {
			ref, phone := r.opened("count")
			return phone.upload(ref, phone.get(ref).token(), "")
		}, 400, "没有选文件"},
		"not a form": {func(_ *testing.T, r *rig) answer {
			ref, phone := r.opened("count")
			return phone.do(http.MethodPost, r.base+flows.LinkPath+ref, "text/csv", strings.NewReader("户,人\n"))
		}, 400, "没有收下"},
		"login nobody began": {func(_ *testing.T, r *rig) answer { return r.phone(asker).get("login?code=x&state=y") }, 403, "没有认出您的微信"},
		"outside of WeChat": {func(_ *testing.T, r *rig) answer {
			return r.browser(deskUA).get(r.link("count"), "in")
		}, 400, "请在微信客户端打开链接"}, // which WeChat says
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, storetest.Open(t))
			a := row.do(t, r)
			if a.status != row.status || !strings.Contains(a.body, row.says) {
				t.Errorf("%d, want %d and %q:\n%s", a.status, row.status, row.says, a.body)
			}
		})
	}
}

// A wrong code opens nothing; so does the right one in somebody else's chat, and after too many.
func TestWrongCodes(t *testing.T) {
	r := newRig(t, storetest.Open(t))
	ref, desk := r.link("count"), r.browser(deskUA)
	code := desk.draw(ref).code()
	wrong := map[bool]string{true: "000000", false: "000001"}[code != "000000"]
	for who, c := range map[civic.Account]string{stranger: code, asker: wrong} {
		var no *civic.Refusal
		if err := r.commit(who, civic.OpenLink{Account: who, Code: c}); !errors.As(err, &no) {
			t.Errorf("not refused: %v", err)
		}
	}
	expect(t, "still waiting", desk.get(ref), 200, "code")
	for range 5 {
		if err := r.commit(asker, civic.MissLink{Account: asker}); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, "after five wrong ones", desk.get(ref), 200, "ask")
	var no *civic.Refusal
	if err := r.commit(asker, civic.OpenLink{Account: asker, Code: code}); !errors.As(err, &no) {
		t.Errorf("the void code: %v", err)
	}
	for range 9 {
		desk.draw(ref)
	}
	if a := desk.get(ref); a.tag() != "code" || strings.Contains(a.body, "换一个数字") {
		t.Errorf("the tenth code: %s", a.body)
	}
	r.db.Clock().Shift(civic.PairLife)
	expect(t, "after ten codes", desk.get(ref), 200, "spent", "换得太多次了")
}

// Messengers look at addresses that they carry: looking spoils nothing.
func TestLookingSpoilsNothing(t *testing.T) {
	r := newRig(t, storetest.Open(t))
	ref, desk := r.link("count"), r.browser(deskUA)
	code := desk.draw(ref).code()
	for _, path := range []string{"", "/state", "/file", "/result", "/code", "/in"} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			r.browser(deskUA).do(method, r.base+flows.LinkPath+ref+path, "", nil)
		}
	}
	if got := desk.get(ref).code(); got != code {
		t.Errorf("the code is %q now, was %q", got, code)
	}
	greet, phone := r.opened("greet")
	if a := phone.do(http.MethodHead, r.base+flows.LinkPath+greet+"/file", "", nil); a.status != 405 {
		t.Errorf("HEAD of a file: %d", a.status)
	}
	if l, _, err := r.db.Links().Find(t.Context(), greet, ""); err != nil || l.Fetches != 0 {
		t.Errorf("%d downloads (%v)", l.Fetches, err)
	}
}

func TestTooBig(t *testing.T) {
	db := storetest.Open(t)
	r := newRig(t, db, func(o *web.Options, _ *http.Server) {
		u := o.Kinds.Uploads["count"]
		u.Most = 100 << 10
		o.Kinds.Uploads["count"] = u
	})
	ref, phone := r.opened("count")
	token := phone.get(ref).token()
	big := "户,人\n" + strings.Repeat("3-501,2\n", 30_000)
	kind, body := form(token, "a.csv", big)
	text := body.String()
	for name, reader := range map[string]io.Reader{"length told": bytes.NewReader([]byte(text)), "in pieces": io.MultiReader(strings.NewReader(text))} {
		a := phone.do(http.MethodPost, r.base+flows.LinkPath+ref, kind, reader)
		// The connection may be cut before the answer is read, as the rest of the file is not.
		if a.status != http.StatusRequestEntityTooLarge && a.status != 0 || a.status != 0 && !strings.Contains(a.body, "超过了 100 KB") {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	expect(t, "afterwards", phone.get(ref), 200, "form", "100 KB")
	phone.upload(ref, token, "户,人\n1,1\n")
	expect(t, "a smaller one", phone.await(ref), 200, "done")
}

// Of two that open at once, one wins; of uploads at once from its browser, one goes in.
func TestAtOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		r := newRig(t, db)
		ref := r.link("count")
		phones := []*browser{r.phone(asker), r.phone(asker), r.phone(asker), r.phone(asker)}
		var mu sync.Mutex
		var in []*browser
		var all sync.WaitGroup
		for _, p := range phones {
			all.Go(func() {
				if a := p.get(ref); a.tag() == "form" {
					mu.Lock()
					in = append(in, p)
					mu.Unlock()
				} else if a.status != 403 || !strings.Contains(a.body, "已经在别处打开了") {
					t.Errorf("the others: %d %s", a.status, a.body)
				}
			})
		}
		all.Wait()
		if len(in) != 1 {
			t.Fatalf("%d were let in", len(in))
		}
		var taken, works atomic.Int32
		r.take = func(context.Context, web.Opened, web.File, web.Say) (web.Page, error) {
			works.Add(1)
			return web.Page{Title: "好了"}, nil
		}
		token := in[0].get(ref).token()
		for range 6 {
			all.Go(func() {
				a := in[0].upload(ref, token, "户,人\n")
				if a.status == 200 {
					taken.Add(1)
				} else if a.status != http.StatusConflict {
					t.Errorf("the others: %d %s", a.status, a.body)
				}
			})
		}
		all.Wait()
		expect(t, "in the end", in[0].await(ref), 200, "done")
		if taken.Load() != 1 || works.Load() != 1 {
			t.Errorf("%d uploads taken, %d worked off", taken.Load(), works.Load())
		}
	})
}

// What WeChat's login can answer, and what it then says.
func TestLoginFaults(t *testing.T) {
	for name, row := range map[string]struct {
		err    error
		status int
		says   string
	}{
		"used up":  {errors.Join(wechat.ErrBadCode, &wechat.Error{Code: 40163}), 403, "没有认出您的微信"},
		"snapshot": {wechat.ErrSnapshot, 403, "使用完整服务"},
		"away":     {wechat.ErrUnsure, 503, "微信没有回应"},
		"set-up":   {&wechat.Error{Code: 40125}, 503, "微信没有回应"},
	} {
		t.Run(name, func(t *testing.T) {
			fake := &fakeLogin{err: row.err}
			r := newRig(t, storetest.Open(t), func(o *web.Options, _ *http.Server) { o.Login = fake })
			ref, phone := r.link("count"), r.browser(phoneUA)
			fake.back = "code-canary"
			a := phone.get(ref)
			if a.status != row.status || !strings.Contains(a.body, row.says) || !strings.Contains(a.body, "再试一次") {
				t.Errorf("%d %s", a.status, a.body)
			}
			fake.err = nil
			expect(t, "tried again", phone.get(ref, "in"), 200, "form")
		})
	}
}

// fakeLogin leads back at once.
type fakeLogin struct {
	err  error
	back string
}

func (f *fakeLogin) LoginURL(redirect, state string) (string, error) {
	return redirect + "?" + url.Values{"code": {f.back}, "state": {state}}.Encode(), nil
}

func (f *fakeLogin) Login(context.Context, string) (string, error) { return string(asker), f.err }

// The state that went through the login is good in its browser only, and not for long.
func TestStateOfAnotherBrowser(t *testing.T) {
	fake := &fakeLogin{back: "code"}
	r := newRig(t, storetest.Open(t), func(o *web.Options, _ *http.Server) { o.Login = fake })
	ref, first := r.link("count"), r.browser(phoneUA)
	first.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	to := first.get(ref, "in").header.Get("Location")
	if strings.Contains(to, ref) || to == "" {
		t.Fatalf("led to %q, which betrays the link", to)
	}
	other := r.browser(phoneUA)
	other.get(ref, "state")
	other.get("aaaaaaaaaaaaaaaaaaaaaaaaaa") // it has a cookie then
	if a := other.do(http.MethodGet, to, "", nil); a.status != 403 {
		t.Errorf("another browser: %d", a.status)
	}
	r.db.Clock().Shift(11 * time.Minute)
	if a := first.do(http.MethodGet, to, "", nil); a.status != 403 {
		t.Errorf("too late: %d", a.status)
	}
	r.db.Clock().Shift(-11 * time.Minute)
	if a := first.do(http.MethodGet, to, "", nil); a.status != http.StatusSeeOther || a.header.Get("Location") != "/f/"+ref {
		t.Errorf("in time: %d %s", a.status, a.header.Get("Location"))
	}
}
