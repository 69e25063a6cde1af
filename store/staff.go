package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// Staff looks up who may act for a community.
type Staff struct{ db *DB }

// Staff returns the look-ups of staff.
func (db *DB) Staff() *Staff { return &Staff{db} }

// Grants lists the offices that the account holds now, the narrowest first; none for residents.
func (s *Staff) Grants(ctx context.Context, a civic.Account) ([]civic.Grant, error) {
	return grantsOf(s.db.r.WithContext(ctx), a, "")
}

// grantsOf reads the grants of an account that hold; lock is added to the statement.
func grantsOf(tx *gorm.DB, a civic.Account, lock string) ([]civic.Grant, error) {
	var rows []grantRow
	err := tx.Raw("SELECT g.* FROM staff s JOIN grants g ON g.staff_id = s.id WHERE s.account = ? AND g.revoked_ms = 0"+lock, string(a)).
		Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read grants: %w", clean(err))
	}
	grants, err := grantsIn(rows)
	if err != nil {
		return nil, err
	}
	return widen(tx, grants, lock)
}

// grantsHeld reads the grants of a member of staff that hold.
func grantsHeld(tx *gorm.DB, s civic.StaffID, lock string) ([]civic.Grant, error) {
	var rows []grantRow
	if err := tx.Raw("SELECT * FROM grants WHERE staff_id = ? AND revoked_ms = 0"+lock, int64(s)).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read grants: %w", clean(err))
	}
	return grantsIn(rows)
}

// grantsIn are the grants of rows, the narrowest first.
func grantsIn(rows []grantRow) ([]civic.Grant, error) {
	out := make([]civic.Grant, 0, len(rows))
	for _, r := range rows {
		g, err := r.grant()
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	rank := func(g civic.Grant) int { return slices.Index(civic.Roles(), g.Role) }
	slices.SortFunc(out, func(x, y civic.Grant) int { return cmp.Or(rank(x)-rank(y), cmp.Compare(x.ID, y.ID)) })
	return out, nil
}

func (r grantRow) grant() (civic.Grant, error) {
	g := civic.Grant{
		ID: r.ID, Staff: civic.StaffID(r.StaffID), Role: civic.Role(r.Role), Community: civic.CommunityID(r.CommunityID), Over: r.OverID,
	}
	for _, id := range strings.FieldsFunc(r.Grids, func(c rune) bool { return c == ',' }) {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return g, fmt.Errorf("read grids of a grant: %w", err)
		}
		g.Grids = append(g.Grids, n)
	}
	return g, nil
}

// deed is one act of staff as the audit log keeps it.
type deed struct {
	by     civic.By
	act    civic.Act
	what   string         // what was done, such as merge: at most 40 ASCII characters
	object string         // kind and id, such as need:123
	detail map[string]any // ids, codes and numbers; never names or texts. Nil: nothing
}

// permit checks in the writing transaction that the office still holds, keeps it from being
// revoked before COMMIT, and writes the audit log. It returns the grant that allows the act; a
// *civic.Refusal with civic.NoLonger says that there is none.
func (b *batch) permit(t *turn, d deed) (civic.Grant, error) {
	return b.permitIf(t, d, nil, civic.NoLonger)
}

// permitIf is permit for acts that not every grant that allows them allows on everything: may is
// asked of each, nil allows all. Where some grant allows the act and may none of it, the sentence
// is the refusal.
func (b *batch) permitIf(t *turn, d deed, may func(civic.Grant) bool, sentence string) (civic.Grant, error) {
	if err := t.own(d.by.Account); err != nil {
		return civic.Grant{}, err
	}
	return b.office(d, may, sentence)
}

// office is permitIf for what no turn asks for, such as an import.
func (b *batch) office(d deed, may func(civic.Grant) bool, sentence string) (civic.Grant, error) {
	grants, err := grantsOf(b.tx, d.by.Account, b.db.dia.share())
	if err != nil {
		return civic.Grant{}, err
	}
	area, err := b.area(d.by.Community)
	if err != nil {
		return civic.Grant{}, err
	}
	why := civic.NoLonger
	for _, g := range grants {
		if !civic.May(g.Role, d.act) || !g.Covers(d.by.Community, area) || !g.Reaches(d.by.Grid) {
			continue
		}
		if may == nil || may(g) {
			return g, b.audit(g, d)
		}
		why = sentence
	}
	return civic.Grant{}, refuse(why)
}

// area is where a community lies.
func (b *batch) area(c civic.CommunityID) (civic.Area, error) {
	var row struct{ StreetID, DistrictID int64 }
	err := b.tx.Raw("SELECT c.street_id, COALESCE(s.district_id, 0) AS district_id FROM communities c "+
		"LEFT JOIN streets s ON s.id = c.street_id WHERE c.id = ?", int64(c)).Scan(&row).Error
	if err != nil {
		return civic.Area{}, fmt.Errorf("read area: %w", clean(err))
	}
	return civic.Area{Street: row.StreetID, District: row.DistrictID}, nil
}

// audit appends to the log. Rows are never changed nor taken away.
func (b *batch) audit(g civic.Grant, d deed) error {
	row := auditRow{
		ID: newID(), AtMS: ms(b.now), StaffID: int64(g.Staff), Role: string(g.Role), CommunityID: int64(d.by.Community),
		Act: string(d.act), What: d.what, Object: d.object,
	}
	if len(d.detail) > 0 {
		text, err := json.Marshal(d.detail)
		if err != nil || len(text) > 1000 || !ascii(text) {
			return errors.New("audit: detail is not short plain JSON")
		}
		row.Detail = string(text)
	}
	if !token(d.what, 40) || !token(d.object, 40) {
		return errors.New("audit: what was done or its object is no token")
	}
	if err := b.tx.Create(&row).Error; err != nil {
		return fmt.Errorf("write audit log: %w", clean(err))
	}
	return nil
}

func ascii(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c < ' ' || c > '~' })
}

// NewStaff is an office given by the operator.
type NewStaff struct {
	Account   civic.Account // "" while it has none
	Name      string        // as colleagues read it; sealed in the table
	Role      civic.Role
	Community civic.CommunityID // of a Supervisor, GridWorker, Committee or Observer
	Over      int64             // street or district of those
	Grids     []int64           // of a GridWorker; none: all
}

// AddStaff gives an office on behalf of the operator; giving it again changes nothing. Residents
// of the chat give offices by invitation instead.
func (db *DB) AddStaff(ctx context.Context, n NewStaff) (civic.StaffID, error) {
	if _, err := db.vault(ctx); err != nil { // there is a key
		return 0, err
	}
	grids := slices.Sorted(slices.Values(n.Grids))
	var ids []string
	for _, g := range grids {
		ids = append(ids, strconv.FormatInt(g, 10))
	}
	id := newID()
	err := db.w.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		b := &batch{db: db, tx: tx, now: db.clock.Now()}
		v, err := b.vault()
		if err != nil {
			return err
		}
		var have staffRow
		if n.Account != "" {
			if err := tx.Raw("SELECT * FROM staff WHERE account = ?"+db.dia.forUpdate(), string(n.Account)).Scan(&have).Error; err != nil {
				return err
			}
		}
		if have.ID == 0 {
			sealed, err := v.Seal(n.Name, "staff.name", id)
			if err != nil {
				return err
			}
			row := staffRow{ID: id, Name: sealed, MadeMS: ms(b.now)}
			if n.Account != "" {
				a := string(n.Account)
				row.Account = &a
			}
			if err := tx.Create(&row).Error; err != nil {
				return err
			}
			have = row
		}
		id = have.ID
		g := grantRow{
			ID: newID(), StaffID: id, Role: string(n.Role), CommunityID: int64(n.Community), OverID: n.Over, Grids: strings.Join(ids, ","),
			GivenMS: ms(b.now),
		}
		if err := tx.Create(&g).Error; errors.Is(err, gorm.ErrDuplicatedKey) {
			return nil
		} else if err != nil {
			return err
		}
		return b.audit(civic.Grant{}, deed{
			by: civic.By{Community: n.Community}, act: civic.ActRunCommunity, what: "give", object: "staff:" + strconv.FormatInt(id, 10),
			detail: map[string]any{"role": n.Role, "over": n.Over},
		})
	})
	if err != nil {
		return 0, fmt.Errorf("add staff: %w", clean(err))
	}
	return civic.StaffID(id), nil
}
