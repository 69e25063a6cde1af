package platform

import (
	"slices"
	"strings"
)

const (
	templatePath     = "/cgi-bin/message/template/send"
	templateListPath = "/cgi-bin/template/get_all_private_template"
	noticePath       = "/cgi-bin/message/subscribe/bizsend"
	noticeListPath   = "/wxaapi/newtmpl/gettemplate"
	oldNoticePath    = "/cgi-bin/message/template/subscribe"
)

// Template is a template that the account owns, for template messages or subscription notices.
type Template struct {
	ID       string
	Title    string
	Fields   []TemplateField // in the order of the text
	LongTerm bool            // of notices: a consent is good for any number of them, not for one
}

// TemplateField is one value of a template.
type TemplateField struct {
	Name   string   // its kind with a number behind, such as thing1
	Kind   string   // such as thing; empty: what Name says
	Label  string   // shown before the value; empty: Name
	Values []string // of an enum: all that are allowed
}

func (f *TemplateField) label() string {
	if f.Label == "" {
		return f.Name
	}
	return f.Label
}

// catalog are the templates of one kind. While it is empty any template is accepted as it is.
type catalog struct{ list []Template }

// find returns a template, nil when nothing is declared, and the errcode 40037 for one that the
// account does not own.
func (k *catalog) find(id string) (*Template, int) {
	if id == "" {
		return nil, codeBadTemplate
	}
	for i := range k.list {
		if k.list[i].ID == id {
			return &k.list[i], codeOK
		}
	}
	if len(k.list) > 0 {
		return nil, codeBadTemplate
	}
	return nil, codeOK
}

// check returns the name of a field whose value is missing, wrong or not in the template, else "".
func (t *Template) check(data map[string]noticeValue) string {
	for i := range t.Fields {
		f := &t.Fields[i]
		if v, ok := data[f.Name]; !ok || !f.accepts(v.Value) {
			return f.Name
		}
	}
	if len(data) == len(t.Fields) {
		return ""
	}
	for name := range data {
		if !slices.ContainsFunc(t.Fields, func(f TemplateField) bool { return f.Name == name }) {
			return name
		}
	}
	return ""
}

// show is what the phone shows.
func (t *Template) show(data map[string]noticeValue) string {
	var lines []string
	if t == nil {
		for name, v := range data {
			lines = append(lines, name+": "+v.Value)
		}
		slices.Sort(lines)
		return strings.Join(lines, "\n")
	}
	if t.Title != "" {
		lines = append(lines, t.Title)
	}
	for i := range t.Fields {
		lines = append(lines, t.Fields[i].label()+": "+data[t.Fields[i].Name].Value)
	}
	return strings.Join(lines, "\n")
}

// content is the text as the lists have it.
func (t *Template) content() string {
	var b strings.Builder
	for i := range t.Fields {
		b.WriteString(t.Fields[i].label() + ":{{" + t.Fields[i].Name + ".DATA}}\n")
	}
	return b.String()
}

// SetTemplates replaces the account's templates for template messages, and grants their APIs:
// from now on ids and values are checked. None sets back to any template with any values.
func (p *Platform) SetTemplates(list ...Template) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.templates.list = slices.Clone(list)
	p.denied[templatePath], p.denied[templateListPath] = false, false
}

// SetNoticeTemplates replaces the account's templates for subscription notices, and grants their
// APIs: from now on ids and values are checked, and each notice needs a consent. None sets back
// to any template with any values for anybody.
func (p *Platform) SetNoticeTemplates(list ...Template) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.noticeTemplates.list = slices.Clone(list)
	p.denied[noticePath], p.denied[noticeListPath] = false, false
}

type listedTemplate struct {
	ID       string `json:"template_id"`
	Title    string `json:"title"`
	Industry string `json:"primary_industry"`
	Deputy   string `json:"deputy_industry"`
	Content  string `json:"content"`
	Example  string `json:"example"`
}

func templateList(c *call) (any, int) {
	list := []listedTemplate{}
	for i := range c.p.templates.list {
		t := &c.p.templates.list[i]
		list = append(list, listedTemplate{ID: t.ID, Title: t.Title, Content: t.content()})
	}
	return map[string]any{"template_list": list}, codeOK
}

type listedNotice struct {
	ID      string       `json:"priTmplId"`
	Title   string       `json:"title"`
	Content string       `json:"content"`
	Example string       `json:"example"`
	Type    int          `json:"type"` // 2: for one time, 3: for long
	Enums   []listedEnum `json:"keywordEnumValueList,omitempty"`
}

type listedEnum struct {
	Code   string   `json:"keywordCode"`
	Values []string `json:"enumValueList"`
}

func noticeTemplateList(c *call) (any, int) {
	list := []listedNotice{}
	for i := range c.p.noticeTemplates.list {
		t := &c.p.noticeTemplates.list[i]
		one := listedNotice{ID: t.ID, Title: t.Title, Content: t.content(), Type: 2}
		if t.LongTerm {
			one.Type = 3
		}
		for _, f := range t.Fields {
			if len(f.Values) > 0 {
				one.Enums = append(one.Enums, listedEnum{Code: f.Name + ".DATA", Values: f.Values})
			}
		}
		list = append(list, one)
	}
	return map[string]any{"errcode": 0, "errmsg": "ok", "data": list}, codeOK
}
