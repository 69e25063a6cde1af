package civic

import (
	"fmt"
	"strings"

	"yishi/flows/zh"
)

// MarkKind is one of the three marks of a need, by rule. See Marks.
type MarkKind string

// The marks 急, 难, 热 that residents and staff alike see.
const (
	Pressing      MarkKind = "急"   // safety, or a date that cannot wait: staff said so
	MaybePressing MarkKind = "疑似急" // the author says so, or the words do; staff have not looked yet
	Hard          MarkKind = "难"   // several have a duty in it: staff said so
	Hot           MarkKind = "热"   // many verified people stand behind it
)

// Mark is one mark and why it is there, in a few words.
type Mark struct {
	Kind MarkKind
	Why  string
}

// dangers are words of things that hurt people sooner or later, besides those of zh.Emergency,
// which tell of what happens now.
var dangers = []string{
	"漏电", "触电", "煤气", "燃气", "着火", "起火", "冒烟", "消防通道", "坍塌", "塌", "坠落", "掉下来", "掉落", "砸到", "砸伤",
	"摔倒", "摔伤", "绊倒", "受伤", "松动", "裂缝", "开裂", "断裂", "井盖", "危险", "隐患", "台风", "断电", "停水", "困在", "飞线",
}

// Dangerous says whether words speak of danger, so that a need is perhaps 急.
func Dangerous(text string) bool {
	if zh.Emergency(text) != zh.NoDanger {
		return true
	}
	for _, w := range dangers {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// Marks lists the marks of a need in the order residents see them. A mark of staff goes before any
// rule, for and against.
func Marks(n *Need, s Settings) []Mark {
	var out []Mark
	switch {
	case n.MarkedUrgent > 0:
		out = append(out, Mark{Pressing, "社区核过：关系安全或有期限"})
	case n.MarkedUrgent == 0 && n.Urgent:
		out = append(out, Mark{MaybePressing, "提出人说急，社区还没核"})
	case n.MarkedUrgent == 0 && n.Danger:
		out = append(out, Mark{MaybePressing, "说到危险，社区还没核"})
	}
	if n.MarkedHard > 0 {
		out = append(out, Mark{Hard, "要几家一起办"})
	}
	if n.Heat >= s.Hot() {
		out = append(out, Mark{Hot, fmt.Sprintf("附议满 %d 人", s.Hot())})
	}
	return out
}
