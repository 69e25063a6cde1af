package flows

import (
	"errors"
	"regexp"
	"strings"
	"unicode"

	"yishi/flows/civic"
	"yishi/flows/zh"
)

// proof is what was understood of words by which somebody wants to be verified.
type proof struct {
	code                         string // nine digits of a card
	slip                         bool   // of a card, with one of them wrong
	door                         bool
	estate, building, unit, room string
	name, digits                 string
}

var (
	wholePhone = regexp.MustCompile(`(?:^|[^0-9])(?:\+?86[ -]?)?1[3-9][0-9][ ,-]{0,2}[0-9]{4}[ ,-]{0,2}([0-9]{4})(?:$|[^0-9])`)
	fourDigits = regexp.MustCompile(`(?:^|[^0-9])([0-9]{4})(?:$|[^0-9])`)
	afterRoom  = regexp.MustCompile(`([0-9]) ((?:1[3-9][0-9]{9}|[0-9]{4})(?:$|[^0-9]))`) // else the room would go on
	cardInLine = regexp.MustCompile(`(?:^|[^0-9-])([0-9]{4} ?[0-9]{4} ?[0-9])(?:$|[^0-9-])`)
)

// said words stand around what people write and mean nothing by themselves, longest first.
var saidWords = []string{
	"我要认证", "名册上的手机", "手机号码", "手机后四位", "手机尾号", "后四位", "末四位", "手机号", "我的名字", "我家住在", "我家住", "我住在", "我叫做", "住户码",
	"户主", "本人", "姓名", "名字", "门牌", "地址", "手机", "电话", "尾号", "我家", "我叫", "我是", "我住", "住在", "户码", "认证", "绑定", "同意", "叫", "住", "是",
}

// whole says whether it is enough to compare with the roll, and hardly anything else.
func (p proof) whole() bool {
	return p.code != "" || p.slip || p.door && p.name != "" && p.digits != ""
}

// readProof reads one line, whatever of it is there: 钮家新村3幢2单元501 张三 1234, or 1234 5678 9 张三.
func readProof(text string) proof {
	line := strings.Join(strings.Fields(zh.Narrow(zh.Clean(text))), " ")
	var p proof
	switch code, err := civic.ReadHouseholdCode(line); {
	case err == nil:
		return proof{code: code}
	case errors.Is(err, civic.ErrCodeSlip):
		return proof{slip: true}
	}
	if m := cardInLine.FindStringSubmatchIndex(line); m != nil {
		rest := bareWords(line[:m[2]] + " " + line[m[3]:])
		code, err := civic.ReadHouseholdCode(line[m[2]:m[3]])
		if nameLike(rest) && err == nil {
			return proof{code: code, name: rest}
		}
		if nameLike(rest) {
			return proof{slip: true, name: rest}
		}
	}
	if p.readDoor(line) {
		return p
	}
	p.readWho(line)
	return p
}

// readDoor finds the door and what stands around it.
func (p *proof) readDoor(line string) bool {
	if b, u, r, ok := civic.ParseDoor(line); ok {
		p.door, p.building, p.unit, p.room = true, b, u, r
		return true
	}
	if head, rest, ok := strings.Cut(line, " "); ok && strings.IndexFunc(head, unicode.IsDigit) < 0 { // 钮家新村 3 2 501
		if b, u, r, ok := civic.ParseDoor(rest); ok {
			*p = proof{door: true, estate: bareWords(head), building: b, unit: u, room: r}
			return true
		}
	}
	d, ok := civic.CutDoor(afterRoom.ReplaceAllString(line, "$1,$2"))
	if !ok {
		return false
	}
	p.door, p.building, p.unit, p.room = true, d.Building, d.Unit, d.Room
	p.readWho(d.After)
	before := bareWords(d.Before)
	if first, last, two := cutLast(before); two && p.name == "" && nameLike(last) && !placeLike(last) {
		before, p.name = first, last
	}
	if p.name == "" && nameLike(before) && zh.Runes(before) <= 4 && !placeLike(before) {
		before, p.name = "", before
	}
	p.estate = before
	return true
}

// readWho reads a name and four digits.
func (p *proof) readWho(text string) {
	text = " " + zh.Narrow(text) + " "
	for _, pattern := range []*regexp.Regexp{wholePhone, fourDigits} {
		if m := pattern.FindStringSubmatchIndex(text); m != nil && p.digits == "" {
			p.digits = text[m[2]:m[3]]
			text = text[:wide(text, m)] + " " + text[m[3]:]
		}
	}
	if name := bareWords(text); nameLike(name) {
		p.name = name
	}
}

// wide is where the number begins whose last four digits were found.
func wide(text string, m []int) int {
	return m[0] + len(text[m[0]:m[3]]) - len(strings.TrimLeftFunc(text[m[0]:m[3]], func(r rune) bool { return r < '0' || r > '9' }))
}

// bareWords takes away what stands around.
func bareWords(s string) string {
	trim := func(s string) string { return strings.Trim(s, " +,.:;，。：；、的") }
	for s = trim(s); ; {
		before := s
		for _, w := range saidWords {
			if t := strings.TrimPrefix(s, w); t != "" && (t != s && zh.Runes(t) >= 2 || t == "") {
				s = trim(t)
			}
			if t := strings.TrimSuffix(s, w); t != s && zh.Runes(w) > 1 {
				s = trim(t)
			}
		}
		if s == before {
			return s
		}
	}
}

// nameLike says whether a text can be a person's name: characters or letters, dots and spaces between.
func nameLike(s string) bool {
	n := 0
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Han, r) || unicode.IsLetter(r):
			n++
		case !strings.ContainsRune(" ·•・.", r):
			return false
		}
	}
	return n >= 2 && zh.Runes(s) <= 30
}

// placeLike says whether a word is rather an estate's name than a person's.
func placeLike(s string) bool {
	for _, end := range []string{"小区", "新村", "花园", "公寓", "家园", "村", "苑", "园", "弄", "坊", "巷", "街", "路", "城", "庭", "府", "湾", "里", "院", "社区"} {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}

func cutLast(s string) (first, last string, ok bool) {
	i := strings.LastIndexByte(s, ' ')
	if i < 0 {
		return "", s, false
	}
	return strings.TrimSpace(s[:i]), s[i+1:], true
}

// readDigits reads the last four digits of a phone, however they are written; a whole number too.
func readDigits(text string) string {
	text = bareWords(zh.Narrow(zh.Clean(text)))
	var b strings.Builder
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case strings.ContainsRune(" -,.，、", r):
		default:
			n, ok := zh.Number(string(r))
			if !ok || n > 9 {
				return ""
			}
			b.WriteByte(byte('0' + n))
		}
	}
	d := b.String()
	if len(d) == 11 && d[0] == '1' {
		d = d[7:]
	}
	if len(d) != 4 {
		return ""
	}
	return d
}
