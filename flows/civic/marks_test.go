package civic_test

import (
	"fmt"
	"testing"

	"yishi/flows/civic"
)

func TestMarks(t *testing.T) {
	rows := []struct {
		name string
		need civic.Need
		hot  int
		want string
	}{
		{"nothing", civic.Need{}, 0, "[]"},
		{"the author says so", civic.Need{Urgent: true}, 0, "[疑似急]"},
		{"the words say so", civic.Need{Danger: true}, 0, "[疑似急]"},
		{"both say so", civic.Need{Urgent: true, Danger: true}, 0, "[疑似急]"},
		{"staff say so", civic.Need{MarkedUrgent: 1}, 0, "[急]"},
		{"staff say so, the author too", civic.Need{MarkedUrgent: 1, Urgent: true}, 0, "[急]"},
		{"staff say no", civic.Need{MarkedUrgent: -1, Urgent: true, Danger: true}, 0, "[]"},
		{"hard", civic.Need{MarkedHard: 1}, 0, "[难]"},
		{"not hard", civic.Need{MarkedHard: -1}, 0, "[]"},
		{"nine behind it", civic.Need{Heat: 9, Others: 50}, 0, "[]"},
		{"ten behind it", civic.Need{Heat: 10}, 0, "[热]"},
		{"the community says three", civic.Need{Heat: 3}, 3, "[热]"},
		{"the community says twenty", civic.Need{Heat: 19}, 20, "[]"},
		{"all", civic.Need{Heat: 10, MarkedHard: 1, MarkedUrgent: 1}, 0, "[急 难 热]"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			kinds := []civic.MarkKind{}
			for _, m := range civic.Marks(&row.need, civic.Settings{HotFrom: row.hot}) {
				kinds = append(kinds, m.Kind)
				if m.Why == "" {
					t.Errorf("nobody says why %s", m.Kind)
				}
			}
			if got := fmt.Sprint(kinds); got != row.want {
				t.Errorf("marks %s, want %s", got, row.want)
			}
		})
	}
}

func TestDangerous(t *testing.T) {
	for text, want := range map[string]bool{
		"楼道里有煤气味": true, "3幢外墙要塌了": true, "飞线充电": true, "井盖没了": true, "台阶松动，老人会摔": true,
		"希望多几张长椅": false, "晚上跳舞太吵": false, "": false,
	} {
		if got := civic.Dangerous(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestReportsHide(t *testing.T) {
	rows := []struct {
		open, verified int
		looked         bool
		want           bool
	}{
		{0, 0, false, false},
		{2, 2, false, false},
		{3, 0, false, false},
		{30, 0, false, false},
		{3, 1, false, true},
		{4, 1, false, true},
		{3, 3, false, true},
		{3, 1, true, false},
		{30, 30, true, false},
	}
	for _, row := range rows {
		if got := civic.ReportsHide(row.open, row.verified, row.looked); got != row.want {
			t.Errorf("%d reports, %d of them verified, looked %v: hidden %v, want %v", row.open, row.verified, row.looked, got, row.want)
		}
	}
}

func TestPublicReasons(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range civic.PublicReasons() {
		if r.Text == "" || r.Code == "" || len(r.Code) > 20 || seen[r.Code] || civic.PublicReasonText(r.Code) != r.Text {
			t.Errorf("reason %+v", r)
		}
		seen[r.Code] = true
	}
	if civic.PublicReasonText("nonsense") != "" {
		t.Error("nonsense has a text")
	}
}
