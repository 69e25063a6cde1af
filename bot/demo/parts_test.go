package demo

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"yishi/bot/wechat/platform"
)

func TestParse(t *testing.T) {
	a := `<a href="weixin://bizmsgmenu?msgmenucontent=%E6%8F%90%E9%9C%80%E6%B1%82&msgmenuid=7">提需求</a>`
	for name, tc := range map[string]struct {
		raw  string
		want []part
	}{
		"words":            {"你好\n再见", []part{{Text: "你好\n再见"}}},
		"a row":            {"选：\n1. " + a + "\n好", []part{{Text: "选："}, {Text: "1. 提需求", Say: "提需求", ID: 7, Row: true}, {Text: "好"}}},
		"only a row":       {a, []part{{Text: "提需求", Say: "提需求", ID: 7, Row: true}}},
		"two rows":         {a + "\n② " + a, []part{{Text: "提需求", Say: "提需求", ID: 7, Row: true}, {Text: "② 提需求", Say: "提需求", ID: 7, Row: true}}},
		"two in a line":    {a + "　" + a, []part{{Text: "提需求", Say: "提需求", ID: 7}, {Text: "　"}, {Text: "提需求", Say: "提需求", ID: 7}}},
		"within words":     {"点" + a + "吧\n好", []part{{Text: "点"}, {Text: "提需求", Say: "提需求", ID: 7}, {Text: "吧\n好"}}},
		"empty line kept":  {"一\n\n二", []part{{Text: "一\n\n二"}}},
		"page":             {`看 <a href='https://a.example/?a=1&amp;b=2'>公示</a>。`, []part{{Text: "看 "}, {Text: "公示", URL: "https://a.example/?a=1&b=2"}, {Text: "。"}}},
		"script":           {`<a href="javascript:alert(1)">x</a>`, []part{{Text: "x"}}},
		"no id":            {`<a href="weixin://bizmsgmenu?msgmenucontent=1">x</a>`, []part{{Text: "x"}}},
		"no content":       {`<a href="weixin://bizmsgmenu?msgmenuid=1">x</a>`, []part{{Text: "x"}}},
		"id not a number":  {`<a href="weixin://bizmsgmenu?msgmenucontent=y&msgmenuid=z">x</a>`, []part{{Text: "x", Say: "y", Row: true}}},
		"never closed":     {`<a href="weixin://bizmsgmenu`, []part{{Text: `<a href="weixin://bizmsgmenu`}}},
		"an address":       {"点：\nhttps://h.example/f/abc-2\n30 分钟", []part{{Text: "点：\n"}, {Text: "https://h.example/f/abc-2", URL: "https://h.example/f/abc-2"}, {Text: "\n30 分钟"}}},
		"an address first": {"http://h/x，完", []part{{Text: "http://h/x", URL: "http://h/x"}, {Text: "，完"}}},
		"other markup":     {`<b>x</b>`, []part{{Text: `<b>x</b>`}}},
		"nothing":          {"", nil},
		"line breaks only": {"\n", []part{{Text: "\n"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, parse(tc.raw)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReplied(t *testing.T) {
	for name, tc := range map[string]struct {
		reply platform.Reply
		want  []part
	}{
		"nothing":  {platform.Reply{}, nil},
		"text":     {platform.Reply{Type: "text", Text: "好", Raw: "好"}, []part{{Text: "好"}}},
		"picture":  {platform.Reply{Type: "image"}, []part{{Text: "[图片]"}}},
		"handover": {platform.Reply{Type: "transfer_customer_service"}, nil},
		"links apart": {
			platform.Reply{Type: "text", Text: "选：\n好", Links: []platform.Link{{Label: "好", Content: "1", ID: 3}}},
			[]part{{Text: "选："}, {Text: "好", Say: "1", ID: 3, Row: true}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, replied(tc.reply)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPretty(t *testing.T) {
	for name, tc := range map[string]struct{ body, want string }{
		"message":      {"<xml><A><![CDATA[<b></b>]]></A><B>1</B></xml>", "<xml>\n  <A><![CDATA[<b></b>]]></A>\n  <B>1</B>\n</xml>"},
		"nested":       {"<xml><S><T>1</T></S></xml>", "<xml>\n  <S>\n    <T>1</T>\n  </S>\n</xml>"},
		"empty":        {"<xml><A></A><B/></xml>", "<xml>\n  <A></A>\n  <B/>\n</xml>"},
		"line breaks":  {"<xml>\n<A>1</A>\n</xml>", "<xml>\n  <A>1</A>\n</xml>"},
		"broken":       {"<xml><A>1</B></xml", "<xml>\n  <A>1</B>\n</xml"},
		"cdata broken": {"<xml><A><![CDATA[x]] </A>", "<xml>\n  <A><![CDATA[x]] </A>"},
		"json":         {`{"a":[1]}`, "{\n  \"a\": [\n    1\n  ]\n}"},
		"json broken":  {`{"a":`, `{"a":`},
		"words":        {"success", "success"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := pretty(tc.body); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}
