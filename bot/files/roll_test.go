package files

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// told is a pass over a roll as lines: a good row as its cells, a fault as "!line column reason".
func told(t *testing.T, roll *Roll) []string {
	t.Helper()
	var out []string
	for row, f := range roll.Rows(context.Background()) {
		if f != nil {
			out = append(out, fmt.Sprintf("!%d %s %s", f.Line, f.Column, f.Reason))
			continue
		}
		out = append(out, fmt.Sprintf("%d %s", row.Line, strings.Join([]string{
			row.Street, row.Community, row.Estate, row.Grid, row.Building, row.Unit, row.Room, row.Name, row.Phone, row.Code, row.Note,
		}, "|")))
	}
	return out
}

var inCommunity = RollOptions{Community: "钮家巷社区"}

func readText(t *testing.T, text string, o RollOptions) []string {
	t.Helper()
	return told(t, NewRoll(strings.NewReader(text), int64(len(text)), o))
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

const plainHead = "小区,幢,单元,室,姓名,手机\n"

func TestRollInAnyOrder(t *testing.T) {
	same(t, readText(t, "钮家巷社区住户名册,,,,,,,,,,,\n备注,手机号,业主姓名（必填）,房号,单元,楼栋,网格,所属小区,社区,街道,性别,编号\n"+
		"独居,138 0013 8000,张 三,501室,二单元,3幢,一网格,钮家新村,钮家巷社区,平江街道,男,A-1\n\n"+
		"\t,'０５１２－６７２７１２３４,阿依古丽•买买提,0302,无,第三栋,,钮家新村,钮家巷社区,平江街道,,\n", RollOptions{}),
		"3 平江街道|钮家巷社区|钮家新村|一网格|3|2|501|张三|13800138000|A-1|独居",
		"5 平江街道|钮家巷社区|钮家新村||3||302|阿依古丽·买买提|051267271234||")
}

func TestRollEncodings(t *testing.T) {
	text := plainHead + "钮家新村,3幢,2单元,501,张三,13800138000\n联通里,4,,102,李㐂,13900139000\n"
	gbk, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	le, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
	be, _ := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(text)
	for name, file := range map[string]string{
		"UTF-8": text, "UTF-8 with mark": "\xef\xbb\xbf" + text, "GB18030": gbk, "UTF-16LE": le, "UTF-16BE": be,
		"CRLF": strings.ReplaceAll(text, "\n", "\r\n"), "semicolons": strings.ReplaceAll(text, ",", ";"), "tabs": strings.ReplaceAll(text, ",", "\t"),
	} {
		t.Run(name, func(t *testing.T) {
			same(t, readText(t, file, inCommunity),
				"2 |钮家巷社区|钮家新村||3|2|501|张三|13800138000||",
				"3 |钮家巷社区|联通里||4||102|李㐂|13900139000||")
		})
	}
}

func TestBrokenRowsDoNotHideAnEncoding(t *testing.T) {
	text := plainHead + "\xff新村,3,2,501,张三,\n\xff新村,3,2,502,李四,\n钮家新村,3,2,503,王五,\n"
	same(t, readText(t, text, inCommunity),
		"!2  这一行有认不出的字，可能是编码坏了。", "!3  这一行有认不出的字，可能是编码坏了。", "4 |钮家巷社区|钮家新村||3|2|503|王五|||")
	gbk, err := simplifiedchinese.GB18030.NewEncoder().String(plainHead + "钮家新村,3,2,501,张三,\n")
	if err != nil {
		t.Fatal(err)
	}
	same(t, readText(t, gbk+"\xff\xff,3,2,502,x,\n", inCommunity), "2 |钮家巷社区|钮家新村||3|2|501|张三|||", "!3  这一行有认不出的字，可能是编码坏了。")
}
