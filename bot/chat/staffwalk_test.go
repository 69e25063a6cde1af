package chat_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"yishi/bot/chat"
	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/store"
	"yishi/store/storetest"
)

// staffWalkSteps is how many messages the walk with staff takes; YISHI_TEST_WALK_STEPS takes more.
const staffWalkSteps = walkSteps / 40

// staffWalk is a small neighbourhood whose residents and staff say whatever fits, and more. What
// comes of it is counted anew from the tables, by rules written down here a second time.
type staffWalk struct {
	t      *testing.T
	rnd    *rand.Rand
	seed   uint64
	db     *store.DB
	raw    *sql.DB
	stage  *direct
	deeds  map[civic.Account]int // effects of staff that were committed
	here   civic.Community
	people []*walker
	step   int
	said   []string          // the last things said, for the failure
	states map[int64]string  // of needs, as they were
	grants map[string]int64  // account → grant held now
	lost   map[string]string // staff id → highest audit id at the time the office was taken away
}

// walker is one of them.
type walker struct {
	talker
	words []string
	role  civic.Role // "": a resident
	last  string     // what was said to them
}

// asked is what somebody answers who was asked for words, "" for who was not.
func (p *walker) asked() string {
	for _, a := range [][2]string{
		{"请写一句给居民看的话", "六十户要二十多万，今年办不了，明年再来"},
		{"的提出人什么？", "是几楼的哪一盏？"},
		{"叫什么、电话多少", "某某物业 0512-65000000"},
		{"怎么不是一回事", "他说的是桥东，我说的是桥西"},
		{"为什么不同意", "隔壁社区去年就办成了"},
		{"请回一句", "三楼西边那一盏"},
		{"请说说是什么事", "楼道里的灯坏了很久没有人来修"},
		{"在什么位置", "3幢门口"},
		{"有照片吗", "跳过"},
		{"急不急", "不急"},
		{"对就回“提交”", "提交"},
		{"还没有发。发给谁", "1"},
		{"请写姓名", "刘小二"},
		{"为什么列入", "上次会上大家都说要办"},
		{"写成文字", "楼道的灯坏了，老人摸黑上楼"},
	} {
		if strings.Contains(p.last, a[0]) {
			return a[1]
		}
	}
	return ""
}

var (
	staffOpeners = []string{
		"工作", "待公开", "看举报", "看申诉", "初选", "下一件", "会话", "认证申请", "管环节", "定入围", "人员", "交接", "设置", "台账", "邀请", "代办", "换岗", "导入名册", "门牌卡", "上门名单",
		"受理00N", "合并00N到00M", "分开00N", "问00N", "不受理00N", "复核00N", "转办00N", "改类00N", "标急00N", "标难00N", "公开00N", "初选00N", "接1", "接2", "接3", "放回", "结束", "转给小陈",
	}
	residentOpeners = []string{
		"提需求", "提需求", "看需求", "附议00N", "附议00N", "附议00N", "取消附议00N", "举报00N", "撤回00N", "补充00N 还没有人来看", "重写00N", "申诉00N", "不是一回事00N", "问我的", "回答00N 在三楼",
		"我的", "我附议的", "我的数据", "通知", "进度00N", "看00N", "环节", "入围名单", "人工", "人工", "结束", "有用", "认证", "取消认证", "不是我", "退订", "受理00N", "初选", "工作",
	}
	walkReplies = []string{
		"1", "1", "1", "1", "1", "2", "2", "2", "3", "4", "5", "是", "对", "好", "确认", "提交", "公开", "同意", "受理", "合并", "分开", "取消", "返回", "菜单", "继续", "跳过", "0", "99", "下一页", "更多", "不了",
		"00N", "00M", "三楼的楼道灯坏了很久没有人来修", "这件事归物业管，已经转给他们了", "某某物业 0512-65000000", "3幢2单元501", "一直", "3 天", "9:00-17:00", "13800001234", "全部删除", "物业", "环境卫生", "急", "难",
		"我家对门半夜唱歌", "谢谢您", "不知道", "改1", "改2",
	}
)

// TestWalkWithStaff is a random walk of residents and staff over all flows, with due timers, lost
// offices, people who leave and who are forgotten. YISHI_TEST_WALK_SEED repeats one.
func TestWalkWithStaff(t *testing.T) {
	seed, steps := rand.Uint64(), staffWalkSteps
	for name, read := range map[string]func(uint64){
		"YISHI_TEST_WALK_SEED": func(n uint64) { seed = n }, "YISHI_TEST_WALK_STEPS": func(n uint64) { steps = int(n) },
	} {
		if s := os.Getenv(name); s != "" {
			n, err := strconv.ParseUint(s, 10, 64)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			read(n)
		}
	}
	t.Logf("YISHI_TEST_WALK_SEED=%d", seed)
	w := newStaffWalk(t, seed)
	for w.step = range steps {
		w.weather()
		w.turn()
		w.check()
		if t.Failed() {
			t.Fatalf("at step %d, seed %d, after\n%s", w.step, seed, strings.Join(w.said, "\n"))
		}
	}
	w.checkColumns()
	w.tally()
}

func newStaffWalk(t *testing.T, seed uint64) *staffWalk {
	t.Helper()
	path := filepath.Join(t.TempDir(), "walk.db")
	db := storetest.OpenDSN(t, "sqlite:"+path)
	db.Clock().SetOffset(start.Sub(db.Clock().Now()))
	raw, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	w := &staffWalk{
		t: t, rnd: rand.New(rand.NewPCG(seed, 2)), seed: seed, db: db, raw: raw, deeds: map[civic.Account]int{},
		states: map[int64]string{}, grants: map[string]int64{}, lost: map[string]string{},
	}
	s := db.Sessions()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := raw.Close(); err != nil {
			t.Error(err)
		}
	})
	w.stage = &direct{ledger: &ledger{DB: db}, sess: &sessions{Store: s}}
	w.stage.chat = newChat(t, db, deedLedger{w.stage.ledger, w}, w.stage.sess, func(e chat.Event) {
		if e.Word == "fault" {
			t.Errorf("fault in %s/%s", e.Flow, e.Step)
		}
	})
	phones := &phones{}
	w.stage.office = newOffice(t, db, w.stage.sess, w.stage.chat, phones, phones.take)
	w.settle()
	return w
}

// deedLedger notes what staff did, as the turns have it committed.
type deedLedger struct {
	*ledger
	w *staffWalk
}

func (l deedLedger) Commit(ctx context.Context, c store.Commit) (civic.Receipt, error) {
	r, err := l.ledger.Commit(ctx, c)
	if err != nil {
		return r, err
	}
	for _, e := range c.Effects {
		if by := reflect.ValueOf(e).FieldByName("By"); by.IsValid() && by.Type() == reflect.TypeFor[civic.By]() {
			l.w.deeds[c.Account]++
		}
	}
	return r, nil
}

// settle makes two communities and who lives and works there.
func (w *staffWalk) settle() {
	t, ctx := w.t, w.t.Context()
	var far civic.Community
	var err error
	if w.here, err = w.db.AddCommunity(ctx, store.NewCommunity{Code: "钮", Name: "钮家巷社区", Phone: "0512-65000001", Hours: "每天 8:00–20:00", Estates: []string{"凤凰新村"}, Scene: "door"}); err != nil {
		t.Fatal(err)
	}
	if far, err = w.db.AddCommunity(ctx, store.NewCommunity{Code: "葑", Name: "葑门社区", Estates: []string{"葑门新村"}}); err != nil {
		t.Fatal(err)
	}
	for i, accounts := range [][]string{{"oJia"}, {"oYi"}, {"oBing", "oBingToo"}, {"oDing"}} {
		id, err := w.db.AddPerson(ctx, store.NewPerson{Community: w.here.ID, Estate: "凤凰新村", Building: "3", Unit: "1", Room: fmt.Sprint(101 + i), Name: "某" + string([]rune("甲乙丙丁")[i]), Phone: fmt.Sprintf("1380000%04d", i)})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range accounts {
			if err := w.db.AddIdentity(ctx, civic.Account(a), id, civic.ByRoll); err != nil {
				t.Fatal(err)
			}
			w.people = append(w.people, &walker{talker: talker{account: a}, words: residentOpeners})
		}
	}
	for _, a := range []string{"oLuren", "oGuoke"} {
		w.people = append(w.people, &walker{talker: talker{account: a}, words: residentOpeners})
	}
	for a, r := range map[string]civic.Role{"oGrid": civic.GridWorker, "oBoss": civic.Committee, "oBossToo": civic.Committee} {
		w.appoint(a, r, w.here)
	}
	w.appoint("oFar", civic.Committee, far)
	for _, a := range []string{"oGrid", "oGrid", "oBoss", "oBoss", "oBossToo", "oFar"} {
		role := civic.Committee
		if a == "oGrid" {
			role = civic.GridWorker
		}
		w.people = append(w.people, &walker{talker: talker{account: a}, words: staffOpeners, role: role})
	}
	for _, p := range w.people {
		if p.account != "oFar" {
			w.say(p, dialog.Input{Kind: dialog.Follow, Text: "door"})
		}
	}
	for i, what := range walkThings {
		author := civic.Account(w.people[i%4].account)
		if err := addNeedOf(ctx, w.db, author, "钮", 0, i%2 == 0, what+"坏了三天没人管"); err != nil {
			t.Fatal(err)
		}
	}
}

// appoint gives somebody an office.
func (w *staffWalk) appoint(a string, r civic.Role, c civic.Community) {
	if _, err := w.db.AddStaff(w.t.Context(), store.NewStaff{Account: civic.Account(a), Name: "社工" + a[1:], Role: r, Community: c.ID}); err != nil {
		w.t.Fatal(err)
	}
	grants, err := w.db.Staff().Grants(w.t.Context(), civic.Account(a))
	if err != nil || len(grants) == 0 {
		w.t.Fatalf("grants %v, %v", grants, err)
	}
	w.grants[a] = grants[0].ID
}

// weather moves time on, takes offices away and gives them back, has people leave.
func (w *staffWalk) weather() {
	ctx := w.t.Context()
	switch n := w.rnd.IntN(100); {
	case n < 6:
		w.db.Clock().Shift(time.Duration(1+w.rnd.IntN(90)) * time.Minute)
	case n < 8:
		w.db.Clock().Shift(time.Duration(1+w.rnd.IntN(40)) * time.Hour)
	case n == 8 && w.rnd.IntN(6) == 0:
		w.db.Clock().Shift(time.Duration(5+w.rnd.IntN(12)) * 24 * time.Hour)
	case n == 9 && w.grants["oGrid"] != 0:
		var no *civic.Refusal // the committee may have been faster
		if err := w.db.RevokeStaff(ctx, w.grants["oGrid"]); err != nil && !errors.As(err, &no) {
			w.t.Error(err)
		}
		w.lost[w.one("SELECT id FROM staff WHERE account = 'oGrid'")] = w.one("SELECT COALESCE(MAX(at_ms), 0) FROM audits")
		w.grants["oGrid"] = 0
		w.db.Clock().Shift(time.Millisecond)
	case n < 14 && w.grants["oGrid"] == 0:
		delete(w.lost, w.one("SELECT id FROM staff WHERE account = 'oGrid'"))
		w.appoint("oGrid", civic.GridWorker, w.here)
	case n == 14:
		p := pick(w.rnd, w.people)
		if p.role == "" {
			w.db.Contact(civic.Account(p.account), store.ContactUnfollow, w.db.Clock().Now())
		}
	}
	if w.rnd.IntN(4) == 0 {
		w.stage.office.work(w.t)
	}
	if w.rnd.IntN(200) == 0 {
		for _, sweep := range []func(context.Context) (int, error){w.db.SweepIdentities, w.db.SweepTalks, w.db.SweepDeliveries, w.db.SweepRetained, w.db.SweepHomes} {
			if _, err := sweep(ctx); err != nil {
				w.t.Error(err)
			}
		}
	}
}

// turn has somebody say something: an answer to what they were asked, mostly.
func (w *staffWalk) turn() {
	p := pick(w.rnd, w.people)
	var in dialog.Input
	switch n := w.rnd.IntN(100); {
	case n < 30:
		in = p.say(w.filled(pick(w.rnd, p.words)))
	case n < 40 && p.asked() != "":
		in = p.say(p.asked())
	case n < 65:
		in = p.say(fmt.Sprint(1 + w.rnd.IntN(1+w.rnd.IntN(4)))) // the first choice, mostly
	case n < 88:
		in = p.say(w.filled(pick(w.rnd, walkReplies)))
	case n < 96 && len(p.taps) > 0:
		t := pick(w.rnd, p.taps)
		in = dialog.Input{Kind: dialog.Text, Text: t.send, Tap: t.id}
	default:
		in = p.next(w.rnd)
	}
	w.say(p, in)
}

// filled puts numbers of needs into a word.
func (w *staffWalk) filled(word string) string {
	for _, place := range []string{"N", "M"} {
		word = strings.Replace(word, place, fmt.Sprint(1+w.rnd.IntN(len(walkThings)+4)), 1)
	}
	return word
}

func (w *staffWalk) say(p *walker, in dialog.Input) {
	reply := w.stage.say(w.t, p.account, in) // twice, as the platform does
	p.hear(reply)
	p.last = reply
	w.said = append(w.said, fmt.Sprintf("> %s: %q\n< %s", p.account, in.Text, plain(reply)))
	if over := len(w.said) - 25; over > 0 {
		w.said = w.said[over:]
	}
}

// one reads one value from the tables, as text.
func (w *staffWalk) one(query string, args ...any) string {
	var v sql.NullString
	if err := w.raw.QueryRowContext(w.t.Context(), query, args...).Scan(&v); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return v.String
}
