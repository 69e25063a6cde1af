package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"yishi/flows/civic"
)

// Sentences of refusals.
const (
	sayMoved    = "名册刚有变动，没有认证成。请再试一次；还不行就回“人工”。"
	sayFrozen   = "您的认证正在核对，网格员会同您联系。急的话请回“人工”。"
	sayOther    = "您这个微信号已经认证过，和这次写的不是同一个人。要改请回“人工”找网格员。"
	sayDeclined = "您这个微信号经网格员核对过，没有通过。要再认证请回“人工”找网格员。"
)

// planVerification plans the effects by which an account comes to belong to a person, or not to.
func (db *DB) planVerification(ctx context.Context, t *turn, effect any) error {
	if _, err := db.vault(ctx); err != nil { // there is a key
		return err
	}
	switch e := effect.(type) {
	case civic.Verify:
		return t.planVerify(e)
	case civic.NoteWrong:
		return planWrong(t, e)
	case civic.Unverify:
		return t.planUnverify(e)
	case civic.AskVerify:
		return db.planAsk(ctx, t, e)
	case civic.DisputeClaim:
		return t.planDispute(e)
	case civic.DecideClaim:
		return t.planDecide(e)
	}
	return fmt.Errorf("%w: %T", errUnknownEffect, effect)
}

func (t *turn) planVerify(e civic.Verify) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	if !token(e.Link.Consent, 20) || e.Link.Consent == "" || e.Link.How != civic.ByRoll && e.Link.How != civic.ByCode {
		return errors.New("verify: no consent, or no way that can be proven")
	}
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, t *turn) error { return b.verify(t, e) }})
	return nil
}

// verify looks again whether the proof fits and links the account.
func (b *batch) verify(t *turn, e civic.Verify) error {
	v, err := b.vault()
	if err != nil {
		return err
	}
	if err := b.unlocked(v.openVault, e.Account); err != nil {
		return err
	}
	p, err := b.lockPerson(e.Link.Person)
	if err != nil {
		return err
	}
	if p.ID == 0 || matchPrint(v.openVault, e.Account, e.Link.How, p.behind()) != e.Print {
		return refuse(sayMoved)
	}
	if err := b.undisputed(e.Account, e.Link.Person); err != nil {
		return err
	}
	return b.link(t, linking{account: e.Account, link: e.Link, person: p, tellOthers: e.Tell})
}

// lockedPerson is a person of the roll with the way to their door, kept until COMMIT.
type lockedPerson struct {
	ID, HouseholdID, CommunityID, EstateID, GridID int64
	NameHash, PhoneHash, CodeHash, Name            []byte
}

func (p lockedPerson) behind() behind {
	return behind{ID: p.ID, HouseholdID: p.HouseholdID, NameHash: p.NameHash, PhoneHash: p.PhoneHash, CodeHash: p.CodeHash}
}

func (p lockedPerson) identity(how civic.VerifiedBy) civic.Identity {
	return civic.Identity{
		Person: civic.PersonID(p.ID), Household: civic.HouseholdID(p.HouseholdID), Community: civic.CommunityID(p.CommunityID),
		Estate: p.EstateID, Grid: p.GridID, How: how,
	}
}

// lockPerson reads a person who lives here, so that claims to one person come one after the other.
func (b *batch) lockPerson(id civic.PersonID) (lockedPerson, error) {
	var p lockedPerson
	err := b.tx.Raw("SELECT p.id, p.household_id, p.community_id, b.estate_id, b.grid_id, p.name_hash, p.phone_hash, h.code_hash, p.name "+
		"FROM persons p JOIN households h ON h.id = p.household_id JOIN buildings b ON b.id = h.building_id WHERE p.id = ? AND p.left_ms = 0"+
		b.db.dia.forUpdate(), int64(id)).Scan(&p).Error
	if err != nil {
		return p, fmt.Errorf("read person: %w", clean(err))
	}
	return p, nil
}

// undisputed refuses an account whose claim to the person is being looked at, or was declined.
func (b *batch) undisputed(a civic.Account, p civic.PersonID) error {
	var rows []claimRow
	err := b.tx.Raw("SELECT * FROM claims WHERE account = ? AND state IN ? AND kind = ?",
		string(a), []string{claimWaits, claimDeclined}, string(civic.ClaimDispute)).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("read disputes: %w", clean(err))
	}
	for _, r := range rows {
		switch {
		case r.State == claimWaits && r.Frozen:
			return refuse(sayFrozen)
		case r.State == claimDeclined && r.PersonID == int64(p):
			return refuse(sayDeclined)
		}
	}
	return nil
}

// linking is what link does.
type linking struct {
	account    civic.Account
	link       civic.Linkage
	person     lockedPerson
	tellOthers civic.Push // to the person's other accounts, if there are any
	since      int64      // when it was verified first, 0: now
}

// link lets an account belong to a person. Whoever else does stays and is told.
func (b *batch) link(t *turn, l linking) error {
	var have []identityRow
	err := b.tx.Raw("SELECT * FROM identities WHERE account = ?"+b.db.dia.forUpdate(), string(l.account)).Scan(&have).Error
	if err != nil {
		return fmt.Errorf("read identity: %w", clean(err))
	}
	if len(have) > 0 && have[0].PersonID != l.person.ID {
		return refuse(sayOther)
	}
	if l.since == 0 {
		l.since = ms(b.now)
	}
	how := l.link.How
	if len(have) > 0 && civic.VerifiedBy(have[0].How).Stronger(how) {
		how = civic.VerifiedBy(have[0].How)
	}
	d := b.db.dia
	err = b.tx.Exec("INSERT INTO identities (account, person_id, how, consent, since_ms) VALUES (?, ?, ?, ?, ?)"+d.conflict("account")+
		"how = "+d.incoming("how")+", consent = "+d.incoming("consent"), string(l.account), l.person.ID, string(how), l.link.Consent, l.since).Error
	if err != nil {
		return fmt.Errorf("link account: %w", clean(err))
	}
	if err := b.settleAccount(l.account); err != nil {
		return err
	}
	v, err := b.vault()
	if err != nil {
		return err
	}
	if err := b.tx.Exec("DELETE FROM tries WHERE key_hash = ?", accountTries(v.openVault, l.account)).Error; err != nil {
		return fmt.Errorf("forget tries: %w", clean(err))
	}
	id := l.person.identity(how)
	err = b.join([]*turn{{plan: plan{joins: []civic.Join{{Account: l.account, Community: id.Community, Estate: id.Estate}}}}})
	if err != nil {
		return err
	}
	if err := b.adopt(t, l.account, id); err != nil {
		return err
	}
	t.receipt.Word = civic.Verified
	if len(have) > 0 {
		return nil // the others know
	}
	others, err := b.accountsOf(id.Person, l.account)
	if err != nil || len(others) == 0 {
		return err
	}
	t.receipt.Word = civic.VerifiedToo
	return b.tell(l.tellOthers, id.Community, others...)
}

// settleAccount clears what an account might come back to, and its request. Its wrong tries stay
// counted, unless it was verified: taking back a request must not end a lock.
func (b *batch) settleAccount(a civic.Account) error {
	v, err := b.vault()
	if err != nil {
		return err
	}
	if err := b.tx.Exec("DELETE FROM former_identities WHERE account_hash IN ?", formerHashes(v.openVault, a)).Error; err != nil {
		return fmt.Errorf("forget former identity: %w", clean(err))
	}
	err = b.tx.Exec("UPDATE claims SET state = ?, open_key = NULL, name = ?, door = ?, decided_ms = ? WHERE open_key = ?",
		claimMoot, []byte{}, []byte{}, ms(b.now), openKey(civic.ClaimAsk, a)).Error
	if err != nil {
		return fmt.Errorf("close request: %w", clean(err))
	}
	return nil
}

// accountsOf lists a person's accounts but for one, the oldest first.
func (b *batch) accountsOf(p civic.PersonID, but civic.Account) ([]civic.Account, error) {
	var names []civic.Account
	err := b.tx.Raw("SELECT account FROM identities WHERE person_id = ? AND account <> ? ORDER BY since_ms, account", int64(p), string(but)).Scan(&names).Error
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", clean(err))
	}
	return names, nil
}

// tell makes a push to some accounts, once in this turn. A push without a kind is none, and who had
// their account forgotten is told nothing.
func (b *batch) tell(p civic.Push, c civic.CommunityID, to ...civic.Account) error {
	to = slices.DeleteFunc(to, func(a civic.Account) bool { return a == "" })
	if p.Kind == "" || len(to) == 0 {
		return nil
	}
	p.ID = fmt.Sprintf("%s-%x", p.Kind, newID())
	p.Purpose, p.Community = p.ID, c
	audience := civic.Audience{Accounts: to}
	if err := checkPush(p, audience); err != nil {
		return err
	}
	_, err := b.addPush(p, audience)
	return err
}

// planUnverify takes back the consent.
func (t *turn) planUnverify(e civic.Unverify) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, t *turn) error { return b.unverify(t, e.Account) }})
	return nil
}

// unverify takes an account from its person, and back what it had asked for.
func (b *batch) unverify(t *turn, a civic.Account) error {
	if _, err := b.vault(); err != nil { // before anything is locked
		return err
	}
	var have []identityRow
	err := b.tx.Raw("SELECT * FROM identities WHERE account = ?"+b.db.dia.forUpdate(), string(a)).Scan(&have).Error
	if err != nil {
		return fmt.Errorf("read identity: %w", clean(err))
	}
	if err := b.settleAccount(a); err != nil {
		return err
	}
	for _, r := range have {
		if err := b.unlink(t, a, civic.PersonID(r.PersonID)); err != nil {
			return err
		}
	}
	return b.dropDispute(t, a)
}

// unlink takes an account from a person.
func (b *batch) unlink(t *turn, a civic.Account, p civic.PersonID) error {
	if err := b.tx.Exec("DELETE FROM identities WHERE account = ? AND person_id = ?", string(a), int64(p)).Error; err != nil {
		return fmt.Errorf("unlink account: %w", clean(err))
	}
	return b.disown(t, a, p)
}
