//go:build unix

package fault_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"yishi/bot/wechat/platform"
	"yishi/flows/dialog"
	"yishi/store/session"
)

// copies delivers one message many times at once, each signed anew.
func (s *site) copies(n int, openid, text string) []*platform.Delivery {
	id := strconv.FormatInt(time.Now().UnixNano(), 10)
	at := strconv.FormatInt(time.Now().Unix(), 10)
	all := make([]*platform.Delivery, n)
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() {
			all[i] = s.p.Person(openid).Send(s.t.Context(), []platform.Field{
				{Name: "CreateTime", Value: at},
				{Name: "MsgType", Value: "text"},
				{Name: "Content", Value: text},
				{Name: "MsgId", Value: id},
			}...)
		})
	}
	wg.Wait()
	return all
}

// identical checks that all copies were answered at once and with the same reply, and returns it.
func identical(t *testing.T, mode string, all []*platform.Delivery) string {
	t.Helper()
	kinds := map[string]int{}
	for _, d := range all {
		if d.Err != nil || len(d.Tries) != 1 {
			t.Fatalf("a copy got no answer at once: %v, tries %+v", d.Err, d.Tries)
		}
		reply := d.Out
		if mode == platform.Plain {
			reply = d.WireOut
		}
		kinds[reply]++
	}
	if len(kinds) != 1 {
		t.Errorf("%d different replies: %v", len(kinds), kinds)
	}
	return all[0].Reply.Text
}

// TestSameMessage delivers a message 64 times at once: one effect, 64 identical replies.
func TestSameMessage(t *testing.T) {
	for _, row := range []struct {
		name string
		plan plan
	}{
		{"sqlite, plain", plan{mode: platform.Plain, lite: true}},
		{"sqlite, safe", plan{mode: platform.Safe, lite: true}},
		{"one replica, plain", plan{mode: platform.Plain}},
		{"two replicas, plain", plan{mode: platform.Plain, replicas: 2}},
		{"two replicas, safe", plan{mode: platform.Safe, replicas: 2}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			row.plan.seed = seed(t)
			s := run(t, row.plan)
			var claims []platform.Claim
			for i := range 3 { // what is raced for differs from time to time
				openid, need := fmt.Sprintf("oSame%d", i), fmt.Sprintf("same-%d 楼道灯不亮", i)
				s.ripen(openid, need)
				told := identical(t, row.plan.mode, s.copies(64, openid, "提交"))
				if !strings.Contains(told, claimed) {
					t.Fatalf("told %q", told)
				}
				claims = append(claims, claim(openid, need, numberIn(told)))
				if n := s.count("SELECT COUNT(*) FROM needs WHERE account = '" + openid + "'"); n != 1 {
					t.Errorf("%d needs of 64 copies", n)
				}
			}
			if told := identical(t, row.plan.mode, s.copies(64, "oSameNew", "你好")); !strings.Contains(told, menu) {
				t.Errorf("a newcomer was told %q", told)
			}
			s.clean(claims)
		})
	}
}

// TestParallelMessages has one resident send 20 photos at once to two replicas: each is handled
// exactly once, three are kept, nobody is told that there is no time.
func TestParallelMessages(t *testing.T) {
	t.Parallel()
	s := run(t, plan{replicas: 2, seed: seed(t)})
	const openid, photos = "oParallel", 20
	s.follow(openid)
	s.expect(openid, "提需求", what)
	before := s.session(openid).Seq
	told := make([]string, photos)
	var wg sync.WaitGroup
	for i := range told {
		wg.Go(func() {
			d := s.p.Person(openid).Photo(t.Context(), fmt.Appendf(nil, "\xff\xd8\xff\xe0 photo %d", i))
			if told[i] = d.Reply.Text; d.Err != nil || len(d.Tries) != 1 {
				t.Errorf("photo %d: %v, tries %+v", i, d.Err, d.Tries)
			}
		})
	}
	wg.Wait()
	kept, refused := 0, 0
	for _, text := range told {
		switch {
		case strings.Contains(text, "照片收到了"):
			kept++
		case strings.Contains(text, "这张没有收"):
			refused++
		default:
			t.Errorf("told %q", text)
		}
	}
	if kept != 3 || refused != photos-3 {
		t.Errorf("told %d that it was kept, %d that it was not", kept, refused)
	}
	if handled := s.session(openid).Seq - before; handled != photos {
		t.Errorf("%d of %d messages were handled", handled, photos)
	}
	// A photo that lost its place to one on the other replica may be fetched in vain; none that was
	// told to be kept may be missing.
	if n := s.count("SELECT COUNT(*) FROM media WHERE account = 'oParallel'"); n < 3 || n > photos {
		t.Errorf("%d photos are to be fetched", n)
	}
	got := s.expect(openid, "parallel 楼道灯不亮", "这属于哪一类")
	for _, words := range []string{"说不清", "跳过", "跳过", "不急"} {
		got = s.say(openid, words)
	}
	if !strings.Contains(got, "照片：3 张") {
		t.Errorf("summary %q", got)
	}
	number := numberIn(s.expect(openid, "提交", claimed))
	if n := s.count("SELECT COUNT(*) FROM media m JOIN needs n ON n.id = m.need_id WHERE n.account = 'oParallel'"); n != 3 {
		t.Errorf("the need has %d photos", n)
	}
	s.clean([]platform.Claim{claim(openid, "parallel 楼道灯不亮", number)})
}

// session is the conversation as it lies in Redis, which holds no other.
func (s *site) session(openid string) dialog.Session {
	s.t.Helper()
	ctx := within(s.t, 5*time.Second)
	keys, err := s.store.client.Keys(ctx, "*").Result()
	if err != nil {
		s.t.Fatal(err)
	}
	const head = 32 // revision, mail, expiry
	for _, key := range keys {
		text, err := s.store.client.Get(ctx, key).Result()
		if err != nil || len(text) < head {
			continue
		}
		var d dialog.Session
		m, err := session.Decode([]byte(text[head:]))
		if err != nil || len(m.Session) == 0 || json.Unmarshal(m.Session, &d) != nil {
			continue
		}
		return d
	}
	s.t.Fatalf("no session of %s among %d keys", openid, len(keys))
	return dialog.Session{}
}
