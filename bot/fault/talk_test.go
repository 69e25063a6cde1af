//go:build unix

package fault_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"yishi/bot/wechat/platform"
)

// Words that residents read.
const (
	claimed = "已提交，编号 "
	again   = "多发不会重复" // in what is said when nothing is sure or nobody has time
	summary = "请看一遍"
	what    = "说说是什么事"
	menu    = "想办什么"
)

// script is what simulated residents answer to the questions of raising a need.
func script() []platform.Rule {
	return []platform.Rule{
		{Contains: []string{summary}, Say: []string{"提交"}},
		{Contains: []string{"还没有提交"}, Say: []string{"提交"}},
		{Contains: []string{"还没办完："}, Say: []string{"重新开始"}},
		{Contains: []string{what}, Say: []string{"{need}"}},
		{Contains: []string{"这属于哪一类"}, Say: []string{"1", "二", "说不清"}},
		{Contains: []string{"有相近的需求"}, Say: []string{"都不是"}},
		{Contains: []string{"在什么位置"}, Say: []string{"3幢2单元楼下", "@place", "跳过"}},
		{Contains: []string{"有照片吗"}, Say: []string{"跳过", "没有", "@photo"}},
		{Contains: []string{"张照片，还可以"}, Say: []string{"好了"}},
		{Contains: []string{"急不急？"}, Say: []string{"急", "不急"}},
	}
}

// send lets somebody say something, whatever comes of it.
func (s *site) send(openid, text string) *platform.Delivery {
	return s.p.Person(openid).Say(s.t.Context(), text)
}

// say lets somebody say something and returns the answer, which must come at the first try.
func (s *site) say(openid, text string) string {
	s.t.Helper()
	d := s.send(openid, text)
	if d.Err != nil || len(d.Tries) != 1 {
		s.t.Fatalf("%s said %q: %v, tries %+v", openid, text, d.Err, d.Tries)
	}
	return d.Reply.Text
}

// expect is say where the answer must hold want.
func (s *site) expect(openid, text, want string) string {
	s.t.Helper()
	got := s.say(openid, text)
	if !strings.Contains(got, want) {
		s.t.Fatalf("%s said %q and was told %q, want %q", openid, text, got, want)
	}
	return got
}

// sure is say in a preparation: where a machine that stands still made Redis time out, the same
// is said again.
func (s *site) sure(openid, text string) string {
	s.t.Helper()
	got := s.say(openid, text)
	for range 3 {
		if !honest(got) {
			break
		}
		got = s.say(openid, text)
	}
	return got
}

// follow makes somebody a follower of the first community.
func (s *site) follow(openid string) {
	s.t.Helper()
	q := s.p.Person(openid)
	d := q.Follow(s.t.Context(), scenes[0])
	if d.Err != nil && !errors.Is(d.Err, platform.ErrFollowing) {
		s.t.Fatalf("%s follows: %v", openid, d.Err)
	}
	for range 3 {
		if !honest(d.Reply.Text) {
			break
		}
		d = q.Scan(s.t.Context(), scenes[0])
	}
}

// ripen brings somebody to the summary of a need of their own.
func (s *site) ripen(openid, need string) {
	s.t.Helper()
	s.follow(openid)
	got := s.sure(openid, "提需求")
	for range 12 {
		if strings.Contains(got, summary) {
			return
		}
		i := slices.IndexFunc(script(), func(r platform.Rule) bool { return strings.Contains(got, r.Contains[0]) })
		if i < 0 {
			s.t.Fatalf("%s was told %q", openid, got)
		}
		got = s.sure(openid, strings.ReplaceAll(script()[i].Say[0], "{need}", need))
	}
	s.t.Fatalf("%s does not come to an end: %q", openid, got)
}

// crowd names n people.
func crowd(prefix string, n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("%s%03d", prefix, i))
	}
	return all
}

// numberIn is the public number in a text.
func numberIn(text string) string {
	_, rest, _ := strings.Cut(text, "编号 ")
	number, _, _ := strings.Cut(rest, "。")
	number, _, _ = strings.Cut(number, "，")
	return strings.TrimSpace(number)
}

// listens says whether somebody takes connections.
func listens(ctx context.Context, addr string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

// claim is what openid was told about its need.
func claim(openid, need, number string) platform.Claim {
	return platform.Claim{Openid: openid, Text: need, Number: number}
}

// clean fails the test for everything the audit finds.
func (s *site) clean(claims []platform.Claim) {
	s.t.Helper()
	found, err := audit(within(s.t, 30*time.Second), s.db, claims)
	if err != nil {
		s.t.Fatal(err)
	}
	for i, f := range found {
		if i == 20 {
			s.t.Errorf("and %d more", len(found)-i)
			break
		}
		s.t.Errorf("audit: %s: %s", f.kind, f.what)
	}
}

// cleanAfter is clean after a rehearsal; it shows what was said around the first findings.
func (s *site) cleanAfter(h *history, claims []platform.Claim) {
	s.t.Helper()
	claims = h.own(claims)
	s.clean(claims)
	if !s.t.Failed() {
		return
	}
	found, err := audit(within(s.t, 30*time.Second), s.db, claims)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range found[:min(len(found), 3)] {
		s.t.Logf("%s: %s\n%s", f.kind, f.what, h.around(f.what))
	}
}

// TestAuditSees proves that the audit sees what it is for.
func TestAuditSees(t *testing.T) {
	s := open(t, plan{lite: true})
	s.start(s.bots[0])
	for _, need := range []string{"audit-one", "audit-two"} {
		s.ripen("oAudit1", need+"路灯不亮")
		s.expect("oAudit1", "提交", claimed)
	}
	s.bots[0].kill()
	var number, year string
	if err := s.db.QueryRowContext(t.Context(), "SELECT `year` FROM needs").Scan(&year); err != nil {
		t.Fatal(err)
	}
	number = "钮" + year + "-001"
	s.clean([]platform.Claim{claim("oAudit1", "audit-one路灯不亮", number)})
	for _, row := range []struct {
		name, spoil string
		claim       platform.Claim
		want        string
	}{
		{"no row", "SELECT 1", claim("oAudit1", "audit-one路灯不亮", "钮"+year+"-009"), kindNoRow},
		{"another's", "SELECT 1", claim("oAudit2", "audit-one路灯不亮", number), kindWrongRow},
		{"another text", "SELECT 1", claim("oAudit1", "audit-two路灯不亮", number), kindWrongRow},
		{"doubled", "UPDATE needs SET text = 'audit-one路灯不亮'", claim("oAudit1", "audit-one路灯不亮", number), kindDoubled},
		{"hole", "UPDATE needs SET seq = 7 WHERE seq = 2", claim("oAudit1", "audit-one路灯不亮", number), kindHole},
		{"no run", "DELETE FROM runs", claim("oAudit1", "audit-one路灯不亮", number), kindNoRun},
	} {
		if _, err := s.db.ExecContext(t.Context(), row.spoil); err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		found, err := audit(t.Context(), s.db, []platform.Claim{row.claim})
		if err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		if !slices.ContainsFunc(found, func(f finding) bool { return f.kind == row.want }) {
			t.Errorf("%s: the audit finds %+v", row.name, found)
		}
	}
}
