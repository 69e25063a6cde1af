package store_test

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// denied is what effects of staff are tried on: one community with everything in it.
type denied struct {
	here   civic.CommunityID
	street int64
	now    time.Time
	need   civic.NeedID
	twin   civic.NeedID
	talk   civic.TalkID
	worker civic.StaffID // a grid worker, with
	grant  int64
	helper civic.StaffID
	invite int64
	away   int64 // a hand-over
	round  civic.RoundID
}

// staffEffect is one effect of staff, the act it needs, and one of its kind that could be done.
type staffEffect struct {
	act  civic.Act
	make func(d denied, by civic.By) any
	// vague: there is nothing here that it could be done to, so any refusal will do.
	vague bool
}

// staffEffects has every effect of staff. Whoever adds one adds a line; the test says so.
var staffEffects = map[string]staffEffect{
	"Invite": {act: civic.ActInvite, make: func(d denied, by civic.By) any {
		return civic.Invite{By: by, Office: civic.Office{Role: civic.GridWorker, Community: d.here}, Name: "某人", Until: d.now.Add(time.Hour)}
	}},
	"CancelInvite": {act: civic.ActInvite, make: func(d denied, by civic.By) any { return civic.CancelInvite{By: by, Invitation: d.invite} }},
	"RevokeGrant":  {act: civic.ActInvite, make: func(d denied, by civic.By) any { return civic.RevokeGrant{By: by, Grant: d.grant} }},
	"HandOver": {act: civic.ActHandOver, make: func(d denied, by civic.By) any {
		return civic.HandOver{By: by, From: d.worker, To: d.helper}
	}},
	"TakeBack": {act: civic.ActHandOver, make: func(d denied, by civic.By) any { return civic.TakeBack{By: by, Handover: d.away} }},
	"ChangeSettings": {act: civic.ActSettings, make: func(_ denied, by civic.By) any {
		return civic.ChangeSettings{By: by, Setting: civic.SetHot, Values: []int{11}}
	}},
	"OpenRound": {act: civic.ActStage, make: func(_ denied, by civic.By) any { return civic.OpenRound{By: by, Name: "二〇二八", Year: 2028} }},
	"MoveStage": {act: civic.ActStage, make: func(d denied, by civic.By) any {
		return civic.MoveStage{By: by, Round: d.round, From: civic.Collect, To: civic.Screen}
	}},
	"PlanStage": {act: civic.ActStage, make: func(d denied, by civic.By) any {
		return civic.PlanStage{By: by, Round: d.round, Rev: 1, Stage: civic.Screen, At: d.now.Add(240 * time.Hour)}
	}},
	"PublishShortlist": {act: civic.ActShortlist, make: func(d denied, by civic.By) any {
		return civic.PublishShortlist{By: by, Round: d.round, Items: []civic.Listing{{Need: d.need, On: true, Why: "heat"}}}
	}},
	"ReleaseNeed": {act: civic.ActRelease, make: func(d denied, by civic.By) any { return civic.ReleaseNeed{By: by, Need: d.need, Text: true} }},
	"KeepBack":    {act: civic.ActRelease, make: func(d denied, by civic.By) any { return civic.KeepBack{By: by, Need: d.need, ReasonCode: "private"} }},
	"TakeDownNeed": {act: civic.ActTakeDown, make: func(d denied, by civic.By) any {
		return civic.TakeDownNeed{By: by, Need: d.need, ReasonCode: "private"}
	}},
	"LeavePublic":  {act: civic.ActTakeDown, make: func(d denied, by civic.By) any { return civic.LeavePublic{By: by, Need: d.need} }},
	"SettleAppeal": {act: civic.ActTakeDown, make: func(d denied, by civic.By) any { return civic.SettleAppeal{By: by, Need: d.need, Restore: true} }},
	"HoldNeed":     {act: civic.ActTriage, make: func(d denied, by civic.By) any { return civic.HoldNeed{By: by, Need: d.need} }},
	"LeaveNeed":    {act: civic.ActTriage, make: func(d denied, by civic.By) any { return civic.LeaveNeed{By: by, Need: d.need} }},
	"AcceptNeed":   {act: civic.ActTriage, make: func(d denied, by civic.By) any { return civic.AcceptNeed{By: by, Need: d.need} }},
	"ClassifyNeed": {act: civic.ActTriage, make: func(d denied, by civic.By) any {
		return civic.ClassifyNeed{By: by, Need: d.need, Category: civic.Environment}
	}},
	"MarkNeed":   {act: civic.ActTriage, make: func(d denied, by civic.By) any { return civic.MarkNeed{By: by, Need: d.need, Urgent: 1} }},
	"TypeNeed":   {act: civic.ActTriage, make: func(d denied, by civic.By) any { return civic.TypeNeed{By: by, Need: d.need, Text: "路灯"} }},
	"AskAuthor":  {act: civic.ActTriage, make: func(d denied, by civic.By) any { return civic.AskAuthor{By: by, Need: d.need, Text: "哪一盏？"} }},
	"MergeNeeds": {act: civic.ActTriage, make: func(d denied, by civic.By) any { return civic.MergeNeeds{By: by, Source: d.need, Target: d.twin} }},
	"UndoMerge":  {act: civic.ActTriage, make: func(d denied, by civic.By) any { return civic.UndoMerge{By: by, Source: d.need} }},
	"KeepMerge":  {act: civic.ActTriage, make: func(d denied, by civic.By) any { return civic.KeepMerge{By: by, Source: d.need} }},
	"DeclineNeed": {act: civic.ActDecline, make: func(d denied, by civic.By) any {
		return civic.DeclineNeed{By: by, Need: d.need, Reason: civic.Reasons()[0], Text: "不归社区管。"}
	}},
	"ConfirmDecline": {act: civic.ActDecline, make: func(d denied, by civic.By) any { return civic.ConfirmDecline{By: by, Need: d.need} }},
	"RejectDecline":  {act: civic.ActDecline, make: func(d denied, by civic.By) any { return civic.RejectDecline{By: by, Need: d.need} }},
	"HandNeed":       {act: civic.ActTriage, make: func(d denied, by civic.By) any { return civic.HandNeed{By: by, Need: d.need, Duty: "物业"} }},
	"RaiseFor": {act: civic.ActRaiseFor, make: func(d denied, by civic.By) any {
		raise := need(by.Account, d.here, "电梯坏了")
		return civic.RaiseFor{By: by, Agreed: "assist-1", BeganAt: d.now, Raise: raise}
	}},
	"TakeTalk": {act: civic.ActRelay, make: func(d denied, by civic.By) any { return civic.TakeTalk{By: by, Talk: d.talk} }},
	"Answer": {act: civic.ActRelay, make: func(d denied, by civic.By) any {
		return civic.Answer{By: by, Talk: d.talk, Lines: []civic.Line{{Kind: civic.LineText, Text: "马上来"}}}
	}},
	"HandTalk": {act: civic.ActRelay, make: func(d denied, by civic.By) any { return civic.HandTalk{By: by, Talk: d.talk, To: d.helper} }},
	"EndTalk":  {act: civic.ActRelay, make: func(d denied, by civic.By) any { return civic.EndTalk{By: by, Talk: d.talk} }},
	"DecideClaim": {act: civic.ActVerify, vague: true, make: func(_ denied, by civic.By) any {
		return civic.DecideClaim{By: by, Claim: 1, Decision: civic.Decision("decline"), ReasonCode: "unknown"}
	}},
}

// effectsOfStaff are the names of civic's types that have a field By of its type By.
func effectsOfStaff(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("../flows/civic/*.go")
	if err != nil || len(names) == 0 {
		t.Fatalf("no sources of civic: %v", err)
	}
	var out []string
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			s, ok := spec.Type.(*ast.StructType)
			if !ok {
				return true
			}
			for _, f := range s.Fields.List {
				if id, ok := f.Type.(*ast.Ident); ok && id.Name == "By" && len(f.Names) == 1 && f.Names[0].Name == "By" {
					out = append(out, spec.Name.Name)
				}
			}
			return true
		})
	}
	return out
}

func TestEveryEffectOfStaffIsTried(t *testing.T) {
	in := effectsOfStaff(t)
	for _, name := range in {
		if _, ok := staffEffects[name]; !ok {
			t.Errorf("civic.%s has a field By and no line in staffEffects", name)
		}
	}
	for name := range staffEffects {
		if !slices.Contains(in, name) {
			t.Errorf("civic.%s is no effect of staff any more", name)
		}
	}
}

// everything fills a community so that each effect of staff could be done there.
func everything(t *testing.T, db *store.DB) denied {
	t.Helper()
	ctx := within(t, 30*time.Second)
	c := community(t, db, "钮")
	street, err := db.PutInStreet(ctx, c.ID, "平江街道", "姑苏区")
	if err != nil {
		t.Fatal(err)
	}
	d := denied{here: c.ID, street: street, now: db.Clock().Now()}
	n, err := db.AddNeed(ctx, civic.Need{Community: c.ID, Author: "oAuthor", Text: "路灯坏了", State: civic.NeedRaised, Category: civic.Environment})
	if err != nil {
		t.Fatal(err)
	}
	d.need = n.ID
	if n, err = db.AddNeed(ctx, civic.Need{Community: c.ID, Author: "oTwin", Text: "路灯不亮", State: civic.NeedRaised, Category: civic.Environment}); err != nil {
		t.Fatal(err)
	}
	d.twin = n.ID
	d.worker = officeOf(t, db, "oWorker", civic.GridWorker, c.ID)
	d.helper = officeOf(t, db, "oHelper", civic.GridWorker, c.ID)
	officeOf(t, db, "oIll", civic.GridWorker, c.ID)
	officeOf(t, db, "oChief", civic.Committee, c.ID)
	must(t, db, commit("d-0", 1, "oAuthor", civic.CallPerson{Account: "oAuthor", Community: c.ID, Typed: true}))
	d.talk = store.OnlyTalk(ctx, t, db)
	all, err := db.Offices().AllMembers(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	var ill civic.StaffID
	for _, m := range all {
		switch m.Name {
		case "oWorker":
			d.grant = m.Grants[0].ID
		case "oIll":
			ill = m.Staff
		}
	}
	by := civic.By{Account: "oChief", Community: c.ID}
	d.invite = must(t, db, commit("d-1", 1, "oChief", staffEffects["Invite"].make(d, by))).Made
	d.away = must(t, db, commit("d-2", 1, "oChief", civic.HandOver{By: by, From: ill, To: d.helper})).Made
	must(t, db, commit("d-3", 1, "oChief", civic.OpenRound{By: by, Name: "二〇二七", Year: 2027}))
	rounds, err := db.Rounds().Rounds(ctx, c.ID)
	if err != nil || len(rounds) != 1 {
		t.Fatalf("rounds %v, %v", rounds, err)
	}
	d.round = rounds[0].ID
	return d
}

// officeOf gives an office; over is the community, or for street and district the id of those.
func officeOf(t *testing.T, db *store.DB, a civic.Account, r civic.Role, over civic.CommunityID) civic.StaffID {
	t.Helper()
	n := store.NewStaff{Account: a, Name: string(a), Role: r, Community: over}
	if r == civic.Street || r == civic.District {
		n.Community, n.Over = 0, int64(over)
	}
	id, err := db.AddStaff(within(t, 30*time.Second), n)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// bench is a place where every office of two communities is held by an account of its own.
type bench struct {
	denied
	db       *store.DB
	there    civic.CommunityID // the other one, of another street and district
	accounts map[civic.Role][2]civic.Account
}

func openBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{db: storetest.Open(t), accounts: map[civic.Role][2]civic.Account{}}
	b.denied = everything(t, b.db)
	b.there = community(t, b.db, "平").ID
	other, err := b.db.PutInStreet(within(t, 10*time.Second), b.there, "娄葑街道", "园区")
	if err != nil {
		t.Fatal(err)
	}
	streets, err := b.db.Communities().Streets(within(t, 10*time.Second))
	if err != nil || len(streets) != 2 {
		t.Fatalf("streets %v, %v", streets, err)
	}
	district := map[int64]int64{streets[0].ID: streets[0].District, streets[1].ID: streets[1].District}
	for _, r := range civic.Roles() {
		b.accounts[r] = [2]civic.Account{civic.Account("r-" + r), civic.Account("w-" + r)}
		if r == civic.Resident {
			continue
		}
		for i, in := range []struct {
			c      civic.CommunityID
			street int64
		}{{b.here, b.street}, {b.there, other}} {
			over := map[civic.Role]civic.CommunityID{civic.Street: civic.CommunityID(in.street), civic.District: civic.CommunityID(district[in.street])}
			officeOf(t, b.db, b.accounts[r][i], r, cmp.Or(over[r], in.c))
		}
	}
	return b
}

// try has an account do an effect on what is here, for a community.
func (b *bench) try(t *testing.T, name string, a civic.Account, c civic.CommunityID) error {
	run := fmt.Sprintf("%s-%s-%v", name, a, c == b.here)
	_, err := b.db.Commit(within(t, 10*time.Second), commit(run, 1, a, staffEffects[name].make(b.denied, civic.By{Account: a, Community: c})))
	return err
}

// newThings are effects that need nothing that is there already.
var newThings = []string{"OpenRound", "ChangeSettings", "Invite"}

// TestDefaultDenyOfEffects tries every effect of staff in every office, of the right community and of another,
// with an object of the right one. Whoever may not reads NoLonger, and nothing is done nor logged.
func TestDefaultDenyOfEffects(t *testing.T) {
	b := openBench(t)
	ctx := within(t, 120*time.Second)
	before := store.AuditCount(ctx, t, b.db)
	for _, name := range slices.Sorted(maps.Keys(staffEffects)) {
		for _, r := range civic.Roles() {
			if !civic.May(r, staffEffects[name].act) {
				wantNoLonger(t, name, r, b.try(t, name, b.accounts[r][0], b.here))
			}
			wantNoLonger(t, name+" from elsewhere", r, b.try(t, name, b.accounts[r][1], b.here))
			if slices.Contains(newThings, name) {
				continue
			}
			if err := b.try(t, name, b.accounts[r][1], b.there); err == nil {
				t.Errorf("%s: a %s of another community got at what is not theirs", name, r)
			}
		}
	}
	if n := store.AuditCount(ctx, t, b.db); n != before {
		t.Errorf("%d acts were logged though refused", n-before)
	}
	for _, name := range slices.Sorted(maps.Keys(staffEffects)) { // afterwards, as they change what is there
		for _, r := range civic.Roles() {
			if !civic.May(r, staffEffects[name].act) || staffEffects[name].vague {
				continue
			}
			err := b.try(t, name, b.accounts[r][0], b.here)
			var no *civic.Refusal
			if errors.As(err, &no) && no.Sentence == civic.NoLonger || err != nil && no == nil {
				t.Errorf("%s: a %s may, and got %v", name, r, err)
			}
		}
	}
}

func wantNoLonger(t *testing.T, name string, r civic.Role, err error) {
	t.Helper()
	var no *civic.Refusal
	if first, _, _ := strings.Cut(name, " "); staffEffects[first].vague && err != nil {
		return
	}
	if !errors.As(err, &no) || no.Sentence != civic.NoLonger {
		t.Errorf("%s by a %s: %v, want the refusal that the right is gone", name, r, err)
	}
}

// TestStaffAndResidentDoNotMix: nobody acts in an office and as a neighbour in one turn.
func TestStaffAndResidentDoNotMix(t *testing.T) {
	db := storetest.Open(t)
	d := everything(t, db)
	by := civic.By{Account: "oChief", Community: d.here}
	for _, resident := range []any{
		civic.EndorseNeed{Account: "oChief", Need: d.need}, need("oChief", d.here, "路灯"), civic.Join{Account: "oChief", Community: d.here},
	} {
		_, err := db.Commit(within(t, 10*time.Second), commit("mix-"+reflect.TypeOf(resident).Name(), 1, "oChief", civic.ReleaseNeed{By: by, Need: d.need, Text: true}, resident))
		if err == nil || !strings.Contains(err.Error(), "staff and of a resident") {
			t.Errorf("%T beside an effect of staff: %v", resident, err)
		}
	}
	must(t, db, commit("mix-ok", 1, "oChief", civic.ReleaseNeed{By: by, Need: d.need, Text: true},
		civic.MakePush{Push: civic.Push{ID: "p", Purpose: "p", Kind: "k"}, Audience: civic.Audience{Accounts: []civic.Account{"oChief"}}}))
}

// TestAuditLogIsOnlyAppended walks the sources: no statement changes or deletes its rows.
func TestAuditLogIsOnlyAppended(t *testing.T) {
	seen := 0
	err := filepath.WalkDir("..", func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.Name() == ".git" { // a folder, or a file in a work tree
			return skip(e)
		}
		if e.IsDir() || strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".sql") {
			return nil
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for line := range strings.SplitSeq(string(raw), "\n") {
			words := strings.ToLower(strings.Join(strings.Fields(line), " "))
			if !strings.Contains(words, "audits") && !strings.Contains(words, "auditrow") {
				continue
			}
			seen++
			for _, bad := range []string{
				"update audits", "delete from audits", "truncate", "replace into audits", "drop table if exists audits", "updates(", ".update(", ".delete(", ".save(", "alter table audits",
			} {
				if strings.Contains(words, bad) && (bad != "drop table if exists audits" || !strings.HasSuffix(path, "00011_people.sql")) {
					t.Errorf("%s changes the audit log: %s", path, strings.TrimSpace(line))
				}
			}
		}
		return nil
	})
	if err != nil || seen == 0 {
		t.Fatalf("walked %d lines: %v", seen, err)
	}
}

func skip(e os.DirEntry) error {
	if e.IsDir() {
		return filepath.SkipDir
	}
	return nil
}
