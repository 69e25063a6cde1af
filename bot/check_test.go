package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"yishi/bot/wechat"
	"yishi/config"
)

// lists are an account's templates.
type lists struct {
	templates, notices []wechat.TemplateInfo
	err                error
	asked              int
}

func (l *lists) Templates(context.Context) ([]wechat.TemplateInfo, error) {
	l.asked++
	return l.templates, l.err
}

func (l *lists) NoticeTemplates(context.Context) ([]wechat.TemplateInfo, error) {
	l.asked++
	return l.notices, l.err
}

func TestTemplatesOfTheAccount(t *testing.T) {
	info := func(id string, long bool, fields ...string) wechat.TemplateInfo {
		i := wechat.TemplateInfo{ID: id, LongTerm: long}
		for _, f := range fields {
			i.Fields = append(i.Fields, wechat.Field{Name: f})
		}
		return i
	}
	good, notice := info("T-announce", false, "thing2", "thing1"), info("N-announce", false, "thing1", "thing2")
	for name, row := range map[string]struct {
		push config.Push
		have lists
		want []string // "": well
	}{
		"well":            {*townHall(), lists{templates: []wechat.TemplateInfo{info("x", false), good}, notices: []wechat.TemplateInfo{notice}}, []string{"", ""}},
		"nothing is set":  {config.DefaultPush(), lists{}, nil},
		"not there":       {*townHall(), lists{templates: []wechat.TemplateInfo{info("x", false)}, notices: []wechat.TemplateInfo{notice}}, []string{"no template of this id", ""}},
		"another field":   {*townHall(), lists{templates: []wechat.TemplateInfo{good}, notices: []wechat.TemplateInfo{info("N-announce", false, "thing1", "time9")}}, []string{"", "its fields are thing1, time9, the configuration fills thing1, thing2"}},
		"long-term":       {*townHall(), lists{templates: []wechat.TemplateInfo{good}, notices: []wechat.TemplateInfo{info("N-announce", true, "thing1", "thing2")}}, []string{"", "long_term must be true"}},
		"cannot be asked": {*townHall(), lists{err: errors.New("48001")}, []string{"48001", "48001"}},
	} {
		var got []string
		for what, err := range checkTemplates(t.Context(), &row.have, row.push) {
			if !strings.HasSuffix(what, " of announce") {
				t.Errorf("%s: %s", name, what)
			}
			if err == nil {
				err = errors.New("")
			}
			got = append(got, err.Error())
		}
		if len(got) != len(row.want) || row.have.asked > 2 {
			t.Errorf("%s: %q, asked %d times", name, got, row.have.asked)
			continue
		}
		for i, want := range row.want {
			if want == "" && got[i] != "" || !strings.Contains(got[i], want) {
				t.Errorf("%s: %q, want %q", name, got[i], want)
			}
		}
	}
}
