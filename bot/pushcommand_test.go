package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"yishi/flows"
	"yishi/flows/civic"
)

// operator runs commands of an operator beside the running bot.
func (h *hall) operator(t *testing.T, change map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	vars := settings(t)
	vars["YISHI_SQL"] = "sqlite:" + filepath.Join(h.cfg.Data, "yishi.db")
	vars["YISHI_MASTER_KEY"] = h.cfg.MasterKey.Reveal()
	maps.Copy(vars, change)
	p := start(t, vars, args...)
	code = p.wait(t)
	return code, p.stdout.String(), p.stderr.String()
}

// with adds words to a command.
func with(words []string, more ...string) []string { return append(slices.Clone(words), more...) }

// TestPushCommand goes from an operator's words to a phone that lights up.
func TestPushCommand(t *testing.T) {
	h := openHall(t, nil, false)
	h.db.Clock().SetOffset(0) // as the commands'
	people := h.followers(t, 3)
	for _, q := range people[:2] {
		q.Say(t.Context(), "菜单")
	}
	h.noted(t, people[:2], true)
	h.db.Clock().Shift(2 * time.Minute) // the window of a follow is over
	h.start(t)
	words := []string{"push", "announce", "-community", "钮", "-title", "周六议事会", "-body", "周六下午三点。\n社区服务站。", "-urgent", "今晚停水"}
	for name, row := range map[string]struct {
		args   []string
		change map[string]string
		code   int
		want   string
	}{
		"no words":        {args: []string{"push"}, code: exitUsage, want: "usage: bot push announce"},
		"unknown word":    {args: []string{"push", "dance"}, code: exitUsage, want: "usage"},
		"report of what":  {args: []string{"push", "report"}, code: exitUsage, want: "usage"},
		"no title":        {args: []string{"push", "announce", "-community", "钮", "-body", "x"}, code: exitUsage, want: "-title"},
		"nowhere":         {args: []string{"push", "announce", "-community", "无", "-title", "x", "-body", "x"}, code: exitFail, want: "community list"},
		"title too long":  {args: with(words, "-title", strings.Repeat("长", 21), "-dry-run"), code: exitFail, want: "title must have 1 to 20 characters"},
		"body too long":   {args: with(words, "-body", strings.Repeat("长", 501), "-confirm", "3"), code: exitFail, want: "body must have 1 to 500 characters"},
		"no such topic":   {args: with(words, "-topic", "songs"), code: exitFail, want: "-topic is none of"},
		"over":            {args: with(words, "-at", "2020-01-01 09:00"), code: exitFail, want: "-at is over"},
		"no time":         {args: with(words, "-at", "tomorrow"), code: exitFail, want: "-at is no time"},
		"not confirmed":   {args: words, code: exitFail, want: "say -confirm 3"},
		"wrong number":    {args: with(words, "-confirm", "2"), code: exitFail, want: "say -confirm 3"},
		"dry run":         {args: with(words, "-dry-run"), code: exitOK, want: "nothing was made; to send it say -confirm 3"},
		"nothing to list": {args: []string{"push", "list"}, code: exitOK, want: "nothing was told yet"},
		"report of none":  {args: []string{"push", "report", "none"}, code: exitFail, want: "no such push"},
		"resend of none":  {args: []string{"push", "resend", "none"}, code: exitFail, want: "no such push"},
		"cancel of none":  {args: []string{"push", "cancel", "none"}, code: exitFail, want: "no such push"},
		"wrong template":  {args: words, change: map[string]string{"YISHI_PUSH": "kinds: {song: {}}"}, code: exitUsage, want: "unknown kind song"},
		"template too tight": {
			args: with(words, "-title", "周六晚上议事会", "-confirm", "3"), code: exitFail, want: "by template: field thing1: too many characters, at most 5",
			change: map[string]string{"YISHI_PUSH": "kinds: {announce: {template: {id: t, fields: {thing1: {from: title, max: 5}}}}}"},
		},
	} {
		if code, stdout, stderr := h.operator(t, row.change, row.args...); code != row.code || !strings.Contains(stdout+stderr, row.want) {
			t.Errorf("%s: exit code %d, said %s%s", name, code, stdout, stderr)
		}
	}
	h.forget()
	code, stdout, stderr := h.operator(t, nil, with(words, "-confirm", "3")...)
	id := regexp.MustCompile(`made (announce-[0-9]{8}-[0-9a-f]{10}) for 3 people`).FindStringSubmatch(stdout)
	if code != exitOK || id == nil {
		t.Fatalf("exit code %d, said %s%s", code, stdout, stderr)
	}
	if strings.Contains(stdout, "made before") {
		t.Errorf("the first time it says: %s", stdout)
	}
	r := h.settled(t, id[1])
	if r.Sent[civic.ByCustomer] != 2 || r.Inbox != 1 || h.got(people[0].Openid()) != 1 || h.got(people[1].Openid()) != 1 {
		t.Errorf("%+v, phones %v", r, h.phones)
	}
	if code, stdout, _ = h.operator(t, nil, with(words, "-confirm", "3")...); code != exitOK || !strings.Contains(stdout, "made before") {
		t.Errorf("the same again: %d, %s", code, stdout)
	}
	h.settled(t, id[1])
	if n := h.got(people[0].Openid()); n != 1 {
		t.Errorf("told %d times", n)
	}
	code, stdout, _ = h.operator(t, nil, "push", "report", id[1])
	if code != exitOK || !regexp.MustCompile(`(?s)sent +customer +2\n.*inbox +1\n.*audience +3\n`).MatchString(stdout) {
		t.Errorf("report: %d, %s", code, stdout)
	}
	if _, stdout, _ = h.operator(t, nil, "push", "list"); !strings.Contains(stdout, id[1]) || !strings.Contains(stdout, "audience 3\twaiting 0") {
		t.Errorf("list: %s", stdout)
	}
	if code, stdout, _ = h.operator(t, nil, "push", "resend", id[1]); code != exitOK || !strings.Contains(stdout, "tried again: 0") {
		t.Errorf("resend: %d, %s", code, stdout)
	}
	h.auditLog(t)
}

// TestCancelCommand stops what is to be told tomorrow.
func TestCancelCommand(t *testing.T) {
	h := openHall(t, nil, false)
	h.db.Clock().SetOffset(0) // as the commands'
	h.followers(t, 3)
	at := h.db.Clock().Now().Add(100 * time.Hour).In(h.cfg.Location()).Format(minute)
	code, stdout, stderr := h.operator(t, nil, "push", "announce", "-community", "钮", "-title", "停水", "-body", "明天停水。", "-at", at, "-spread", "30m", "-confirm", "3")
	id := regexp.MustCompile(`made (announce-\S+) for 3 people, due ` + at).FindStringSubmatch(stdout)
	if code != exitOK || id == nil {
		t.Fatalf("exit code %d, said %s%s", code, stdout, stderr)
	}
	code, stdout, _ = h.operator(t, nil, "push", "cancel", id[1])
	if code != exitOK || !regexp.MustCompile(`(?s)stopped for 3 people\n.*skipped +cancelled +3\n.*audience +3\n`).MatchString(stdout) {
		t.Errorf("cancel: %d, %s", code, stdout)
	}
	h.forget()
	h.start(t)
	h.db.Clock().Shift(200 * time.Hour)
	h.settled(t, id[1])
	if len(h.phones) != 0 {
		t.Errorf("told %v", h.phones)
	}
}

func TestAnnouncementIDs(t *testing.T) {
	zone := time.FixedZone("", 8*60*60)
	now := time.Date(2027, 3, 1, 9, 0, 0, 0, zone)
	c := civic.Community{ID: 7}
	seen := map[string]string{}
	for i, n := range []announcement{
		{Announce: flows.Announce{Title: "a", Body: "b", From: "c"}},
		{Announce: flows.Announce{Title: "a", Body: "c", From: "c"}},
		{Announce: flows.Announce{Title: "a", Body: "b", From: "c"}, at: "2027-03-02 09:00"},
	} {
		p, err := n.push(c, zone, now)
		if err != nil {
			t.Fatal(err)
		}
		again, err := n.push(c, zone, now.Add(3*time.Hour))
		if err != nil || again.ID != p.ID {
			t.Errorf("%d: later that day it is %q, %v", i, again.ID, err)
		}
		if before, is := seen[p.ID]; is {
			t.Errorf("%d is %s", i, before)
		}
		seen[p.ID] = fmt.Sprint(i)
	}
	p, err := announcement{at: "2027-03-01T10:00:00+09:00"}.push(c, zone, now)
	if err != nil || !p.DueAt.Equal(now) {
		t.Errorf("due %v, %v", p.DueAt, err)
	}
}
