package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// CommunityChange is what an operator changes of a community; what is "" or empty stays as it is.
type CommunityChange struct {
	Name     string // 1 to 100 characters
	Street   string // where it lies; made where nobody knows it yet
	District string // of Street; "": the only one there is
	// Settings are changed in their order, with the checks of those that staff change. By is not read.
	Settings []civic.ChangeSettings
}

// nameCut is how much of a name the audit log keeps, in characters.
const nameCut = 40

// ChangeCommunity changes a community on behalf of the operator, all of it or nothing, and writes
// each change to the audit log; it returns what the community is now. A *civic.Refusal says what
// cannot be.
func (db *DB) ChangeCommunity(ctx context.Context, id civic.CommunityID, ch CommunityChange) (civic.Community, error) {
	if utf8.RuneCountInString(ch.Name) > 100 || utf8.RuneCountInString(ch.Street) > 100 || utf8.RuneCountInString(ch.District) > 100 {
		return civic.Community{}, errors.New("change community: a name must have at most 100 characters")
	}
	if ch.District != "" && ch.Street == "" {
		return civic.Community{}, errors.New("change community: a district is that of a street")
	}
	var row communityRow
	err := db.retried(ctx, func(tx *gorm.DB) error {
		b := &batch{db: db, tx: tx, now: db.clock.Now()}
		by := civic.By{Community: id}
		read := func() error {
			return tx.Raw("SELECT * FROM communities WHERE id = ?"+db.dia.forUpdate(), int64(id)).Take(&row).Error
		}
		if err := read(); err != nil {
			return err
		}
		if err := b.rename(by, row.Name, ch.Name); err != nil {
			return err
		}
		if err := b.lieIn(by, row.StreetID, ch.Street, ch.District); err != nil {
			return err
		}
		for _, e := range ch.Settings {
			e.By = by
			if err := b.changeIf(e, b.actFor); err != nil {
				return err
			}
		}
		return read()
	})
	if err != nil {
		return civic.Community{}, fmt.Errorf("change community: %w", err)
	}
	db.places.forget()
	c, err := row.community()
	if err != nil {
		return c, err
	}
	c.Area, err = (&batch{db: db, tx: db.w.WithContext(ctx)}).area(id)
	return c, err
}

// set is the operator's deed of changing one thing of a community.
func (b *batch) set(by civic.By, setting string, before, after any) error {
	return b.actFor(deed{
		by: by, what: "set", object: object("community", int64(by.Community)),
		detail: map[string]any{"setting": setting, "before": before, "after": after},
	})
}

func (b *batch) rename(by civic.By, before, name string) error {
	if name == "" || name == before {
		return nil
	}
	if err := b.tx.Exec("UPDATE communities SET name = ? WHERE id = ?", name, int64(by.Community)).Error; err != nil {
		return err
	}
	short := func(s string) string {
		return strconv.QuoteToASCII(string([]rune(s)[:min(nameCut, utf8.RuneCountInString(s))]))
	}
	return b.set(by, "name", short(before), short(name))
}

// lieIn says in which street a community lies.
func (b *batch) lieIn(by civic.By, before int64, street, district string) error {
	if street == "" {
		return nil
	}
	of, err := districtFor(b.tx, district)
	if err != nil {
		return err
	}
	if of == 0 {
		return errors.New("nobody said in which district the street lies")
	}
	id, err := streetIn(b.tx, of, street)
	if err != nil || id == before {
		return err
	}
	if err := b.tx.Exec("UPDATE communities SET street_id = ? WHERE id = ?", id, int64(by.Community)).Error; err != nil {
		return err
	}
	return b.set(by, "street", before, id)
}
