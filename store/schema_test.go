package store_test

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

func TestRowsFitTheTables(t *testing.T) {
	unprepared(t, func(t *testing.T, db *store.DB) {
		made, expected, err := store.Columns(db)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(made, expected); diff != "" {
			t.Errorf("tables (-) and rows (+) differ:\n%s", diff)
		}
	})
}

func TestMigrateUpDownUp(t *testing.T) {
	unprepared(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 60*time.Second)
		if err := db.CheckSchema(ctx); err != nil {
			t.Errorf("after migration: %v", err)
		}
		if err := store.Down(ctx, db); err != nil {
			t.Fatalf("down: %v", err)
		}
		err := db.CheckSchema(ctx)
		if !errors.Is(err, store.ErrSchema) || !strings.Contains(err.Error(), "bot migrate") {
			t.Errorf("old schema: %v", err)
		}
		for range 2 {
			if err := db.Migrate(ctx); err != nil {
				t.Fatalf("up again: %v", err)
			}
		}
		if err := db.CheckSchema(ctx); err != nil {
			t.Errorf("after migrating again: %v", err)
		}
		if err := store.Pretend(ctx, db, 999); err != nil {
			t.Fatal(err)
		}
		if err := db.CheckSchema(ctx); !errors.Is(err, store.ErrSchema) || !strings.Contains(err.Error(), "newer program") {
			t.Errorf("new schema: %v", err)
		}
	})
}

func TestReplicasMigrateAtOnce(t *testing.T) {
	for name, address := range map[string]func(*testing.T) string{
		"sqlite": func(t *testing.T) string { return "sqlite:" + t.TempDir() + "/yishi.db" },
		"mysql":  func(t *testing.T) string { return "mysql:" + storetest.MySQL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			ctx := within(t, 60*time.Second)
			dsn := address(t)
			var all sync.WaitGroup
			for range 3 {
				all.Go(func() {
					db, err := store.Open(ctx, storetest.Options(dsn))
					if err != nil {
						t.Errorf("open: %v", err)
						return
					}
					if err := db.CheckSchema(ctx); err != nil && !errors.Is(err, store.ErrSchema) {
						t.Errorf("schema of an empty database: %v", err)
					}
					if err := db.Migrate(ctx); err != nil {
						t.Errorf("migrate: %v", err)
					}
					if err := db.CheckSchema(ctx); err != nil {
						t.Errorf("check: %v", err)
					}
					if err := db.Close(); err != nil {
						t.Errorf("close: %v", err)
					}
				})
			}
			all.Wait()
		})
	}
}

func TestFileSurvivesRestart(t *testing.T) {
	dsn := "sqlite:" + t.TempDir() + "/a folder/yishi?1.db"
	db := storetest.OpenDSN(t, dsn)
	c := community(t, db, "钮")
	first := must(t, db, commit("run-1", 1, "openid-A", need("openid-A", c.ID, "路灯坏了")))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again := storetest.OpenDSN(t, dsn)
	if r := must(t, again, commit("run-1", 1, "openid-A", need("openid-A", c.ID, "路灯坏了"))); r != first {
		t.Errorf("after a restart %+v, before %+v", r, first)
	}
	if r := must(t, again, commit("run-2", 1, "openid-A", need("openid-A", c.ID, "路灯坏了"))); !strings.HasSuffix(r.Number, "-002") {
		t.Errorf("the next number is %s", r.Number)
	}
}

func TestClock(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		clock := db.Clock()
		if !clock.Synced() {
			t.Error("not measured at the start")
		}
		if off := time.Until(clock.Now()); off > 2*time.Second || off < -2*time.Second {
			t.Errorf("%v away from the wall clock", off)
		}
		before := clock.Now()
		if got := clock.Shift(49 * time.Hour); got != 49*time.Hour || clock.Offset() != got {
			t.Errorf("offset %v", got)
		}
		if err := clock.Sync(within(t, 10*time.Second)); err != nil {
			t.Errorf("sync: %v", err)
		}
		if moved := clock.Now().Sub(before); moved < 48*time.Hour || moved > 50*time.Hour {
			t.Errorf("moved by %v", moved)
		}
		clock.SetOffset(0)
		if clock.Now().Location() != time.UTC || clock.Offset() != 0 {
			t.Errorf("now is %v with %v", clock.Now(), clock.Offset())
		}
	})
}

// effectNames are the types of civic's files of effects that are effects.
func effectNames(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../flows/civic/effects*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var names []string
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.TYPE {
				continue
			}
			for _, s := range g.Specs {
				if ts, ok := s.(*ast.TypeSpec); ok && ts.Name.Name != "Receipt" && ts.Name.Name != "Refusal" {
					names = append(names, ts.Name.Name)
				}
			}
		}
	}
	return names
}

func TestEveryEffectHasItsCase(t *testing.T) {
	db := storetest.Open(t)
	effects := map[string]any{
		"Join": civic.Join{}, "RaiseNeed": civic.RaiseNeed{}, "EndorseNeed": civic.EndorseNeed{},
		"WithdrawNeed": civic.WithdrawNeed{}, "AddToNeed": civic.AddToNeed{}, "KeepMedia": civic.KeepMedia{},
		"MakePush": civic.MakePush{}, "OptOut": civic.OptOut{}, "ReadInbox": civic.ReadInbox{}, "ArmTimer": civic.ArmTimer{},
		"CancelTimer": civic.CancelTimer{}, "FireTimer": civic.FireTimer{},
		"Verify": civic.Verify{}, "NoteWrong": civic.NoteWrong{}, "Unverify": civic.Unverify{}, "AskVerify": civic.AskVerify{},
		"DisputeClaim": civic.DisputeClaim{}, "ForgetMe": civic.ForgetMe{}, "DecideClaim": civic.DecideClaim{},
		"UnendorseNeed": civic.UnendorseNeed{}, "ReleaseNeed": civic.ReleaseNeed{Text: true}, "KeepBack": civic.KeepBack{ReasonCode: "other"},
		"TakeDownNeed": civic.TakeDownNeed{ReasonCode: "other"}, "LeavePublic": civic.LeavePublic{}, "SettleAppeal": civic.SettleAppeal{},
		"ReportNeed": civic.ReportNeed{Code: "other"}, "AppealNeed": civic.AppealNeed{}, "RewriteNeed": civic.RewriteNeed{Text: "x"},
		"ObjectMerge": civic.ObjectMerge{},
		"HoldNeed":    civic.HoldNeed{}, "LeaveNeed": civic.LeaveNeed{}, "AcceptNeed": civic.AcceptNeed{}, "ClassifyNeed": civic.ClassifyNeed{},
		"MarkNeed": civic.MarkNeed{}, "TypeNeed": civic.TypeNeed{Text: "x"}, "AskAuthor": civic.AskAuthor{Text: "x"}, "AnswerAuthor": civic.AnswerAuthor{Text: "x"},
		"LapseQuestion": civic.LapseQuestion{}, "MergeNeeds": civic.MergeNeeds{}, "UndoMerge": civic.UndoMerge{}, "KeepMerge": civic.KeepMerge{},
		"DeclineNeed": civic.DeclineNeed{}, "ConfirmDecline": civic.ConfirmDecline{}, "RejectDecline": civic.RejectDecline{}, "LapseDecline": civic.LapseDecline{},
		"HandNeed": civic.HandNeed{Duty: "x"}, "AppealDecline": civic.AppealDecline{Text: "x"}, "RaiseFor": civic.RaiseFor{},
	}
	for _, name := range effectNames(t) {
		effect, ok := effects[name]
		if !ok {
			t.Errorf("civic.%s is an effect that this test does not know", name)
			continue
		}
		if err := store.Plan(context.Background(), db, effect); errors.Is(err, store.ErrUnknownEffect) {
			t.Errorf("civic.%s has no case", name)
		}
		delete(effects, name)
	}
	if len(effects) > 0 {
		t.Errorf("not in civic any more: %v", effects)
	}
	if err := store.Plan(context.Background(), db, "nonsense"); !errors.Is(err, store.ErrUnknownEffect) {
		t.Errorf("nonsense gave %v", err)
	}
}

func TestErrorsHoldNoValues(t *testing.T) {
	const canary = "openid-canary"
	for _, number := range []uint16{1062, 1064, 1292, 1366, 1205, 1213} {
		err := store.Clean(&mysql.MySQLError{Number: number, Message: "Duplicate entry '" + canary + "' for key 'PRIMARY'"})
		if number == 1062 && !errors.Is(err, gorm.ErrDuplicatedKey) {
			t.Errorf("1062 became %v", err)
		}
		if number != 1205 && number != 1213 && strings.Contains(err.Error(), canary) {
			t.Errorf("error %d quotes a value", number)
		}
	}
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		if err := store.Down(within(t, 30*time.Second), db); err != nil { // nothing works any more
			t.Fatal(err)
		}
		a := civic.Account(canary)
		ctx := within(t, 10*time.Second)
		_, err := db.Commit(ctx, store.Commit{Run: canary, N: 1, Key: canary, Account: a, Effects: []any{need(a, c.ID, canary)}})
		_, _, _, _, seen := db.Seen(ctx, canary)
		_, _, follower := db.Followers().Follower(ctx, a)
		_, _, mine := db.Needs().Mine(ctx, a, 0, 3)
		_, like := db.Needs().Like(ctx, a, c.ID, canary, 3)
		db.Contact(a, store.ContactMessage, db.Clock().Now())
		flush := store.Flush(ctx, db)
		for name, err := range map[string]error{"commit": err, "seen": seen, "follower": follower, "mine": mine, "like": like, "flush": flush} {
			if err == nil || strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), "INSERT") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := db.Migrate(ctx); err != nil { // so that Close can flush
			t.Error(err)
		}
	})
}
