package files

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rsc.io/qr"

	"yishi/flows/civic"
)

func doorSheet(households int) DoorSheet {
	b := DoorBuilding{Name: "钮家新村 3幢", QR: "http://weixin.qq.com/q/02AbCdEfGhIjKlMnOpQrStUv"}
	for i := range households {
		b.Cards = append(b.Cards, DoorCard{
			Door: fmt.Sprintf("3幢%d单元%d室", i/12+1, i%12/2*100+101+i%2),
			Code: civic.HouseholdCode([civic.HouseholdCodeSeed]byte{3, 5, 7, 11, 13, 17, byte(i >> 8), byte(i)}),
		})
	}
	return DoorSheet{Community: "钮家巷社区", Account: "平江街道钮家巷社区议事厅", Phone: "0512-6727 1234", Buildings: []DoorBuilding{b}}
}

func TestDoorCards(t *testing.T) {
	s := doorSheet(8)
	s.Buildings[0].Cards[7].Door = `<script>alert("3幢")</script>`
	s.Buildings = append(s.Buildings, DoorBuilding{Name: "钮家新村 4幢", Cards: s.Buildings[0].Cards[:1]})
	s.Buildings[0].Cards[6].Door = "钮家新村东12幢3单元1203室"
	var out bytes.Buffer
	must(t, DoorCards(&out, s))
	page := out.String()
	for text, times := range map[string]int{
		`<section class="page">`: 3, `<article class="card">`: 9, `<symbol id="qr0"`: 1, `<use href="#qr0"/>`: 8, `<symbol`: 1, "搜“平江街道钮家巷社区议事厅”": 1,
		"<b>" + civic.ShowHouseholdCode(s.Buildings[0].Cards[0].Code) + "</b>": 2, "第 2/2 页": 1, "共 8 户": 2, "网格员电话 0512-6727 1234": 9,
		"<script": 0, "&lt;script&gt;": 1, "src=": 0, "url(": 0, "@import": 0, "ZgotmplZ": 0,
	} {
		if n := strings.Count(page, text); n != times {
			t.Errorf("%q stands there %d times, not %d", text, n, times)
		}
	}
	s.Buildings[0].Cards[0].Code = "123456789"
	if err := DoorCards(&out, s); !errors.Is(err, civic.ErrNoCode) {
		t.Errorf("a wrong code gave %v", err)
	}
}

var pathRun = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`)

func TestQRIsWhatItsMatrixSays(t *testing.T) {
	const text = "http://weixin.qq.com/q/02AbC"
	svg, err := QR(text)
	must(t, err)
	code, err := qr.Encode(text, qr.M)
	must(t, err)
	if head := fmt.Sprintf(`<svg viewBox="0 0 %d %[1]d"`, code.Size+8); !strings.HasPrefix(string(svg), head) {
		t.Errorf("drawn as %.60s", svg)
	}
	black := make(map[[2]int]bool)
	for _, m := range pathRun.FindAllStringSubmatch(string(svg), -1) {
		var n [4]int
		for i := range n {
			n[i], err = strconv.Atoi(m[i+1])
			must(t, err)
		}
		for x := range n[2] {
			black[[2]int{n[0] + x - 4, n[1] - 4}] = n[2] == n[3]
		}
	}
	for y := -4; y < code.Size+4; y++ {
		for x := -4; x < code.Size+4; x++ {
			if black[[2]int{x, y}] != code.Black(x, y) {
				t.Fatalf("the square at %d, %d is wrong", x, y)
			}
		}
	}
	if _, err := QR(strings.Repeat("长", 2000)); err == nil {
		t.Error("6,000 bytes do not fit")
	}
}
