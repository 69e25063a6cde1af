package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// pushRow is one thing told to many.
type pushRow struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	Push        string
	Purpose     string
	PurposeKey  int64
	Topic       string
	Urgent      string
	Calm        int // 0 urgent, 1 not: urgent ones come first
	CommunityID int64
	Kind        string
	Args        string
	DueMS       int64 `gorm:"column:due_ms"`
	ExpiresMS   int64 `gorm:"column:expires_ms"`
	SpreadMS    int64 `gorm:"column:spread_ms"`
	MadeMS      int64 `gorm:"column:made_ms"`
	MembersOf   int64 // the audience is this community's; 0: the rows in audiences
	Audience    int
	Walked      int    // people of the audience that were looked at
	WalkedTo    string // the last of them
	Expanded    bool   // all were
	Resent      int
	Folded      bool // of its deliveries only their number is known, of some at least
}

// audienceRow is one account of an audience that is not a whole community's.
type audienceRow struct {
	PushID  int64  `gorm:"primaryKey;autoIncrement:false"`
	Account string `gorm:"primaryKey"`
}

// TableName and its like: the plural nouns of the migrations.
func (pushRow) TableName() string     { return "pushes" }
func (audienceRow) TableName() string { return "audiences" }

// Bounds of a push and of one transaction of its expansion.
const (
	purposeMost = 80
	kindMost    = 40
	argsMost    = 16 << 10 // bytes
	urgentMost  = 200
	walkMost    = 1000
)

// AddPush makes a push, once: of two with one ID the first counts and is returned. Its
// audience is frozen now; MadeAt and Audience are filled in.
func (db *DB) AddPush(ctx context.Context, p civic.Push, to civic.Audience) (civic.Push, error) {
	if err := checkPush(p, to); err != nil {
		return civic.Push{}, err
	}
	var row pushRow
	err := db.retried(ctx, func(tx *gorm.DB) error {
		b := &batch{db: db, tx: tx, now: db.clock.Now()}
		var err error
		row, err = b.addPush(p, to)
		return err
	})
	if err != nil {
		return civic.Push{}, fmt.Errorf("add push: %w", err)
	}
	return row.push(), nil
}

// planPush has a push made with the turn.
func (t *turn) planPush(e civic.MakePush) error {
	if err := checkPush(e.Push, e.Audience); err != nil {
		return err
	}
	t.plan.steps = append(t.plan.steps, step{int64(e.Audience.Need), func(b *batch, _ *turn) error { // after what the turn does to the need, which locks it
		_, err := b.addPush(e.Push, e.Audience)
		return err
	}})
	return nil
}

// checkPush refuses what no table could hold.
func checkPush(p civic.Push, to civic.Audience) error {
	set := 0
	for _, is := range []bool{to.Community != 0, to.Accounts != nil, to.Need != 0, to.Staff != nil} {
		if is {
			set++
		}
	}
	switch {
	case p.ID == "" || !token(p.ID, 64):
		return errors.New("push: id is not 1 to 64 ASCII characters")
	case p.Purpose == "" || !token(p.Purpose, purposeMost):
		return errors.New("push: purpose is not 1 to 80 ASCII characters")
	case p.Kind == "" || !token(p.Kind, kindMost):
		return errors.New("push: kind is not 1 to 40 ASCII characters")
	case !token(string(p.Topic), 20):
		return errors.New("push: topic is not at most 20 ASCII characters")
	case utf8.RuneCountInString(p.Urgent) > urgentMost || !utf8.ValidString(p.Urgent):
		return errors.New("push: reason of urgency is not at most 200 characters")
	case len(p.Args) > argsMost || len(p.Args) > 0 && !json.Valid(p.Args):
		return errors.New("push: arguments are not JSON of at most 16 KiB")
	case p.Spread < 0 || set > 1:
		return errors.New("push: negative spread, or several audiences")
	case to.Except != "" && to.Community != 0:
		return errors.New("push: a community is told as a whole")
	}
	for _, a := range to.Accounts {
		if a == "" || !token(string(a), 64) {
			return errors.New("push: account is not 1 to 64 ASCII characters")
		}
	}
	return nil
}

// addPush writes the push and its audience, or finds the one made before.
func (b *batch) addPush(p civic.Push, to civic.Audience) (pushRow, error) {
	if have, found, err := b.pushOf(p.ID); err != nil || found {
		return have, err
	}
	row := pushRow{
		ID: newID(), Push: p.ID, Purpose: p.Purpose, PurposeKey: key63("purpose", p.Purpose), Topic: string(p.Topic),
		Urgent: p.Urgent, Calm: 1, CommunityID: int64(p.Community), Kind: p.Kind, Args: string(p.Args),
		DueMS: ms(p.DueAt), ExpiresMS: ms(p.ExpiresAt), SpreadMS: p.Spread.Milliseconds(), MadeMS: ms(b.now), MembersOf: int64(to.Community),
	}
	if p.Urgent != "" {
		row.Calm = 0
	}
	row.DueMS = max(row.DueMS, row.MadeMS)
	var err error
	if to.Community != 0 {
		row.Audience, err = b.countMembers(to.Community)
	} else {
		row.Audience, err = b.list(row.ID, to, p.Community)
	}
	if err != nil {
		return row, err
	}
	err = b.tx.Create(&row).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) { // made by another replica in between: take it as it is
		return row, fmt.Errorf("insert push: %w", &SQLError{Number: 1020})
	}
	if err != nil {
		return row, fmt.Errorf("insert push: %w", clean(err))
	}
	return row, nil
}

// pushOf looks for a push by the caller's id.
func (b *batch) pushOf(id string) (pushRow, bool, error) {
	var row pushRow
	err := b.tx.Where("push = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return row, false, nil
	}
	if err != nil {
		return row, false, fmt.Errorf("read push: %w", clean(err))
	}
	return row, true, nil
}

// list writes an audience of single accounts and counts it.
func (b *batch) list(push int64, to civic.Audience, of civic.CommunityID) (int, error) {
	if to.Need != 0 {
		err := b.listConcerned(push, to)
		if err == nil && to.Except != "" {
			err = b.tx.Exec("DELETE FROM audiences WHERE push_id = ? AND account = ?", push, string(to.Except)).Error
		}
		if err != nil {
			return 0, fmt.Errorf("list audience: %w", clean(err))
		}
		return b.listed(push)
	}
	if len(to.Staff) > 0 {
		var err error
		if to.Accounts, err = b.staffAccounts(to.Staff, of); err != nil {
			return 0, err
		}
	}
	names := slices.DeleteFunc(slices.Clone(to.Accounts), func(a civic.Account) bool { return a == to.Except })
	slices.Sort(names)
	names = slices.Compact(names)
	for some := range slices.Chunk(names, walkMost) {
		args := make([]any, 0, 2*len(some))
		for _, a := range some {
			args = append(args, push, string(a))
		}
		if err := b.tx.Exec("INSERT INTO audiences (push_id, account) VALUES "+tuples(len(some), 2), args...).Error; err != nil {
			return 0, fmt.Errorf("list audience: %w", clean(err))
		}
	}
	return len(names), nil
}

// listed counts an audience.
func (b *batch) listed(push int64) (int, error) {
	var n int
	if err := b.tx.Raw("SELECT COUNT(*) FROM audiences WHERE push_id = ?", push).Scan(&n).Error; err != nil {
		return 0, fmt.Errorf("count audience: %w", clean(err))
	}
	return n, nil
}

// listConcerned writes who raised a need or what goes on in it, and who endorsed any of these. Whoever
// raised one by somebody's hand is told once their person has an account.
func (b *batch) listConcerned(push int64, to civic.Audience) error {
	all, err := b.group(needRow{ID: int64(to.Need)})
	if err != nil {
		return err
	}
	of := ids(all)
	sql := "SELECT ? AS push, account FROM needs WHERE id IN ? AND account <> '' UNION " +
		"SELECT ?, MIN(i.account) FROM needs n JOIN identities i ON i.person_id = n.person_id WHERE n.id IN ? AND n.account = '' AND n.person_id <> 0 GROUP BY n.person_id"
	args := []any{push, of, push, of}
	if !to.Authors {
		sql += " UNION SELECT ?, account FROM endorsements WHERE need_id IN ?"
		args = append(args, push, of)
	}
	return b.tx.Exec("INSERT INTO audiences (push_id, account) "+sql, args...).Error
}

// key63 makes a positive number of a text, as good as unique; the table holds no text then.
func key63(what, text string) int64 {
	sum := sha256.Sum256([]byte(what + "\x00" + text))
	return int64(binary.BigEndian.Uint64(sum[:8])>>1) | 1
}

// push is the row as flows know it.
func (r pushRow) push() civic.Push {
	return civic.Push{
		ID: r.Push, Purpose: r.Purpose, Topic: civic.Topic(r.Topic), Urgent: r.Urgent, Community: civic.CommunityID(r.CommunityID),
		Kind: r.Kind, Args: json.RawMessage(r.Args), DueAt: at(r.DueMS), ExpiresAt: at(r.ExpiresMS), Spread: time.Duration(r.SpreadMS) * time.Millisecond,
		Audience: r.Audience, MadeAt: at(r.MadeMS),
	}
}
