package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"yishi/config"
	"yishi/flows"
	"yishi/flows/civic"
)

// loadPush reads a push section as an operator would set it.
func loadPush(t *testing.T, text string) (config.Push, error) {
	t.Helper()
	get := func(k string) string { return map[string]string{"YISHI_PUSH": text}[k] }
	c, err := config.Load(get, nil, config.Nothing, checkPushes)
	return c.Pushes(), err
}

// TestExampleOfPushes has the example's push section fit what flows tell.
func TestExampleOfPushes(t *testing.T) {
	b, err := os.ReadFile("../config/example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(b), "\n# push:\n")
	if !ok {
		t.Fatal("the example has no push section")
	}
	p, err := loadPush(t, regexp.MustCompile(`(?m)^# {0,3}`).ReplaceAllString(text, ""))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Kinds) != 2 || !slices.Equal(routesOf(p), []civic.Route{civic.ByCustomer, civic.ByNotice, civic.ByTemplate}) {
		t.Errorf("read %+v", p)
	}
	d := config.DefaultPush()
	if p.Customer != d.Customer || p.WeeklyCap != d.WeeklyCap || p.Limits["template"] != d.Limits["template"] || p.Limits["customer"] != d.Limits["customer"] {
		t.Errorf("the example does not show the defaults: %+v", p)
	}
	for _, k := range flows.TellKinds() {
		if !strings.Contains(text, k.Name+" has ") {
			t.Errorf("the example does not explain %s", k.Name)
		}
	}
}

// TestImpossibleTemplates are found at the start, all of them.
func TestImpossibleTemplates(t *testing.T) {
	one := func(fields string) string {
		return "kinds: {need-news: {template: {id: t, fields: " + fields + "}}}"
	}
	for name, row := range map[string]struct {
		text string
		want []string // none: it is right
	}{
		"right":                 {one("{thing1: title, phrase2: content, thing3: number}"), nil},
		"kind of its own":       {one("{keyword1: {from: title, kind: thing}}"), nil},
		"unknown kind":          {"kinds: {song: {template: {id: t, fields: {thing1: title}}}}", []string{"unknown kind song; there are announce, appeal-settled, "}},
		"unknown field":         {one("{thing1: name}"), []string{"need-news by template: thing1: there is no name; there are content, number, title"}},
		"no kind in the name":   {one("{keyword1: title}"), []string{"keyword1: does not begin with a kind of field"}},
		"kind that is none":     {one("{thing1: {from: title, kind: song}}"), []string{"thing1: the platform has no such kind"}},
		"number that is none":   {one("{character_string1: number}"), []string{"can never be sent: field character_string1: want ASCII"}},
		"too short for it":      {one("{thing1: {from: title, max: 3}}"), []string{"can never be sent: field thing1: too many characters, at most 3"}},
		"both ways, all faults": {"kinds: {announce: {template: {id: t, fields: {thing1: a}}, notice: {id: n, fields: {thing1: b, x: title}}}}", []string{"by template: thing1: there is no a", "by notice: thing1: there is no b", "by notice: x: does not begin"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := loadPush(t, row.text)
			if len(row.want) == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil {
				t.Fatal("no faults")
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(row.want) {
				t.Fatalf("faults %q", lines)
			}
			for i, want := range row.want {
				if !strings.HasPrefix(lines[i], "YISHI_PUSH: push: ") || !strings.Contains(lines[i], want) {
					t.Errorf("fault %q, want %q", lines[i], want)
				}
			}
		})
	}
}

func TestMeans(t *testing.T) {
	p := *townHall()
	means := meansOf(p, time.UTC)
	if m := means(civic.Delivery{Kind: flows.TellAnnounce}); !m.Customer || m.Notice != "N-announce" || m.Template != "T-announce" || m.WeeklyCap != 3 || m.Zone != time.UTC {
		t.Errorf("announce: %+v", m)
	}
	p.WeeklyCap, p.Customer = 0, false
	if m := meansOf(p, nil)(civic.Delivery{Kind: flows.TellNeedNews}); m.Customer || m.Notice+m.Template != "" || m.WeeklyCap >= 0 {
		t.Errorf("need-news: %+v", m)
	}
	if r := routesOf(config.DefaultPush()); !slices.Equal(r, []civic.Route{civic.ByCustomer}) {
		t.Errorf("routes %v", r)
	}
	if l := limitsOf(config.DefaultPush()); l["template"].Day != 100_000 || l["customer"].Day != 500_000 {
		t.Errorf("limits %+v", l)
	}
}
