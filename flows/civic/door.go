package civic

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"yishi/flows/zh"
)

// Building is the one form of a building's name: 3幢, 3栋, ３号楼, 3#, 第三幢 and 03 are all 3; A座 is A,
// 东三幢 is 东3. What is no such name is kept, without space. Building(Building(s)) is Building(s).
func Building(s string) string {
	return part(s, "号楼", "幢楼", "栋楼", "幢", "栋", "座", "号", "楼", "#")
}

// Unit is the one form of a unit's name: 2单元, 二单元 and 2门 are 2. No unit, also written 无 or -, is "".
func Unit(s string) string { return part(s, "单元", "门洞", "门", "梯") }

// Room is the one form of a room's number: 501室, ５０１, 0501 and 五〇一 are 501; 5a is 5A.
func Room(s string) string { return part(s, "室", "房间", "房", "号") }

// DoorKey is the key by which a household is found within its estate, the same for every way to
// write its door: 3幢 2单元 501室 and 3, 二, 0501 are 3/2/501; a building without units gives 3//501.
// DoorKey of the parts of a key is the key.
func DoorKey(building, unit, room string) string {
	return Building(building) + "/" + Unit(unit) + "/" + Room(room)
}

// part brings one part of a door to its form. Each round takes one thing off, so it ends.
func part(s string, suffixes ...string) string {
	s = doorText(s)
	for s != "" {
		t := strings.TrimPrefix(s, "第")
		for _, suffix := range suffixes {
			if u := strings.TrimSuffix(t, suffix); u != t && u != "" {
				t = u
				break
			}
		}
		if t = plain(strings.Trim(t, "-")); t == s {
			break
		}
		s = t
	}
	if s == "无" || s == "无单元" || s == "无号" {
		return ""
	}
	return s
}

// doorText folds what is written in a part of a door: narrow, upper case, simplified, one kind of dash,
// neither space nor the slash that parts a key.
func doorText(s string) string {
	s = dashes.Replace(zh.Narrow(zh.Clean(s)))
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return -1
		case r == '/':
			return '-'
		}
		return unicode.ToUpper(r)
	}, s)
}

var dashes = strings.NewReplacer("—", "-", "–", "-", "‐", "-", "−", "-", "‑", "-", "－", "-", "~", "-", "／", "/",
	"﹟", "#", "＃", "#", "樓", "楼", "號", "号", "棟", "栋", "單", "单", "門", "门")

// plain writes a number in digits without leading zeros. One word of direction may stand before it.
func plain(s string) string {
	head := ""
	for _, d := range [...]string{"东", "西", "南", "北", "中"} {
		if t, ok := strings.CutPrefix(s, d); ok && t != "" {
			head, s = d, t
			break
		}
	}
	if n, ok := numeral(s); ok {
		return head + n
	}
	if t := strings.TrimLeft(s, "0"); t != s && t != "" && t[0] >= '1' && t[0] <= '9' {
		s = t // 0501A
	}
	return head + s
}

// numeral reads a text that is nothing but digits or Chinese numerals: 501, 十二, 五〇一, 一二. Digits in a row
// are read one by one, as rooms are.
func numeral(s string) (string, bool) {
	if s == "" || len(s) > 3*MaxDoor {
		return "", false
	}
	out := make([]byte, 0, len(s))
	for _, r := range s {
		switch i := strings.IndexRune("0123456789", r); {
		case i >= 0:
			out = append(out, byte(r))
		default:
			n, ok := zh.Number(string(r))
			if !ok || !strings.ContainsRune(hanNumerals, r) {
				return "", false
			}
			if n > 9 { // 十 and 百 make it a number read as a whole
				n, ok = zh.Number(s)
				return strconv.Itoa(n), ok
			}
			out = append(out, byte('0'+n))
		}
	}
	t := strings.TrimLeft(string(out), "0")
	if t == "" {
		t = "0"
	}
	return t, true
}

const hanNumerals = "零〇一二两三四五六七八九十百"

// ShowDoor writes a door as residents read it: 3幢2单元501室, A幢1203室. Words that stand for themselves get no other word: 翠园101室.
// What [Building], [Unit] and [Room] made of numbers and letters reads back by [ParseDoor].
func ShowDoor(building, unit, room string) string {
	named := func(s, word string) string {
		if r, _ := utf8.DecodeLastRuneInString(s); s == "" || r >= utf8.RuneSelf && !strings.ContainsRune("甲乙丙丁", r) {
			return s
		}
		return s + word
	}
	return named(building, "幢") + named(unit, "单元") + named(room, "室")
}

// Door patterns, on folded text. A token is a number, a letter with or without one, or a heavenly stem.
const (
	doorNumber = `(?:[0-9]{1,5}|[` + hanNumerals + `]{1,6})`
	doorToken  = `[东西南北中]?(?:[A-Z]?` + doorNumber + `[A-Z]?|[A-Z]|[甲乙丙丁])`
	shortToken = `[东西南北中]?(?:[A-Z]?[0-9]{1,3}[A-Z]?|[A-Z]|[` + hanNumerals + `]{1,4})` // 2027-018 is a need, no door
	doorRoom   = `([A-Z]?` + doorNumber + `(?:-[0-9]{1,2})?[A-Z]?|[A-Z]|[甲乙丙丁])`
)

var (
	markedDoor = regexp.MustCompile(`第?(` + doorToken + `) ?(?:号楼|幢楼|栋楼|幢|栋|座|#|楼|号) ?[-,]? ?(?:第?(` +
		doorToken + `) ?(?:单元|门|梯) ?[-,]? ?)?(?:` + doorNumber + ` ?(?:楼|层) ?)?第?` + doorRoom + ` ?(?:室|房间|房|号)?`)
	dashedDoor = regexp.MustCompile(`(` + shortToken + `)(?:-(` + doorToken + `))?-(` + doorToken + `) ?(?:室|房间|房|号)?`)
	spacedDoor = regexp.MustCompile(`^(` + shortToken + `)(?: (` + doorToken + `))? (` + doorToken + `)$`)
)

// ParseDoor reads a text that is one door and nothing else, as residents type it: 3幢2单元501室, 3-2-501, 3号楼501,
// 三幢二单元501, 3 2 501. Unit is "" where none is named. A room without a building is no door.
func ParseDoor(text string) (building, unit, room string, ok bool) {
	text = doorLine(text)
	if m := spacedDoor.FindStringSubmatch(text); m != nil {
		return Building(m[1]), Unit(m[2]), Room(m[3]), true
	}
	d, ok := cutDoor(text)
	if !ok || d.Before != "" || d.After != "" {
		return "", "", "", false
	}
	return d.Building, d.Unit, d.Room, true
}

// FoundDoor is a door within a longer text.
type FoundDoor struct {
	Before               string // such as the estate's name; trimmed
	Building, Unit, Room string // as [Building], [Unit] and [Room] have them
	After                string // such as a name and four digits; trimmed
}

// CutDoor finds the first door in a line such as 钮家新村3幢2单元501 张三 1234. A door by spaces alone (3 2 501) is
// not found in a line, where digits that follow could be anything.
func CutDoor(text string) (FoundDoor, bool) { return cutDoor(doorLine(text)) }

func cutDoor(text string) (FoundDoor, bool) {
	m := markedDoor.FindStringSubmatchIndex(text)
	if d := dashedDoor.FindStringSubmatchIndex(text); m == nil || d != nil && d[0] < m[0] {
		m = d
	}
	if m == nil {
		return FoundDoor{}, false
	}
	group := func(i int) string {
		if m[2*i] < 0 {
			return ""
		}
		return text[m[2*i]:m[2*i+1]]
	}
	d := FoundDoor{
		Before: strings.Trim(text[:m[0]], " ,"), After: strings.Trim(text[m[1]:], " ,"),
		Building: Building(group(1)), Unit: Unit(group(2)), Room: Room(group(3)),
	}
	if numberEdge(text[:m[0]], true) || numberEdge(text[m[1]:], false) {
		return FoundDoor{}, false // a piece of a longer number
	}
	return d, d.Building != "" && d.Room != ""
}

// numberEdge reports whether a number goes on where a door was cut out.
func numberEdge(rest string, end bool) bool {
	if rest == "" {
		return false
	}
	b := rest[0]
	if end {
		b = rest[len(rest)-1]
	}
	return b >= '0' && b <= '9' || b == '-'
}

// doorLine folds a typed line: narrow, upper case, simplified, one kind of dash, single spaces, commas for what parts.
func doorLine(s string) string {
	s = strings.ToUpper(dashes.Replace(zh.Narrow(zh.Clean(s))))
	s = strings.Map(func(r rune) rune {
		switch r {
		case '/', '_', '\\':
			return '-'
		case '，', '、', '。', ';', '；', '：', ':', '|':
			return ','
		case '\n':
			return ' '
		}
		return r
	}, s)
	for strings.Contains(s, " -") || strings.Contains(s, "- ") {
		s = strings.ReplaceAll(strings.ReplaceAll(s, " -", "-"), "- ", "-")
	}
	return strings.Trim(strings.Join(strings.Fields(s), " "), " ,.")
}
