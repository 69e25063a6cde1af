package civic_test

import (
	"testing"

	"yishi/flows/civic"
)

func TestNumber(t *testing.T) {
	for n, want := range map[civic.Number]string{
		{Code: "钮", Year: 2027, Seq: 18}:    "钮2027-018",
		{Code: "平江", Year: 2026, Seq: 1234}: "平江2026-1234",
	} {
		if got := n.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestGuess(t *testing.T) {
	for text, want := range map[string]civic.Category{
		"楼道里的灯坏了":     civic.Environment,
		"给独居老人装扶手":    civic.Elderly,
		"放学后孩子没地方写作业": civic.Youth,
		"电动车没有地方充电":   civic.SelfManagement,
		"办一个书法兴趣班":    civic.Culture,
		"说不上来":        "",
	} {
		if got := civic.Guess(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// Every category has a Chinese name of its own.
func TestCategories(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range civic.Categories() {
		if name := c.String(); name == string(c) || seen[name] {
			t.Errorf("%q is called %q", c, name)
		} else {
			seen[name] = true
		}
	}
	if len(seen) != 6 {
		t.Errorf("%d categories, want five and 说不清", len(seen))
	}
}
