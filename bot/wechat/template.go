package wechat

import (
	"context"
	"net/http"
	"regexp"

	"github.com/silenceper/wechat/v2/officialaccount/message"
)

// TemplateInfo is a template that the account may use.
type TemplateInfo struct {
	ID       string
	Title    string
	Fields   []Field // in the order of the text; a kind that is not known is ""
	LongTerm bool    // a consent to it is good for any number of notices
}

var slotPattern = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_]+)\.DATA\s*\}\}`)

// Templates lists the account's templates for template messages.
func (c *Client) Templates(ctx context.Context) ([]TemplateInfo, error) {
	var r struct {
		List []message.TemplateItem `json:"template_list"`
	}
	err := c.get(ctx, request{name: "list templates", setup: true, method: http.MethodGet, path: "/cgi-bin/template/get_all_private_template"}, &r)
	if err != nil {
		return nil, err
	}
	list := make([]TemplateInfo, 0, len(r.List))
	for _, t := range r.List {
		list = append(list, TemplateInfo{ID: t.TemplateID, Title: t.Title, Fields: slots(t.Content)})
	}
	return list, nil
}

// NoticeTemplates lists the account's templates for subscription notices.
func (c *Client) NoticeTemplates(ctx context.Context) ([]TemplateInfo, error) {
	const longTerm = 3
	var r struct {
		List []message.PrivateSubscribeItem `json:"data"`
	}
	err := c.get(ctx, request{name: "list notice templates", setup: true, method: http.MethodGet, path: "/wxaapi/newtmpl/gettemplate"}, &r)
	if err != nil {
		return nil, err
	}
	list := make([]TemplateInfo, 0, len(r.List))
	for _, t := range r.List {
		list = append(list, TemplateInfo{ID: t.PriTmplID, Title: t.Title, Fields: slots(t.Content), LongTerm: t.SubType == longTerm})
	}
	return list, nil
}

// slots reads the fields of a template's text, each once.
func slots(content string) []Field {
	var list []Field
	seen := map[string]bool{}
	for _, m := range slotPattern.FindAllStringSubmatch(content, -1) {
		if name := m[1]; !seen[name] {
			seen[name] = true
			list = append(list, Field{Name: name, Kind: KindOf(name)})
		}
	}
	return list
}
