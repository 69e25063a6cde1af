package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// deskRow keeps the number that a community's last talk got.
type deskRow struct {
	CommunityID int64 `gorm:"primaryKey;autoIncrement:false"`
	LastNumber  int
}

// talkRow is one talk. Live is the account while the talk is open, so that an account has one.
type talkRow struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	CommunityID int64
	Number      int
	Account     string
	Live        *string
	State       int   // civic.TalkState
	PersonID    int64 // of the resident, zero while nobody knows who it is; likewise below
	EstateID    int64
	GridID      int64
	StaffID     int64 // who has it, or had it last; zero: nobody
	Level       int   // who was told of it, see civic.Answerers
	Rev         int   // of its timers
	Seq         int   // of its last line
	Unread      int   // lines of the resident since the last answer
	Said        int   // lines of the resident in all
	Answered    int   // lines of the staff in all
	Rating      int   // 1 it helped, 2 it did not, 0 not asked
	OpenedMS    int64 `gorm:"column:opened_ms"`
	QueuedMS    int64 `gorm:"column:queued_ms"` // since when it waits for somebody to take it
	WaitsMS     int64 `gorm:"column:waits_ms"`  // of the first line without an answer; zero: all have one
	LastMS      int64 `gorm:"column:last_ms"`   // of the last line
	ClosedMS    int64 `gorm:"column:closed_ms"`
}

// TableName and its like: the plural nouns of the migrations.
func (deskRow) TableName() string { return "desks" }
func (talkRow) TableName() string { return "talks" }

func (k *talkRow) id() civic.TalkID        { return civic.TalkID(k.ID) }
func (k *talkRow) state() civic.TalkState  { return civic.TalkState(k.State) }
func (k *talkRow) is(s civic.TalkState)    { k.State = int(s) }
func (k *talkRow) object() string          { return "talk:" + strconv.FormatInt(k.ID, 10) }
func (k *talkRow) closed() bool            { return k.state() == civic.TalkClosed }
func (k *talkRow) late() bool              { return k.Level > 0 && k.WaitsMS > 0 }
func (k *talkRow) heldBy(staff int64) bool { return k.state() == civic.TalkTaken && k.StaffID == staff }

// desk is what talks need besides their transaction. But for the keys it is read before that begins.
type desk struct {
	v     keptVault
	known *placesKnown
	loc   *time.Location
}

func (db *DB) desk(ctx context.Context) (desk, error) {
	if _, err := db.vault(ctx); err != nil { // there is a key
		return desk{}, err
	}
	known, err := db.places.known(ctx, db)
	return desk{known: known, loc: db.loc}, err
}

// hours are a community's service hours.
func (d desk) hours(community int64) civic.ServiceHours {
	c := civic.CommunityID(community)
	return d.known.communities[c].Settings.Service(d.known.zone(c, d.loc))
}

// planTalking hands the effects on talks on.
func (db *DB) planTalking(ctx context.Context, t *turn, effect any) error {
	switch e := effect.(type) {
	case civic.CallPerson:
		return db.planCall(ctx, t, e)
	case civic.Say:
		return db.planSay(ctx, t, e)
	case civic.HangUp:
		return db.planHangUp(ctx, t, e)
	case civic.RateTalk:
		return t.planRateTalk(e)
	case civic.TakeTalk:
		return db.planTake(ctx, t, e)
	case civic.Answer:
		return db.planAnswer(ctx, t, e)
	case civic.HandTalk:
		return db.planHand(ctx, t, e)
	case civic.EndTalk:
		return db.planEndTalk(ctx, t, e)
	case civic.TalkDue:
		return db.planTalkDue(ctx, t, e)
	}
	return fmt.Errorf("%w: %T", errUnknownEffect, effect)
}

// planTalk adds a step that works on talks.
func (db *DB) planTalk(ctx context.Context, t *turn, do func(b *batch, t *turn, d desk) error) error {
	d, err := db.desk(ctx)
	if err != nil {
		return err
	}
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, t *turn) error {
		d := d
		var err error
		if d.v, err = b.vault(); err != nil {
			return err
		}
		return do(b, t, d)
	}})
	return nil
}

// oneTalk reads at most one talk.
func oneTalk(tx *gorm.DB, where string, args ...any) (talkRow, bool, error) {
	var rows []talkRow
	if err := tx.Raw("SELECT * FROM talks WHERE "+where, args...).Scan(&rows).Error; err != nil {
		return talkRow{}, false, fmt.Errorf("read talk: %w", clean(err))
	}
	if len(rows) == 0 {
		return talkRow{}, false, nil
	}
	return rows[0], true, nil
}

// liveTalk locks the open talk of an account.
func (b *batch) liveTalk(a civic.Account) (talkRow, bool, error) {
	return oneTalk(b.tx, "live = ?"+b.db.dia.forUpdate(), string(a))
}

// talk locks a talk.
func (b *batch) talk(id civic.TalkID) (talkRow, error) {
	k, ok, err := oneTalk(b.tx, "id = ?"+b.db.dia.forUpdate(), int64(id))
	if err == nil && !ok {
		return k, refuse("没有这个会话了。回“会话”看现在有哪些。")
	}
	return k, err
}

func (b *batch) saveTalk(k *talkRow) error {
	if err := b.tx.Select("*").Omit("id").Updates(k).Error; err != nil {
		return fmt.Errorf("write talk: %w", clean(err))
	}
	return nil
}

// noDesk is what a resident reads where nobody of the staff could answer here.
const noDesk = "这里还没有登记网格员，微信上没有人能接。急事请打社区电话或 12345。"

// joinTalk finds the open talk of an account, opens the one closed lately again, or opens a new
// one; fresh says that it was not open.
func (b *batch) joinTalk(d desk, a civic.Account, c civic.CommunityID) (k talkRow, fresh bool, err error) {
	k, ok, err := b.liveTalk(a)
	if err != nil || ok {
		return k, false, err
	}
	live := string(a)
	k, ok, err = oneTalk(b.tx, "account = ? AND community_id = ? AND closed_ms > ? ORDER BY closed_ms DESC LIMIT 1"+b.db.dia.forUpdate(),
		live, int64(c), ms(b.now.Add(-civic.TalkReopens)))
	if err != nil {
		return k, false, err
	}
	if !ok {
		if k, err = b.newTalk(a, c); err != nil {
			return k, false, err
		}
	}
	k.Live, k.StaffID, k.ClosedMS, k.QueuedMS, k.LastMS, k.Rating = &live, 0, 0, ms(b.now), ms(b.now), 0
	k.is(civic.TalkWaiting)
	told, err := b.summon(&k, d, 0, civic.CallNew, 0)
	switch {
	case err != nil:
		return k, true, err
	case told == 0:
		return k, true, refuse(noDesk)
	case ok:
		return k, true, nil
	}
	err = b.tx.Create(&k).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) { // opened by another replica in between
		return k, true, fmt.Errorf("insert talk: %w", &SQLError{Number: 1020})
	}
	if err != nil {
		return k, true, fmt.Errorf("insert talk: %w", clean(err))
	}
	return k, true, nil
}

// newTalk makes the row of a talk, with who its resident is as far as that is known.
func (b *batch) newTalk(a civic.Account, c civic.CommunityID) (talkRow, error) {
	k := talkRow{ID: newID(), CommunityID: int64(c), Account: string(a), OpenedMS: ms(b.now)}
	var who struct{ PersonID, EstateID, GridID int64 }
	err := b.tx.Raw("SELECT i.person_id, b.estate_id, b.grid_id FROM identities i JOIN persons p ON p.id = i.person_id JOIN households h ON h.id = p.household_id "+
		"JOIN buildings b ON b.id = h.building_id WHERE i.account = ? AND p.left_ms = 0 AND p.community_id = ?", k.Account, k.CommunityID).Scan(&who).Error
	if err == nil && who.PersonID == 0 {
		err = b.tx.Raw("SELECT estate_id FROM accounts WHERE openid = ? AND community_id = ?", k.Account, k.CommunityID).Scan(&who).Error
	}
	if err != nil {
		return k, fmt.Errorf("read who calls: %w", clean(err))
	}
	k.PersonID, k.EstateID, k.GridID = who.PersonID, who.EstateID, who.GridID
	k.Number, err = b.talkNumber(k.CommunityID)
	return k, err
}

// Numbers of talks are short: two digits while that is enough.
const (
	shortNumbers = 99
	allNumbers   = 9999
)

// talkNumber gives the next number that no talk holds, which closed ones do for a week. The
// community's row stays locked until COMMIT.
func (b *batch) talkNumber(c int64) (int, error) {
	err := b.tx.Exec("INSERT INTO desks (community_id, last_number) VALUES (?, 0)"+b.db.dia.conflict("community_id")+"last_number = desks.last_number", c).Error
	var last int
	if err == nil {
		err = b.tx.Raw("SELECT last_number FROM desks WHERE community_id = ?"+b.db.dia.forUpdate(), c).Scan(&last).Error
	}
	var held []int
	if err == nil {
		err = b.tx.Raw("SELECT number FROM talks WHERE community_id = ? AND (closed_ms = 0 OR closed_ms > ?)", c, ms(b.now.Add(-civic.TalkReopens))).Scan(&held).Error
	}
	if err != nil {
		return 0, fmt.Errorf("number talk: %w", clean(err))
	}
	n := nextNumber(last, held)
	if err := b.tx.Exec("UPDATE desks SET last_number = ? WHERE community_id = ?", n, c).Error; err != nil {
		return 0, fmt.Errorf("number talk: %w", clean(err))
	}
	return n, nil
}

// nextNumber goes round the short numbers, so that one is used again as late as possible.
func nextNumber(last int, held []int) int {
	slices.Sort(held)
	free := func(n int) bool { _, is := slices.BinarySearch(held, n); return !is }
	for i := range shortNumbers {
		if n := (last+i)%shortNumbers + 1; free(n) {
			return n
		}
	}
	for n := shortNumbers + 1; n < allNumbers; n++ {
		if free(n) {
			return n
		}
	}
	return allNumbers
}

// ahead counts the talks of the community that have waited longer.
func ahead(tx *gorm.DB, k *talkRow) (int, error) {
	var n int
	err := tx.Raw("SELECT COUNT(*) FROM talks WHERE community_id = ? AND state = ? AND (queued_ms < ? OR queued_ms = ? AND id < ?)",
		k.CommunityID, int(civic.TalkWaiting), k.QueuedMS, k.QueuedMS, k.ID).Scan(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count talks: %w", clean(err))
	}
	return n, nil
}

// endTalk closes a talk. What was said of it last is still told.
func (b *batch) endTalk(k *talkRow) error {
	k.is(civic.TalkClosed)
	k.Live, k.ClosedMS, k.WaitsMS, k.Unread, k.Level = nil, ms(b.now), 0, 0, 0
	for _, what := range []string{civic.TalkDueWait, civic.TalkDueSilent} {
		if _, err := b.cancel(talkTimer(k, what), 0); err != nil {
			return err
		}
	}
	return b.saveTalk(k)
}

// queue puts a talk back into the queue and tells who may take it, but for except.
func (b *batch) queue(k *talkRow, d desk, except int64) error {
	k.is(civic.TalkWaiting)
	k.StaffID, k.QueuedMS, k.Level = 0, ms(b.now), 0
	if k.WaitsMS > 0 {
		k.WaitsMS = ms(b.now)
		if err := b.armWait(k, d); err != nil {
			return err
		}
	}
	_, err := b.summon(k, d, 0, civic.CallBack, except)
	return err
}
