package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// summon calls the staff of a level to a talk, within service hours and but for one of them, and
// says how many there are to be called in all.
func (b *batch) summon(k *talkRow, d desk, level int, why string, except int64) (int, error) {
	all, err := colleagues(b.tx, k.CommunityID)
	if err != nil {
		return 0, err
	}
	var grids []int64
	switch {
	case k.GridID != 0:
		grids = []int64{k.GridID}
	case k.EstateID != 0:
		if err := b.tx.Raw("SELECT DISTINCT grid_id FROM buildings WHERE estate_id = ? AND grid_id <> 0", k.EstateID).Scan(&grids).Error; err != nil {
			return 0, fmt.Errorf("read grids: %w", clean(err))
		}
	}
	called := civic.Answerers(all, grids, level)
	var to []civic.Account
	for _, c := range called {
		if int64(c.Staff) != except && string(c.Account) != k.Account {
			to = append(to, c.Account)
		}
	}
	return len(called), b.call(k, d.hours(k.CommunityID).Next(b.now), why, to)
}

// call tells accounts of staff of a talk.
func (b *batch) call(k *talkRow, due time.Time, why string, to []civic.Account) error {
	if len(to) == 0 {
		return nil
	}
	k.Rev++
	id := fmt.Sprintf("call:%x:%d", k.ID, k.Rev)
	_, err := b.addPush(civic.Push{
		ID: id, Purpose: id, Urgent: urgentTalk, Kind: civic.TellRelayCall, DueAt: due, ExpiresAt: due.Add(civic.TalkGivenUp),
		Args: relayArgs{Talk: k.ID, Why: why}.json(),
	}, civic.Audience{Accounts: to})
	return err
}

// called completes a call. gone: it is of no use any more.
func (b *batch) called(p *pushRow, v *openVault) (told civic.TalkTold, gone bool, err error) {
	var a relayArgs
	if err := json.Unmarshal([]byte(p.Args), &a); err != nil {
		return told, false, fmt.Errorf("read call: %w", err)
	}
	k, ok, err := oneTalk(b.tx, "id = ?", a.Talk)
	if err != nil || !ok {
		return told, !ok, err
	}
	switch a.Why {
	case civic.CallNew, civic.CallBack:
		gone = k.state() != civic.TalkWaiting
	case civic.CallLate, civic.CallCommittee:
		gone = k.WaitsMS == 0
	case civic.CallHanded:
		gone = k.closed()
	}
	if gone {
		return told, true, nil
	}
	told.Why = a.Why
	if k.WaitsMS > 0 {
		told.Waits = int((ms(b.now) - k.WaitsMS) / time.Minute.Milliseconds())
	}
	lines, err := linesOf(b.tx, v, k.ID, max(0, k.Seq-linesMost), []int{sideResident}, linesMost)
	if err != nil {
		return told, false, err
	}
	if n := min(len(lines), k.Unread); n > 0 {
		l := lines[len(lines)-n]
		told.Lines = []civic.ToldLine{{Kind: civic.LineKind(l.Kind), Text: l.text}}
	}
	return told, false, b.head(&told, &k, -1, v)
}

// filled is a push about a talk with what it says.
type filled struct {
	told civic.TalkTold
	gone bool
}

// isTalk says whether a push is about a talk, so that its arguments hold ids only.
func isTalk(kind string) bool { return kind == civic.TellRelay || kind == civic.TellRelayCall }

// fill completes the pushes about talks among some that were claimed. reach is of those they go to.
func (db *DB) fill(ctx context.Context, rows []deliveryRow, pushes map[int64]pushRow, reach map[civic.Account]civic.Reach) (map[int64]filled, error) {
	var all map[int64]filled
	for _, r := range rows {
		p := pushes[r.PushID]
		if !isTalk(p.Kind) {
			continue
		}
		if _, done := all[p.ID]; done {
			continue
		}
		f, err := db.fillOne(ctx, &p, reach[civic.Account(r.Account)])
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = map[int64]filled{}
		}
		all[p.ID] = f
	}
	return all, nil
}

func (db *DB) fillOne(ctx context.Context, p *pushRow, r civic.Reach) (f filled, err error) {
	v, err := db.vault(ctx)
	if err != nil {
		return f, err
	}
	err = db.retried(ctx, func(tx *gorm.DB) (err error) {
		b := &batch{db: db, tx: tx, now: db.clock.Now()}
		if p.Kind == civic.TellRelayCall {
			f.told, f.gone, err = b.called(p, v)
			return err
		}
		f.told, f.gone, err = b.carry(p, v, r)
		return err
	})
	if err != nil {
		return f, fmt.Errorf("fill relay: %w", err)
	}
	return f, nil
}

// complete gives a delivery about a talk its words; of one whose reader has no business with it
// any more the ladder says that it is of no use.
func (f filled) complete(d *civic.Delivery, now time.Time) {
	if f.gone {
		d.Expires = now
	}
	told := f.told
	told.Last = d.Kind == civic.TellRelay && d.Reach.LastMessage()
	d.Args, _ = json.Marshal(told) // plain words and numbers: cannot fail
}

// whoOf names the residents of talks as staff read them: 张** · 钮家新村3幢.
func whoOf(tx *gorm.DB, v *openVault, talks []talkRow) (map[int64]string, error) {
	out, people := map[int64]string{}, map[int64]string{}
	var ids, estates []int64
	for _, k := range talks {
		ids, estates = append(ids, k.PersonID), append(estates, k.EstateID)
	}
	var rows []struct {
		ID               int64
		Name             []byte
		Estate, Building string
	}
	err := tx.Raw("SELECT p.id, p.name, e.name AS estate, b.name AS building FROM persons p JOIN households h ON h.id = p.household_id "+
		"JOIN buildings b ON b.id = h.building_id JOIN estates e ON e.id = b.estate_id WHERE p.id IN ?", ids).Scan(&rows).Error
	var places []estateRow
	if err == nil {
		err = tx.Raw("SELECT * FROM estates WHERE id IN ?", estates).Scan(&places).Error
	}
	if err != nil {
		return nil, fmt.Errorf("read who calls: %w", clean(err))
	}
	for _, r := range rows {
		name, err := v.Open(r.Name, "persons.name", r.ID)
		if err != nil {
			return nil, fmt.Errorf("open name: %w", err)
		}
		people[r.ID] = surname(name) + "** · " + r.Estate + block(r.Building)
	}
	for _, k := range talks {
		who := people[k.PersonID]
		if who == "" {
			who = "居民（未认证）"
			for _, e := range places {
				if e.ID == k.EstateID {
					who = e.Name + "居民（未认证）"
				}
			}
		}
		out[k.ID] = who
	}
	return out, nil
}

// surname is the first character of a name, which is as much as a list shows.
func surname(name string) string {
	for _, r := range name {
		return string(r)
	}
	return ""
}

// block writes a building as people say it: 3幢.
func block(name string) string {
	if n := len(name); n > 0 && name[n-1] >= '0' && name[n-1] <= '9' {
		return name + "幢"
	}
	return name
}
