package civic

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// What the README promises is what is done: each line of the table stands in it, and no other.
func TestRetainedStandsInTheReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "| what | days |\n|---|---|\n")
	table, _, ends := strings.Cut(table, "\n\n")
	if !found || !ends {
		t.Fatal("README has no table of what is kept how long")
	}
	var want []string
	for i, r := range Retained {
		want = append(want, fmt.Sprintf("| %s | %d |", r.What, r.Days()))
		if i > 0 && r.For < Retained[i-1].For {
			t.Errorf("%s is out of order", r.What)
		}
		if r.Days() < 1 || r.Long() == "" {
			t.Errorf("%s is kept %s", r.What, r.Long())
		}
	}
	if table != strings.Join(want, "\n") {
		t.Errorf("README says\n%s\nwant\n%s", table, strings.Join(want, "\n"))
	}
}
