package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"yishi/bot/web"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// The file of 我的数据 is a workbook of the account's own things, whatever it wrote, and of nobody else's.
func TestMyDataFile(t *testing.T) {
	db := storetest.Open(t)
	a := &app{db: db}
	a.cfg.Data, a.cfg.TZ = t.TempDir(), "Asia/Shanghai"
	c, err := db.AddCommunity(t.Context(), store.NewCommunity{Code: "钮", Name: "钮家巷社区"})
	if err != nil {
		t.Fatal(err)
	}
	for i, who := range []civic.Account{"mine", "theirs"} {
		_, err := db.Commit(t.Context(), store.Commit{
			Run: string(who), N: i, Account: who, Final: true,
			Effects: []any{civic.Join{Account: who, Community: c.ID}, civic.RaiseNeed{Account: who, Community: c.ID, Category: civic.Environment, Text: "=1+1 " + string(who)}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	named, err := a.kinds().Downloads[flows.MyDataLink].Make(t.Context(), web.Opened{Account: "mine", Community: c.ID}, &out)
	if err != nil || named.Name != "我的数据.xlsx" {
		t.Fatalf("%+v, %v", named, err)
	}
	book, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = book.Close() }()
	rows, err := book.GetRows("我的数据")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(rows[0], flows.MyDataColumns) {
		t.Errorf("columns %q", rows[0])
	}
	var text strings.Builder
	for _, r := range rows {
		text.WriteString(strings.Join(r, "|") + "\n")
	}
	all := text.String()
	if !strings.Contains(all, "-001|=1+1 mine") || strings.Contains(all, "theirs") || !strings.Contains(all, "社区|||钮家巷社区") {
		t.Errorf("the file says\n%s", all)
	}
}
