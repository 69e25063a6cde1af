package chat_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

// clockwork is what timers are fired by: the store, or what stands before it.
type clockwork interface {
	ClaimTimers(ctx context.Context, owner string, n int, lease time.Duration) ([]civic.Timer, error)
	Commit(ctx context.Context, c store.Commit) (civic.Receipt, error)
	Clock() *store.Clock
}

// fireTimers has everything done that is due by now, as the program's loop does it. Overdue makes the
// effects of a daily look at what waits too long; nil: it has none.
func fireTimers(t *testing.T, db clockwork, overdue func(civic.CommunityID, time.Time) []any) {
	t.Helper()
	ctx := t.Context()
	for range 200 {
		due, err := db.ClaimTimers(ctx, "script", 20, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if len(due) == 0 {
			return
		}
		for _, timer := range due {
			todo, err := civic.Due(timer, db.Clock().Now())
			if err != nil {
				t.Fatal(err)
			}
			if todo.Overdue != 0 && overdue != nil {
				todo.Effects = overdue(todo.Overdue, timer.DueAt)
			}
			guard := civic.FireTimer{ID: timer.ID, Rev: timer.Rev, DueAt: timer.DueAt}
			_, err = db.Commit(ctx, store.Commit{
				Run: store.TimerRun(timer), N: 1, Account: "yishi", Final: true, Effects: append([]any{guard}, todo.Effects...),
			})
			if err != nil && !errors.Is(err, store.ErrStale) {
				t.Fatal(err)
			}
		}
	}
	t.Fatal("timers never end")
}

// plainly writes an effect that has no line of its own in describe: its name, the number it was
// given, and what of it is the same in every run. Ids, accounts and times are not.
func plainly(e any, r civic.Receipt) string {
	if s := describeOffice(e); s != "" {
		return s
	}
	v := reflect.ValueOf(e)
	parts := []string{}
	if r.Number != "" {
		parts = append(parts, r.Number)
	}
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		switch {
		case f.Type() == reflect.TypeFor[civic.Account]() || f.IsZero():
		case f.Kind() == reflect.String:
			parts = append(parts, fmt.Sprintf("%s:%q", name, f.String()))
		case f.Kind() == reflect.Bool:
			parts = append(parts, name)
		case f.CanInt() && f.Int() > -10000 && f.Int() < 10000:
			parts = append(parts, fmt.Sprintf("%s:%d", name, f.Int()))
		case f.Kind() == reflect.Slice:
			parts = append(parts, fmt.Sprintf("%s×%d", name, f.Len()))
		}
	}
	return v.Type().Name() + "{" + strings.Join(parts, " ") + "}"
}
