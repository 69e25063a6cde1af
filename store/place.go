package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"yishi/flows/civic"
	"yishi/flows/zh"
)

// placesFresh is how long communities and estates are taken from memory.
const placesFresh = 30 * time.Second

// places holds all communities and estates: a few hundred rows that hardly ever change.
// While the database is away the last ones are served.
type places struct {
	now     atomic.Pointer[placesKnown]
	loading sync.Mutex
}

// placesKnown is one look at the tables; it is never changed.
type placesKnown struct {
	at          time.Time
	list        []civic.Community // by code
	communities map[civic.CommunityID]civic.Community
	estates     []estateKnown
	zones       map[civic.CommunityID]*time.Location
}

type estateKnown struct {
	civic.Estate
	fold string
}

// known returns the communities, from memory if they are fresh, or if nothing better can be had.
func (p *places) known(ctx context.Context, db *DB) (*placesKnown, error) {
	have := p.now.Load()
	now := local()
	if have != nil && now.Sub(have.at) < placesFresh {
		return have, nil
	}
	if have != nil && !p.loading.TryLock() {
		return have, nil // somebody else refreshes
	}
	if have == nil {
		p.loading.Lock()
		if again := p.now.Load(); again != nil {
			p.loading.Unlock()
			return again, nil
		}
	}
	defer p.loading.Unlock()
	fresh, err := db.readPlaces(ctx)
	if err != nil {
		if have != nil {
			return have, nil
		}
		return nil, err
	}
	fresh.at = now
	p.now.Store(fresh)
	return fresh, nil
}

// forget makes the next look ask the database.
func (p *places) forget() {
	p.loading.Lock()
	defer p.loading.Unlock()
	p.now.Store(nil)
}

// zone is where the community's year turns.
func (k *placesKnown) zone(c civic.CommunityID, otherwise *time.Location) *time.Location {
	if z := k.zones[c]; z != nil {
		return z
	}
	return otherwise
}

func (db *DB) readPlaces(ctx context.Context) (*placesKnown, error) {
	var communities []communityRow
	var estates []estateRow
	if err := db.r.WithContext(ctx).Order("code").Find(&communities).Error; err != nil {
		return nil, fmt.Errorf("read communities: %w", clean(err))
	}
	if err := db.r.WithContext(ctx).Order("name, id").Find(&estates).Error; err != nil {
		return nil, fmt.Errorf("read estates: %w", clean(err))
	}
	var streets []streetRow
	if err := db.r.WithContext(ctx).Find(&streets).Error; err != nil {
		return nil, fmt.Errorf("read streets: %w", clean(err))
	}
	districts := map[int64]int64{}
	for _, s := range streets {
		districts[s.ID] = s.DistrictID
	}
	k := &placesKnown{communities: map[civic.CommunityID]civic.Community{}, zones: map[civic.CommunityID]*time.Location{}}
	for _, r := range communities {
		c, err := r.community()
		if err != nil {
			return nil, err
		}
		c.Area.District = districts[c.Area.Street]
		k.list = append(k.list, c)
		k.communities[c.ID] = c
		if c.TimeZone == "" {
			continue
		}
		if z, err := time.LoadLocation(c.TimeZone); err == nil {
			k.zones[c.ID] = z
		}
	}
	for _, r := range estates {
		e := civic.Estate{ID: r.ID, Community: civic.CommunityID(r.CommunityID), Name: r.Name}
		k.estates = append(k.estates, estateKnown{e, zh.Fold(r.Name)})
	}
	slices.SortStableFunc(k.estates, func(a, b estateKnown) int { // ids are random: residents see one order
		return cmp.Or(strings.Compare(a.Name, b.Name),
			strings.Compare(k.communities[a.Community].Name, k.communities[b.Community].Name))
	})
	return k, nil
}

func (r communityRow) community() (civic.Community, error) {
	c := civic.Community{
		ID: civic.CommunityID(r.ID), Code: r.Code, Name: r.Name, Phone: r.Phone, Hours: r.Hours, TimeZone: r.Timezone,
		Area: civic.Area{Street: r.StreetID},
	}
	if r.Settings == "" {
		return c, nil
	}
	if err := json.Unmarshal([]byte(r.Settings), &c.Settings); err != nil {
		return c, fmt.Errorf("read settings: %w", err)
	}
	return c, nil
}

// Communities looks up communities, estates and the scenes of QR codes.
type Communities struct{ db *DB }

// Communities returns the look-ups of places.
func (db *DB) Communities() *Communities { return &Communities{db} }

// Community returns the community, at most half a minute old; false if there is none.
func (c *Communities) Community(ctx context.Context, id civic.CommunityID) (civic.Community, bool, error) {
	k, err := c.db.places.known(ctx, c.db)
	if err != nil {
		return civic.Community{}, false, err
	}
	found, ok := k.communities[id]
	return found, ok, nil
}

// Communities returns all of them, by code.
func (c *Communities) Communities(ctx context.Context) ([]civic.Community, error) {
	k, err := c.db.places.known(ctx, c.db)
	if err != nil {
		return nil, err
	}
	return slices.Clone(k.list), nil
}

// Estate returns an estate by its id; false if there is none.
func (c *Communities) Estate(ctx context.Context, id int64) (civic.Estate, bool, error) {
	k, err := c.db.places.known(ctx, c.db)
	if err != nil {
		return civic.Estate{}, false, err
	}
	for _, e := range k.estates {
		if e.ID == id {
			return e.Estate, true, nil
		}
	}
	return civic.Estate{}, false, nil
}

// EstateIn returns the estate of a community whose name comes first; false if it has none.
func (c *Communities) EstateIn(ctx context.Context, id civic.CommunityID) (civic.Estate, bool, error) {
	k, err := c.db.places.known(ctx, c.db)
	if err != nil {
		return civic.Estate{}, false, err
	}
	first := civic.Estate{}
	for _, e := range k.estates {
		if e.Community == id && (first.ID == 0 || e.Name < first.Name) {
			first = e.Estate
		}
	}
	return first, first.ID != 0, nil
}

// Scene returns the community and estate (zero: none) that a QR code's scene stands for.
func (c *Communities) Scene(ctx context.Context, scene string) (civic.CommunityID, int64, bool, error) {
	var row sceneRow
	err := c.db.r.WithContext(ctx).Where("scene = ?", scene).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return 0, 0, false, nil
	}
	if err != nil {
		return 0, 0, false, fmt.Errorf("read scene: %w", clean(err))
	}
	return civic.CommunityID(row.CommunityID), row.EstateID, true, nil
}

// estateLike is the likeness from which an estate is worth offering.
const estateLike = 0.34

// EstatesNamed returns at most limit estates whose names resemble name, the likest first.
func (c *Communities) EstatesNamed(ctx context.Context, name string, limit int) ([]civic.Estate, error) {
	k, err := c.db.places.known(ctx, c.db)
	if err != nil {
		return nil, err
	}
	said := zh.Fold(name)
	if said == "" {
		return nil, nil
	}
	type scored struct {
		civic.Estate
		score float64
	}
	var found []scored
	for _, e := range k.estates {
		if s := estateScore(said, e.fold); s >= estateLike {
			found = append(found, scored{e.Estate, s})
		}
	}
	slices.SortStableFunc(found, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	var out []civic.Estate
	for _, f := range found[:min(limit, len(found))] {
		out = append(out, f.Estate)
	}
	return out, nil
}

// estateScore is the likeness of two folded names; one that contains the other, as in
// “我住在钮家新村” or “钮家”, counts for more than its letters.
func estateScore(said, name string) float64 {
	switch {
	case said == name:
		return 1
	case len(name) >= 6 && strings.Contains(said, name):
		return 0.95
	case len(said) >= 6 && strings.Contains(name, said):
		return 0.8 + 0.1*float64(len(said))/float64(len(name))
	}
	return zh.Likeness(said, name)
}
