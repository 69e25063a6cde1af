package civic

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPartsOfADoor(t *testing.T) {
	for _, c := range []struct {
		read func(string) string
		in   string
		want string
	}{
		{Building, "3幢", "3"},
		{Building, "３号楼", "3"},
		{Building, " 第三幢 ", "3"},
		{Building, "03栋", "3"},
		{Building, "3#", "3"},
		{Building, "十二号楼", "12"},
		{Building, "a座", "A"},
		{Building, "B1幢", "B1"},
		{Building, "东三幢", "东3"},
		{Building, "三元楼", "三元"},
		{Building, "12号", "12"},
		{Building, "3棟", "3"},
		{Building, "", ""},
		{Building, "幢", "幢"},
		{Building, "0", "0"},
		{Unit, "二单元", "2"},
		{Unit, "2门", "2"},
		{Unit, "-", ""},
		{Unit, "无", ""},
		{Unit, "甲单元", "甲"},
		{Unit, "02", "2"},
		{Room, "501室", "501"},
		{Room, "５０１", "501"},
		{Room, "0501", "501"},
		{Room, "五〇一", "501"},
		{Room, "五一二室", "512"},
		{Room, "5a", "5A"},
		{Room, "501-1", "501-1"},
		{Room, "501—1", "501-1"},
		{Room, "0501A", "501A"},
		{Room, "501甲", "501甲"},
		{Room, "十二", "12"},
		{Room, "12/3", "12-3"},
	} {
		if got := c.read(c.in); got != c.want {
			t.Errorf("%q gave %q, not %q", c.in, got, c.want)
		}
	}
}

func TestDoorKeyIsOneForEveryWriting(t *testing.T) {
	for _, c := range [][4]string{
		{"3幢", "2单元", "501室", "3/2/501"},
		{"３", "二", "0501", "3/2/501"},
		{"第3栋", "2门", "五〇一", "3/2/501"},
		{"3号楼", "", "501", "3//501"},
		{"3", "无", "501", "3//501"},
		{"3", "2", "501-1", "3/2/501-1"},
	} {
		if got := DoorKey(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("%v gave %q", c, got)
		}
	}
}

func TestParseDoor(t *testing.T) {
	for _, c := range [][2]string{
		{"3幢2单元501室", "3/2/501"},
		{"3-2-501", "3/2/501"},
		{"３栋２单元５０１", "3/2/501"},
		{"三幢二单元501", "3/2/501"},
		{"3号楼501", "3//501"},
		{"3幢 2单元 501", "3/2/501"},
		{"3 2 501", "3/2/501"},
		{"3—2—501", "3/2/501"},
		{"3/2/501", "3/2/501"},
		{"3 - 501", "3//501"},
		{"第三幢第二单元第501室", "3/2/501"},
		{"三幢二单元五〇一", "3/2/501"},
		{"A座1203", "A//1203"},
		{"B2幢3单元12A", "B2/3/12A"},
		{"东3幢501", "东3//501"},
		{"3幢，2单元，501。", "3/2/501"},
		{"3幢2单元5楼501", "3/2/501"},
		{"3#501", "3//501"},
		{"3樓2單元501號", "3/2/501"},
		{"12幢501-1", "12//501-1"},
		{"501", ""},
		{"501室", ""},
		{"3幢", ""},
		{"3幢2单元", ""},
		{"", ""},
		{"你好", ""},
		{"3-2-501-7-8", ""},
		{"13800138000", ""},
		{"钮家新村3幢501", ""},
		{"3幢2单元501 张三", ""},
		{"2027-018", ""},
		{"3幢501234567", ""},
	} {
		want := c[1]
		building, unit, room, ok := ParseDoor(c[0])
		got := ""
		if ok {
			got = DoorKey(building, unit, room)
		}
		if got != want {
			t.Errorf("%q gave %q, not %q", c[0], got, want)
		}
	}
}

func TestCutDoor(t *testing.T) {
	for _, c := range [][4]string{
		{"钮家新村3幢2单元501 张三 1234", "钮家新村", "3/2/501", "张三 1234"},
		{"钮家新村 3-2-501 张三1234", "钮家新村", "3/2/501", "张三1234"},
		{"3号楼501张三1234", "", "3//501", "张三1234"},
		{"我住三幢二单元501，叫张三，1234", "我住", "3/2/501", "叫张三,1234"},
		{"张三 1234 3幢501", "张三 1234", "3//501", ""},
	} {
		d, ok := CutDoor(c[0])
		if got := [4]string{c[0], d.Before, DoorKey(d.Building, d.Unit, d.Room), d.After}; !ok || got != c {
			t.Errorf("%q gave %q, %v", c[0], got, ok)
		}
	}
	for _, s := range []string{"", "3 2 501 张三 1234", "张三 1234", "电话0512-67271234", "钮2027-018"} {
		if d, ok := CutDoor(s); ok {
			t.Errorf("%q holds no door, found %+v", s, d)
		}
	}
}

// doorTexts are made of what doors are made of, and some noise.
var doorTexts = rapid.Custom(func(t *rapid.T) string {
	pieces := rapid.SampledFrom([]string{"第", "东", "3", "0", "０", "十", "二", "〇", "幢", "号楼", "号", "单元", "门", "室", "房", "#", "-", "—", "/", " ", "a", "甲", "无", "座", "①", "\u200b", "楼"})
	return strings.Join(rapid.SliceOfN(pieces, 0, 8).Draw(t, "pieces"), "")
})

func TestDoorFormsAreStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, u, r := doorTexts.Draw(t, "building"), doorTexts.Draw(t, "unit"), doorTexts.Draw(t, "room")
		if once := Building(b); Building(once) != once {
			t.Fatalf("Building(%q) = %q, again %q", b, once, Building(once))
		}
		if once := Unit(u); Unit(once) != once {
			t.Fatalf("Unit(%q) = %q, again %q", u, once, Unit(once))
		}
		if once := Room(r); Room(once) != once {
			t.Fatalf("Room(%q) = %q, again %q", r, once, Room(once))
		}
		if key := DoorKey(b, u, r); strings.Count(key, "/") != 2 {
			t.Fatalf("DoorKey(%q, %q, %q) = %q cannot be taken apart", b, u, r, key)
		}
	})
}

func TestDoorIsReadBackAsWritten(t *testing.T) {
	part := rapid.StringMatching(`[1-9][0-9]?`)
	rapid.Check(t, func(t *rapid.T) {
		b, u, r := part.Draw(t, "building"), part.Draw(t, "unit"), rapid.StringMatching(`[1-9][0-9]{2,3}`).Draw(t, "room")
		for _, text := range []string{ShowDoor(b, u, r), b + "幢" + u + "单元" + r + "室", b + "-" + u + "-" + r, b + " " + u + " " + r, b + "号楼" + u + "单元" + r} {
			building, unit, room, ok := ParseDoor(text)
			if !ok || building != b || unit != u || room != r {
				t.Fatalf("%q gave %q %q %q %v", text, building, unit, room, ok)
			}
		}
	})
}

func TestShowDoor(t *testing.T) {
	for _, c := range [][4]string{
		{"3", "2", "501", "3幢2单元501室"}, {"A", "", "1203", "A幢1203室"}, {"翠园", "甲", "101", "翠园甲单元101室"}, {"3", "", "东间", "3幢东间"}, {"", "", "", ""},
	} {
		if got := ShowDoor(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("%q is shown as %q", c, got)
		}
	}
}

func FuzzParseDoor(f *testing.F) {
	for _, s := range []string{"3幢2单元501室", "3-2-501", "三幢二单元五〇一", "3 2 501", "A座12A", "钮家新村3幢2单元501 张三 1234", "3幢501-", "\xff3幢1", "①幢②"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, u, r, ok := ParseDoor(s)
		if !ok {
			return
		}
		if b == "" || r == "" || Building(b) != b || Unit(u) != u || Room(r) != r {
			t.Errorf("%q gave %q %q %q", s, b, u, r)
		}
		if d, found := CutDoor(s); found && DoorKey(d.Building, d.Unit, d.Room) != DoorKey(b, u, r) {
			t.Errorf("%q is %q to one and %+v to the other", s, DoorKey(b, u, r), d)
		}
	})
}
