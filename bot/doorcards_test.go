package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"yishi/store"
)

var cardCode = regexp.MustCompile(`<b>(\d{4} \d{4} \d)</b>`)

func cardCodes(t *testing.T, path string) []string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range cardCode.FindAllStringSubmatch(string(b), -1) {
		out = append(out, strings.ReplaceAll(m[1], " ", ""))
	}
	slices.Sort(out)
	return out
}

// Cards are printed for households without one; printing anew makes the old codes void.
func TestDoorCards(t *testing.T) {
	offices(t, func(t *testing.T, h office) {
		path := h.file(t, "roll.csv", []byte(rollHead+"凤凰新村,一网格,3,2,501,张三,,,\n凤凰新村,一网格,3,2,502,李四,,,\n凤凰新村,二网格,4,,1,王五,,,\n"))
		h.ok(t, "import", "roll", path, "--community", "钮")
		out := filepath.Join(h.dir, "cards.html")
		if code, _, errs := h.run(t, "door-codes", "--community", "钮", "--new", out); code != exitFail || !strings.Contains(errs, "YISHI_WECHAT_NAME") {
			t.Errorf("without the account's name: %d %s", code, errs)
		}
		h.vars["YISHI_WECHAT_NAME"] = "钮家巷议事"
		h.ok(t, "door-codes", "--community", "钮", "--building", "3幢", "--new", out)
		first := cardCodes(t, out)
		if info, err := os.Stat(out); len(first) != 2 || err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("printed %d codes, %v", len(first), err)
		}
		db := h.open(t)
		if n := goodCodes(t, db, first); n != 2 {
			t.Errorf("%d of the codes are good", n)
		}
		h.ok(t, "door-codes", "--community", "钮", "--new", out)
		if more := cardCodes(t, out); len(more) != 1 || goodCodes(t, db, append(more, first...)) != 3 {
			t.Errorf("then printed %d codes", len(more))
		}
		if code, _, errs := h.run(t, "door-codes", "--community", "钮", "--new", out); code != exitFail || !strings.Contains(errs, "--replace") {
			t.Errorf("again: %d %s", code, errs)
		}
		if len(cardCodes(t, out)) != 1 {
			t.Error("a print that failed took the page before away")
		}
		h.ok(t, "door-codes", "--community", "钮", "--building", "凤凰新村3幢", "--replace", out)
		if again := cardCodes(t, out); len(again) != 2 || goodCodes(t, db, again) != 2 || goodCodes(t, db, first) != 0 {
			t.Errorf("printed anew: %d", len(again))
		}
		for _, args := range [][]string{
			{"door-codes", "--community", "钮", out},
			{"door-codes", "--community", "钮", "--new", "--replace", out},
			{"door-codes", "--new", out},
			{"door-codes", "--community", "钮", "--new"},
			{"door-list", "--community", "钮", filepath.Join(h.dir, "list.pdf")},
		} {
			if code, _, _ := h.run(t, args...); code != exitUsage {
				t.Errorf("bot %v: exit code %d", args, code)
			}
		}
		// A page that cannot be written leaves the codes before good.
		if code, _, errs := h.run(t, "door-codes", "--community", "钮", "--replace", filepath.Join(h.dir, "none", "cards.html")); code != exitFail || strings.Contains(errs, h.dir) {
			t.Errorf("no folder: %d %s", code, errs)
		}
		if n := goodCodes(t, db, cardCodes(t, out)); n != 2 {
			t.Errorf("%d codes are good after a page that was not written", n)
		}
	})
}

func goodCodes(t *testing.T, db *store.DB, codes []string) int {
	t.Helper()
	n := 0
	for _, c := range codes {
		if id, err := db.HouseholdOf(t.Context(), c); err != nil {
			t.Fatal(err)
		} else if id != 0 {
			n++
		}
	}
	return n
}

func TestDoorList(t *testing.T) {
	offices(t, func(t *testing.T, h office) {
		path := h.file(t, "roll.csv", []byte(rollHead+"凤凰新村,一网格,3,2,1201,张三,,,\n凤凰新村,一网格,3,2,501,李四,,,\n凤凰新村,一网格,3,2,501,李五,,,\n凤凰新村,二网格,4,,1,王五,,,\n"))
		h.ok(t, "import", "roll", path, "--community", "钮")
		out := filepath.Join(h.dir, "list.csv")
		if said := h.ok(t, "door-list", "--community", "钮", out); !strings.Contains(said, "3 households, 4 people, 0 of them verified") {
			t.Errorf("said %s", said)
		}
		b, err := os.ReadFile(out)
		want := "\ufeff小区,网格,幢,单元,室,人数,已认证,门牌卡\r\n凤凰新村,一网格,3,2,501,2,0,没有\r\n凤凰新村,一网格,3,2,1201,1,0,没有\r\n凤凰新村,二网格,4,,1,1,0,没有\r\n"
		if err != nil || string(b) != want {
			t.Errorf("list %q, %v", b, err)
		}
		if said := h.ok(t, "door-list", "--community", "钮", "--grid", "二网格", filepath.Join(h.dir, "list.xlsx")); !strings.Contains(said, "1 households, 1 people") {
			t.Errorf("of one grid: %s", said)
		}
	})
}
