package demo

import (
	"encoding/json"
	"slices"
	"strconv"

	"yishi/bot/wechat/platform"
	"yishi/flows/civic"
)

// The platform's paths of the routes.
var sendPaths = map[civic.Route]string{
	civic.ByCustomer: "/cgi-bin/message/custom/send",
	civic.ByNotice:   "/cgi-bin/message/subscribe/bizsend",
	civic.ByTemplate: "/cgi-bin/message/template/send",
}

// card is a template message or a notice: what stands under its title.
type card struct {
	Title string    `json:"title"`
	Rows  []cardRow `json:"rows"`
}

type cardRow struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// sentBody is what the calls that send have in common.
type sentBody struct {
	To       string `json:"touser"`
	Template string `json:"template_id"`
	Data     map[string]struct {
		Value string `json:"value"`
	} `json:"data"`
}

// carded finds what a template message or a notice shows, and by which route it came.
func (s *Server) carded(e platform.Event) (civic.Route, *card) {
	var b sentBody
	if e.Kind != platform.KindTemplate || json.Unmarshal([]byte(e.WireIn), &b) != nil {
		return civic.ByCustomer, nil
	}
	same := func(t platform.Template) bool { return t.ID == b.Template }
	route, list := civic.ByTemplate, s.o.Templates
	if slices.ContainsFunc(s.o.Notices, same) {
		route, list = civic.ByNotice, s.o.Notices
	}
	i := slices.IndexFunc(list, same)
	if i < 0 {
		return route, nil
	}
	c := &card{Title: list[i].Title}
	for _, f := range list[i].Fields {
		c.Rows = append(c.Rows, cardRow{Label: f.Label, Value: b.Data[f.Name].Value})
	}
	return route, c
}

// called is what crossed the wire of a call to the API. The token stands in the address only,
// and is not shown.
func called(path string, e platform.Event) *wire {
	w := &wire{}
	if path != "" {
		w.Plain = passages(w.Plain, "请求地址", "POST "+path+"?access_token=（已隐去）")
	}
	w.Plain = passages(w.Plain, "机器人调用接口", e.WireIn)
	answer := e.WireOut
	if answer == "" {
		answer = "（断在半路，机器人没有收到）"
	}
	w.Plain = passages(w.Plain, "接口的回答", answer)
	return w
}

// refused keeps what the platform did not let through: nobody's phone shows it, but its wire can be seen.
func (s *Server) refused(e platform.Event) {
	var b sentBody
	known := slices.Contains([]string{sendPaths[civic.ByCustomer], sendPaths[civic.ByNotice], sendPaths[civic.ByTemplate]}, e.Text)
	if e.Delivery != nil || e.Code == 0 || !known || json.Unmarshal([]byte(e.WireIn), &b) != nil {
		return
	}
	if _, ok := s.phones[b.To]; !ok {
		return
	}
	s.add(record{Openid: b.To, Kind: kindRefused, Late: true, Text: refusedWords(e.Code), Wire: called(e.Text, e)})
}

// refusedWords explains a code of the platform in a line.
func refusedWords(code int) string {
	words := map[int]string{
		40001: "令牌不对，换一个再发", 42001: "令牌过期，换一个再发", 43004: "没有关注", 43101: "没有订阅，改走下一条路",
		45009: "今天的额度用完，等到零点", 45011: "这一分钟的额度用完，等下一分钟", 45015: "窗口已关，改走下一条路",
		45047: "窗口里的条数用完，改走下一条路", 48001: "接口没有权限，先等着，一分钟试一次", 48002: "这部手机不收消息，改走下一条路",
	}[code]
	if words == "" {
		words = "平台没有收下"
	}
	return words + "（" + strconv.Itoa(code) + "）"
}
