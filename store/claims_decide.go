package store

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"yishi/flows/civic"
)

const (
	sayDecided = "这件刚才已经有人办了，您不用再办。"
	sayPassed  = "这件已经转给居委会了，由居委会办。"
	sayNoFit   = "名册里这一户没有这个人，不能同意。请转给居委会先改名册。"
)

func (t *turn) planDecide(e civic.DecideClaim) error {
	if !slices.Contains([]civic.Decision{civic.ClaimAccept, civic.ClaimDecline, civic.ClaimPass}, e.Decision) || !token(e.ReasonCode, 20) {
		return errors.New("decide claim: no decision, or no code of a reason")
	}
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, t *turn) error { return b.decide(t, e) }})
	return nil
}

// decide locks the claim first, so that of two who decide at once one does.
func (b *batch) decide(t *turn, e civic.DecideClaim) error {
	if _, err := b.vault(); err != nil {
		return err
	}
	var row claimRow
	err := b.tx.Raw("SELECT * FROM claims WHERE id = ? AND community_id = ?"+b.db.dia.forUpdate(), e.Claim, int64(e.By.Community)).Scan(&row).Error
	if err != nil {
		return fmt.Errorf("read claim: %w", clean(err))
	}
	if row.ID == 0 {
		return refuse(civic.NoLonger)
	}
	e.By.Grid = row.GridID
	detail := map[string]any{"kind": row.Kind}
	if e.Decision == civic.ClaimAccept {
		detail["beside"] = e.Beside
	}
	if e.ReasonCode != "" {
		detail["reason"] = e.ReasonCode
	}
	if p := max(row.PersonID, int64(e.Person)); p != 0 {
		detail["person"] = p
	}
	g, err := b.permit(t, deed{
		by: e.By, act: civic.ActVerify, what: string(e.Decision), object: "claim:" + strconv.FormatInt(row.ID, 10), detail: detail,
	})
	switch {
	case err != nil:
		return err
	case row.State != claimWaits:
		return refuse(sayDecided)
	case row.Passed && g.Role == civic.GridWorker:
		return refuse(sayPassed)
	case e.Decision == civic.ClaimPass:
		t.receipt.Word = string(civic.ClaimPass)
		return b.passClaim(row)
	}
	row.DecidedBy, row.State = int64(g.Staff), claimAccepted
	if e.Decision == civic.ClaimDecline {
		row.State = claimDeclined
	}
	if err := b.closeClaim(row, e); err != nil {
		return err
	}
	return b.carryOut(t, row, e)
}

func (b *batch) passClaim(row claimRow) error {
	if err := b.tx.Exec("UPDATE claims SET passed = 1 WHERE id = ?", row.ID).Error; err != nil {
		return fmt.Errorf("pass claim: %w", clean(err))
	}
	return nil
}

// closeClaim forgets name and door, which nobody needs any more.
func (b *batch) closeClaim(row claimRow, e civic.DecideClaim) error {
	err := b.tx.Exec("UPDATE claims SET state = ?, open_key = NULL, name = ?, door = ?, person_id = ?, decided_ms = ?, decided_by = ? WHERE id = ?",
		row.State, []byte{}, []byte{}, max(row.PersonID, int64(e.Person)), ms(b.now), row.DecidedBy, row.ID).Error
	if err != nil {
		return fmt.Errorf("decide claim: %w", clean(err))
	}
	return nil
}

// carryOut does what was decided and tells those concerned.
func (b *batch) carryOut(t *turn, row claimRow, e civic.DecideClaim) error {
	asker, community := civic.Account(row.Account), civic.CommunityID(row.CommunityID)
	accepted := e.Decision == civic.ClaimAccept
	switch {
	case row.Kind == string(civic.ClaimAsk) && accepted:
		if err := b.acceptAsk(t, row, e); err != nil {
			return err
		}
	case row.Kind == string(civic.ClaimDispute) && accepted && row.Frozen:
		if err := b.restoreClaim(t, row); err != nil {
			return err
		}
	case row.Kind == string(civic.ClaimDispute) && !accepted:
		if err := b.unlink(t, asker, civic.PersonID(row.PersonID)); err != nil {
			return err
		}
	}
	t.receipt.Word = string(e.Decision)
	if row.Kind == string(civic.ClaimDispute) {
		if err := b.tell(e.TellOthers, community, civic.Account(row.ByAccount)); err != nil {
			return err
		}
	}
	return b.tell(e.Tell, community, asker)
}

// acceptAsk links the asker to somebody behind the door that was named.
func (b *batch) acceptAsk(t *turn, row claimRow, e civic.DecideClaim) error {
	p, err := b.lockPerson(e.Person)
	if err != nil {
		return err
	}
	if p.ID == 0 || row.HouseholdID == 0 || p.HouseholdID != row.HouseholdID {
		return refuse(sayNoFit)
	}
	return b.link(t, linking{
		account: civic.Account(row.Account), link: civic.Linkage{Person: e.Person, How: civic.ByHand, Consent: row.Consent},
		person: p, tellOthers: e.TellOthers,
	})
}

// restoreClaim gives a frozen account back what it had.
func (b *batch) restoreClaim(t *turn, row claimRow) error {
	p, err := b.lockPerson(civic.PersonID(row.PersonID))
	if err != nil {
		return err
	}
	if p.ID == 0 {
		return refuse(sayMoved)
	}
	return b.link(t, linking{
		account: civic.Account(row.Account), person: p, since: row.SinceMS,
		link: civic.Linkage{Person: civic.PersonID(row.PersonID), How: civic.VerifiedBy(row.How), Consent: row.Consent},
	})
}
