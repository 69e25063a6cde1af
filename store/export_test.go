package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-sql-driver/mysql"
	"gorm.io/gorm"

	"yishi/flows/civic"
)

// Down takes all migrations back.
func Down(ctx context.Context, db *DB) error {
	pool, end, err := db.migrationPool()
	if err != nil {
		return err
	}
	defer end()
	p, err := db.provider(pool)
	if err != nil {
		return err
	}
	_, err = p.DownTo(ctx, 0)
	return err
}

// Pretend sets the version that the database seems to have.
func Pretend(ctx context.Context, db *DB, version int) error {
	return db.w.WithContext(ctx).Exec("INSERT INTO "+VersionTable+" (version_id, is_applied) VALUES (?, 1)", version).Error
}

// Columns compares what migrations made with what the rows of this package expect.
func Columns(db *DB) (made, expected map[string][]string, err error) {
	made, expected = map[string][]string{}, map[string][]string{}
	for _, row := range []any{
		&communityRow{}, &estateRow{}, &sceneRow{}, &accountRow{}, &runRow{}, &counterRow{},
		&needRow{}, &additionRow{}, &endorsementRow{}, &mediaRow{},
		&moveRow{}, &pushRow{}, &audienceRow{}, &deliveryRow{}, &outcomeRow{}, &receiptRow{}, &consentRow{}, &consentEventRow{}, &optoutRow{}, &timerRow{},
		&districtRow{}, &streetRow{}, &gridRow{}, &buildingRow{}, &householdRow{}, &personRow{}, &identityRow{}, &staffRow{}, &grantRow{}, &auditRow{}, &vaultKeyRow{}, &resealRow{},
		&rollRow{}, &rollClaimRow{}, &rollLineRow{},
		&deskRow{}, &talkRow{}, &talkLineRow{}, &talkEndRow{},
		&triesRow{}, &formerRow{}, &claimRow{},
		&roundRow{}, &stageRow{}, &listingRow{},
		&linkRow{},
		&invitationRow{}, &inviteTriesRow{}, &handoverRow{}, &handoverItemRow{},
		&backerRow{}, &reviewRow{}, &pleaRow{}, &reportRow{},
		&questionRow{}, &mergeRow{}, &appealRow{}, &forgottenRow{},
	} {
		stmt := &gorm.Statement{DB: db.w}
		if err := stmt.Parse(row); err != nil {
			return nil, nil, err
		}
		rows, err := db.r.Table(stmt.Schema.Table).Rows()
		if err != nil {
			return nil, nil, err
		}
		names, err := rows.Columns()
		if e := rows.Close(); err != nil || e != nil {
			return nil, nil, errors.Join(err, e)
		}
		made[stmt.Schema.Table] = names
		expected[stmt.Schema.Table] = stmt.Schema.DBNames
	}
	return made, expected, nil
}

// Plan runs the switch over effects.
func Plan(ctx context.Context, db *DB, effect any) error {
	return db.planEffect(ctx, &turn{job: &job{}}, effect)
}

// ErrUnknownEffect is what the switch says of what it does not know.
var ErrUnknownEffect = errUnknownEffect

// Clean takes values out of an error.
func Clean(err error) error { return clean(err) }

// Flush writes the contacts noted so far.
func Flush(ctx context.Context, db *DB) error { return db.FlushContacts(ctx) }

// Following reads an account's flag.
func Following(ctx context.Context, db *DB, a civic.Account) (bool, error) {
	var row accountRow
	err := db.r.WithContext(ctx).Where("openid = ?", string(a)).Take(&row).Error
	return row.Following, err
}

// Hold takes the one writing connection of SQLite until the returned function is called, so
// that turns queue behind the first one.
func Hold(ctx context.Context, db *DB) (release func(), err error) {
	tx := db.w.WithContext(ctx).Begin()
	return func() { tx.Rollback() }, tx.Error
}

// crowdName is the account of one of a crowd.
func crowdName(i int) string { return fmt.Sprintf("o6_bmasdasdsad6_2sgVt%07d", i) }

// Crowd makes n accounts of a community that wrote a minute ago.
func Crowd(ctx context.Context, db *DB, c civic.CommunityID, n int) error {
	before := ms(db.clock.Now().Add(-time.Minute))
	for from := 0; from < n; from += 1000 {
		var args []any
		for i := from; i < min(n, from+1000); i++ {
			r := accountRow{
				Openid: crowdName(i), CommunityID: int64(c), Following: true,
				FirstMS: before, LastMessageMS: before, CommunityMS: before,
			}
			args = append(args, r.args()...)
		}
		if err := db.patiently(ctx, "INSERT INTO accounts "+accountColumns+" VALUES "+tuples(len(args)/9, 9)+db.dia.conflict("openid")+"openid = accounts.openid", args...); err != nil {
			return err
		}
	}
	return nil
}

// PlainDeliveries inserts n deliveries of a purpose, that have ended, by plain statements, as a floor.
func PlainDeliveries(ctx context.Context, db *DB, purpose, n int) error {
	const columns = "push_id, purpose_key, person, account, state, calm, at_ms, route, calling, tried, attempts, code, first_ms, read_ms, owner_key, reason"
	for from := 0; from < n; from += expandStep {
		var args []any
		for i := from; i < min(n, from+expandStep); i++ {
			name := crowdName(i)
			args = append(args, -1, purpose, string(civic.RecipientOf(civic.Account(name))), name, 3, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, "")
		}
		err := db.patiently(ctx, "INSERT INTO deliveries ("+columns+") VALUES "+tuples(len(args)/16, 16)+db.dia.conflict("person, purpose_key")+"push_id = deliveries.push_id", args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// PlainUpdates changes all deliveries in the columns that a claim changes, n of
// them by a statement, as a floor.
func PlainUpdates(ctx context.Context, db *DB, n int) error {
	var ids []int64
	if err := db.r.WithContext(ctx).Raw("SELECT id FROM deliveries ORDER BY id").Scan(&ids).Error; err != nil {
		return err
	}
	for some := range slices.Chunk(ids, n) {
		if err := db.w.WithContext(ctx).Exec("UPDATE deliveries SET state = 2, owner_key = 7, attempts = attempts + 1, at_ms = at_ms + 60000, calling = 0 WHERE id IN ?", some).Error; err != nil {
			return err
		}
	}
	return nil
}

// ResetDeliveries lets all deliveries wait again.
func ResetDeliveries(ctx context.Context, db *DB) error {
	return db.byThousands(ctx, "UPDATE deliveries SET state = 1, owner_key = 0, attempts = 0, at_ms = 1, route = 0, calling = 0, first_ms = 0 WHERE id > ? AND id <= ?")
}

// byThousands runs a statement for all deliveries, a few thousand ids at a time.
func (db *DB) byThousands(ctx context.Context, sql string) error {
	var last int64
	if err := db.r.WithContext(ctx).Raw("SELECT COALESCE(MAX(id), 0) FROM deliveries").Scan(&last).Error; err != nil {
		return err
	}
	for from := int64(0); from < last; from += 2000 {
		if err := db.w.WithContext(ctx).Exec(sql, from, from+2000).Error; err != nil {
			return err
		}
	}
	return nil
}

// Marks counts the marks of events and receipts.
func Marks(ctx context.Context, db *DB) (n int, err error) {
	err = db.r.WithContext(ctx).Raw("SELECT (SELECT COUNT(*) FROM consent_events) + (SELECT COUNT(*) FROM receipts)").Scan(&n).Error
	return n, err
}

// DueRow is when an account's delivery is due.
type DueRow struct {
	Purpose int64
	At      time.Time
}

// Due reads when deliveries are due.
func Due(ctx context.Context, db *DB) (map[civic.Account]DueRow, error) {
	var rows []deliveryRow
	err := db.r.WithContext(ctx).Raw("SELECT account, purpose_key, at_ms FROM deliveries").Scan(&rows).Error
	due := map[civic.Account]DueRow{}
	for _, r := range rows {
		due[civic.Account(r.Account)] = DueRow{r.PurposeKey, at(r.AtMS)}
	}
	return due, err
}

// StallLikes makes the renewal of a community's index of like needs hang until it is let go, and
// its last success look so long ago.
func StallLikes(db *DB, c civic.CommunityID, ago time.Duration) (release func()) {
	x := db.likes.of(c)
	r := &renewal{done: make(chan struct{})}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.renewal = r; ago >= 0 {
		x.renewed = local().Add(-ago)
	}
	return func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.renewal = nil
		close(r.done)
	}
}

// AgeLikes makes a community's index of like needs look as if it was renewed and built so long ago.
func AgeLikes(db *DB, c civic.CommunityID, ago time.Duration) {
	x := db.likes.of(c)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.looked, x.renewed, x.built = local().Add(-ago), local().Add(-ago), local().Add(-ago)
}

// patiently runs a statement that may be run again, also where a busy machine cuts it.
func (db *DB) patiently(ctx context.Context, sql string, args ...any) error {
	var err error
	for range 5 {
		if err = clean(db.w.WithContext(ctx).Exec(sql, args...).Error); !errors.Is(err, mysql.ErrInvalidConn) {
			break
		}
	}
	return err
}

// RawPerson is what stands in the table about a person, all columns one after the other.
func RawPerson(ctx context.Context, t interface{ Fatal(...any) }, db *DB, id civic.PersonID) []byte {
	var row personRow
	if err := db.r.WithContext(ctx).Where("id = ?", int64(id)).Take(&row).Error; err != nil {
		t.Fatal(err)
	}
	return slices.Concat(row.Name, row.Phone, row.Code, row.Note, row.NameHash, row.PhoneHash)
}

// Warm makes a need one endorser warmer.
func Warm(ctx context.Context, db *DB, id civic.NeedID) error {
	return db.w.WithContext(ctx).Exec("UPDATE needs SET heat = heat + 1 WHERE id = ?", int64(id)).Error
}

// Count counts the rows of a table.
func Count(ctx context.Context, db *DB, table string) (int64, error) {
	var n int64
	err := db.r.WithContext(ctx).Table(table).Count(&n).Error
	return n, err
}

// ChangePerson changes a person of the roll as an import may.
func ChangePerson(ctx context.Context, db *DB, id civic.PersonID, set string) error {
	return db.w.WithContext(ctx).Exec("UPDATE persons SET "+set+" WHERE id = ?", int64(id)).Error
}

// CountPushes counts pushes of a kind.
func CountPushes(ctx context.Context, db *DB, kind string) (n int, err error) {
	err = db.r.WithContext(ctx).Raw("SELECT COUNT(*) FROM pushes WHERE kind = ?", kind).Scan(&n).Error
	return n, err
}

// AuditTexts is the audit log, a line each.
func AuditTexts(ctx context.Context, db *DB) ([]string, error) {
	var rows []auditRow
	err := db.r.WithContext(ctx).Find(&rows).Error
	out := make([]string, 0, len(rows))
	for _, r := range rows {
		out = append(out, fmt.Sprintf("%s %s %s %s", r.Act, r.What, r.Object, r.Detail))
	}
	return out, err
}

// ClaimBytes counts what is kept of the name and door of a claim.
func ClaimBytes(ctx context.Context, db *DB, id int64) (int, error) {
	var row claimRow
	err := db.r.WithContext(ctx).Where("id = ?", id).Take(&row).Error
	return len(row.Name) + len(row.Door), err
}

// LinkedAccounts lists the accounts that are linked to persons in clear.
func LinkedAccounts(ctx context.Context, db *DB) (accounts []string, err error) {
	err = db.r.WithContext(ctx).Raw("SELECT account FROM identities ORDER BY account").Scan(&accounts).Error
	return accounts, err
}

// MovePerson lets somebody move to some door of a community, as an import may.
func MovePerson(ctx context.Context, db *DB, id civic.PersonID, c civic.CommunityID) error {
	return db.w.WithContext(ctx).Exec("UPDATE persons SET community_id = ?, household_id = (SELECT h.id FROM households h WHERE h.community_id = ? LIMIT 1) WHERE id = ?",
		int64(c), int64(c), int64(id)).Error
}
