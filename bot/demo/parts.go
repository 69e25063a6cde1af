package demo

import (
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"yishi/bot/wechat/platform"
)

// part is a piece of what the account said: words, or something to tap.
type part struct {
	Text string `json:"text"`
	Say  string `json:"say,omitempty"` // what a tap says
	ID   int    `json:"id,omitempty"`  // bizmsgmenuid that a tap carries
	URL  string `json:"url,omitempty"` // a page to open, http or https
	Row  bool   `json:"row,omitempty"` // a choice that has its line to itself
}

func (p part) link() bool { return p.Say != "" || p.URL != "" }

var (
	anchor = regexp.MustCompile(`(?is)<a\s[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)')[^>]*>(.*?)</a>`)
	bare   = regexp.MustCompile(`https?://[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+`)
	number = regexp.MustCompile(`^\s*(?:[0-90-9]{1,2}|[①-⑳])?[\s..、)):: ]*$`)
)

// parse splits a text with links as WeChat shows it. A link that WeChat would not follow is
// left as words.
func parse(raw string) []part {
	var parts []part
	for raw != "" {
		at := anchor.FindStringSubmatchIndex(raw)
		if at == nil {
			break
		}
		words := raw[:at[0]]
		parts = append(parts, bareLinks(words)...)
		href := group(raw, at, 1) + group(raw, at, 2)
		parts = append(parts, follow(html.UnescapeString(href), group(raw, at, 3)))
		raw = raw[at[1]:]
	}
	return rows(append(parts, bareLinks(raw)...))
}

// bareLinks splits words at the addresses that stand in them as they are, which WeChat makes links.
func bareLinks(words string) []part {
	var parts []part
	for words != "" {
		at := bare.FindStringIndex(words)
		if at == nil {
			return append(parts, part{Text: words})
		}
		if at[0] > 0 {
			parts = append(parts, part{Text: words[:at[0]]})
		}
		address := words[at[0]:at[1]]
		parts = append(parts, part{Text: address, URL: address})
		words = words[at[1]:]
	}
	return parts
}

func group(s string, at []int, n int) string {
	if at[2*n] < 0 {
		return ""
	}
	return s[at[2*n]:at[2*n+1]]
}

func follow(href, label string) part {
	p := part{Text: label}
	u, err := url.Parse(href)
	if err != nil || label == "" {
		return p
	}
	switch {
	case u.Scheme == "weixin" && u.Host == "bizmsgmenu":
		q := u.Query()
		if q.Get("msgmenucontent") == "" || q.Get("msgmenuid") == "" {
			return p // the phone ignores such a tap
		}
		p.Say = q.Get("msgmenucontent")
		p.ID, _ = strconv.Atoi(q.Get("msgmenuid")) // not a number arrives as 0
	case u.Scheme == "http" || u.Scheme == "https":
		p.URL = u.String()
	}
	return p
}

// rows finds the choices that have a line to themselves, a number before them aside, and takes
// the line breaks around them away, as a row brings its own.
func rows(parts []part) []part {
	lines := [][]part{nil}
	for _, p := range parts {
		if p.link() {
			lines[len(lines)-1] = append(lines[len(lines)-1], p)
			continue
		}
		for i, words := range strings.Split(p.Text, "\n") {
			if i > 0 {
				lines = append(lines, nil)
			}
			if words != "" {
				lines[len(lines)-1] = append(lines[len(lines)-1], part{Text: words})
			}
		}
	}
	var out []part
	for i, l := range lines {
		if choice, ok := row(l); ok {
			out = append(out, choice)
			continue
		}
		if i > 0 && (len(out) == 0 || !out[len(out)-1].Row) {
			l = append([]part{{Text: "\n"}}, l...)
		}
		for _, p := range l {
			if n := len(out) - 1; n >= 0 && !p.link() && !out[n].link() {
				out[n].Text += p.Text
				continue
			}
			out = append(out, p)
		}
	}
	return out
}

// row is a line's only link, with the number before it; false when there is anything else.
func row(l []part) (part, bool) {
	var choice part
	for _, p := range l {
		switch {
		case p.link() && choice.link(), p.URL != "" && p.Text == p.URL:
			return part{}, false
		case p.link():
			p.Text = strings.TrimLeft(choice.Text, " ") + p.Text
			choice = p
		case choice.link() && strings.TrimSpace(p.Text) != "":
			return part{}, false
		case !choice.link() && !number.MatchString(choice.Text+p.Text):
			return part{}, false
		case !choice.link():
			choice.Text += p.Text
		}
	}
	choice.Row = true
	return choice, choice.link()
}

// plain is what is read, without markup; a row is a line.
func plain(parts []part) string {
	var b strings.Builder
	for _, p := range parts {
		if p.Row && b.Len() > 0 && !strings.HasSuffix(b.String(), "\n") {
			b.WriteByte('\n')
		}
		b.WriteString(p.Text)
		if p.Row {
			b.WriteByte('\n')
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// replied is what a passive reply shows.
func replied(r platform.Reply) []part {
	switch {
	case r.Raw != "":
		return parse(r.Raw)
	case r.Text != "":
		return listed(r.Text, r.Links)
	case r.Type == "" || r.Type == "transfer_customer_service":
		return nil
	}
	return []part{{Text: "[" + map[string]string{
		"image": "图片", "voice": "语音", "video": "视频", "music": "音乐", "news": "图文",
	}[r.Type] + "]"}}
}

// sent is what a message sent through the API shows.
func sent(e platform.Event) []part {
	var body struct {
		Text struct {
			Content string `json:"content"`
		} `json:"text"`
	}
	if json.Unmarshal([]byte(e.WireIn), &body) == nil && body.Text.Content != "" {
		return parse(body.Text.Content)
	}
	return listed(e.Text, e.Links)
}

// listed puts links whose place in the text is not known on rows of their own.
func listed(text string, links []platform.Link) []part {
	var parts []part
	var rest []string
	for l := range strings.SplitSeq(text, "\n") {
		taken := false
		for _, k := range links {
			taken = taken || l == k.Label
		}
		if !taken {
			rest = append(rest, l)
		}
	}
	if words := strings.Join(rest, "\n"); strings.TrimSpace(words) != "" {
		parts = append(parts, part{Text: words})
	}
	for _, k := range links {
		parts = append(parts, part{Text: k.Label, Say: k.Content, ID: k.ID, Row: true})
	}
	return parts
}
