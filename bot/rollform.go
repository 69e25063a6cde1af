package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"

	"yishi/bot/web"
)

// byteOrderMark has Excel take a CSV file for UTF-8.
const byteOrderMark = "\uFEFF"

// rollForm 名册模板 is the empty form of the roll: its columns, and invented rows that show how
// they are filled in.
func rollForm() web.Download {
	return web.Download{
		Ask:  "这是空的名册模板，用 Excel 或 WPS 打开。照样子填好，把例子那几行删掉。",
		Make: func(_ context.Context, _ web.Opened, w io.Writer) (web.Named, error) { return writeRollForm(w) },
	}
}

func writeRollForm(w io.Writer) (web.Named, error) {
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return web.Named{}, fmt.Errorf("write roll form: %w", err)
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	err := c.WriteAll([][]string{
		{"街道", "社区", "小区", "网格", "幢", "单元", "室", "姓名", "手机", "编号", "备注"},
		{"例街道", "例社区", "例小区", "第1网格", "3", "2", "501", "例一", "", "", "没有手机就空着"},
		{"例街道", "例社区", "例小区", "第1网格", "3", "2", "501", "例二", "", "", "同一户，一人一行"},
	})
	if err != nil {
		return web.Named{}, fmt.Errorf("write roll form: %w", err)
	}
	return web.Named{Name: "名册模板.csv", Type: "text/csv; charset=utf-8"}, nil
}
