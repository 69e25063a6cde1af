package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"yishi/bot/blobs"
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
	named, err := a.kinds(nil).Downloads[flows.MyDataLink].Make(t.Context(), web.Opened{Account: "mine", Community: c.ID}, &out)
	if err != nil || named.Name != "我的数据.xlsx" {
		t.Fatalf("%+v, %v", named, err)
	}
	rows := rowsOf(t, &out)
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

// Photos and voices go along in an archive, each named in the workbook. One that is gone is in the workbook
// alone, and nobody else's is in either.
func TestMyDataWithMedia(t *testing.T) {
	db := storetest.Open(t)
	a := &app{db: db}
	a.cfg.Data, a.cfg.TZ = t.TempDir(), "Asia/Shanghai"
	kept, err := blobs.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	const photo, voice = "\xff\xd8\xff\xe0 a photo", "#!AMR\n a voice"
	keepMedia(t, db, kept, []sent{
		{"mine", "p", civic.Photo, photo}, {"mine", "v", civic.Voice, voice}, {"mine", "gone", civic.Photo, ""}, {"theirs", "t", civic.Photo, "not mine"},
	})
	var out bytes.Buffer
	named, err := a.kinds(kept).Downloads[flows.MyDataLink].Make(t.Context(), web.Opened{Account: "mine"}, &out)
	if err != nil || named.Name != "我的数据.zip" || named.Type != "application/zip" {
		t.Fatalf("%+v, %v", named, err)
	}
	found := unpacked(t, out.Bytes())
	if len(found) != 3 || found["照片1.jpg"] != photo || found["语音1.amr"] != voice {
		t.Errorf("the archive has %q", slices.Sorted(maps.Keys(found)))
	}
	var media []string
	for _, r := range rowsOf(t, strings.NewReader(found["我的数据.xlsx"])) {
		if r[0] == "照片和语音" {
			media = append(media, r[3])
		}
	}
	slices.Sort(media)
	if want := []string{"照片", "照片，文件 照片1.jpg", "语音，文件 语音1.amr"}; !slices.Equal(media, want) {
		t.Errorf("the workbook says %q", media)
	}
}

// rowsOf reads the workbook of 我的数据.
func rowsOf(t *testing.T, r io.Reader) [][]string {
	t.Helper()
	book, err := excelize.OpenReader(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = book.Close() }() // it was only read
	rows, err := book.GetRows("我的数据")
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// sent is a photo or voice that somebody sent; without content it has gone.
type sent struct {
	from    civic.Account
	id      string
	kind    civic.MediaKind
	content string
}

func keepMedia(t *testing.T, db *store.DB, kept blobs.Store, all []sent) {
	t.Helper()
	for i, s := range all {
		_, err := db.Commit(t.Context(), store.Commit{
			Run: s.id, N: i, Account: s.from, Final: true, Effects: []any{civic.KeepMedia{Account: s.from, MediaID: s.id, Kind: s.kind}},
		})
		if err != nil {
			t.Fatal(err)
		}
		jobs, err := db.ClaimMedia(t.Context(), "w", 1, time.Minute)
		if err != nil || len(jobs) != 1 {
			t.Fatalf("%+v, %v", jobs, err)
		}
		key := blobs.NewKey()
		if err := db.MediaKept(t.Context(), jobs[0].ID, "w", key, int64(len(s.content))); err != nil {
			t.Fatal(err)
		}
		if s.content == "" {
			continue
		}
		if err := kept.Put(t.Context(), key, strings.NewReader(s.content)); err != nil {
			t.Fatal(err)
		}
	}
}

// unpacked is what an archive holds, by name.
func unpacked(t *testing.T, archive []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, f := range z.File {
		if f.Modified.Year() < 2020 {
			t.Errorf("%s is of %v", f.Name, f.Modified)
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		found[f.Name] = string(text)
	}
	return found
}
