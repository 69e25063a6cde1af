package files

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"yishi/flows/civic"
	"yishi/flows/zh"
)

// column is one of the columns of a roll.
type column int

const (
	colStreet column = iota
	colCommunity
	colEstate
	colGrid
	colBuilding
	colUnit
	colRoom
	colName
	colPhone
	colCode
	colNote
	columns // how many there are
)

// columnWords are what a column may be called; the first is our own word.
var columnWords = [columns][]string{
	colStreet:    {"街道", "街道名称", "所属街道", "镇街", "街镇", "乡镇街道", "镇", "乡镇"},
	colCommunity: {"社区", "社区名称", "所属社区", "居委会", "村居", "社区居委会"},
	colEstate:    {"小区", "小区名称", "所属小区", "楼盘", "住宅小区", "居民小区"},
	colGrid:      {"网格", "网格名称", "所属网格", "网格号", "网格编号", "片区"},
	colBuilding:  {"幢", "楼栋", "楼幢", "栋", "幢号", "栋号", "楼号", "楼栋号", "楼幢号", "楼", "座", "楼座", "号楼"},
	colUnit:      {"单元", "单元号", "门洞", "单元门", "梯号"},
	colRoom:      {"室", "室号", "房号", "房间号", "门牌", "门牌号", "房间", "房屋号", "户号", "户室", "户室号", "房室号"},
	colName:      {"姓名", "业主姓名", "住户姓名", "居民姓名", "业主", "住户", "名字", "人员姓名", "居民"},
	colPhone:     {"手机", "手机号", "手机号码", "电话", "联系电话", "电话号码", "联系方式", "移动电话", "联系号码", "联系手机"},
	colCode:      {"编号", "人员编号", "居民编号", "住户编号", "业主编号"},
	colNote:      {"备注", "说明", "备注说明"},
}

// columnByWord is columnWords the other way round.
var columnByWord = func() map[string]column {
	m := make(map[string]column)
	for c, words := range columnWords {
		for _, w := range words {
			m[w] = column(c)
		}
	}
	return m
}()

func (c column) String() string { return columnWords[c][0] }

// knownColumn reads a cell of a header, which may carry 必填 in brackets, a star or line breaks.
func knownColumn(text string) (column, bool) {
	text = zh.Narrow(zh.Clean(text))
	if i := strings.IndexAny(text, "(["); i > 0 {
		text = text[:i]
	}
	text = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \n*:：\"'", r) {
			return -1
		}
		return r
	}, text)
	c, ok := columnByWord[text]
	return c, ok
}

const (
	headerRows = 20 // how far down the header may stand: titles and instructions come first
	headerHits = 3  // how many known words make a row the header
)

// header says in which cell each column stands.
type header struct {
	line  int
	last  int          // its last line, where cells are merged downwards
	width int          // cells of the header that are not empty at its end
	at    [columns]int // -1: not there
}

// findHeader reads up to the header.
func (p *rollPass) findHeader() error {
	for range headerRows {
		rec, err := p.table.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if hits(rec.cells) >= headerHits {
			return p.takeHeader(rec)
		}
	}
	return refuse("没有找到表头。前 %d 行里要有一行写着：小区、幢、单元、室、姓名、手机。", headerRows)
}

// hits counts the known words in a row.
func hits(cells []cell) int {
	n := 0
	for _, c := range cells {
		if _, ok := knownColumn(c.text); ok {
			n++
		}
	}
	return n
}

func (p *rollPass) takeHeader(rec *record) error {
	h := header{line: rec.line}
	for c := range h.at {
		h.at[c] = -1
	}
	var unknown, twice []string
	cells, err := p.headerCells(rec, &h)
	if err != nil {
		return err
	}
	for i, cell := range cells {
		word := zh.Clean(cell.text)
		if word == "" {
			continue
		}
		h.width = i + 1
		switch c, ok := knownColumn(word); {
		case !ok:
			unknown = append(unknown, clip(word))
		case h.at[c] >= 0:
			twice = append(twice, c.String())
		default:
			h.at[c] = i
		}
	}
	fail := func(reason string, words []string) error {
		return &refusal{civic.RollFault{Line: h.line, Reason: fmt.Sprintf(reason, quoteAll(words))}}
	}
	if len(twice) > 0 {
		return fail("表头里%s出现了不止一次。请只留一列。", slices.Compact(twice))
	}
	var missing []string
	for _, c := range p.required() {
		if h.at[c] < 0 {
			missing = append(missing, c.String())
		}
	}
	if len(missing) > 0 {
		return fail("表头里缺少%s。", missing)
	}
	if len(unknown) > 0 {
		p.notes = append(p.notes, fmt.Sprintf("没有用到的列：%s。", quoteAll(unknown)))
	}
	p.head = h
	return nil
}

// headerCells are the words of the header. Where it is merged downwards it has several lines, and the lower words are the narrower
// ones: 门牌 above 幢, 单元 and 室.
func (p *rollPass) headerCells(rec *record, h *header) ([]cell, error) {
	cells := slices.Clone(rec.cells)
	h.last = rec.line
	for _, c := range cells {
		h.last = min(max(h.last, c.bottom), rec.line+headerRows)
	}
	for line := rec.line; line < h.last; {
		next, err := p.table.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if line = next.line; line > h.last {
			p.ahead = next
			break
		}
		for i, c := range next.cells {
			if i == len(cells) {
				cells = append(cells, cell{})
			}
			if strings.TrimSpace(c.text) != "" {
				cells[i].text = c.text
			}
		}
	}
	return cells, nil
}

// required are the columns that a roll must have.
func (p *rollPass) required() []column {
	if p.o.Community != "" {
		return []column{colEstate, colBuilding, colRoom, colName}
	}
	return []column{colStreet, colCommunity, colEstate, colBuilding, colRoom, colName}
}

// clip shortens a word of a header for a note.
func clip(s string) string {
	const most = 12
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
