package civic

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"yishi/flows/zh"
)

// Tries are the wrong tries of verification at one place.
type Tries struct {
	Wrong int
	Last  time.Time
	Until time.Time // none is looked at before; zero: they are
}

// TryPlace is where wrong tries are counted.
type TryPlace int

// The places. An account is locked; a door and the codes of a community are only slowed, and whether a
// door or a code exists does not matter, so that nothing can be learnt from it.
const (
	TryAccount TryPlace = iota
	TryDoor
	TryCodes
)

// Bounds of wrong tries.
const (
	accountFree   = 5 // wrong tries before each lock
	accountLock   = 30 * time.Minute
	accountMost   = 24 * time.Hour
	accountForget = 7 * 24 * time.Hour
	doorFree      = 4
	doorSlow      = 15 * time.Second
	doorMost      = 5 * time.Minute
	doorForget    = time.Hour
	codesFree     = 60
	codesSlow     = time.Minute
	codesForget   = 10 * time.Minute
)

// AfterWrong is what one more wrong try makes of them.
func (t Tries) AfterWrong(at TryPlace, now time.Time) Tries {
	forget := map[TryPlace]time.Duration{TryAccount: accountForget, TryDoor: doorForget, TryCodes: codesForget}[at]
	if now.Sub(t.Last) > forget {
		t = Tries{}
	}
	t.Wrong++
	t.Last = now
	switch at {
	case TryAccount:
		if t.Wrong%accountFree == 0 {
			t.Until = now.Add(doubled(accountLock, t.Wrong/accountFree-1, accountMost))
		}
	case TryDoor:
		if t.Wrong > doorFree {
			t.Until = now.Add(doubled(doorSlow, t.Wrong-doorFree-1, doorMost))
		}
	case TryCodes:
		if t.Wrong > codesFree {
			t.Until = now.Add(codesSlow)
		}
	}
	return t
}

// Left is how many wrong tries an account has before it is locked.
func (t Tries) Left(now time.Time) int {
	if now.Sub(t.Last) > accountForget {
		return accountFree
	}
	return accountFree - t.Wrong%accountFree
}

// Waits says whether nothing is looked at now.
func (t Tries) Waits(now time.Time) bool { return t.Until.After(now) }

func doubled(d time.Duration, times int, most time.Duration) time.Duration {
	for range times {
		if d *= 2; d >= most {
			return most
		}
	}
	return d
}

// Wait says a time to wait as people do, rounded up: 30 秒, 25 分钟, 3 小时.
func Wait(d time.Duration) string {
	up := func(unit time.Duration) int64 { return int64((d + unit - 1) / unit) }
	switch minutes := up(time.Minute); {
	case d <= 55*time.Second:
		return fmt.Sprintf("%d 秒", max(1, up(time.Second)))
	case minutes < 120 && minutes != 60:
		return fmt.Sprintf("%d 分钟", minutes)
	}
	return fmt.Sprintf("%d 小时", up(time.Hour))
}

// FoldName is the key by which names are compared: 阿依古丽·买买提 and 阿依古丽 买买提 are one, 張三 is 张三.
func FoldName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune("·•・‧∙⋅．.-—_ㆍ", r) {
			return -1
		}
		return r
	}, zh.Fold(name))
}

// MaskName leaves the family name: 张*, 欧阳**. What is shown to staff in lists.
func MaskName(name string) string {
	rs := []rune(strings.TrimSpace(name))
	if len(rs) < 2 {
		return "*"
	}
	kept := 1
	if len(rs) > 3 && doubleNames[string(rs[:2])] {
		kept = 2
	}
	return string(rs[:kept]) + strings.Repeat("*", min(len(rs)-kept, 3))
}

var doubleNames = map[string]bool{
	"欧阳": true, "上官": true, "司马": true, "诸葛": true, "皇甫": true, "尉迟": true, "司徒": true, "夏侯": true, "令狐": true, "慕容": true,
}
