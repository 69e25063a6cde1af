package wechat

import (
	"net/url"
	"strconv"
	"strings"

	"yishi/flows/dialog"
	"yishi/flows/zh"
)

const (
	pageBytes = 1800 // of UTF-8, links included; longer texts have been seen to fail
	maxSend   = 600  // bytes of an encoded tap; longer ones are shown without a link
	maxShown  = 300  // bytes of a choice's label
	moreLine  = "（未完，回复“更多”看下文）"
)

// Render lays a reply out as messages of at most 1,800 bytes of UTF-8, broken at a line where
// that is possible and never in a visible character or a link. All but the last end with a line
// that says how to go on. Choices stand one a line, as tappable links when card, the positive id
// that comes back with a tap, is not 0. An empty reply has no pages.
func Render(r dialog.Reply, card int) []string {
	var lines []string
	lines = appendText(lines, r.Text)
	for _, c := range r.Choices {
		if line := choiceLine(c, card); line != "" {
			lines = append(lines, line)
		}
	}
	lines = appendText(lines, r.After)
	return paginate(lines)
}

// Below adds a reply to a message that Render has made, if both fit one; fits is false, and the
// message as it was, where they do not.
func Below(page string, r dialog.Reply, card int) (_ string, fits bool) {
	more := Render(r, card)
	if len(more) != 1 || len(page)+len("\n")+len(more[0]) > pageBytes {
		return page, false
	}
	return page + "\n" + more[0], true
}

// Plain is the whole reply without links and pages, for transcripts.
func Plain(r dialog.Reply) string {
	var lines []string
	lines = appendText(lines, r.Text)
	for _, c := range r.Choices {
		if line := choiceLine(c, 0); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(appendText(lines, r.After), "\n")
}

// appendText adds text's lines, without empty ones at its ends.
func appendText(lines []string, text string) []string {
	text = strings.Trim(harmless(text), "\n")
	if strings.TrimSpace(text) == "" {
		return lines
	}
	return append(lines, strings.Split(text, "\n")...)
}

// choiceLine shows a choice. The client ignores taps that say nothing, so those get no link.
// See https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Passive_user_reply_message.html.
func choiceLine(c dialog.Choice, card int) string {
	label := strings.TrimSpace(strings.ReplaceAll(harmless(c.Label), "\n", " "))
	if label == "" {
		return ""
	}
	if short := zh.CutBytes(label, maxShown); short != label {
		label = short + "…"
	}
	send := strings.ReplaceAll(url.QueryEscape(clean(c.Send)), "+", "%20")
	if card <= 0 || send == "" || len(send) > maxSend {
		return label
	}
	return `<a href="weixin://bizmsgmenu?msgmenucontent=` + send + `&msgmenuid=` + strconv.Itoa(card) + `">` + label + `</a>`
}

// paginate fills pages with whole lines. Only a line longer than a page is broken; links are
// always shorter.
func paginate(lines []string) []string {
	const room = pageBytes - len("\n") - len(moreLine) // of a page that is not the last
	var pages []string
	for len(lines) > 0 {
		if whole := strings.Join(lines, "\n"); strings.TrimSpace(whole) == "" {
			break
		} else if len(whole) <= pageBytes {
			return append(pages, whole)
		}
		n, size := 0, 0
		for n < len(lines) && size+len(lines[n])+min(n, 1) <= room {
			size += len(lines[n]) + min(n, 1)
			n++
		}
		var page string
		if n == 0 {
			page = cutLine(lines[0], room)
			lines[0] = lines[0][len(page):]
		} else {
			page = strings.TrimRight(strings.Join(lines[:n], "\n"), "\n")
			lines = skipEmpty(lines[n:])
		}
		if strings.TrimSpace(page) != "" {
			pages = append(pages, page+"\n"+moreLine)
		}
	}
	return withoutMore(pages)
}

// cutLine prefers the end of a sentence to the middle of a word, if one stands in the last third.
func cutLine(s string, n int) string {
	head := zh.CutBytes(s, n)
	for _, mark := range []string{"。", "；", "，", " "} {
		if i := strings.LastIndex(head, mark); i >= len(head)*2/3 {
			return head[:i+len(mark)]
		}
	}
	return head
}

func skipEmpty(lines []string) []string {
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	return lines
}

// withoutMore takes the promise off a last page behind which only empty lines stood.
func withoutMore(pages []string) []string {
	if n := len(pages); n > 0 {
		pages[n-1] = strings.TrimSuffix(pages[n-1], "\n"+moreLine)
	}
	return pages
}
