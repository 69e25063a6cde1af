package main

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store"
)

// canaryRoll is a roll with good and bad lines.
const canaryRoll = rollHead + "鸟笼新村,鸟笼网格,77,8,910,金丝雀丙," + canaryPhone + ",canary-1,金丝雀备注\n" +
	"鸟笼新村,鸟笼网格,77,8,911,,1398765432,canary-2,金丝雀\n鸟笼新村,另一鸟笼,77,8,909,金丝雀1,=金丝雀(),canary-1,\n"

// canaryPages are what links are about whose pages are opened. Whoever adds a kind adds a line.
var canaryPages = map[string]struct {
	args func(need civic.NeedID) any
	file string // what is sent there
}{
	flows.RollUploadLink: {func(civic.NeedID) any { return flows.RollUploadArgs{} }, canaryRoll},
	flows.RollFormLink:   {args: func(civic.NeedID) any { return nil }},
	flows.DoorCardsLink:  {args: func(civic.NeedID) any { return flows.DoorCardsArgs{At: 1} }},
	flows.MyDataLink:     {args: func(civic.NeedID) any { return nil }},
	flows.DoorListLink:   {args: func(civic.NeedID) any { return nil }},
	flows.NeedMediaLink:  {args: func(need civic.NeedID) any { return flows.NeedMedia{Need: need, Number: "金丝雀"} }},
}

// files has a page of each kind opened, by whom it is for and by somebody else.
func (c *cage) files() {
	c.t.Helper()
	c.startPages()
	n, ok, err := c.db.Needs().ByNumber(c.t.Context(), c.community.ID, 0, 1)
	if err != nil || !ok {
		c.t.Fatalf("no need: %v", err)
	}
	kinds, names := c.kinds(nil), []string(nil)
	for k := range kinds.Uploads {
		names = append(names, k)
	}
	for k := range kinds.Downloads {
		names = append(names, k)
	}
	for k := range kinds.Galleries {
		names = append(names, k)
	}
	for _, kind := range names {
		page, ok := canaryPages[kind]
		if !ok {
			c.t.Errorf("no canary is sent to pages of kind %s", kind)
			continue
		}
		args, err := json.Marshal(page.args(n.ID))
		if err != nil {
			c.t.Fatal(err)
		}
		link := c.link("oCanaryCommittee", kind, args)
		if a := c.phone("oCanaryStranger").get(link + "/in"); a.status != http.StatusForbidden || strings.Contains(a.body, "金丝雀") {
			c.t.Errorf("a stranger at %s: %d", kind, a.status)
		}
		v := c.phone("oCanaryCommittee")
		a := v.get(link + "/in")
		if a.status != http.StatusOK {
			c.t.Errorf("%s: %d %s", kind, a.status, a.body)
		}
		if page.file != "" {
			c.upload(v, link, a.body, page.file)
		}
		for _, more := range []string{"/file", "/result", "/state", "/m/1", "/canary", "?canary=1"} {
			v.get(link + more)
		}
	}
	c.say("oCanaryCommittee", "打开 "+canaryPhone[:6], "打开 金丝雀")
}

// startPages puts the pages up where links lead.
func (c *cage) startPages() {
	c.t.Helper()
	mux := http.NewServeMux()
	if err := c.openPages(mux); err != nil {
		c.t.Fatal(err)
	}
	c.pages.Config.Handler = mux
	c.pages.Start()
}

// loginFails has somebody come to a page while the platform does not say who it is.
func (c *cage) loginFails() {
	c.t.Helper()
	c.startPages()
	c.phone("oCanaryRaises").get(c.link("oCanaryRaises", flows.RollFormLink, nil) + "/in")
}

// link makes a link as a turn does.
func (c *cage) link(who civic.Account, kind string, args json.RawMessage) string {
	c.t.Helper()
	c.links++
	r, err := c.db.Commit(c.t.Context(), store.Commit{
		Run: "canary-link-" + kind + string(who), N: 1, Account: who, Final: true,
		Effects: []any{civic.MakeLink{Account: who, Community: c.community.ID, Kind: kind, Title: "看 金丝雀", Args: args}},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return c.cfg.BaseURL + flows.LinkPath + r.Link
}

// phone is the browser in somebody's WeChat; where it is led is noted.
func (c *cage) phone(who string) *visitor {
	c.t.Helper()
	v := newVisitor(c.t)
	v.c.CheckRedirect = func(req *http.Request, _ []*http.Request) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.led = append(c.led, req.URL.String())
		return nil
	}
	v.get(c.cfg.WeChat.API + c.platform.Person(who).Enter(c.cfg.BaseURL+"/f/"))
	return v
}

// upload sends a file and waits until it is worked off.
func (c *cage) upload(v *visitor, link, page, content string) {
	c.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	err := w.WriteField("token", one(c.t, page, `name="token" value="([^"]+)"`))
	if err == nil {
		var f io.Writer
		if f, err = w.CreateFormFile("file", "金丝雀名册 "+canaryPhone+".csv"); err == nil {
			_, err = io.WriteString(f, content)
		}
	}
	if err != nil || w.Close() != nil {
		c.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, link, &b)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	resp, err := v.c.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	_ = resp.Body.Close()
	wait(c.t, func() bool { return strings.Contains(v.get(link).body, "第 3 行") })
}

// canaryCommands are command lines that hold canaries. Whoever adds a command adds one, or says that
// it takes nothing of people: nil.
var canaryCommands = map[string][][]string{
	"demo": nil, "serve": nil, "worker": nil, "migrate": nil, "flows": nil, "healthcheck": nil, "version": nil,
	"community": {
		{"add", "-code", "金", "-name", "金丝雀社区", "-phone", canaryPhone, "-scene", "canaryScene", "-estates", "鸟笼新村"},
		{"add", "-code", "金", "-name", "金丝雀社区", "-scene", "canaryScene"},
		{"add", "-code", "丝", "-name", "金丝雀社区", "-scene", "canaryScene", "-qr"},
		{"set", "-code", "鸟笼", "-name", "金丝雀"},
		{"set", "-code", "金", "-hot", "金丝雀"},
		{"set", "-code", "金", "-hours", "金丝雀 9-17"},
		{"金丝雀"},
		{"set", "-code", "金", "-phone", "金丝雀" + canaryPhone},
	},
	"staff": {
		{"invite", "-role", "金丝雀", "-community", "钮", "-name", "金丝雀"},
		{"invite", "-role", "gridWorker", "-community", "鸟笼", "-name", "金丝雀"},
		{"invite", "-role", "gridWorker", "-community", "钮", "-name", strings.Repeat("金丝雀", 30)},
		{"invite", "-role", "gridWorker", "-community", "钮", "-grids", "鸟笼网格", "-name", "金丝雀"},
		{"invite", "-new-phone", canaryPhone + "x"},
		{"invite", "-new-phone", canaryPhone, "-community", "钮"},
		{"revoke", canaryPhone},
		{"金丝雀"},
	},
	"audit":  {{"-community", "鸟笼"}, {"-community", "钮", "-since", "金丝雀"}, {"-金丝雀"}},
	"import": {{"roll", "金丝雀名册.csv", "-community", "钮"}, {"roll", "ROLL", "-community", "钮"}, {"roll", "ROLL", "-community", "鸟笼"}, {"roll", "ROLL", "-community", "钮", "-sheet", "金丝雀"}, {"金丝雀"}},
	"door-codes": {
		{"-community", "钮", "-building", "鸟笼新村77幢", "-new", "金丝雀.html"}, {"-community", "鸟笼", "-new", "/canary/金丝雀.html"}, {"-community", "钮", "-new", "/canary/金丝雀.html"},
	},
	"door-list": {{"-community", "鸟笼", "金丝雀.csv"}, {"-community", "钮", "-grid", "鸟笼网格", "/canary/金丝雀.csv"}},
	"push": {
		{"announce", "-community", "钮", "-title", strings.Repeat("金丝雀", 9), "-body", canarySaid},
		{"announce", "-community", "钮", "-title", "金丝雀", "-body", canarySaid, "-at", "金丝雀"},
		{"announce", "-community", "钮", "-title", "金丝雀", "-body", canarySaid, "-topic", "金丝雀"},
		{"announce", "-community", "钮", "-title", "金丝雀", "-body", canarySaid, "-confirm", "7"},
		{"announce", "-community", "鸟笼", "-title", "金丝雀", "-body", canarySaid},
		{"announce", "-spread", canarySaid},
		{"announce", "-confirm", canarySaid},
		{"report", "canary"},
		{"cancel", "金丝雀"},
		{"resend", "金丝雀"},
		{"金丝雀"},
	},
	"menu":  {{"金丝雀"}},
	"keys":  {{"金丝雀"}, {"rotate", canaryPhone}, {"reseal", "金丝雀"}, {"reseal", "--dry-run"}, {"reseal"}},
	"check": {{"金丝雀"}},
}

// TestCommandsNameNobody gives every command lines with canaries in them, with its database well and
// broken: what it complains of names its own words and no value.
func TestCommandsNameNobody(t *testing.T) {
	t.Parallel()
	for _, c := range commands() {
		if _, ok := canaryCommands[c.name]; !ok {
			t.Errorf("no canary is said to bot %s", c.name)
		}
	}
	offices(t, func(t *testing.T, h office) {
		roll := h.file(t, "金丝雀名册.csv", []byte(canaryRoll))
		h.vars["YISHI_LOG"] = "debug"
		said, failed := 0, 0
		try := func(name string, args []string) {
			t.Helper()
			args = slices.Clone(args)
			for i := range args {
				switch {
				case args[i] == "ROLL":
					args[i] = roll
				case strings.HasPrefix(args[i], "金丝雀") && filepath.Ext(args[i]) != "":
					args[i] = filepath.Join(h.dir, "none", args[i])
				}
			}
			code, _, errs := h.run(t, append([]string{name}, args...)...)
			said++
			if code != exitOK {
				failed++
			}
			if found := canary.FindString(errs); found != "" {
				t.Errorf("bot %s %v complains with %q: %s", name, args, found, errs)
			}
		}
		for name, lines := range canaryCommands {
			for _, args := range lines {
				try(name, args)
			}
		}
		if path, ok := strings.CutPrefix(h.vars["YISHI_SQL"], "sqlite:"); ok {
			breakTables(t, path)
			for name, lines := range canaryCommands {
				for _, args := range lines {
					try(name, args)
				}
			}
		}
		if said < 40 || failed < 20 {
			t.Errorf("%d command lines, of which %d failed: this proves little", said, failed)
		}
	})
}
