package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"yishi/bot/web"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store"
)

// rollDesk is an app with a roll, and staff of all kinds.
func rollDesk(t *testing.T, h office) (*app, civic.CommunityID) {
	t.Helper()
	db := h.open(t)
	a := &app{db: db}
	a.cfg.Data, a.cfg.WeChat.Name = t.TempDir(), "钮家巷议事"
	path := h.file(t, "roll.csv", []byte(rollHead+"凤凰新村,一网格,3,2,501,张三,,,\n凤凰新村,二网格,4,,1,王五,,,\n"))
	h.ok(t, "import", "roll", path, "--community", "钮")
	c, err := communityByCode(t.Context(), db, "钮")
	if err != nil {
		t.Fatal(err)
	}
	other, err := communityByCode(t.Context(), db, "菉")
	if err != nil {
		t.Fatal(err)
	}
	grids, err := gridNamed(t.Context(), db, c.ID, "二网格")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []store.NewStaff{
		{Account: "committee", Role: civic.Committee, Community: c.ID},
		{Account: "gridWorker", Role: civic.GridWorker, Community: c.ID, Grids: grids},
		{Account: "supervisor", Role: civic.Supervisor, Community: c.ID},
		{Account: "elsewhere", Role: civic.Committee, Community: other.ID},
	} {
		if _, err := db.AddStaff(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	return a, c.ID
}

// text is a file of an upload; at says whether it can be read at any place.
func text(content string, at bool) web.File {
	return web.File{Size: int64(len(content)), Open: func(context.Context) (io.ReadCloser, error) {
		if at {
			return struct {
				io.ReadCloser
				io.ReaderAt
			}{io.NopCloser(nil), strings.NewReader(content)}, nil
		}
		return io.NopCloser(strings.NewReader(content)), nil
	}}
}

func TestRollByUpload(t *testing.T) {
	offices(t, func(t *testing.T, h office) {
		a, c := rollDesk(t, h)
		up := a.rollUpload()
		take := func(who civic.Account, asked flows.RollUploadArgs, content string) web.Page {
			t.Helper()
			args, err := json.Marshal(asked)
			if err != nil {
				t.Fatal(err)
			}
			said := 0
			p, err := up.Take(t.Context(), web.Opened{Account: who, Community: c, Kind: flows.RollUploadLink, Args: args}, text(content, said%2 == 0), func(string) { said++ })
			if err != nil || said == 0 {
				t.Fatalf("%s: %v", who, err)
			}
			return p
		}
		good := rollHead + "凤凰新村,一网格,3,2,502,李四,,,\n"
		for _, who := range []civic.Account{"resident", "gridWorker", "supervisor", "elsewhere"} {
			if p := take(who, flows.RollUploadArgs{}, good); p.Title != "没有导入" || p.Text[0] != noOffice {
				t.Errorf("%s: %+v", who, p)
			}
		}
		if p := take("committee", flows.RollUploadArgs{}, good); p.Title != "名册已导入" || !strings.Contains(p.Text[0], "新增 1，") {
			t.Errorf("upload: %+v", p)
		}
		p := take("committee", flows.RollUploadArgs{}, "社区,街道,小区,幢,室,姓名\n菉葭巷社区,平江街道,新村,1,1,赵六\n钮家巷社区,平江街道,凤凰新村,3,9,\n")
		var saved bytes.Buffer
		if p.Title != "没有导入" || !p.Again || len(p.List) != 2 || !strings.HasPrefix(p.List[0], "第 2 行　社区：") || p.Save(&saved) != nil || !strings.Contains(saved.String(), "3,姓名,") {
			t.Errorf("another community's row: %+v", p)
		}
		if p := take("committee", flows.RollUploadArgs{Complete: true}, good); !strings.Contains(p.Text[0], "没有写到的 2 人") {
			t.Errorf("a whole roll: %+v", p)
		}
		if p := take("committee", flows.RollUploadArgs{}, "%PDF-1.4"); p.Title != "没有导入" || !p.Again || len(p.List) != 1 {
			t.Errorf("no roll: %+v", p)
		}
	})
}

func TestDoorFilesByPage(t *testing.T) {
	offices(t, func(t *testing.T, h office) {
		a, c := rollDesk(t, h)
		args, err := json.Marshal(flows.DoorCardsArgs{At: 1})
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[string]web.Download{flows.DoorCardsLink: a.doorCardsPage(), flows.DoorListLink: a.doorListPage()}
		get := func(who civic.Account, kind string) (string, error) {
			var out bytes.Buffer
			_, err := kinds[kind].Make(t.Context(), web.Opened{Account: who, Community: c, Kind: kind, Args: args}, &out)
			return out.String(), err
		}
		for kind, may := range map[string][]civic.Account{flows.DoorCardsLink: {"committee"}, flows.DoorListLink: {"committee", "gridWorker"}} {
			for _, who := range []civic.Account{"resident", "committee", "gridWorker", "supervisor", "elsewhere"} {
				allowed := strings.Contains(strings.Join(func() (s []string) {
					for _, m := range may {
						s = append(s, string(m))
					}
					return s
				}(), " "), string(who))
				if _, err := get(who, kind); allowed != (err == nil) || !allowed && !errors.Is(err, store.ErrOffice) {
					t.Errorf("%s of %s: %v", kind, who, err)
				}
			}
		}
		first, err := get("committee", flows.DoorCardsLink)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := get("committee", flows.DoorCardsLink); err != nil || again != first || len(cardCode.FindAllString(first, -1)) != 2 {
			t.Errorf("loaded again, the page is another: %v", err)
		}
		if args, err = json.Marshal(flows.DoorCardsArgs{At: 2}); err != nil {
			t.Fatal(err)
		}
		if none, err := get("committee", flows.DoorCardsLink); err != nil || cardCode.MatchString(none) {
			t.Errorf("no household was without a card, and yet: %v", err)
		}
		for who, want := range map[civic.Account]int{"committee": 3, "gridWorker": 2} { // with the header
			list, err := get(who, flows.DoorListLink)
			if err != nil {
				t.Fatal(err)
			}
			book, err := excelize.OpenReader(strings.NewReader(list))
			if err != nil {
				t.Fatal(err)
			}
			rows, err := book.GetRows("上门名单")
			if err != nil || len(rows) != want || strings.Contains(list, "张三") {
				t.Errorf("%s: %q, %v", who, rows, err)
			}
		}
	})
}
