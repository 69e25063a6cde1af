package store

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// vault seals what tells who somebody is. Data is sealed under one random data key; only that
// key, 48 bytes in one row, is sealed under the master key. So the master key can be changed by
// sealing one row anew (Rewrap), and hashes by which people are found outlive it.
type vault struct {
	mu   sync.Mutex
	open *openVault // nil: not read yet
}

// openVault is the data key at work.
type openVault struct {
	id   int64
	seal cipher.AEAD
	hash []byte // keys the hashes
}

// sealedLayout is the first byte of what is sealed, so that another layout can be told apart.
const sealedLayout = 1

// dataKeySize is 32 bytes that seal and 32 that key hashes.
const dataKeySize = 64

var errSealed = errors.New("sealed data cannot be opened: wrong master key, or changed by somebody")

// setVault takes over the keys under which the data key is sealed.
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

// vault returns the open vault, making its key on first use.
func (db *DB) vault(ctx context.Context) (*openVault, error) {
	db.safe.mu.Lock()
	defer db.safe.mu.Unlock()
	if db.safe.open != nil {
		return db.safe.open, nil
	}
	row, err := db.dataKey(ctx)
	if err != nil {
		return nil, err
	}
	raw, _, err := db.unwrap(row)
	if err != nil {
		return nil, err
	}
	v := &openVault{id: row.ID, hash: raw[32:]}
	if v.seal, err = newSeal(raw[:32]); err != nil {
		return nil, err
	}
	db.safe.open = v
	return v, nil
}

// dataKey reads the data key; the first replica that needs one makes it. Its id is always 1, so
// of two that make it at once only one does.
func (db *DB) dataKey(ctx context.Context) (vaultKeyRow, error) {
	var row vaultKeyRow
	err := db.w.WithContext(ctx).Where("id = ?", 1).Take(&row).Error
	if err == nil {
		return row, nil
	}
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return row, fmt.Errorf("read data key: %w", clean(err))
	}
	raw := make([]byte, dataKeySize)
	if _, err := rand.Read(raw); err != nil {
		return row, fmt.Errorf("make data key: %w", err)
	}
	wrapped, err := wrap(db.wrapping, raw)
	if err != nil {
		return row, err
	}
	err = db.w.WithContext(ctx).Create(&vaultKeyRow{ID: 1, Wrapped: wrapped, MadeMS: ms(db.clock.Now())}).Error
	if err != nil && !errors.Is(err, gorm.ErrDuplicatedKey) {
		return row, fmt.Errorf("keep data key: %w", clean(err))
	}
	if err := db.w.WithContext(ctx).Where("id = ?", 1).Take(&row).Error; err != nil {
		return row, fmt.Errorf("read data key: %w", clean(err))
	}
	return row, nil
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
	var row vaultKeyRow
	err := db.r.WithContext(ctx).Where("id = ?", 1).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("check master key: %w", clean(err))
	}
	if _, _, err := db.unwrap(row); err != nil {
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
		if raw, err := unseal(s, row.Wrapped, "vault"); err == nil && len(raw) == dataKeySize {
			return raw, i == 1, nil
		}
	}
	return nil, false, ErrVault
}

// Rewrap seals the data key under the present master key, if it is still under the one before,
// and says whether it was. Afterwards the one before is not needed any more.
func (db *DB) Rewrap(ctx context.Context) (bool, error) {
	row, err := db.dataKey(ctx)
	if err != nil {
		return false, err
	}
	raw, old, err := db.unwrap(row)
	if err != nil || !old {
		return false, err
	}
	wrapped, err := wrap(db.wrapping, raw)
	if err != nil {
		return false, err
	}
	err = db.w.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		b := &batch{db: db, tx: tx, now: db.clock.Now()}
		var now vaultKeyRow
		if err := tx.Raw("SELECT * FROM vault_keys WHERE id = ?"+db.dia.forUpdate(), row.ID).Scan(&now).Error; err != nil {
			return err
		}
		if !bytes.Equal(now.Wrapped, row.Wrapped) {
			return errors.New("somebody else has just done so")
		}
		if err := tx.Model(&vaultKeyRow{}).Where("id = ?", row.ID).Update("wrapped", wrapped).Error; err != nil {
			return err
		}
		return b.audit(civic.Grant{}, deed{act: civic.ActRunCommunity, what: "rotate", object: "vault:" + strconv.FormatInt(row.ID, 10)})
	})
	if err != nil {
		return false, fmt.Errorf("keep data key: %w", clean(err))
	}
	return true, nil
}

func wrap(key, raw []byte) ([]byte, error) {
	s, err := newSeal(key)
	if err != nil {
		return nil, err
	}
	return seal(s, raw, "vault")
}

func newSeal(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	s, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	return s, nil
}

// seal is layout, nonce, sealed text with its tag. What it belongs to is sealed in, so that a
// value moved to another row or column does not open.
func seal(s cipher.AEAD, plain []byte, of string) ([]byte, error) {
	out := make([]byte, 1+s.NonceSize(), 1+s.NonceSize()+len(plain)+s.Overhead())
	out[0] = sealedLayout
	if _, err := rand.Read(out[1:]); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return s.Seal(out, out[1:], plain, []byte(of)), nil
}

func unseal(s cipher.AEAD, sealed []byte, of string) ([]byte, error) {
	if len(sealed) < 1+s.NonceSize() || sealed[0] != sealedLayout {
		return nil, errSealed
	}
	nonce := sealed[1 : 1+s.NonceSize()]
	plain, err := s.Open(nil, nonce, sealed[1+s.NonceSize():], []byte(of))
	if err != nil {
		return nil, errSealed
	}
	return plain, nil
}

// belongs names the place of a sealed value: table and column, and the row's id.
func belongs(column string, id int64) string {
	return column + "\x00" + string(binary.BigEndian.AppendUint64(nil, uint64(id)))
}

// Seal seals text for a column ("persons.name") of the row id; "" stays empty.
func (v *openVault) Seal(text, column string, id int64) ([]byte, error) {
	if text == "" {
		return []byte{}, nil
	}
	return seal(v.seal, []byte(text), belongs(column, id))
}

// Open is the way back.
func (v *openVault) Open(sealed []byte, column string, id int64) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	plain, err := unseal(v.seal, sealed, belongs(column, id))
	return string(plain), err
}

// Hash is by what a value is found again, 16 bytes; of names its use, such as "phone". It is
// keyed: who has the table alone cannot try all phone numbers.
func (v *openVault) Hash(of, value string) []byte {
	m := hmac.New(sha256.New, v.hash)
	_, _ = m.Write([]byte(of + "\x00" + value)) // never fails
	return m.Sum(nil)[:16]
}
