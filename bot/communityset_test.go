package main

import (
	"strings"
	"testing"
)

// TestCommunitySet goes from an operator's flags to what the list and the audit log show.
func TestCommunitySet(t *testing.T) {
	offices(t, func(t *testing.T, h office) {
		set := []string{"community", "set", "-code", "钮"}
		for _, row := range []struct {
			name string
			args []string
			code int
			want string
		}{
			{"nothing", set, exitFail, "say what to change"},
			{"no community", []string{"community", "set", "-name", "某社区"}, exitFail, "community"},
			{"words", with(set, "phone"), exitUsage, "usage: bot community"},
			{"bad phone", with(set, "-phone", "call me"), exitUsage, "no such value"},
			{"bad hours", with(set, "-hours", "sometimes"), exitUsage, "want hours"},
			{"hours backwards", with(set, "-hours", "17:00-9:00"), exitUsage, "want hours"},
			{"bad switch", with(set, "-money-strict", "perhaps"), exitUsage, "want true or false"},
			{"too hot", with(set, "-hot", "501"), exitUsage, "want 1 to 500"},
			{"no number", with(set, "-shortlist-most", "many"), exitUsage, "want 1 to 50"},
			{"long code", with(set, "-new-code", "钮家巷"), exitUsage, "no such value"},
			{"code of others", with(set, "-name", "别名", "-new-code", "菉"), exitFail, "别的社区在用"},
			{"district alone", with(set, "-district", "姑苏区"), exitFail, "a district is that of a street"},
			{"no district", with(set, "-name", "别名", "-street", "平江街道"), exitFail, "in which district"},
			{"unchanged by refusals", []string{"community", "list"}, exitOK, "钮\t钮家巷社区\t\t\t\t\t\n"},
			{"all", with(set, "-name", "钮家巷新社区", "-phone", "0512-65000000", "-hours", "周一到周五 8:30-17:00", "-street", "平江街道", "-district", "姑苏区",
				"-release-verified", "true", "-money-strict", "true", "-hot", "12", "-old-days", "5", "-shortlist-most", "8", "-shortlist-per-category", "2",
				"-shortlist-heat", "3"), exitOK, "钮 钮家巷新社区: done"},
			{"listed", []string{"community", "list"}, exitOK, "钮\t钮家巷新社区\t0512-65000000\t周一至周五 8:30–17:00\t姑苏区\t平江街道\t" +
				"-release-verified=true -money-strict=true -hot=12 -old-days=5 -shortlist-most=8 -shortlist-per-category=2 -shortlist-heat=3\n"},
			{"back", with(set, "-hot", "10", "-money-strict", "false"), exitOK, "done"},
			{"others stay", []string{"community", "list"}, exitOK, "\t-release-verified=true -old-days=5 -shortlist-most=8"},
			{"another, in the only district", []string{"community", "add", "-code", "凤", "-name", "凤凰社区", "-street", "双塔街道"}, exitOK, "凤 凤凰社区: done"},
			{"listed there", []string{"community", "list"}, exitOK, "凤\t凤凰社区\t\t\t姑苏区\t双塔街道\t\n"},
			{"new code", with(set, "-new-code", "纽"), exitOK, "纽 钮家巷新社区: done"},
			{"code is gone", with(set, "-hot", "9"), exitFail, "community"},
		} {
			p := start(t, h.vars, row.args...)
			if code := p.wait(t); code != row.code || !strings.Contains(p.stdout.String()+p.stderr.String(), row.want) {
				t.Errorf("%s: exit code %d, said %q%q, want %d and %q", row.name, code, p.stdout.String(), p.stderr.String(), row.code, row.want)
			}
		}
		log := h.ok(t, "audit", "-community", "纽")
		for _, want := range []string{`"setting":"name"`, `"setting":"street"`, `"after":[12],"before":[10],"setting":"hot"`, `"after":[10],"before":[12],"setting":"hot"`, `"setting":"code"`} {
			if n := strings.Count(log, want); n != 1 {
				t.Errorf("%s is %d times in\n%s", want, n, log)
			}
		}
		if n := strings.Count(log, "\toperator\tcommunity.run\tset\tcommunity:"); n != 14 || strings.Contains(log, "钮家巷") {
			t.Errorf("%d acts of the operator in\n%s", n, log)
		}
	})
}
