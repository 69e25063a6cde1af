package zh

import (
	"strings"
	"unicode/utf8"
)

// Emergency tells what a text reports as happening now and what must be answered at once with
// a number to call. Worries, proposals, drills, habits and things of the past (怕老人摔倒, 希望安装防火门, 以前摔倒过)
// are NoDanger. Where a report can be read both ways it is taken for real: a number too many costs
// less than one too few.
func Emergency(s string) Danger {
	t := flatten(s)
	if !alarming(t) {
		return NoDanger
	}
	danger := NoDanger
	for sentence := range strings.FieldsFuncSeq(t, func(r rune) bool { return strings.ContainsRune("。!?…", r) }) {
		if d := alarmIn(sentence); d != NoDanger && (danger == NoDanger || d < danger) {
			danger = d
		}
	}
	if danger == NoDanger {
		return cry(t)
	}
	return danger
}

// alarming reports whether a text has any word of danger at all; most have none.
func alarming(t string) bool {
	for i, r := range t {
		if strings.ContainsRune("救来报火病", r) { // as in the calls of cry
			return true
		}
		for _, a := range alarms[r] {
			if strings.HasPrefix(t[i:], a.word) {
				return true
			}
		}
	}
	return false
}

// alarmIn looks for an alarm in one sentence. A worry, a wish or a time past reaches from one
// clause to the next until a word says that this is now.
func alarmIn(sentence string) Danger {
	danger, unreal := NoDanger, false
	proposed := proposes(sentence)
	for clause := range strings.FieldsFuncSeq(sentence, func(r rune) bool { return strings.ContainsRune(",;:、 ", r) }) {
		now := hasAny(clause, fresh[:])
		if now {
			unreal = false
		}
		d, carries := clauseAlarm(clause, unreal, proposed && !now)
		unreal = unreal || carries
		if d != NoDanger && (danger == NoDanger || d < danger) {
			danger = d
		}
	}
	return danger
}

// clauseAlarm reads one clause: at each alarm word what stands before and after it decides.
// carries is set when the clause makes what follows unreal.
func clauseAlarm(clause string, unreal, proposed bool) (d Danger, carries bool) {
	goesOn := hasAny(clause, ongoing[:])
	for i, r := range clause {
		for _, a := range alarms[r] {
			if !strings.HasPrefix(clause[i:], a.word) {
				continue
			}
			before, after := tailOf(clause[:i], reach), clause[i+len(a.word):]
			if unreal || imagined(before) || !goesOn && hasAny(before, bygone[:]) || habit(a.danger, before) || denied(before) || harmlessAfter(a.word, after) {
				continue
			}
			if proposed && !a.certain {
				continue
			}
			if d == NoDanger || a.danger < d {
				d = a.danger
			}
		}
	}
	return d, imagined(clause) || !goesOn && hasAny(clause, bygone[:])
}

// reach is how many bytes before an alarm are looked at; no clause that people write is longer.
const reach = 180

// tailOf is at most the last n bytes of s, whole characters.
func tailOf(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = s[len(s)-n:]
	for s != "" && !utf8.RuneStart(s[0]) {
		s = s[1:]
	}
	return s
}

// imagined reports a worry, a wish, a case that is only supposed, a drill or a rule.
func imagined(before string) bool {
	if hasAny(before, supposed[:]) {
		return true
	}
	if i := strings.LastIndex(before, "怕"); i >= 0 {
		if r, _ := utf8.DecodeLastRuneInString(before[:i]); r != '可' && r != '恐' && r != '哪' {
			return true
		}
	}
	return false
}

// habit reports what happens again and again: a complaint, but never with gas or fire.
func habit(d Danger, before string) bool {
	return d != Fire && hasAny(before, habitual[:]) || d == Fire && hasAny(before, cooking[:])
}

// denied reports a word right before an alarm that takes it back or makes it a possibility.
func denied(before string) bool {
	for _, w := range denials {
		if strings.HasSuffix(before, w) {
			return true
		}
	}
	return false
}

// harmlessAfter reports what makes another word of an alarm (着火点, 一起火锅, 摔倒过) or a subject of it.
func harmlessAfter(word, after string) bool {
	if strings.HasPrefix(after, "过") && !strings.HasPrefix(after, "过去") && !strings.HasPrefix(after, "过来") {
		return true
	}
	if strings.HasSuffix(word, "火") && after != "" && strings.ContainsRune("车锅把炬炉腿辣红热龙葬星鸡山柴", first(after)) {
		return true
	}
	for _, w := range subjects {
		if strings.HasPrefix(after, w) {
			return true
		}
	}
	return false
}

// proposes reports a sentence that asks for works or rules, as needs do.
func proposes(sentence string) bool {
	i := indexAny(sentence, wishes[:])
	return i >= 0 && hasAny(sentence[i:], works[:])
}

// cry is what a clause calls for that is nothing but a call, without a reason given.
func cry(t string) Danger {
	for clause := range strings.FieldsFuncSeq(t, func(r rune) bool { return strings.ContainsRune("。!?…,;:、 ~", r) }) {
		switch strings.TrimRight(clause, "啊呀哪呐了") {
		case "火警", "火灾", "报火警", "有火", "救火", "快救火", "快来救火":
			return Fire
		case "心脏病", "救护车", "叫救护车", "快叫救护车", "要救护车", "急救", "救人", "快救人", "救救人", "快来救人":
			return Medical
		case "救命", "快救命", "救救我", "快救我", "救救我们", "来人", "快来人", "救命救命", "快来救命", "报警", "我要报警", "快报警", "帮我报警", "请报警", "要报警":
			return Crime
		}
	}
	return NoDanger
}

func hasAny(s string, words []string) bool { return indexAny(s, words) >= 0 }

// indexAny is where the first of the words is found, in their order, -1 if none is.
func indexAny(s string, words []string) int {
	for _, w := range words {
		if i := strings.Index(s, w); i >= 0 {
			return i
		}
	}
	return -1
}
