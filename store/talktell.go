package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// Lines go to each end of a talk by one push at a time, so that they keep their order and none
// comes twice. What a push carries is fixed when it is claimed, just before the call: all lines
// that wait by then. When it ends, the next one is made. Pushes hold ids only.

// talkEndRow is how far one end of a talk was told: the resident's for a StaffID of 0.
type talkEndRow struct {
	TalkID  int64  `gorm:"primaryKey;autoIncrement:false"`
	StaffID int64  `gorm:"primaryKey;autoIncrement:false"`
	Told    int    // place up to which it was sent, or surely cannot be
	Boxed   int    // place from which on it surely has not arrived; 0: none
	BoxedMS int64  `gorm:"column:boxed_ms"` // when that was seen last
	Knocked bool   // a template or notice said that something waits: nothing more before they come
	Push    string // under way; "": none
	Pushes  int    // made so far
	ToldMS  int64  `gorm:"column:told_ms"` // when something arrived last
}

// TableName is the plural noun of the migration.
func (talkEndRow) TableName() string { return "talk_ends" }

// relayArgs are what a push about a talk holds.
type relayArgs struct {
	Talk  int64  `json:"talk"`
	Staff int64  `json:"staff,omitempty"` // the end
	From  int    `json:"from,omitempty"`
	Upto  int    `json:"upto,omitempty"` // 0: not fixed yet
	Why   string `json:"why,omitempty"`  // of a call
}

func (a relayArgs) json() json.RawMessage {
	text, _ := json.Marshal(a) // plain numbers and words: cannot fail
	return text
}

// urgentTalk is why talks break quiet hours and the weekly cap: they have asked for it.
const urgentTalk = "in a talk"

// talkEnd locks an end; one that is not there yet begins at a place.
func (b *batch) talkEnd(talk, staff int64, begin int) (talkEndRow, error) {
	err := b.tx.Exec("INSERT INTO talk_ends (talk_id, staff_id, told, boxed, boxed_ms, knocked, push, pushes, told_ms) VALUES (?, ?, ?, 0, 0, 0, '', 0, 0)"+
		b.db.dia.conflict("talk_id, staff_id")+"told = talk_ends.told", talk, staff, begin).Error
	var e talkEndRow
	if err == nil {
		err = b.tx.Raw("SELECT * FROM talk_ends WHERE talk_id = ? AND staff_id = ?"+b.db.dia.forUpdate(), talk, staff).Scan(&e).Error
	}
	if err != nil {
		return e, fmt.Errorf("lock end of talk: %w", clean(err))
	}
	return e, nil
}

func (b *batch) saveEnd(e talkEndRow) error {
	err := b.tx.Exec("UPDATE talk_ends SET told = ?, boxed = ?, boxed_ms = ?, knocked = ?, push = ?, pushes = ?, told_ms = ? WHERE talk_id = ? AND staff_id = ?",
		e.Told, e.Boxed, e.BoxedMS, e.Knocked, e.Push, e.Pushes, e.ToldMS, e.TalkID, e.StaffID).Error
	if err != nil {
		return fmt.Errorf("write end of talk: %w", clean(err))
	}
	return nil
}

// bring sees to it that an end is told, not before due, what it has not been told.
func (b *batch) bring(k *talkRow, staff int64, due time.Time) error {
	begin := 0
	if staff != 0 { // who came to a talk by a hand-over is told what was not answered
		if err := b.tx.Raw("SELECT COALESCE(MAX(seq), 0) FROM talk_lines WHERE talk_id = ? AND side = ?", k.ID, sideStaff).Scan(&begin).Error; err != nil {
			return fmt.Errorf("read last answer: %w", clean(err))
		}
	}
	e, err := b.talkEnd(k.ID, staff, placeOf(begin))
	if err != nil {
		return err
	}
	if e.Push != "" {
		over, err := b.overPush(&e)
		if err != nil || !over {
			return err
		}
	}
	return b.send(k, e, due, false)
}

// overPush says whether an end's push has come to its end without the end having been told so.
// That should not be; a talk must not stop because of it.
func (b *batch) overPush(e *talkEndRow) (bool, error) {
	var rows []struct {
		Args  string
		Going int
	}
	err := b.tx.Raw("SELECT p.args, CASE WHEN p.expanded = 0 THEN 1 ELSE (SELECT COUNT(*) FROM deliveries d WHERE d.push_id = p.id AND d.state IN (1, 2)) END AS going "+
		"FROM pushes p WHERE p.push = ?", e.Push).Scan(&rows).Error
	if err != nil {
		return false, fmt.Errorf("read push of talk: %w", clean(err))
	}
	if len(rows) > 0 {
		if rows[0].Going > 0 {
			return false, nil
		}
		var a relayArgs
		if json.Unmarshal([]byte(rows[0].Args), &a) == nil {
			e.Told = max(e.Told, a.Upto)
		}
	}
	e.Push = ""
	return true, nil
}

// send makes the end's next push, if there is anything to tell it; anew: what lies in the inbox
// is, too.
func (b *batch) send(k *talkRow, e talkEndRow, due time.Time, anew bool) error {
	var more int
	err := b.tx.Raw("SELECT COUNT(*) FROM talk_lines WHERE talk_id = ? AND 2 * seq > ? AND side IN ?", k.ID, e.Told, seenBy(e.StaffID)).Scan(&more).Error
	if err != nil {
		return fmt.Errorf("count lines: %w", clean(err))
	}
	theirs := e.StaffID == 0 || k.StaffID == e.StaffID
	if theirs && e.StaffID != 0 && more > 0 {
		if theirs, err = b.mayTalk(k, e.StaffID); err != nil {
			return err
		}
	}
	if more == 0 && !anew || e.Knocked || !theirs {
		return b.saveEnd(e)
	}
	to, err := b.endAccount(k, e.StaffID)
	if err != nil || to == "" {
		return errors.Join(err, b.saveEnd(e))
	}
	e.Pushes++
	e.Push = fmt.Sprintf("relay:%x:%x:%d", k.ID, e.StaffID, e.Pushes)
	if err := b.saveEnd(e); err != nil {
		return err
	}
	_, err = b.addPush(civic.Push{
		ID: e.Push, Purpose: e.Push, Urgent: urgentTalk, Kind: civic.TellRelay, DueAt: due,
		Args: relayArgs{Talk: k.ID, Staff: e.StaffID}.json(),
	}, civic.Audience{Accounts: []civic.Account{to}})
	return err
}

// endAccount is whom an end's lines go to; "": there is nobody now.
func (b *batch) endAccount(k *talkRow, staff int64) (civic.Account, error) {
	if staff == 0 {
		return civic.Account(k.Account), nil
	}
	var account *string
	if err := b.tx.Raw("SELECT account FROM staff WHERE id = ?", staff).Scan(&account).Error; err != nil {
		return "", fmt.Errorf("read account of staff: %w", clean(err))
	}
	if account == nil {
		return "", nil
	}
	return civic.Account(*account), nil
}

// came notes that an end is in touch: what could not reach it is sent now.
func (b *batch) came(k *talkRow, staff int64, due time.Time) error {
	e, err := b.talkEnd(k.ID, staff, 0)
	if err != nil || !e.Knocked && e.Boxed == 0 {
		return err
	}
	e.Knocked = false
	if e.Push != "" {
		return b.saveEnd(e)
	}
	return b.send(k, e, due, e.Boxed > 0)
}

// settleTalks goes on after deliveries ended: their ends are told what has come since.
func (b *batch) settleTalks(ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	var rows []struct {
		Push, Args   string
		State, Route int
	}
	err := b.tx.Raw("SELECT p.push, p.args, d.state, d.route FROM deliveries d JOIN pushes p ON p.id = d.push_id WHERE d.id IN ? AND d.calm = 0 AND p.kind = ? AND d.state > 2 ORDER BY p.id",
		ids, civic.TellRelay).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("read ended relays: %w", clean(err))
	}
	for _, r := range rows {
		var a relayArgs
		if err := json.Unmarshal([]byte(r.Args), &a); err != nil {
			return fmt.Errorf("read ended relay: %w", err)
		}
		e, err := b.talkEnd(a.Talk, a.Staff, 0)
		if err != nil {
			return err
		}
		if e.Push != r.Push {
			continue // was settled before
		}
		e.Push = ""
		b.settleEnd(&e, a, r.State, r.Route)
		k, ok, err := oneTalk(b.tx, "id = ?", a.Talk)
		if err != nil || !ok {
			return err
		}
		if err := b.send(&k, e, b.now, false); err != nil {
			return err
		}
	}
	return nil
}

// settleEnd notes what became of a push. What surely did not arrive may be sent again, once its
// reader is in touch, together with all later lines; what may have arrived never is.
func (b *batch) settleEnd(e *talkEndRow, a relayArgs, state, route int) {
	sent := state == stateCodes[civic.Sent]
	switch {
	case sent && route == routeCodes[civic.ByCustomer]:
		e.Boxed, e.Knocked, e.ToldMS = 0, false, ms(b.now)
	case state == stateCodes[civic.Unknown]:
		e.Boxed, e.ToldMS = 0, ms(b.now)
	case a.Upto > a.From:
		e.Knocked, e.BoxedMS = e.Knocked || sent, ms(b.now)
		if e.Boxed == 0 {
			e.Boxed = a.From + 1
		}
	}
	e.Told = max(e.Told, a.Upto)
}

// unbox goes back to what lies in the inbox, which is sent anew and so needs no reading there.
func (b *batch) unbox(e *talkEndRow) error {
	if e.Boxed == 0 {
		return nil
	}
	err := b.tx.Exec("UPDATE deliveries SET read_ms = ? WHERE state = ? AND read_ms = 0 AND push_id IN (SELECT id FROM pushes WHERE push LIKE ?)",
		ms(b.now), stateCodes[civic.Inbox], fmt.Sprintf("relay:%x:%x:%%", e.TalkID, e.StaffID)).Error
	if err != nil {
		return fmt.Errorf("mark relayed lines as read: %w", clean(err))
	}
	e.Told, e.Boxed = e.reached(), 0
	return b.saveEnd(*e)
}

// carry fixes what a claimed push carries: what waits for its end by now, or what it carried
// before. Where its reader was in touch since something was put into the inbox, that goes first.
func (b *batch) carry(p *pushRow, v *openVault, r civic.Reach) (told civic.TalkTold, gone bool, err error) {
	a, k, gone, err := b.relayOf(p)
	if err != nil || gone {
		return told, gone, err
	}
	e, err := b.talkEnd(a.Talk, a.Staff, 0)
	if err != nil {
		return told, false, err
	}
	upto := a.Upto
	if e.Push == p.Push {
		if r.WindowOpen(b.now) && max(ms(r.LastMessageAt), ms(r.LastEventAt)) > e.BoxedMS {
			if err := b.unbox(&e); err != nil {
				return told, false, err
			}
		}
		a.From, upto = e.Told, math.MaxInt32
	}
	lines, err := linesOf(b.tx, v, k.ID, (a.From-1)/2, seenBy(a.Staff), linesMost)
	if err != nil {
		return told, false, err
	}
	told.Lines, told.Media, a.Upto = gather(lines, a.From, upto, a.Staff != 0, ms(b.now))
	if e.Push == p.Push {
		if err := b.tx.Exec("UPDATE pushes SET args = ? WHERE id = ?", string(a.json()), p.ID).Error; err != nil {
			return told, false, fmt.Errorf("fix lines of push: %w", clean(err))
		}
	}
	return told, len(told.Lines) == 0 && told.Media.ID == "", b.head(&told, &k, a.Staff, v)
}

// relayOf reads what a push is about. gone: it is not its reader's business any more.
func (b *batch) relayOf(p *pushRow) (a relayArgs, k talkRow, gone bool, err error) {
	if err := json.Unmarshal([]byte(p.Args), &a); err != nil {
		return a, k, false, fmt.Errorf("read relay: %w", err)
	}
	k, ok, err := oneTalk(b.tx, "id = ?", a.Talk)
	if err != nil || !ok {
		return a, k, !ok, err
	}
	if a.Staff == 0 {
		return a, k, false, nil
	}
	may, err := b.mayTalk(&k, a.Staff)
	return a, k, !may || k.StaffID != a.Staff, err
}

// head says of which talk lines are, and to staff whose.
func (b *batch) head(told *civic.TalkTold, k *talkRow, staff int64, v *openVault) error {
	told.Number = k.Number
	if staff == 0 {
		if err := b.tx.Raw("SELECT phone FROM communities WHERE id = ?", k.CommunityID).Scan(&told.Phone).Error; err != nil {
			return fmt.Errorf("read phone: %w", clean(err))
		}
		return nil
	}
	who, err := whoOf(b.tx, v, []talkRow{*k})
	told.Who = who[k.ID]
	return err
}

// mayTalk says whether a member of staff holds an office by which they may answer in a talk.
func (b *batch) mayTalk(k *talkRow, staff int64) (bool, error) {
	all, err := colleagues(b.tx, k.CommunityID)
	for _, c := range all {
		if int64(c.Staff) == staff && civic.May(c.Role, civic.ActRelay) {
			return true, err
		}
	}
	return false, err
}

// colleagues lists those who may talk with residents of a community and have an account.
func colleagues(tx *gorm.DB, community int64) ([]civic.Colleague, error) {
	var rows []struct {
		Grant   grantRow `gorm:"embedded"`
		Account string
	}
	err := tx.Raw("SELECT g.*, s.account FROM grants g JOIN staff s ON s.id = g.staff_id WHERE g.community_id = ? AND g.revoked_ms = 0 AND s.account IS NOT NULL ORDER BY g.id",
		community).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read colleagues: %w", clean(err))
	}
	var all []civic.Colleague
	for _, r := range rows {
		g, err := r.Grant.grant()
		if err != nil {
			return nil, err
		}
		if civic.May(g.Role, civic.ActRelay) {
			all = append(all, civic.Colleague{Staff: g.Staff, Account: civic.Account(r.Account), Role: g.Role, Grids: g.Grids})
		}
	}
	return all, nil
}

// readTalks notes that lines were read in the inbox: they are not sent anew. Photos and voices
// cannot be seen there.
func (b *batch) readTalks(ids []int64, person string) error {
	var all []string
	err := b.tx.Raw("SELECT p.args FROM deliveries d JOIN pushes p ON p.id = d.push_id WHERE d.id IN ? AND d.person = ? AND d.state = ? AND p.kind = ? ORDER BY p.id",
		ids, person, stateCodes[civic.Inbox], civic.TellRelay).Scan(&all).Error
	if err != nil {
		return fmt.Errorf("read relays in inbox: %w", clean(err))
	}
	for _, text := range all {
		var a relayArgs
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			return fmt.Errorf("read relay: %w", err)
		}
		var media int
		err := b.tx.Raw("SELECT COUNT(*) FROM talk_lines WHERE talk_id = ? AND 2 * seq > ? AND 2 * seq <= ? AND side IN ? AND media <> ''", a.Talk, a.From, a.Upto, seenBy(a.Staff)).Scan(&media).Error
		if err != nil {
			return fmt.Errorf("count media: %w", clean(err))
		}
		e, err := b.talkEnd(a.Talk, a.Staff, 0)
		if err != nil {
			return err
		}
		if media > 0 || e.Boxed == 0 || e.Boxed != a.From+1 {
			continue
		}
		if e.Boxed = a.Upto + 1; a.Upto >= e.Told {
			e.Boxed = 0
		}
		if err := b.saveEnd(e); err != nil {
			return err
		}
	}
	return nil
}
