package flows

import (
	"regexp"
	"strconv"
	"strings"

	"yishi/flows/civic"
	"yishi/flows/zh"
)

// The words of staff about a talk.
const (
	verbTake = "take" // 接3
	verbGo   = "go"   // 切3
	verbSee  = "see"  // 看3
	verbSay  = "say"  // 3 您好, 3号 您好, 回3 您好
	verbBack = "back" // 放回3
	verbEnd  = "end"  // 结束3
	verbHand = "hand" // 转3给小李
)

// verb is a word with the number of a talk.
type verb struct {
	word string
	n    int
	rest string // of 回 and 转: the words, or the name
	bare bool   // of 回: only a number stands before the words
}

const talkNumber = `(\d{1,4}|[一二两三四五六七八九十]{1,3})`

// verbs are tried in this order, on the text in narrow letters.
var verbs = []struct {
	word string
	re   *regexp.Regexp
}{
	{verbTake, regexp.MustCompile(`^(?:我来)?接\s*` + talkNumber + `\s*号?$`)},
	{verbGo, regexp.MustCompile(`^(?:切换到|切换|切到|切|回到)\s*` + talkNumber + `\s*号?$`)},
	{verbSee, regexp.MustCompile(`^看\s*` + talkNumber + `\s*号?$`)},
	{verbBack, regexp.MustCompile(`^放回\s*` + talkNumber + `\s*号?$`)},
	{verbEnd, regexp.MustCompile(`^结束\s*` + talkNumber + `\s*号?$`)},
	{verbHand, regexp.MustCompile(`^转\s*` + talkNumber + `\s*号?\s*(?:转?给|到)?\s*(\S{1,20})$`)},
	{verbSay, regexp.MustCompile(`(?s)^回\s*` + talkNumber + `\s*号?[\s,，:：。]+(\S.*)$`)},
	{verbSay, regexp.MustCompile(`(?s)^` + talkNumber + `\s*号[\s,，:：。]*(\S.*)$`)},
	{verbSay, regexp.MustCompile(`(?s)^(\d{1,4})[\s,，:：]+(\D.*)$`)},
}

// matchAnswer recognises a word with a number; readVerb reads what it returns.
func matchAnswer(text string) (string, bool) {
	text = strings.TrimSpace(text)
	narrow := zh.Narrow(text)
	for i, v := range verbs {
		m := v.re.FindStringSubmatch(narrow)
		if m == nil {
			continue
		}
		n, ok := zh.Number(m[1])
		if !ok {
			continue
		}
		rest := ""
		if len(m) > 2 {
			rest = m[2]
		}
		if v.word == verbSay { // as it was written
			rest = tail(text, narrow, rest)
		}
		return strings.Join([]string{v.word, strconv.Itoa(n), strconv.FormatBool(i == len(verbs)-1), rest}, " "), true
	}
	return "", false
}

// tail is the end of a text that stands for the end of the same text in narrow letters.
func tail(text, narrow, rest string) string {
	all, short := []rune(text), []rune(narrow)
	if len(all) != len(short) {
		return rest
	}
	return string(all[len(all)-len([]rune(rest)):])
}

func readVerb(arg string) verb {
	parts := strings.SplitN(arg, " ", 4)
	if len(parts) < 4 {
		return verb{}
	}
	n, err := strconv.Atoi(parts[1])
	if err != nil {
		return verb{}
	}
	return verb{word: parts[0], n: n, bare: parts[2] == "true", rest: parts[3]}
}

// fitsAnswer says whether a word with a number is about a talk: 3 您好 only where that talk is
// one's own, and with nothing but a number before it only where no other question is open.
func fitsAnswer(t *Turn, arg string) bool {
	v := readVerb(arg)
	if v.word == verbTake {
		return true
	}
	if v.bare && t.Amid() != "" && t.Amid() != answerID && t.Amid() != desk.ID && t.Amid() != menu.ID {
		return false
	}
	k, ok, err := t.World.Talks.Numbered(t.Context(), civic.Account(t.Account), v.n)
	if t.Failed(err) || !ok {
		return false
	}
	return k.Mine || v.word != verbSay
}

// shortVerb reads words about the present talk without its number: 结束, 放回, 看, 转给小李.
func (d *TalkDraft) shortVerb(t *Turn) (verb, bool) {
	if arg, ok := matchAnswer(t.Text); ok { // handed over by the list
		return readVerb(arg), true
	}
	v := verb{n: d.Now.Number}
	switch {
	case d.Now.ID == 0:
		return v, false
	case t.Said("结束", "结束会话"):
		v.word = verbEnd
	case t.Said("放回", "放回队列"):
		v.word = verbBack
	case t.Said("看", "看看", "看前面"):
		v.word = verbSee
	default:
		m := handShort.FindStringSubmatch(strings.TrimSpace(t.Text))
		if m == nil {
			return v, false
		}
		v.word, v.rest = verbHand, m[1]
	}
	return v, true
}

var handShort = regexp.MustCompile(`^转给\s*(\S{1,10})$`)
