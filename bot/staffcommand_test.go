package main

import (
	"regexp"
	"strings"
	"testing"

	"yishi/flows/civic"
	"yishi/store"
)

// TestStaffCommand goes from the operator's words to an office held, and away again.
func TestStaffCommand(t *testing.T) {
	h := openHall(t, nil, false)
	h.db.Clock().SetOffset(0) // as the commands'
	ctx := t.Context()
	invite := []string{"staff", "invite", "-community", "钮", "-name", "某主任"}
	for name, row := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no word":            {[]string{"staff"}, exitUsage, "usage: bot staff"},
		"no role":            {invite, exitFail, "-role must be one of"},
		"resident":           {with(invite, "-role", "resident"), exitFail, "-role must be one of"},
		"no street":          {with(invite, "-role", "street"), exitFail, "in which street"},
		"no such grid":       {with(invite, "-role", "gridWorker", "-grids", "九网格"), exitFail, "no grid of that name"},
		"grids of others":    {with(invite, "-role", "observer", "-grids", "九网格"), exitFail, "-grids are for a gridWorker"},
		"too long":           {with(invite, "-role", "observer", "-days", "31"), exitFail, "-days must be 1 to 30"},
		"no name":            {[]string{"staff", "invite", "-community", "钮", "-role", "observer"}, exitFail, "-name must have"},
		"nobody's phone":     {[]string{"staff", "invite", "-community", "钮", "-new-phone", "7"}, exitFail, civic.GoneAlready},
		"nobody":             {[]string{"staff", "list", "-community", "钮"}, exitOK, "nobody yet"},
		"nobody above":       {[]string{"staff", "list"}, exitOK, "nobody yet"},
		"revoke what":        {[]string{"staff", "revoke"}, exitUsage, "usage"},
		"revoke none":        {[]string{"staff", "revoke", "7"}, exitFail, "no such grant"},
		"revoke words":       {[]string{"staff", "revoke", "某主任"}, exitFail, "a grant is a number"},
		"audit of what":      {[]string{"audit"}, exitFail, "community"},
		"audit since when":   {[]string{"audit", "-community", "钮", "-since", "ever"}, exitFail, "such as 30d"},
		"audit with nothing": {[]string{"audit", "-community", "钮"}, exitOK, "nothing was done"},
	} {
		if code, stdout, stderr := h.operator(t, nil, row.args...); code != row.code || !strings.Contains(stdout+stderr, row.want) {
			t.Errorf("%s: exit code %d, said %s%s", name, code, stdout, stderr)
		}
	}
	code, stdout, stderr := h.operator(t, nil, with(invite, "-role", "committee")...)
	made, err := civic.ReadInviteCode(strings.SplitN(stdout, "\n", 2)[0])
	if code != exitOK || err != nil || !strings.Contains(stdout, "good once, for 7 days") {
		t.Fatalf("exit code %d, said %s%s: %v", code, stdout, stderr, err)
	}
	_, err = h.db.Commit(ctx, store.Commit{Run: "accept", N: 1, Account: "oChief", Final: true, Effects: []any{
		civic.AcceptInvite{Account: "oChief", Code: made, Consent: "staff-1"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, stdout, _ = h.operator(t, nil, "staff", "list", "-community", "钮")
	grant := regexp.MustCompile(`grant (\d+)\t某主任\t居委会\tsince`).FindStringSubmatch(stdout)
	if grant == nil {
		t.Fatalf("list: %s", stdout)
	}
	if code, stdout, stderr = h.operator(t, nil, "staff", "revoke", grant[1]); code != exitOK {
		t.Errorf("revoke: %d, %s%s", code, stdout, stderr)
	}
	if g, err := h.db.Staff().Grants(ctx, "oChief"); err != nil || len(g) != 0 {
		t.Errorf("after it: %v, %v", g, err)
	}
	_, stdout, _ = h.operator(t, nil, "audit", "-community", "钮", "-since", "1d")
	if n := strings.Count(stdout, "\n"); n != 3 || !strings.Contains(stdout, "\t某主任\t居委会\trole.invite\taccept\t") {
		t.Errorf("%d lines: %s", n, stdout)
	}
	_, stdout, _ = h.operator(t, nil, "audit", "-community", "钮", "-csv")
	if !strings.HasPrefix(stdout, "\ufeff时间,") || strings.Count(stdout, "\r\n") != 4 {
		t.Errorf("as a table: %s", stdout)
	}
}
