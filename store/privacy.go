package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"yishi/flows/civic"
)

// Privacy looks up what is kept of an account, for its owner.
type Privacy struct{ db *DB }

// Privacy returns the look-ups of what is kept of accounts.
func (db *DB) Privacy() *Privacy { return &Privacy{db} }

// keptCounts counts in one question; each part is by an index on the account.
const keptCounts = "SELECT (SELECT COALESCE(MIN(first_ms), 0) FROM accounts WHERE openid = @a) AS since_ms, " +
	"(SELECT COUNT(*) FROM needs WHERE account = @a) AS needs, (SELECT COUNT(*) FROM endorsements WHERE account = @a) AS backed, " +
	"(SELECT COUNT(*) FROM media WHERE account = @a AND state <> 'failed') AS photos, (SELECT COUNT(*) FROM talks WHERE account = @a) AS talks, " +
	"(SELECT COUNT(*) FROM claims WHERE account = @a AND kind = 'ask') AS claims, " +
	"(SELECT COUNT(*) FROM questions q JOIN needs n ON n.id = q.need_id WHERE n.account = @a) AS questions, " +
	"(SELECT COUNT(*) FROM deliveries WHERE person = @p) AS told, (SELECT COUNT(*) FROM optouts WHERE account = @a) AS opted_out"

// Kept counts what is kept of an account.
func (q *Privacy) Kept(ctx context.Context, a civic.Account) (civic.Kept, error) {
	var n struct {
		SinceMS                                                         int64 `gorm:"column:since_ms"`
		Needs, Backed, Photos, Talks, Claims, Questions, Told, OptedOut int
	}
	err := q.db.r.WithContext(ctx).Raw(keptCounts, map[string]any{"a": string(a), "p": string(civic.RecipientOf(a))}).Scan(&n).Error
	if err != nil {
		return civic.Kept{}, fmt.Errorf("count what is kept: %w", clean(err))
	}
	k := civic.Kept{
		Since: at(n.SinceMS), Needs: n.Needs, Backed: n.Backed, Photos: n.Photos, Talks: n.Talks, Claims: n.Claims, Questions: n.Questions, Told: n.Told, OptedOut: n.OptedOut,
	}
	who, is, err := q.db.People().Identity(ctx, a)
	if err != nil {
		return civic.Kept{}, err
	}
	if is {
		k.How, k.Verified = who.How, who.Since
	}
	grants, err := q.db.Staff().Grants(ctx, a)
	k.Office = len(grants) > 0
	return k, err
}

// Backed returns the needs that an account endorses, what it endorsed last first, and how many there
// are in all. What is not public any more comes without its words.
func (q *Privacy) Backed(ctx context.Context, a civic.Account, offset, limit int) ([]civic.Need, int, error) {
	var total int
	g := q.db.r.WithContext(ctx)
	if err := g.Raw("SELECT COUNT(*) FROM endorsements WHERE account = ?", string(a)).Scan(&total).Error; err != nil {
		return nil, 0, fmt.Errorf("count own endorsements: %w", clean(err))
	}
	if total == 0 || limit <= 0 {
		return nil, total, nil
	}
	var rows []needRow
	err := g.Raw("SELECT n.* FROM endorsements e JOIN needs n ON n.id = e.need_id WHERE e.account = ? ORDER BY e.at_ms DESC, e.need_id LIMIT ? OFFSET ?",
		string(a), limit, max(0, offset)).Scan(&rows).Error
	if err != nil {
		return nil, 0, fmt.Errorf("read own endorsements: %w", clean(err))
	}
	needs, err := q.db.Needs().whole(ctx, rows)
	for i := range needs {
		q.db.Needs().veil(&needs[i], a)
		if !needs[i].Released && needs[i].Author != a {
			needs[i].Text, needs[i].Additions = "", nil
		}
	}
	return needs, total, err
}

// myMost bounds how many things of one kind an export holds: far more than one person does.
const myMost = 10_000

// MyData reads all that is kept of an account. Only the account itself may be shown it.
func (q *Privacy) MyData(ctx context.Context, a civic.Account) (civic.MyData, error) {
	kept, err := q.Kept(ctx, a)
	if err != nil {
		return civic.MyData{}, err
	}
	m := civic.MyData{Kept: kept}
	if err := q.whoAmI(ctx, a, &m); err != nil {
		return civic.MyData{}, err
	}
	for _, read := range []func(context.Context, civic.Account) ([]civic.MyItem, error){q.said, q.claimed, q.talked} {
		items, err := read(ctx, a)
		if err != nil {
			return civic.MyData{}, err
		}
		m.Items = append(m.Items, items...)
	}
	slices.SortStableFunc(m.Items, func(x, y civic.MyItem) int {
		return cmp.Or(slices.Index(civic.MyKinds, x.What)-slices.Index(civic.MyKinds, y.What), x.At.Compare(y.At))
	})
	return m, nil
}

// whoAmI adds the community and what the roll says of the account's person.
func (q *Privacy) whoAmI(ctx context.Context, a civic.Account, m *civic.MyData) error {
	f, known, err := q.db.Followers().Follower(ctx, a)
	if err != nil {
		return err
	}
	if known && f.Community != 0 {
		c, ok, err := q.db.Communities().Community(ctx, f.Community)
		if err != nil {
			return err
		}
		if ok {
			m.Community = c.Name
		}
	}
	who, is, err := q.db.People().Identity(ctx, a)
	if err != nil || !is {
		return err
	}
	v, err := q.db.vault(ctx)
	if err != nil {
		return err
	}
	var row struct {
		Name, Phone                           []byte
		Estate, Building, Unit, Room, Consent string
	}
	err = q.db.r.WithContext(ctx).Raw("SELECT p.name, p.phone, e.name AS estate, b.name AS building, h.unit, h.room, "+
		"COALESCE((SELECT consent FROM identities WHERE account = ?), '') AS consent FROM persons p JOIN households h ON h.id = p.household_id "+
		"JOIN buildings b ON b.id = h.building_id JOIN estates e ON e.id = b.estate_id WHERE p.id = ?", string(a), int64(who.Person)).Scan(&row).Error
	if err != nil {
		return fmt.Errorf("read own person: %w", clean(err))
	}
	m.Consent = row.Consent
	m.Door = row.Estate + civic.ShowDoor(row.Building, row.Unit, row.Room)
	if m.Name, err = v.Open(row.Name, "persons.name", int64(who.Person)); err != nil {
		return fmt.Errorf("read own name: %w", err)
	}
	phone, err := v.Open(row.Phone, "persons.phone", int64(who.Person))
	if err != nil {
		return fmt.Errorf("read own phone: %w", err)
	}
	if r := []rune(phone); len(r) > 7 {
		m.Phone = string(r[:3]) + strings.Repeat("*", len(r)-7) + string(r[len(r)-4:])
	}
	return nil
}

// myQueries find what somebody said and did: the need or talk it is about, when, and its words.
var myQueries = []struct {
	what civic.MyKind
	sql  string
}{
	{civic.MyNeed, "SELECT id AS need_id, raised_ms AS at_ms, CASE WHEN place = '' THEN text ELSE CONCAT(text, ' / ', place) END AS text FROM needs WHERE account = ?"},
	{civic.MyAddition, "SELECT x.need_id, x.at_ms, x.text FROM additions x JOIN needs n ON n.id = x.need_id WHERE n.account = ?"},
	{civic.MyEndorsement, "SELECT need_id, at_ms, '' AS text FROM endorsements WHERE account = ?"},
	{civic.MyPlea, "SELECT x.need_id, x.at_ms, x.text FROM pleas x JOIN needs n ON n.id = x.need_id WHERE n.account = ?"},
	{civic.MyPlea, "SELECT x.need_id, x.at_ms, x.text FROM appeals x JOIN needs n ON n.id = x.need_id WHERE n.account = ?"},
	{civic.MyReport, "SELECT need_id, at_ms, code AS text FROM reports WHERE account = ?"},
	{civic.MyAnswer, "SELECT x.need_id, x.answered_ms AS at_ms, x.answer AS text FROM questions x JOIN needs n ON n.id = x.need_id WHERE x.answer <> '' AND n.account = ?"},
	{civic.MyMedia, "SELECT COALESCE(need_id, 0) AS need_id, created_ms AS at_ms, kind AS text, CASE WHEN state = 'kept' THEN blob_key ELSE '' END AS blob_key " +
		"FROM media WHERE state <> 'failed' AND account = ?"},
	{civic.MyNews, "SELECT 0 AS need_id, d.at_ms, p.kind AS text, p.args FROM deliveries d JOIN pushes p ON p.id = d.push_id WHERE d.person = ?"},
	{civic.MyOptOut, "SELECT 0 AS need_id, at_ms, topic AS text FROM optouts WHERE account = ?"},
	{civic.MyConsent, "SELECT 0 AS need_id, at_ms, template AS text FROM consents WHERE account = ?"},
}

// said reads all that is not in a talk.
func (q *Privacy) said(ctx context.Context, a civic.Account) ([]civic.MyItem, error) {
	k, err := q.db.places.known(ctx, q.db)
	if err != nil {
		return nil, err
	}
	var out []civic.MyItem
	var needs, of []int64 // of is each item's, 0 for none
	for _, query := range myQueries {
		name := string(a)
		if query.what == civic.MyNews {
			name = string(civic.RecipientOf(a))
		}
		var rows []struct {
			NeedID int64
			AtMS   int64 `gorm:"column:at_ms"`
			Text   string
			Args   string // of news alone
			Blob   string `gorm:"column:blob_key"` // of media alone
		}
		if err := q.db.r.WithContext(ctx).Raw(query.sql+" LIMIT ?", name, myMost).Scan(&rows).Error; err != nil {
			return nil, fmt.Errorf("read own %s: %w", query.what, clean(err))
		}
		for _, r := range rows {
			item := civic.MyItem{What: query.what, At: at(r.AtMS), Text: r.Text, Blob: r.Blob}
			if r.Args != "" {
				item.Args = json.RawMessage(r.Args)
			}
			out = append(out, item)
			needs, of = append(needs, r.NeedID), append(of, r.NeedID)
		}
	}
	numbers := map[int64]string{}
	slices.Sort(needs)
	for some := range slices.Chunk(slices.Compact(needs), walkMost) {
		var rows []needRow
		err := q.db.r.WithContext(ctx).Raw("SELECT id, community_id, `year`, seq FROM needs WHERE id IN ?", some).Scan(&rows).Error
		if err != nil {
			return nil, fmt.Errorf("read numbers: %w", clean(err))
		}
		for _, r := range rows {
			numbers[r.ID] = r.need(k.communities[civic.CommunityID(r.CommunityID)].Code).Number.String()
		}
	}
	for i := range out {
		out[i].Number = numbers[of[i]]
	}
	return out, nil
}

// claimed reads the account's requests to be verified. Name and door are kept until the decision.
func (q *Privacy) claimed(ctx context.Context, a civic.Account) ([]civic.MyItem, error) {
	v, err := q.db.vault(ctx)
	if err != nil {
		return nil, err
	}
	var rows []claimRow
	err = q.db.r.WithContext(ctx).Raw("SELECT * FROM claims WHERE account = ? AND kind = ? LIMIT ?", string(a), string(civic.ClaimAsk), myMost).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read own requests: %w", clean(err))
	}
	out := make([]civic.MyItem, 0, len(rows))
	for _, r := range rows {
		c, err := r.claim(v)
		if err != nil {
			return nil, err
		}
		out = append(out, civic.MyItem{What: civic.MyClaim, At: c.At, Text: strings.TrimSpace(c.Name + " " + c.Door)})
	}
	return out, nil
}

// talked reads what was said in the account's talks, by both sides.
func (q *Privacy) talked(ctx context.Context, a civic.Account) ([]civic.MyItem, error) {
	v, err := q.db.vault(ctx)
	if err != nil {
		return nil, err
	}
	var talks []talkRow
	if err := q.db.r.WithContext(ctx).Raw("SELECT id, number FROM talks WHERE account = ?", string(a)).Scan(&talks).Error; err != nil {
		return nil, fmt.Errorf("read own talks: %w", clean(err))
	}
	number := map[int64]int{}
	for _, k := range talks {
		number[k.ID] = k.Number
	}
	var rows []talkLineRow
	err = q.db.r.WithContext(ctx).Raw("SELECT * FROM talk_lines WHERE talk_id IN ? AND kind <> ? ORDER BY at_ms, talk_id, seq LIMIT ?",
		slices.Collect(maps.Keys(number)), string(civic.LineNote), myMost).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read own talks: %w", clean(err))
	}
	lines, err := openLines(v, rows)
	if err != nil {
		return nil, err
	}
	out := make([]civic.MyItem, 0, len(lines))
	for _, l := range lines {
		item := civic.MyItem{What: civic.MyWords, At: at(l.AtMS), Number: fmt.Sprint(number[l.TalkID]), Text: l.text}
		switch k := civic.LineKind(l.Kind); k {
		case civic.LinePhoto, civic.LineVoice:
			item.Text = string(k)
		case civic.LineText, civic.LineNote:
		}
		if l.Side != sideResident {
			item.What = civic.TheirWords
		}
		out = append(out, item)
	}
	return out, nil
}
