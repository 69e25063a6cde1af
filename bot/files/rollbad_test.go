package files

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestRollHeaders(t *testing.T) {
	row := "钮家新村,3,2,501,张三,\n"
	for _, c := range []struct {
		name, text, want string
		o                RollOptions
	}{
		{"no header", row + row, "!0  没有找到表头。前 20 行里要有一行写着：小区、幢、单元、室、姓名、手机。", inCommunity},
		{"too far down", strings.Repeat("说明\n", 20) + plainHead + row, "!0  没有找到表头。前 20 行里要有一行写着：小区、幢、单元、室、姓名、手机。", inCommunity},
		{"missing columns", "小区,单元,姓名,手机\n" + row, "!1  表头里缺少“幢”“室”。", inCommunity},
		{"no community", plainHead + row, "!1  表头里缺少“街道”“社区”。", RollOptions{}},
		{"a column twice", "小区,幢,楼栋,单元,室,姓名,联系电话,手机号\n" + row, "!1  表头里“幢”“手机”出现了不止一次。请只留一列。", inCommunity},
		{"nobody below it", plainHead + "\n\n", "!0  表头下面没有一行内容。", inCommunity},
		{"too big", plainHead + row, "!0  文件太大：最多 0 MB。请按社区分成几个文件。", RollOptions{MaxBytes: 10}},
		{"too many", plainHead + strings.Repeat("钮家新村,3,2,501,,\n", 2), "!2 姓名 没有填。\n!0  行数太多：最多 1 人。请按社区分成几个文件。", RollOptions{Community: "钮", MaxRows: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			roll := NewRoll(strings.NewReader(c.text), int64(len(c.text)), c.o)
			same(t, told(t, roll), strings.Split(c.want, "\n")...)
			if !errors.Is(roll.Err(), ErrRollRefused) {
				t.Errorf("error %v", roll.Err())
			}
		})
	}
	text := "序号,小区,幢,单元,室,姓名,手机,一个很长很长的没有人认识的列名\n1,钮家新村,3,2,501,张三,,x\n"
	roll := NewRoll(strings.NewReader(text), int64(len(text)), inCommunity)
	same(t, told(t, roll), "2 |钮家巷社区|钮家新村||3|2|501|张三|||")
	same(t, roll.Notes(), "没有用到的列：“序号”“一个很长很长的没有人认识…”。")
}

func TestRollRowsThatAreWrong(t *testing.T) {
	for _, c := range []struct{ name, row, want string }{
		{"no estate", ",3,2,501,张三,", "小区 没有填。"},
		{"no building", "钮家新村,,2,501,张三,", "幢 没有填。"},
		{"no room", "钮家新村,3,2,-,张三,", "室 没有填。"},
		{"no name", "钮家新村,3,2,501,无,", "姓名 没有填。"},
		{"formula", "钮家新村,3,2,501,\"=HYPERLINK(\"\"x\"\")\",", "姓名 这一格像公式（以 = 开头），请改成普通内容。"},
		{"at sign", "@小区,3,2,501,张三,", "小区 这一格像公式（以 @ 开头），请改成普通内容。"},
		{"full-width formula", "钮家新村,3,2,501,＝张三,", "姓名 这一格像公式（以 = 开头），请改成普通内容。"},
		{"long name", "钮家新村,3,2,501," + strings.Repeat("长", 41) + ",", "姓名 太长了，最多 40 个字。"},
		{"long estate", strings.Repeat("长", 61) + ",3,2,501,张三,", "小区 太长了，最多 60 个字。"},
		{"long room", "钮家新村,3,2," + strings.Repeat("甲", 21) + ",张三,", "室 太长了，最多 20 个字。"},
		{"digits in a name", "钮家新村,3,2,501,张三2,", "姓名 姓名里有数字。"},
		{"two names", "钮家新村,3,2,501,张三、李四,", "姓名 一格里像有几个人，请一人一行。"},
		{"masked name", "钮家新村,3,2,501,张*,", "姓名 姓名不完整，请写全名。"},
		{"form of address", "钮家新村,3,2,501,张先生,", "姓名 请写全名，不写称呼。"},
		{"nobody lives there", "钮家新村,3,2,501,空置,", "姓名 这不是姓名。没有人住的房子不用列。"},
		{"no letters", "钮家新村,3,2,501,……,", "姓名 这不是姓名。"},
		{"sign in a room", "钮家新村,3,2,501?,张三,", "室 有不该有的符号，请只写号码，例如 3、A2、501。"},
		{"fraction", "钮家新村,3,2.5,501,张三,", "单元 有不该有的符号，请只写号码，例如 3、A2、501。"},
		{"date as a number", "钮家新村,3,46084,501,张三,", "单元 号码太长，可能被表格软件改成了日期，请改成文本再填。"},
		{"other building", "钮家新村,3,2,4-2-501,张三,", "室 里面像还有幢、单元或楼层，又和这一行对不上。请只写室号。"},
		{"other unit", "钮家新村,3,2,3单元501,张三,", "室 里面像还有幢、单元或楼层，又和这一行对不上。请只写室号。"},
		{"side of a floor", "钮家新村,3,2,一楼东,张三,", "室 里面像还有幢、单元或楼层，又和这一行对不上。请只写室号。"},
		{"building or unit", "钮家新村,1,,1-501,张三,", "室 横线前面的是幢还是单元，看不出来。请把单元另写一列，室里只写室号。"},
		{"scientific", "钮家新村,3,2,501,张三,1.38E+10", "手机 号码变成了科学计数法，后面几位已经丢了。请把这一列设成文本，重新填。"},
		{"short phone", "钮家新村,3,2,501,张三,1380013800", "手机 手机号应是 11 位，以 13 到 19 开头。"},
		{"long phone", "钮家新村,3,2,501,张三,138001380001", "手机 手机号应是 11 位，以 13 到 19 开头。"},
		{"no such phone", "钮家新村,3,2,501,张三,12800138000", "手机 手机号应是 11 位，以 13 到 19 开头。"},
		{"masked phone", "钮家新村,3,2,501,张三,138****8000", "手机 号码不完整，中间有遮住的位。"},
		{"two phones", "钮家新村,3,2,501,张三,13800138000/13900139000", "手机 一格里有几个号码，请只留一个。"},
		{"no area code", "钮家新村,3,2,501,张三,67271234", "手机 座机请写上区号，例如 0512-…。"},
		{"words", "钮家新村,3,2,501,张三,没有手机", "手机 号码里有不是数字的内容。"},
		{"service number", "钮家新村,3,2,501,张三,4008001234", "手机 不是手机号，也不是带区号的座机。"},
		{"stray separator", "钮家新村,3,2,501,张三,,独居,老人", " 这一行的格数比表头多，可能内容里有没加引号的分隔符。"},
		{"header again", strings.TrimSpace(plainHead), " 这一行又是表头，请删掉。"},
		{"bare quote", `钮家新村,3"号,2,501,张三,`, " 引号没有成对，或引号后面还有字。"},
		{"word after a quote", `钮家新村,"3"号,2,501,张三,`, " 引号没有成对，或引号后面还有字。"},
		{"NUL", "钮家新村,3\x00,2,501,张三,", " 这一行里有不是文字的字节。"},
		{"broken character", "钮家新村,3,2,501,张\xff,", " 这一行有认不出的字，可能是编码坏了。"},
		{"long line", "钮家新村,3,2,501,张三," + strings.Repeat("长", 100_000), " 这一行太长，可能引号没有成对。"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := readText(t, plainHead+"钮家新村,9,9,901,前一个,\n"+c.row+"\n钮家新村,9,9,902,后一个,\n", inCommunity)
			same(t, got, "2 |钮家巷社区|钮家新村||9|9|901|前一个|||", "!3 "+c.want, "4 |钮家巷社区|钮家新村||9|9|902|后一个|||")
		})
	}
}

func TestRollRowsThatAreRight(t *testing.T) {
	for _, c := range []struct{ name, row, want string }{
		{"paper only", "钮家新村,3,2,501,张三,", "钮家新村||3|2|501|张三|||"},
		{"no unit", "钮家新村,3,/,501,张三,", "钮家新村||3||501|张三|||"},
		{"float", "钮家新村,3,2,501,张三,13800138000.0", "钮家新村||3|2|501|张三|13800138000||"},
		{"from abroad", "钮家新村,3,2,501,张三,+86 138-0013-8000", "钮家新村||3|2|501|张三|13800138000||"},
		{"landline", "钮家新村,3,2,501,张三,(0512)67271234", "钮家新村||3|2|501|张三|051267271234||"},
		{"mark of text", "钮家新村,3,2,'0501,张三,'13800138000", "钮家新村||3|2|501|张三|13800138000||"},
		{"whole door", "钮家新村,3,2,3-2-501,张三,", "钮家新村||3|2|501|张三|||"},
		{"whole door in words", "钮家新村,3,,3幢2单元501室,张三,", "钮家新村||3|2|501|张三|||"},
		{"unit and room", "钮家新村,3,2,2-501,张三,", "钮家新村||3|2|501|张三|||"},
		{"unit and room in words", "钮家新村,3,,2单元501,张三,", "钮家新村||3|2|501|张三|||"},
		{"part of a flat", "钮家新村,3,2,501-1,张三,", "钮家新村||3|2|501-1|张三|||"},
		{"line break in a cell", "\"钮家\n新村\",3,2,501,张三,", "钮家 新村||3|2|501|张三|||"},
		{"foreign name", "钮家新村,3,2,501,Anna  Maria Müller,", "钮家新村||3|2|501|Anna Maria Müller|||"},
		{"quotes", "\"钮家\"\"新村\"\"\",3,2,501,张三,", "钮家\"新村\"||3|2|501|张三|||"},
		{"fewer cells", "钮家新村,3,2,501,张三", "钮家新村||3|2|501|张三|||"},
		{"trailing separators", "钮家新村,3,2,501,张三,,,,", "钮家新村||3|2|501|张三|||"},
	} {
		t.Run(c.name, func(t *testing.T) {
			same(t, readText(t, plainHead+c.row+"\n", inCommunity), "2 |钮家巷社区|"+c.want)
		})
	}
}

func TestQuotesSwallowNobody(t *testing.T) {
	rows := make([]string, 30)
	for i := range rows {
		rows[i] = fmt.Sprintf("钮家新村,3,2,%d,张三,", 101+i)
	}
	rows[2] = `钮家新村,3,2,103,"张三,`   // never closed
	rows[5] = `钮家新村,3,2,106,李"四,`   // bare
	rows[9] = `"钮家新村,3,2,110,王五,`   // closed by the next row's quote,
	rows[11] = `钮家新村",3,2,112,赵六,`  // in the middle of it
	rows[14] = `钮家新村,3,2,115,王五,"1` // closed by the next row's quote, with too many cells then
	rows[15] = `钮家新村",3,2,116,赵六,`
	rows[29] = `钮家新村,3,2,130,"张三` // open to the end
	got := readText(t, plainHead+strings.Join(rows, "\n"), inCommunity)
	var want []string
	for i := range rows {
		switch i {
		case 2, 5, 9, 11, 14, 15, 29:
			want = append(want, fmt.Sprintf("!%d  引号没有成对，或引号后面还有字。", i+2))
		default:
			want = append(want, fmt.Sprintf("%d |钮家巷社区|钮家新村||3|2|%d|张三|||", i+2, 101+i))
		}
	}
	same(t, got, want...)
}

func TestRollPeopleTwice(t *testing.T) {
	head := "小区,幢,单元,室,姓名,手机,编号\n"
	same(t, readText(t, head+
		"钮家新村,3,2,501,张三,13800138000,A1\n"+
		"钮家新村,3幢,二单元,0501室,张 三,,A2\n"+ // same door and name
		"钮家新村,3,2,502,李四,,A1\n"+ // same code
		"钮家新村,4,1,101,张三,138 0013 8000,A3\n"+ // same person, other door
		"钮家新村,3,2,501,李四,13800138000,\n"+ // a family's one phone
		"钮家新村,5,1,101,张三,13900139000,\n"+ // a namesake
		"新村,3,2,501,张三,13900139001,\n"+
		"新村1,3,2,501,李四,,\n"+
		"新村,13,2,501,李四,,\n", inCommunity),
		"2 |钮家巷社区|钮家新村||3|2|501|张三|13800138000|A1|",
		"!3 姓名 同一户里同名的人在第 2 行已经有了。",
		"!4 编号 这个编号在第 2 行已经用了。",
		"!5 姓名 同名、同手机的人在第 2 行已经有了，住在另一户。请只留一行，另一处写进备注。",
		"6 |钮家巷社区|钮家新村||3|2|501|李四|13800138000||",
		"7 |钮家巷社区|钮家新村||5|1|101|张三|13900139000||",
		"8 |钮家巷社区|新村||3|2|501|张三|13900139001||",
		"9 |钮家巷社区|新村1||3|2|501|李四|||",
		"10 |钮家巷社区|新村||13|2|501|李四|||")
}

func TestRollFaultsAreCapped(t *testing.T) {
	text := plainHead + strings.Repeat("钮家新村,3,2,501,,\n", 30)
	o := inCommunity
	o.MaxFaults = 10
	roll := NewRoll(strings.NewReader(text), int64(len(text)), o)
	got := told(t, roll)
	if len(got) != 11 || got[10] != "!12  问题太多，只列出前 10 条，后面没有再读。" || !errors.Is(roll.Err(), ErrRollFaults) {
		t.Errorf("%d faults, error %v, the last: %s", len(got), roll.Err(), got[len(got)-1])
	}
	o.MaxFaults = 30
	roll = NewRoll(strings.NewReader(text), int64(len(text)), o)
	if got := told(t, roll); len(got) != 30 || roll.Err() != nil {
		t.Errorf("%d faults, error %v", len(got), roll.Err())
	}
	for range roll.Rows(context.Background()) {
		break // a loop may be left
	}
	if roll.Err() != nil {
		t.Errorf("leaving the loop gave %v", roll.Err())
	}
}

func TestRollFaultsNameNobody(t *testing.T) {
	secrets := []string{"机密姓名", "13811112222", "机密小区", "机密备注"}
	head := "小区,幢,单元,室,姓名,手机,备注\n"
	for _, row := range []string{
		"机密小区,3,2,501,机密姓名1,13811112222,机密备注", "机密小区,3,2,501,机密姓名,138111122223,机密备注", "机密小区,3,2,机密姓名?,机密姓名、机密姓名,13811112222/13811112222,机密备注",
		"机密小区,3,2,501,=机密姓名,@13811112222,=机密备注", `机密小区,3,2,501,"机密姓名,13811112222`, "机密小区,3,2,501,机密姓名,13811112222,机密备注,13811112222",
		"机密小区,3,2,4-机密姓名,机密姓名," + strings.Repeat("13811112222", 99) + "," + strings.Repeat("机密备注", 99),
	} {
		got := strings.Join(readText(t, head+row+"\n", inCommunity), "\n")
		if !strings.HasPrefix(got, "!") {
			t.Errorf("no fault: %s", got)
		}
		for _, s := range secrets {
			if strings.Contains(got, s) {
				t.Errorf("%q stands in %s", s, got)
			}
		}
	}
}

func TestRollProgress(t *testing.T) {
	var b strings.Builder
	b.WriteString(plainHead)
	for i := range 5000 {
		fmt.Fprintf(&b, "钮家新村,3,2,%d,张三,\n", i+1)
	}
	text := b.String()
	var last int64
	calls := 0
	o := inCommunity
	o.Progress = func(done, all int64) {
		if calls++; done < last || done > all || all != int64(len(text)) {
			t.Errorf("progress from %d to %d of %d", last, done, all)
		}
		last = done
	}
	if got := readText(t, text, o); len(got) != 5000 || calls < 5 {
		t.Errorf("%d rows, %d calls", len(got), calls)
	}
}
