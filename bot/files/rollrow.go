package files

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"yishi/flows/civic"
	"yishi/flows/zh"
)

// rowReader turns the cells of one row into a person and gathers what is wrong with them.
type rowReader struct {
	h      *header
	rec    *record
	o      RollOptions
	faults []civic.RollFault
}

// read reads one row below the header.
func (h *header) read(rec *record, o RollOptions) (civic.RollRow, []civic.RollFault) {
	r := rowReader{h: h, rec: rec, o: o}
	if r.strange() {
		return civic.RollRow{}, r.faults
	}
	row := civic.RollRow{
		Line:      rec.line,
		Street:    r.place(colStreet, o.Street),
		Community: r.place(colCommunity, o.Community),
		Estate:    r.place(colEstate, ""),
		Grid:      r.place(colGrid, ""),
		Building:  r.door(colBuilding, civic.Building),
		Unit:      r.door(colUnit, civic.Unit),
		Room:      r.door(colRoom, civic.Room),
		Name:      r.name(),
		Phone:     r.phone(),
		Code:      r.text(colCode, civic.MaxCode),
		Note:      r.text(colNote, civic.MaxNote),
	}
	if len(r.faults) == 0 {
		r.wholeDoor(&row)
	}
	return row, r.faults
}

func (r *rowReader) fault(c column, reason string, args ...any) {
	r.faults = append(r.faults, civic.RollFault{Line: r.rec.line, Column: c.String(), Reason: fmt.Sprintf(reason, args...)})
}

// strange notices rows that are none of a person.
func (r *rowReader) strange() bool {
	if r.rec.wide {
		for _, c := range r.rec.cells[min(r.h.width, len(r.rec.cells)):] {
			if strings.TrimSpace(c.text) != "" {
				r.faults = append(r.faults, civic.RollFault{Line: r.rec.line, Reason: "这一行的格数比表头多，可能内容里有没加引号的分隔符。"})
				return true
			}
		}
	}
	if hits(r.rec.cells) >= headerHits {
		r.faults = append(r.faults, civic.RollFault{Line: r.rec.line, Reason: "这一行又是表头，请删掉。"})
		return true
	}
	return false
}

// cell gives the cleaned, narrow text of a column, "" with ok false where it cannot be used and a fault was noted.
func (r *rowReader) cell(c column) (text string, ok bool) {
	i := r.h.at[c]
	if i < 0 || i >= len(r.rec.cells) {
		return "", true
	}
	cell := r.rec.cells[i]
	switch cell.kind {
	case cellText, cellNumber:
	case cellFormula:
		r.fault(c, "这一格是公式，请改成填好的内容。")
		return "", false
	case cellDate:
		r.fault(c, "这一格被表格软件当成了日期，请改成文本，照原样填。")
		return "", false
	case cellError:
		r.fault(c, "这一格是出错的公式结果，请照实填写。")
		return "", false
	case cellMerged:
		r.fault(c, "这一格是合并单元格（第 %d 到 %d 行），请取消合并，每行都填上。", cell.top, cell.bottom)
		return "", false
	}
	text = zh.Narrow(zh.Clean(cell.text))
	text = strings.TrimPrefix(strings.ReplaceAll(text, "\n", " "), "'") // the mark of text, which CSV keeps
	switch {
	case text == "-" || text == "--" || text == "/" || text == "—" || text == "——" || text == "无":
		return "", true
	case text != "" && strings.IndexByte("=@+-", text[0]) >= 0 && (c != colPhone || text[0] != '+'):
		r.fault(c, "这一格像公式（以 %s 开头），请改成普通内容。", text[:1])
		return "", false
	case strings.ContainsRune(text, utf8.RuneError):
		r.fault(c, "这一格有认不出的字。")
		return "", false
	}
	return text, true
}

// text reads an optional text of at most so many runes.
func (r *rowReader) text(c column, most int) string {
	text, ok := r.cell(c)
	if ok && utf8.RuneCountInString(text) > most {
		r.fault(c, "太长了，最多 %d 个字。", most)
	}
	return text
}

// needed is text for columns that must be filled in.
func (r *rowReader) needed(c column, most int) (text string, ok bool) {
	text, ok = r.cell(c)
	switch {
	case !ok:
	case text == "":
		r.fault(c, "没有填。")
		return "", false
	case utf8.RuneCountInString(text) > most:
		r.fault(c, "太长了，最多 %d 个字。", most)
		return "", false
	}
	return text, ok
}

// place reads 街道, 社区, 小区 or 网格.
func (r *rowReader) place(c column, otherwise string) string {
	optional := c == colGrid || c == colStreet && r.o.Community != ""
	if otherwise == "" && !optional {
		text, _ := r.needed(c, civic.MaxPlace)
		return text
	}
	if text := r.text(c, civic.MaxPlace); text != "" {
		return text
	}
	return otherwise
}

// door reads 幢, 单元 or 室 into its one form.
func (r *rowReader) door(c column, form func(string) string) string {
	read := r.cell
	if c != colUnit {
		read = func(c column) (string, bool) { return r.needed(c, civic.MaxPlace) }
	}
	text, ok := read(c)
	if !ok || text == "" {
		return ""
	}
	text = form(text)
	switch {
	case text == "" && c != colUnit:
		r.fault(c, "没有填。")
	case utf8.RuneCountInString(text) > civic.MaxDoor:
		r.fault(c, "太长了，最多 %d 个字。", civic.MaxDoor)
	case strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-#()·", r)
	}):
		r.fault(c, "有不该有的符号，请只写号码，例如 3、A2、501。")
	case (c == colUnit || c == colBuilding) && len(text) >= 5 && isDigits(text):
		r.fault(c, "号码太长，可能被表格软件改成了日期，请改成文本再填。")
	}
	return text
}

// wholeDoor looks at a 室 that holds more than a room. What repeats the row's own building and unit (3-2-501,
// 2单元501) is taken apart; what could be read in two ways (1-501 without a unit) or contradicts them is a fault.
func (r *rowReader) wholeDoor(row *civic.RollRow) {
	marked := strings.ContainsAny(row.Room, "幢栋楼座层单元门梯")
	first, rest, dashed := strings.Cut(row.Room, "-")
	if !marked && (!dashed || len(first) > 2 && len(rest) <= 2) {
		return // 501, or 501-1 for a part of a flat
	}
	building, unit, room, ok := civic.ParseDoor(row.Room)
	if !ok && marked {
		building, unit, room, ok = civic.ParseDoor(row.Building + "幢" + row.Room)
	}
	switch {
	case ok && building == row.Building && unit != "" && (unit == row.Unit || row.Unit == ""):
		row.Unit, row.Room = unit, room
	case ok && marked && building == row.Building && unit == "":
		row.Room = room
	case ok && !marked && unit == "" && building == row.Unit:
		row.Room = room // 2-501 in the row of unit 2
	case ok && !marked && unit == "" && row.Unit == "":
		r.fault(colRoom, "横线前面的是幢还是单元，看不出来。请把单元另写一列，室里只写室号。")
	default:
		r.fault(colRoom, "里面像还有幢、单元或楼层，又和这一行对不上。请只写室号。")
	}
}

// name reads 姓名: one person's whole name.
func (r *rowReader) name() string {
	text, ok := r.needed(colName, civic.MaxName)
	if !ok {
		return ""
	}
	text = oneName(text)
	switch {
	case strings.ContainsFunc(text, unicode.IsDigit):
		r.fault(colName, "姓名里有数字。")
	case strings.ContainsAny(text, "/、,;，；|&"):
		r.fault(colName, "一格里像有几个人，请一人一行。")
	case strings.ContainsAny(text, "*?？xX×") && hasHan(text):
		r.fault(colName, "姓名不完整，请写全名。")
	case strings.HasSuffix(text, "先生") || strings.HasSuffix(text, "女士") || strings.HasSuffix(text, "小姐") || strings.HasSuffix(text, "太太"):
		r.fault(colName, "请写全名，不写称呼。")
	case text == "空" || text == "空置" || text == "空房" || text == "出租" || text == "未知" || text == "不详":
		r.fault(colName, "这不是姓名。没有人住的房子不用列。")
	case !strings.ContainsFunc(text, unicode.IsLetter):
		r.fault(colName, "这不是姓名。")
	}
	return text
}

// oneName writes 张 三 as 张三 and every middle dot in one way; spaces between Latin words stay.
func oneName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch r {
		case '•', '‧', '・', '∙', '⋅', '●', '･':
			return '·'
		}
		return r
	}, s)
	if !hasHan(s) {
		return s
	}
	return strings.ReplaceAll(s, " ", "")
}

func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
