package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

const (
	sayWhere    = "还不知道是哪个小区的门牌，请连小区名一起写，例如“钮家新村3幢2单元501”。"
	sayEnough   = "网格员已经答复过您几次了。请直接回“人工”，当面或电话说。"
	sayNobody   = "没有别的微信号认证成您，不用处理。"
	claimsMost  = 3  // requests of an account that were declined lately, from which on it has to talk to somebody
	nameMost    = 40 // characters
	doorMost    = 120
	claimsOfAge = 30 // days
)

// asking is a request about to be written.
type asking struct {
	effect    civic.AskVerify
	estates   []int64
	community civic.CommunityID
}

// planAsk finds out which community a request belongs to.
func (db *DB) planAsk(ctx context.Context, t *turn, e civic.AskVerify) error {
	if err := t.own(e.Said.Account); err != nil {
		return err
	}
	if !token(e.Consent, 20) || e.Consent == "" {
		return errors.New("ask to be verified: no consent")
	}
	var err error
	if e.Said.Name, err = fit(e.Said.Name, nameMost); err != nil {
		return err
	}
	if _, err = fit(e.Said.Door(), doorMost); err != nil {
		return err
	}
	q := asking{effect: e, community: e.Said.Community}
	if q.estates, err = db.Verification().estates(ctx, e.Said); err != nil {
		return err
	}
	if len(q.estates) > 0 && e.Said.Estate != "" {
		if estate, ok, err := db.Communities().Estate(ctx, q.estates[0]); err != nil {
			return err
		} else if ok {
			q.community = estate.Community
		}
	}
	if q.community == 0 {
		return &civic.Refusal{Sentence: sayWhere, Step: "door"}
	}
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, t *turn) error { return b.askVerify(t, q) }})
	return nil
}

// askVerify puts the request into the queue, over one that waits already.
func (b *batch) askVerify(t *turn, q asking) error {
	v, err := b.vault()
	if err != nil {
		return err
	}
	s := q.effect.Said
	since := ms(b.now.AddDate(0, 0, -claimsOfAge))
	var declined int
	err = b.tx.Raw("SELECT COUNT(*) FROM claims WHERE account = ? AND state = ? AND decided_ms > ?", string(s.Account), claimDeclined, since).Scan(&declined).Error
	if err != nil {
		return fmt.Errorf("count requests: %w", clean(err))
	}
	if declined >= claimsMost {
		return refuse(sayEnough)
	}
	key := openKey(civic.ClaimAsk, s.Account)
	var waits claimRow
	if err := b.tx.Raw("SELECT * FROM claims WHERE open_key = ?"+b.db.dia.forUpdate(), key).Scan(&waits).Error; err != nil {
		return fmt.Errorf("read request: %w", clean(err))
	}
	if waits.ID != 0 { // it keeps its place in the queue
		if err := b.tx.Exec("DELETE FROM claims WHERE id = ?", waits.ID).Error; err != nil {
			return fmt.Errorf("replace request: %w", clean(err))
		}
	}
	row := claimRow{
		ID: newID(), Kind: string(civic.ClaimAsk), State: claimWaits, Account: string(s.Account), OpenKey: &key,
		CommunityID: int64(q.community), How: string(civic.ByHand), Consent: q.effect.Consent, MadeMS: ms(b.now),
	}
	if waits.ID != 0 && waits.CommunityID == row.CommunityID {
		row.MadeMS = waits.MadeMS
	}
	if s.Estate, err = b.findDoor(&row, q); err != nil {
		return err
	}
	if err := row.seal(v, s.Name, s.Door()); err != nil {
		return err
	}
	t.receipt.Word = civic.VerifyAsked
	return b.addClaim(row)
}

// findDoor notes the household and grid of the door, where the roll knows exactly one such.
func (b *batch) findDoor(row *claimRow, q asking) (estate string, err error) {
	s := q.effect.Said
	if len(q.estates) == 0 {
		return s.Estate, nil
	}
	query := "SELECT h.id, b.grid_id, b.community_id, e.name FROM buildings b JOIN households h ON h.building_id = b.id JOIN estates e ON e.id = b.estate_id WHERE b.estate_id IN ? AND b.name = ? AND h.room = ?"
	args := []any{q.estates, s.Building, s.Room}
	if s.Unit != "" {
		query += " AND h.unit = ?"
		args = append(args, s.Unit)
	}
	var found []struct {
		ID, GridID, CommunityID int64
		Name                    string
	}
	if err := b.tx.Raw(query+" LIMIT 2", args...).Scan(&found).Error; err != nil {
		return "", fmt.Errorf("look for door: %w", clean(err))
	}
	if len(found) == 1 {
		row.HouseholdID, row.GridID, row.CommunityID = found[0].ID, found[0].GridID, found[0].CommunityID
		return found[0].Name, nil
	}
	return s.Estate, nil
}

func (r *claimRow) seal(v keptVault, name, door string) error {
	var err error
	if r.Name, err = v.Seal(name, "claims.name", r.ID); err != nil {
		return err
	}
	r.Door, err = v.Seal(door, "claims.door", r.ID)
	return err
}

func (b *batch) addClaim(row claimRow) error {
	err := b.tx.Create(&row).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) { // another replica was faster: look again
		return fmt.Errorf("insert claim: %w", &SQLError{Number: 1020})
	}
	if err != nil {
		return fmt.Errorf("insert claim: %w", clean(err))
	}
	return nil
}

// planDispute lets a person say that another account is not theirs.
func (t *turn) planDispute(e civic.DisputeClaim) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, t *turn) error { return b.dispute(t, e) }})
	return nil
}

func (b *batch) dispute(t *turn, e civic.DisputeClaim) error {
	v, err := b.vault()
	if err != nil {
		return err
	}
	var own identityRow
	if err := b.tx.Raw("SELECT * FROM identities WHERE account = ?", string(e.Account)).Scan(&own).Error; err != nil {
		return fmt.Errorf("read identity: %w", clean(err))
	}
	p, err := b.lockPerson(civic.PersonID(own.PersonID))
	if err != nil {
		return err
	}
	var all []identityRow
	err = b.tx.Raw("SELECT * FROM identities WHERE person_id = ? ORDER BY since_ms, account"+b.db.dia.forUpdate(), own.PersonID).Scan(&all).Error
	if err != nil {
		return fmt.Errorf("read accounts: %w", clean(err))
	}
	mine := slices.IndexFunc(all, func(r identityRow) bool { return r.Account == string(e.Account) })
	if p.ID == 0 || mine < 0 || len(all) < 2 {
		return b.disputedBefore(t, e, own.PersonID)
	}
	target := all[len(all)-1]
	frozen := mine < len(all)-1
	if !frozen { // nobody loses anything by the word of a newer account
		target = all[mine-1]
	}
	key := openKey(civic.ClaimDispute, civic.Account(target.Account))
	var waits claimRow
	if err := b.tx.Raw("SELECT * FROM claims WHERE open_key = ?"+b.db.dia.forUpdate(), key).Scan(&waits).Error; err != nil {
		return fmt.Errorf("read dispute: %w", clean(err))
	}
	if waits.ID != 0 {
		t.receipt.Word = civic.DisputeKept
		return nil
	}
	row := claimRow{
		ID: newID(), Kind: string(civic.ClaimDispute), State: claimWaits, Account: target.Account, ByAccount: string(e.Account), OpenKey: &key,
		CommunityID: p.CommunityID, GridID: p.GridID, PersonID: p.ID, HouseholdID: p.HouseholdID, Frozen: frozen,
		How: target.How, Consent: target.Consent, SinceMS: target.SinceMS, MadeMS: ms(b.now),
	}
	if err := b.sealPerson(v, &row, p); err != nil {
		return err
	}
	if err := b.addClaim(row); err != nil {
		return err
	}
	t.receipt.Word = civic.DisputeKept
	if !frozen {
		return nil
	}
	t.receipt.Word = civic.Disputed
	// What it did as the person stays as it is until staff have decided: nothing is lost nor doubled.
	if err := b.tx.Exec("DELETE FROM identities WHERE account = ?", target.Account).Error; err != nil {
		return fmt.Errorf("freeze account: %w", clean(err))
	}
	return b.tell(e.Tell, civic.CommunityID(p.CommunityID), civic.Account(target.Account))
}

// disputedBefore answers who says it again: what waits already is not asked for twice.
func (b *batch) disputedBefore(t *turn, e civic.DisputeClaim, person int64) error {
	var n int
	err := b.tx.Raw("SELECT COUNT(*) FROM claims WHERE person_id = ? AND by_account = ? AND state = ? AND kind = ?",
		person, string(e.Account), claimWaits, string(civic.ClaimDispute)).Scan(&n).Error
	if err != nil {
		return fmt.Errorf("read disputes: %w", clean(err))
	}
	if n == 0 || person == 0 {
		return refuse(sayNobody)
	}
	t.receipt.Word = civic.Disputed
	return nil
}

// sealPerson writes name and door of the roll into a claim.
func (b *batch) sealPerson(v keptVault, row *claimRow, p lockedPerson) error {
	name, err := v.Open(p.Name, "persons.name", p.ID)
	if err != nil {
		return fmt.Errorf("read name: %w", err)
	}
	var d struct{ Estate, Building, Unit, Room string }
	err = b.tx.Raw("SELECT e.name AS estate, b.name AS building, h.unit, h.room FROM households h JOIN buildings b ON b.id = h.building_id "+
		"JOIN estates e ON e.id = b.estate_id WHERE h.id = ?", p.HouseholdID).Scan(&d).Error
	if err != nil {
		return fmt.Errorf("read door: %w", clean(err))
	}
	door := civic.Said{Estate: d.Estate, Building: d.Building, Unit: d.Unit, Room: d.Room}
	return row.seal(v, name, door.Door())
}

// dropDispute ends a dispute about an account that takes its consent back.
func (b *batch) dropDispute(t *turn, a civic.Account) error {
	key := openKey(civic.ClaimDispute, a)
	var waits claimRow
	if err := b.tx.Raw("SELECT * FROM claims WHERE open_key = ?"+b.db.dia.forUpdate(), key).Scan(&waits).Error; err != nil {
		return fmt.Errorf("read dispute: %w", clean(err))
	}
	if waits.ID == 0 {
		return nil
	}
	err := b.tx.Exec("UPDATE claims SET state = ?, open_key = NULL, name = ?, door = ?, decided_ms = ? WHERE id = ?", claimMoot, []byte{}, []byte{}, ms(b.now), waits.ID).Error
	if err != nil {
		return fmt.Errorf("close dispute: %w", clean(err))
	}
	return b.disown(t, a, civic.PersonID(waits.PersonID))
}
