package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"yishi/flows/civic"
)

// NewCommunity is what an operator says of a community.
type NewCommunity struct {
	Code     string   // one or two characters, unique: the public numbers begin with it
	Name     string   // 钮家巷社区
	Phone    string   // the grid worker's; "" for none
	Hours    string   // as residents read them
	TimeZone string   // IANA name; "" for the program's default
	Estates  []string // names; more may be added later, none is ever removed here
	Scene    string   // of a QR code that leads here; "" for none
}

// check finds what an operator has to correct.
func (n NewCommunity) check() error {
	var errs []error
	if c := utf8.RuneCountInString(n.Code); c < 1 || c > 4 {
		errs = append(errs, errors.New("code must have 1 to 4 characters"))
	}
	if c := utf8.RuneCountInString(n.Name); c < 1 || c > 100 {
		errs = append(errs, errors.New("name must have 1 to 100 characters"))
	}
	if utf8.RuneCountInString(n.Phone) > 40 || utf8.RuneCountInString(n.Hours) > 100 {
		errs = append(errs, errors.New("phone or hours are too long"))
	}
	if _, err := time.LoadLocation(cmp.Or(n.TimeZone, "UTC")); err != nil || len(n.TimeZone) > 64 {
		errs = append(errs, errors.New("time zone is unknown"))
	}
	for _, e := range n.Estates {
		if c := utf8.RuneCountInString(e); c < 1 || c > 100 {
			errs = append(errs, errors.New("an estate's name must have 1 to 100 characters"))
		}
	}
	if utf8.RuneCountInString(n.Scene) > 64 {
		errs = append(errs, errors.New("scene must have at most 64 characters"))
	}
	return errors.Join(errs...)
}

// AddCommunity creates the community of n.Code or brings it up to date; doing it again, or
// dying in the middle and doing it again, comes to the same.
func (db *DB) AddCommunity(ctx context.Context, n NewCommunity) (civic.Community, error) {
	if err := n.check(); err != nil {
		return civic.Community{}, fmt.Errorf("add community: %w", err)
	}
	var row communityRow
	err := db.w.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		err := tx.Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "code"}},
			DoUpdates: clause.AssignmentColumns([]string{"name", "phone", "hours", "timezone"}),
		}).Create(&communityRow{
			ID: newID(), Code: n.Code, Name: n.Name, Phone: n.Phone, Hours: n.Hours, Timezone: n.TimeZone,
			CreatedMS: ms(db.clock.Now()),
		}).Error
		if err != nil {
			return err
		}
		if err := tx.Where("code = ?", n.Code).Take(&row).Error; err != nil {
			return err
		}
		if len(n.Estates) == 0 {
			return nil
		}
		var estates []estateRow
		for _, e := range n.Estates {
			estates = append(estates, estateRow{ID: newID(), CommunityID: row.ID, Name: e})
		}
		return tx.Clauses(clause.OnConflict{
			Columns: []clause.Column{{Name: "community_id"}, {Name: "name"}}, DoNothing: true,
		}).Create(&estates).Error
	})
	if err != nil {
		return civic.Community{}, fmt.Errorf("add community: %w", clean(err))
	}
	db.places.forget()
	if n.Scene != "" {
		if err := db.AddScene(ctx, n.Scene, civic.CommunityID(row.ID), 0); err != nil {
			return civic.Community{}, err
		}
	}
	return row.community()
}

// AddScene lets a QR code's scene stand for a community and estate (zero: none), or moves it there.
func (db *DB) AddScene(ctx context.Context, scene string, community civic.CommunityID, estate int64) error {
	if c := utf8.RuneCountInString(scene); c < 1 || c > 64 {
		return errors.New("add scene: scene must have 1 to 64 characters")
	}
	err := db.w.WithContext(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "scene"}},
		DoUpdates: clause.AssignmentColumns([]string{"community_id", "estate_id"}),
	}).Create(&sceneRow{Scene: scene, CommunityID: int64(community), EstateID: estate}).Error
	if err != nil {
		return fmt.Errorf("add scene: %w", clean(err))
	}
	return nil
}

// AddNeed writes a need with the state, release and heat it comes with, for the demo and for
// tests; nobody of the roll stands behind its heat. Its number is the next one of its year
// (RaisedAt's, or now's); it returns the need as stored.
func (db *DB) AddNeed(ctx context.Context, n civic.Need) (civic.Need, error) {
	k, err := db.places.known(ctx, db)
	if err != nil {
		return civic.Need{}, err
	}
	c, ok := k.communities[n.Community]
	if !ok {
		return civic.Need{}, errors.New("add need: no such community")
	}
	now := db.clock.Now()
	if n.RaisedAt.IsZero() {
		n.RaisedAt = now
	}
	n.State = cmp.Or(n.State, civic.NeedRaised)
	r := raise{id: new(int64), community: c, zone: k.zone(c.ID, db.loc), effect: civic.RaiseNeed{
		Account: n.Author, Community: n.Community, Category: n.Category, Text: n.Text, Place: n.Place, Urgent: n.Urgent,
	}}
	var row needRow
	err = db.w.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		key := r.counter(n.RaisedAt)
		b := &batch{db: db, tx: tx, now: now}
		next, err := b.reserve(map[counterRow]int{key: 1})
		if err != nil {
			return err
		}
		row = r.row(key.Year, next[key], ms(n.RaisedAt))
		row.State, row.Released, row.Heat, row.UpdatedMS = string(n.State), n.Released, n.Heat, ms(now)
		row.Cycle.RoundID = n.Round
		row.Cycle.Others, row.Cycle.PersonID, row.Cycle.EstateID, row.Cycle.GridID = n.Others, int64(n.Person), n.Estate, n.Grid
		row.Cycle.MarkedUrgent, row.Cycle.MarkedHard, row.Cycle.PhotosShown = n.MarkedUrgent, n.MarkedHard, n.PhotosShown
		row.Cycle.MergedInto = int64(n.MergedInto)
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		return b.addSample(row)
	})
	if err != nil {
		return civic.Need{}, fmt.Errorf("add need: %w", clean(err))
	}
	return row.need(c.Code), nil
}

// addSample writes what the counts and the release of a made-up need stand for.
func (b *batch) addSample(row needRow) error {
	if !row.Released {
		return b.ask(row, civic.ReviewRelease)
	}
	var names []endorsementRow
	var backers []backerRow
	for i := range row.Heat + row.Cycle.Others {
		e := endorsementRow{NeedID: row.ID, Account: fmt.Sprintf("sample-%d-%d", row.ID, i), AtMS: row.RaisedMS}
		if i < row.Heat {
			e.PersonID = newID()
			backers = append(backers, backerRow{row.ID, e.PersonID})
		}
		names = append(names, e)
	}
	if len(names) == 0 {
		return nil
	}
	if err := b.tx.Create(&names).Error; err != nil || len(backers) == 0 {
		return err
	}
	return b.tx.Create(&backers).Error
}
