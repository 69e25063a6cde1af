package chat_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/store"
	"yishi/store/session"
	"yishi/store/storetest"
)

// deafStore takes no more in while it is deaf, and tells what it has.
type deafStore struct {
	session.Store
	deaf bool
}

func (s *deafStore) Save(ctx context.Context, account string, rev uint64, data []byte, read int, until time.Time) (bool, error) {
	if s.deaf {
		return false, errors.New("no save in this scene")
	}
	return s.Store.Save(ctx, account, rev, data, read, until)
}

// TestDeletedIsNotDenied: whose data were deleted, and whose conversation could not be saved after
// that, stands before the last question still. They must not read that nothing was deleted.
func TestDeletedIsNotDenied(t *testing.T) {
	db := storetest.Open(t)
	db.Clock().SetOffset(start.Sub(db.Clock().Now()))
	if _, err := db.AddCommunity(t.Context(), store.NewCommunity{Code: "钮", Name: "钮家巷社区", Estates: []string{"凤凰新村"}}); err != nil {
		t.Fatal(err)
	}
	const who = "oJia"
	sess := &deafStore{Store: newMemory(db.Clock().Now)}
	d := &direct{ledger: &ledger{DB: db}, sess: &sessions{Store: sess}}
	d.chat = newChat(t, db, d.ledger, d.sess, nil)
	say := func(text, want string) {
		t.Helper()
		d.seq++
		got := d.chat.Turn(t.Context(), message(who, dialog.Input{Kind: dialog.Text, Text: text}, d.seq, db.Clock().Now())).Text
		if !strings.Contains(got, want) {
			t.Errorf("%s got %q, want %q in it", text, got, want)
		}
		if err := db.FlushContacts(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	say("提需求", "请说说")
	say("楼道里的灯坏了三天", "哪一类")
	say("我的数据", "我们记着")
	say("全部删除", "找不回来")
	say("1", "最后问一次")
	say("删吧", "还没有删")
	sess.deaf = true
	say("全部删除", "都删掉了")
	sess.deaf = false
	db.Clock().Shift(time.Minute)
	say("不删了", "都删掉了") // too late: what they read is what is so
	say("继续", "没有办到一半的事")
	if n, _, err := db.Needs().Mine(t.Context(), civic.Account(who), 0, 5); err != nil || len(n) != 0 {
		t.Errorf("needs %v, %v", n, err)
	}
}
