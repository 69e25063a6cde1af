package wechat

import (
	"errors"
	"strings"
	"testing"
)

func TestFieldCheck(t *testing.T) {
	han := func(n int) string { return strings.Repeat("汉", n) }
	tests := []struct {
		kind      FieldKind
		good, bad []string
	}{
		{Thing, []string{"x", han(20), "路灯 3 号（东门）！"}, []string{"", " ", han(21), "a\nb", "a\tb", "a\x00", "\xff", "a\u2028b", "\u200b", "👨‍👩‍👧‍👦" + han(15)}},
		{ShortThing, []string{han(5)}, []string{han(6)}},
		{Number, []string{"0", "12.50", strings.Repeat("9", 32)}, []string{"-3", "1e5", "１", "1,000", strings.Repeat("9", 33), "十"}},
		{Letter, []string{"abcXYZ", strings.Repeat("a", 32)}, []string{"a1", "a b", strings.Repeat("a", 33), "é"}},
		{Symbol, []string{"!", "…—"}, []string{"a", "1", "!!!!!!"}},
		{CharacterString, []string{"X-2026-0007", strings.Repeat("x", 32)}, []string{"号1", strings.Repeat("x", 33), "a\nb"}},
		{Time, []string{"15:01", "9:05:30", "2019年10月1日 15:01", "2019-10-01 15:01", "15:01~16:00", "2019年10月1日 15:01 ~ 2019年10月2日 15:01", "2019年10月1日 15:01~16:01"}, []string{"25:01", "15:60", "2019年10月1日", "明天", "15:01~", "15：01", "2019年2月30日 15:01", "15:01:02.5"}},
		{Date, []string{"2019年10月1日", "2019-10-01", "2019年10月1日 15:01", "2019年10月1日~2019年10月7日", "2019年10月1日 9:00~11:00"}, []string{"15:01", "2019年13月1日", "2019年2月29日", "10月1日", "2019年10月1日~", "2019年10月1日~~2019年10月2日"}},
		{Amount, []string{"100", "¥100.00", "￥1元", "100.5元", "$9"}, []string{"一百", "12345678901", "1.234", "元", "100 元", "-5"}},
		{PhoneNumber, []string{"13800138000", "+86-0766-66888866"}, []string{"--", "138 0013 8000 138 001", "请致电", "１３８"}},
		{CarNumber, []string{"粤A8Z888", "粤A8Z888挂", "粤AD12345"}, []string{"粤A8Z888挂挂", "粤A粤888", "A", "粤 A8888"}},
		{Name, []string{"王小明", han(10), "John Smith", strings.Repeat("a", 20), "阿卜杜拉·买买提"}, []string{han(11), strings.Repeat("a", 21), "王1", "王" + strings.Repeat("a", 10)}},
		{Phrase, []string{"已解决", han(5)}, []string{han(6), "OK", "已 解决", "已解决！"}},
		{Enum, []string{"在办", "办结"}, []string{"其他", ""}},
		{"", []string{"what it is", han(200)}, []string{han(201), "a\nb"}},
	}
	for _, tt := range tests {
		t.Run(string(tt.kind), func(t *testing.T) {
			f := Field{Name: "f1", Kind: tt.kind}
			if tt.kind == Enum {
				f.Values = tt.good
			}
			for _, v := range tt.good {
				if err := f.Check(v); err != nil {
					t.Errorf("%q: %v", v, err)
				}
			}
			for _, v := range tt.bad {
				var e *FieldError
				if err := f.Check(v); !errors.As(err, &e) || e.Field != "f1" || !strings.Contains(err.Error(), "f1") || e.Why == "" {
					t.Errorf("%q: got %v", v, err)
				}
			}
		})
	}
}

func TestCheckFields(t *testing.T) {
	fields := []Field{{Name: "thing1", Kind: Thing, Max: 4}, {Name: "short_thing2", Kind: ShortThing, Max: 8}, {Name: "phrase3", Kind: Phrase, Max: 50}}
	tests := []struct {
		name        string
		data        map[string]string
		want, field string
	}{
		{"good", map[string]string{"thing1": "四个字好", "short_thing2": "这里能写八个字呀", "phrase3": "好"}, "", ""},
		{"own limit", map[string]string{"thing1": "五个字太多", "short_thing2": "x", "phrase3": "好"}, "field thing1: too many characters, at most 4", "thing1"},
		{"a limit of ours does not widen the platform's", map[string]string{"thing1": "x", "short_thing2": "x", "phrase3": "这是六个汉字"}, "field phrase3: too many characters, at most 5", "phrase3"},
		{"missing", map[string]string{"thing1": "x", "phrase3": "好"}, "field short_thing2: has no value", "short_thing2"},
		{"too many", map[string]string{"thing1": "x", "short_thing2": "x", "phrase3": "好", "first": "x"}, "field first: is not in the template", "first"},
		{"none", nil, "field thing1: has no value", "thing1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := CheckFields(fields, tt.data)
			var e *FieldError
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (!errors.As(err, &e) || err.Error() != tt.want || e.Field != tt.field):
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestCheckText(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		ok         bool
	}{
		{"short", "您好", true},
		{"lines", "a\nb", true},
		{"full", strings.Repeat("x", 2048), true},
		{"a byte more", strings.Repeat("x", 2049), false},
		{"counts bytes", strings.Repeat("汉", 683), false},
		{"empty", "", false},
		{"blank", " \n\u3000\u200b", false},
		{"controls do not count", strings.Repeat("x", 2048) + "\x00", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := CheckText(tt.text)
			var e *FieldError
			if tt.ok != (err == nil) || err != nil && (!errors.As(err, &e) || e.Field != "text") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestKindOf(t *testing.T) {
	for name, want := range map[string]FieldKind{
		"thing1": Thing, "short_thing12": ShortThing, "character_string3": CharacterString, "const9": Enum,
		"car_number01": CarNumber, "thing": Thing, "first": "", "": "", "Thing1": "",
	} {
		if got := KindOf(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}
