package civic

import (
	"strings"
	"testing"
	"time"
)

func TestCountsForMoney(t *testing.T) {
	for _, c := range []struct {
		how         VerifiedBy
		person      PersonID
		easy, tight bool
	}{
		{ByRoll, 1, true, false},
		{ByCode, 1, true, true},
		{ByHand, 1, true, true},
		{ByRoll, 0, false, false},
		{ByCode, 0, false, false},
		{ByHand, 0, false, false},
		{"", 1, false, false},
		{"later", 1, false, false},
	} {
		i := Identity{Person: c.person, How: c.how}
		if got := CountsForMoney(i, Settings{}); got != c.easy {
			t.Errorf("%+v: %v", i, got)
		}
		if got := CountsForMoney(i, Settings{MoneyStrict: true}); got != c.tight {
			t.Errorf("%+v where money is strict: %v", i, got)
		}
	}
}

func TestStronger(t *testing.T) {
	order := []VerifiedBy{"", ByRoll, ByCode, ByHand}
	for i, a := range order {
		for k, b := range order {
			if a.Stronger(b) != (i > k) {
				t.Errorf("%q over %q: %v", a, b, a.Stronger(b))
			}
		}
	}
}

func TestAccountsAreLockedLongerEachTime(t *testing.T) {
	now := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	var tries Tries
	for round, want := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 16 * time.Hour, 24 * time.Hour, 24 * time.Hour} {
		for i := range 5 {
			if tries.Waits(now) || tries.Left(now) != 5-i {
				t.Fatalf("round %d, try %d: %d left, waits %v", round, i, tries.Left(now), tries.Waits(now))
			}
			tries = tries.AfterWrong(TryAccount, now)
		}
		if got := tries.Until.Sub(now); got != want || !tries.Waits(now) {
			t.Errorf("round %d: locked for %v, want %v", round, got, want)
		}
		now = tries.Until
	}
	now = tries.Last.Add(8 * 24 * time.Hour)
	if tries.Left(now) != 5 {
		t.Errorf("after a week %d left", tries.Left(now))
	}
	if tries = tries.AfterWrong(TryAccount, now); tries.Wrong != 1 || tries.Waits(now) {
		t.Errorf("after a week one wrong try is %+v", tries)
	}
}

// A stranger never keeps a family from its door for long, nor a community from its cards.
func TestDoorsAndCodesAreOnlySlowed(t *testing.T) {
	now := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	for at, most := range map[TryPlace]time.Duration{TryDoor: 5 * time.Minute, TryCodes: time.Minute} {
		var tries Tries
		slowed := 0
		for range 1000 {
			tries = tries.AfterWrong(at, now)
			if d := tries.Until.Sub(now); d > most {
				t.Fatalf("place %d: slowed by %v", at, d)
			}
			if tries.Waits(now) {
				slowed++
				now = tries.Until
			}
		}
		if slowed < 900 {
			t.Errorf("place %d: slowed %d times of 1000", at, slowed)
		}
	}
	door := Tries{}
	for i, want := range []time.Duration{0, 0, 0, 0, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 5 * time.Minute} {
		door = door.AfterWrong(TryDoor, now)
		if got := max(0, door.Until.Sub(now)); got != want {
			t.Errorf("wrong try %d at a door: slowed by %v, want %v", i+1, got, want)
		}
		now = now.Add(want)
	}
}

func TestWait(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "1 秒", 14500 * time.Millisecond: "15 秒", 55 * time.Second: "55 秒", 56 * time.Second: "1 分钟", 29*time.Minute + time.Second: "30 分钟",
		time.Hour: "1 小时", 90 * time.Minute: "90 分钟", 24 * time.Hour: "24 小时", 2*time.Hour + time.Second: "3 小时",
	} {
		if got := Wait(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestFoldName(t *testing.T) {
	for _, same := range [][]string{
		{"阿某古丽·买某提", "阿某古丽 买某提", "阿某古丽・买某提", "阿某古丽•买某提", "阿某古丽买某提", " 阿某古丽．买某提 "},
		{"张三", "張三", "张 三", "张　三", "张三。"},
		{"O Mou", "o mou", "Ｏ　Ｍｏｕ"},
	} {
		for _, s := range same {
			if FoldName(s) != FoldName(same[0]) {
				t.Errorf("%q is not %q: %q, %q", s, same[0], FoldName(s), FoldName(same[0]))
			}
		}
	}
	if FoldName("张三") == FoldName("张山") {
		t.Error("two names are one")
	}
}

func TestMaskName(t *testing.T) {
	for name, want := range map[string]string{"张三": "张*", "张三丰": "张**", "欧阳某某": "欧阳**", "阿某古丽·买某提": "阿***", "某": "*", "": "*"} {
		if got := MaskName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestDoorOfSaid(t *testing.T) {
	s := Said{Estate: "钮家新村", Building: "3", Unit: "2", Room: "501"}
	if got := s.Door(); got != "钮家新村3幢2单元501室" {
		t.Errorf("got %q", got)
	}
	if s.Unit = ""; strings.Contains(s.Door(), "单元") {
		t.Errorf("got %q", s.Door())
	}
	b, u, r, ok := ParseDoor(strings.TrimPrefix(s.Door(), s.Estate))
	if !ok || b != s.Building || u != s.Unit || r != s.Room {
		t.Errorf("read back as %q %q %q", b, u, r)
	}
}
