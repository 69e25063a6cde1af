package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

// canaryAccount is somebody who has done everything that residents can do, and canaryWords what only
// they and staff have read.
const (
	canaryAccount = civic.Account("oCanary")
	canaryToo     = canaryAccount + "Too" // waits to be verified
	canaryWords   = "金丝雀"
)

// everythingOf has the canary do all that leaves a trace of it, and returns the needs by what
// became of them.
func everythingOf(t *testing.T, db *store.DB, c, other civic.Community) map[string]civic.NeedID {
	t.Helper()
	ctx, a := within(t, 60*time.Second), canaryAccount
	clerk, boss := office(t, db, "oClerk", civic.GridWorker, c), office(t, db, "oBoss", civic.Committee, c)
	db.Contact(a, store.ContactMessage, db.Clock().Now())
	if err := db.FlushContacts(ctx); err != nil {
		t.Fatal(err)
	}
	mustAct(t, db, a, civic.Join{Account: a, Community: other.ID})
	db.Clock().Shift(time.Second)
	added(t, db, push("before"), civic.Audience{Community: other.ID})
	mustAct(t, db, a, civic.Join{Account: a, Community: c.ID})
	onRoll(t, db, c, store.NewPerson{Name: "某甲", Phone: "13800001234"})
	mustAct(t, db, "oSecond", verifying("oSecond", matched(t, db, asSaid("oSecond", c))))
	mustAct(t, db, a, civic.AskVerify{Said: asSaid(a, c), Consent: "t"})
	needs := needsOfCanary(t, db, c, clerk, boss)
	mustAct(t, db, a, verifying(a, matched(t, db, asSaid(a, c))))
	mustAct(t, db, a, civic.DisputeClaim{Account: a})
	mustAct(t, db, canaryToo, civic.AskVerify{Said: asSaid(canaryToo, c), Consent: "t"})
	mustAct(t, db, a, sayLine(a, c.ID, canaryWords+"说"))
	desk, err := db.Talks().Desk(ctx, clerk.Account)
	if err != nil || len(desk) != 1 {
		t.Fatalf("desk: %v, %v", desk, err)
	}
	talk := desk[0]
	mustAct(t, db, clerk.Account, civic.TakeTalk{By: clerk, Talk: talk.ID, Seen: talk.Seq})
	mustAct(t, db, clerk.Account, civic.Answer{By: clerk, Talk: talk.ID, Lines: []civic.Line{{Kind: civic.LineText, Text: canaryWords + "答话"}}})
	mustAct(t, db, a, civic.MakeLink{Account: a, Community: c.ID, Kind: "k", Title: canaryWords, Args: json.RawMessage(`{"of":"` + canaryWords + `"}`)},
		civic.MissInvite{Account: a}, civic.OptOut{Account: a, Topic: "news", Off: true}, civic.KeepMedia{Account: a, MediaID: "loose", Kind: civic.Photo})
	if err := db.NoteConsent(ctx, a, "tpl", "event", 1, nil); err != nil {
		t.Fatal(err)
	}
	if err := db.ArmTimer(ctx, civic.Timer{ID: "own", Kind: "none", Account: a, DueAt: db.Clock().Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	only := push("only")
	only.Args = json.RawMessage(`{"text":"` + canaryWords + `"}`)
	added(t, db, only, civic.Audience{Accounts: []civic.Account{a}})
	added(t, db, push("all"), civic.Audience{Community: c.ID})
	expanded(t, db)
	later := only
	later.ID, later.Purpose, later.DueAt = "later", "later", db.Clock().Now().Add(time.Hour)
	added(t, db, later, civic.Audience{Accounts: []civic.Account{a}})
	if _, err := db.AddStaff(ctx, store.NewStaff{Account: a, Name: "某", Role: civic.Observer, Community: c.ID}); err != nil {
		t.Fatal(err)
	}
	return needs
}

// needsOfCanary raises needs of every kind.
func needsOfCanary(t *testing.T, db *store.DB, c civic.Community, clerk, boss civic.By) map[string]civic.NeedID {
	t.Helper()
	a := canaryAccount
	needs := map[string]civic.NeedID{}
	seq := 0
	raise := func(name, text string, photos ...string) {
		t.Helper()
		r := need(a, c.ID, text)
		r.Photos, r.Place = photos, civic.Place{Text: text + "处"}
		mustAct(t, db, a, r)
		seq++
		needs[name] = needNumbered(t, db, c, seq).ID
	}
	raise("public", "公开的话", "shown")
	raise("text", "只有文字公开", "veiled")
	raise("private", canaryWords+"没公开", "private")
	raise("accepted", "在办的事", "worked")
	raise("declined", canaryWords+"不受理")
	raise("asked", "问过的话")
	raise("back", canaryWords+"不公开")
	raise("down", "撤下来的话")
	raise("merged", canaryWords+"并掉的")
	for name, photos := range map[string]bool{"public": true, "text": false, "asked": false, "down": false} {
		mustAct(t, db, clerk.Account, civic.ReleaseNeed{By: clerk, Need: needs[name], Text: true, Photos: photos})
	}
	mustAct(t, db, a, civic.AddToNeed{Account: a, Need: needs["public"], Text: canaryWords + "补充"})
	mustAct(t, db, a, civic.AddToNeed{Account: a, Need: needs["private"], Text: canaryWords + "补充"})
	mustAct(t, db, clerk.Account, civic.AcceptNeed{By: clerk, Need: needs["accepted"]})
	mustAct(t, db, clerk.Account, civic.DeclineNeed{By: clerk, Need: needs["declined"], Reason: civic.ReasonCost, Text: "不办"})
	mustAct(t, db, boss.Account, civic.ConfirmDecline{By: boss, Need: needs["declined"]})
	mustAct(t, db, a, civic.AppealDecline{Account: a, Need: needs["declined"], Text: canaryWords + "申诉"})
	mustAct(t, db, clerk.Account, civic.AskAuthor{By: clerk, Need: needs["asked"], Text: "哪一盏？"})
	mustAct(t, db, a, civic.AnswerAuthor{Account: a, Need: needs["asked"], Text: canaryWords + "答"})
	mustAct(t, db, clerk.Account, civic.AskAuthor{By: clerk, Need: needs["public"], Text: "哪里？"})
	mustAct(t, db, clerk.Account, civic.KeepBack{By: clerk, Need: needs["back"], ReasonCode: "other"})
	mustAct(t, db, boss.Account, civic.TakeDownNeed{By: boss, Need: needs["down"], ReasonCode: "false"})
	mustAct(t, db, a, civic.AppealNeed{Account: a, Need: needs["down"], Text: canaryWords + "要公开"})
	of := released(t, db, c.ID, "别人的")
	mustAct(t, db, clerk.Account, civic.MergeNeeds{By: clerk, Source: needs["merged"], Target: of.ID})
	theirs := released(t, db, c.ID, "另外一件")
	mustAct(t, db, a, civic.EndorseNeed{Account: a, Need: theirs.ID}, civic.ReportNeed{Account: a, Need: theirs.ID, Code: "other"})
	needs["target"], needs["theirs"] = of.ID, theirs.ID
	return needs
}

// TestForgetMeLeavesNothing: after everything that leaves a trace, no table holds the account any
// more, nor a word that only staff had read; what others rely on stands.
func TestForgetMeLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c, other := community(t, db, "钮"), community(t, db, "葑")
		needs := everythingOf(t, db, c, other)
		columns, err := store.AccountColumns(db)
		if err != nil {
			t.Fatal(err)
		}
		held := where(t, db, string(canaryAccount))
		for column := range columns {
			if !held[column] {
				t.Errorf("%s can hold an account, and the test leaves none there", column)
			}
		}
		wantMyData(t, db)
		_, err = act(t, db, canaryAccount, civic.ForgetMe{Account: canaryAccount})
		refusedWith(t, err, "工作岗位")
		revokeAll(t, db, canaryAccount)
		if r := mustAct(t, db, canaryAccount, civic.ForgetMe{Account: canaryAccount}); r != (civic.Receipt{Final: r.Final, Word: civic.Forgotten}) {
			t.Errorf("receipt %+v", r)
		}
		mustAct(t, db, canaryToo, civic.ForgetMe{Account: canaryToo})
		mustAct(t, db, canaryAccount, civic.ForgetMe{Account: canaryAccount}) // again changes nothing
		if left := where(t, db, string(canaryAccount), canaryWords); len(left) > 0 {
			t.Errorf("still there in %v", slices.Sorted(maps.Keys(left)))
		}
		for name, want := range map[string]civic.NeedState{
			"public": civic.NeedRaised, "text": civic.NeedRaised, "private": civic.NeedWithdrawn, "accepted": civic.NeedAccepted,
			"declined": civic.NeedWithdrawn, "asked": civic.NeedRaised, "back": civic.NeedWithdrawn, "down": civic.NeedRaised, "merged": civic.NeedMerged,
		} {
			n, ok, err := db.Needs().Need(within(t, 10*time.Second), needs[name])
			stays := name != "private" && name != "declined" && name != "back" && name != "merged"
			if err != nil || !ok || n.State != want || stays == (n.Text == civic.Deleted) || stays == (n.Place.Text == "") || n.Author != "" {
				t.Errorf("%s became %s %q at %q of %q: %v", name, n.State, n.Text, n.Place.Text, n.Author, err)
			}
		}
		_, err = act(t, db, "oClerk", civic.AskAuthor{By: civic.By{Account: "oClerk", Community: c.ID}, Need: needs["public"], Text: "哪一盏？"})
		refusedWith(t, err, "问不到")
		wantCounts(t, db, needs["theirs"], 0, 0)
		wantCounts(t, db, needs["target"], 0, 1) // who raised what was merged is somebody still
		if _, is := identified(t, db, "oSecond"); !is {
			t.Error("another account of the person was forgotten, too")
		}
	})
}

// wantMyData checks that the owner, and nobody else, is shown a thing of every kind that is kept.
func wantMyData(t *testing.T, db *store.DB) {
	t.Helper()
	expanded(t, db)
	mine, err := db.Privacy().MyData(within(t, 10*time.Second), canaryAccount)
	if err != nil {
		t.Fatal(err)
	}
	had := map[civic.MyKind]int{}
	for _, it := range mine.Items {
		had[it.What]++
		if it.At.IsZero() {
			t.Errorf("%s without a time", it.What)
		}
		if it.What == civic.MyNeed && it.Number == "" {
			t.Errorf("a need without its number: %s", it.Text)
		}
	}
	for _, kind := range civic.MyKinds {
		if had[kind] == 0 {
			t.Errorf("nothing of kind %s is shown", kind)
		}
	}
	if mine.Name != "某甲" || mine.Door != "钮家新村3幢2单元501室" || mine.Phone != "138****1234" || mine.Kept.Needs != had[civic.MyNeed] || mine.Kept.Backed != 1 || !mine.Kept.Office {
		t.Errorf("shown %+v, %s, %s, %s", mine.Kept, mine.Name, mine.Door, mine.Phone)
	}
	theirs, err := db.Privacy().MyData(within(t, 10*time.Second), "oStranger")
	if err != nil || len(theirs.Items) != 0 || theirs.Kept != (civic.Kept{}) || theirs.Name != "" {
		t.Errorf("a stranger is shown %+v, %v", theirs, err)
	}
}

func where(t *testing.T, db *store.DB, words ...string) map[string]bool {
	t.Helper()
	found, err := store.Where(within(t, 30*time.Second), db, words...)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// revokeAll takes all offices of an account away.
func revokeAll(t *testing.T, db *store.DB, a civic.Account) {
	t.Helper()
	grants, err := db.Staff().Grants(within(t, 10*time.Second), a)
	for _, g := range grants {
		err = errors.Join(err, db.RevokeStaff(within(t, 10*time.Second), g.ID))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestForgottenStaysForgotten: the hint that the deleting message itself was, and those of other
// replicas from before, do not bring the account back; a later one does.
func TestForgottenStaysForgotten(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		a := canaryAccount
		mustAct(t, db, a, civic.Join{Account: a, Community: c.ID})
		said := db.Clock().Now()
		known := func(when string, want bool) {
			t.Helper()
			if err := db.FlushContacts(within(t, 10*time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, is, err := db.Followers().Follower(within(t, 10*time.Second), a); err != nil || is != want {
				t.Errorf("%s: known %v, %v", when, is, err)
			}
		}
		known("before", true)
		db.Contact(a, store.ContactMessage, said)
		mustAct(t, db, a, civic.ForgetMe{Account: a})
		known("by the message itself", false)
		for i, late := range []time.Duration{-time.Second, 0, 10 * time.Second} { // noted elsewhere, or a repeat
			db.Contact(a, store.ContactMessage, said.Add(late))
			db.Contact("oElse", store.ContactMessage, said)
			known(fmt.Sprint("late ", i), false)
		}
		db.Contact(a, store.ContactMessage, said.Add(time.Minute))
		known("writes again", true)
		if _, is, err := db.Followers().Follower(within(t, 10*time.Second), "oElse"); err != nil || !is {
			t.Errorf("somebody else was dropped: %v, %v", is, err)
		}
	})
}
