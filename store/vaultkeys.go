package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// setVault takes over the keys under which the data keys are sealed.
func (db *DB) setVault(o Options) error {
	db.wrapping, db.wrappingOld = o.Vault, o.VaultPrevious
	if db.wrapping == nil {
		sum := sha256.Sum256(append([]byte("vault\x00"), o.Key...))
		db.wrapping = sum[:]
	}
	if len(db.wrapping) != 32 || db.wrappingOld != nil && len(db.wrappingOld) != 32 {
		return errors.New("a vault key has not 32 bytes")
	}
	return nil
}

// vault returns the data keys as they were read last, making the first on first use. A look-up by
// hash that finds nothing must ask whether there is a newer one: see look. To write, see batch.vault.
func (db *DB) vault(ctx context.Context) (*openVault, error) {
	db.safe.mu.Lock()
	open := db.safe.open
	db.safe.mu.Unlock()
	if open != nil {
		return open, nil
	}
	v, err := db.readVault(ctx)
	if !errors.Is(err, errNoDataKey) {
		return v, err
	}
	if err := db.makeDataKey(ctx); err != nil {
		return nil, err
	}
	return db.readVault(ctx)
}

var errNoDataKey = errors.New("there is no data key")

// readVault reads the data keys as they are now.
func (db *DB) readVault(ctx context.Context) (*openVault, error) {
	ctx, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	var rows []vaultKeyRow
	if err := db.r.WithContext(ctx).Order("id DESC").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read data key: %w", clean(err))
	}
	return db.openKeys(rows)
}

// vault returns the data keys for writing: no other becomes the newest before COMMIT, which Reseal
// waits for. It comes before anything else is locked.
func (b *batch) vault() (keptVault, error) {
	if b.kept.openVault != nil {
		return b.kept, nil
	}
	var rows []vaultKeyRow
	if err := b.tx.Raw("SELECT * FROM vault_keys ORDER BY id" + b.db.dia.share()).Scan(&rows).Error; err != nil {
		return keptVault{}, fmt.Errorf("read data key: %w", clean(err))
	}
	v, err := b.db.openKeys(rows)
	if err != nil {
		return keptVault{}, err
	}
	b.kept = keptVault{v}
	return b.kept, nil
}

// openKeys opens data keys and remembers them if they are the newest seen.
func (db *DB) openKeys(rows []vaultKeyRow) (*openVault, error) {
	v := &openVault{db: db}
	for _, r := range rows {
		if len(r.Wrapped) == 0 { // destroyed
			continue
		}
		if have := db.keyAtHand(r.ID); have != nil {
			v.all = append(v.all, *have)
			continue
		}
		raw, _, err := db.unwrap(r)
		if err != nil {
			return nil, err
		}
		s, err := newSeal(raw[:32])
		if err != nil {
			return nil, err
		}
		v.all = append(v.all, dataKey{r.ID, s, raw[32:]})
	}
	if len(v.all) == 0 {
		return nil, errNoDataKey
	}
	slices.SortFunc(v.all, func(a, b dataKey) int { return cmp.Compare(b.id, a.id) })
	db.safe.mu.Lock()
	defer db.safe.mu.Unlock()
	if was := db.safe.open; was == nil || v.newest().id > was.newest().id || v.newest().id == was.newest().id && len(v.all) < len(was.all) {
		db.safe.open = v
	}
	return v, nil
}

// keyAtHand is a key that was opened before.
func (db *DB) keyAtHand(id int64) *dataKey {
	db.safe.mu.Lock()
	defer db.safe.mu.Unlock()
	if db.safe.open == nil {
		return nil
	}
	return db.safe.open.key(id)
}

// look is a look-up by hash. What it asks has to tell the newest key there is, too, from the same
// statement: rows may have been hashed under one that is not at hand, and then it is asked again.
func look[T any](ctx context.Context, db *DB, ask func(v *openVault) (out T, newest int64, err error)) (T, error) {
	v, err := db.vault(ctx)
	for err == nil {
		out, newest, e := ask(v)
		if e != nil || newest <= v.newest().id {
			return out, e
		}
		v, err = db.readVault(ctx)
	}
	var none T
	return none, err
}

// newestKey asks for the id of the newest key.
const newestKey = "(SELECT MAX(id) FROM vault_keys)"

// makeDataKey makes the first data key. Its id is always 1, so of two replicas that make it at once
// only one does.
func (db *DB) makeDataKey(ctx context.Context) error {
	row, err := db.newDataKey(1)
	if err != nil {
		return err
	}
	err = db.w.WithContext(ctx).Create(&row).Error
	if err != nil && !errors.Is(err, gorm.ErrDuplicatedKey) {
		return fmt.Errorf("keep data key: %w", clean(err))
	}
	return nil
}

func (db *DB) newDataKey(id int64) (vaultKeyRow, error) {
	raw := make([]byte, dataKeySize)
	if _, err := rand.Read(raw); err != nil {
		return vaultKeyRow{}, fmt.Errorf("make data key: %w", err)
	}
	wrapped, err := wrap(db.wrapping, raw)
	return vaultKeyRow{ID: id, Wrapped: wrapped, MadeMS: ms(db.clock.Now())}, err
}

// ErrVault means that the master key, and the one before it if there is one, do not open what was
// sealed: it is another database's, or it was changed without bot keys rotate.
var ErrVault = errors.New("the master key does not open the data key")

// CheckVault says whether people's data can be read: ErrVault if not. It makes no key.
func (db *DB) CheckVault(ctx context.Context) error {
	db.safe.mu.Lock()
	open := db.safe.open != nil
	db.safe.mu.Unlock()
	if open {
		return nil
	}
	if _, err := db.readVault(ctx); err != nil && !errors.Is(err, errNoDataKey) {
		return fmt.Errorf("check master key: %w", err)
	}
	return nil
}

// unwrap opens a data key with the master key, or with the one before; old says which.
func (db *DB) unwrap(row vaultKeyRow) (raw []byte, old bool, err error) {
	for i, key := range [][]byte{db.wrapping, db.wrappingOld} {
		if key == nil {
			continue
		}
		s, err := newSeal(key)
		if err != nil {
			return nil, false, err
		}
		if len(row.Wrapped) == 0 || row.Wrapped[0] != sealedFirst {
			break
		}
		if raw, err := unseal(s, row.Wrapped[1:], "vault"); err == nil && len(raw) == dataKeySize {
			return raw, i == 1, nil
		}
	}
	return nil, false, ErrVault
}

// Rewrap seals the data keys under the present master key, those that are still under the one before,
// and says whether there was one. Afterwards the one before is not needed any more.
func (db *DB) Rewrap(ctx context.Context) (bool, error) {
	if _, err := db.vault(ctx); err != nil {
		return false, err
	}
	did := false
	err := db.retried(ctx, func(tx *gorm.DB) error {
		did = false
		b := &batch{db: db, tx: tx, now: db.clock.Now()}
		rows, err := b.lockKeys()
		if err != nil {
			return err
		}
		for _, r := range rows {
			raw, old, err := db.unwrap(r)
			if err != nil {
				return err
			}
			if !old {
				continue
			}
			wrapped, err := wrap(db.wrapping, raw)
			if err != nil {
				return err
			}
			if err := tx.Model(&vaultKeyRow{}).Where("id = ?", r.ID).Update("wrapped", wrapped).Error; err != nil {
				return err
			}
			did = true
			if err := b.audit(civic.Grant{}, deed{act: civic.ActRunCommunity, what: "rotate", object: "vault:" + strconv.FormatInt(r.ID, 10)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("keep data key: %w", err)
	}
	return did, nil
}

// lockKeys reads the data keys that are not destroyed, the oldest first, and waits for all who write
// under them.
func (b *batch) lockKeys() ([]vaultKeyRow, error) {
	var rows []vaultKeyRow
	if err := b.tx.Raw("SELECT * FROM vault_keys ORDER BY id" + b.db.dia.forUpdate()).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read data key: %w", clean(err))
	}
	return slices.DeleteFunc(rows, func(r vaultKeyRow) bool { return len(r.Wrapped) == 0 }), nil
}
