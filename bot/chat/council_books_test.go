package chat_test

import (
	"database/sql"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"testing"
)

// books reads the tables themselves, by statements of its own: what the program says of them is not asked.
type books struct {
	t    *testing.T
	pool *sql.DB
}

func openBooks(t *testing.T, dsn string) *books {
	t.Helper()
	driver, name, _ := strings.Cut(dsn, ":")
	if driver == "sqlite" {
		name = "file:" + name + "?_pragma=busy_timeout(5000)"
	}
	pool, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(3) // one question may be asked within another
	t.Cleanup(func() {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	})
	return &books{t, pool}
}

// each calls do with a reader of each row.
func (b *books) each(query string, args []any, do func(scan func(into ...any))) {
	b.t.Helper()
	rows, err := b.pool.QueryContext(b.t.Context(), query, args...)
	if err != nil {
		b.t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		do(func(into ...any) {
			if err := rows.Scan(into...); err != nil {
				b.t.Fatalf("%s: %v", query, err)
			}
		})
	}
	if err := rows.Err(); err != nil {
		b.t.Fatalf("%s: %v", query, err)
	}
}

// count is one number.
func (b *books) count(query string, args ...any) (n int64) {
	b.t.Helper()
	b.each(query, args, func(scan func(...any)) { scan(&n) })
	return n
}

// needBook is a row of needs.
type needBook struct {
	id, community, year, seq, person, round, into, raised, waiting, decidedBy, decided, asked, hidden, grid int64
	account, state, text, category                                                                          string
	heat, others, released, takenDown, lastWord                                                             int64
}

func (b *books) needs() map[int64]needBook {
	out := map[int64]needBook{}
	b.each("SELECT id, community_id, `year`, seq, person_id, round_id, merged_into, raised_ms, waiting_ms, decided_by, decided_ms, asked_ms, hidden_ms, grid_id, "+
		"account, state, `text`, category, heat, others, released, taken_down, last_word FROM needs", nil, func(scan func(...any)) {
		var n needBook
		scan(&n.id, &n.community, &n.year, &n.seq, &n.person, &n.round, &n.into, &n.raised, &n.waiting, &n.decidedBy, &n.decided, &n.asked, &n.hidden, &n.grid,
			&n.account, &n.state, &n.text, &n.category, &n.heat, &n.others, &n.released, &n.takenDown, &n.lastWord)
		out[n.id] = n
	})
	return out
}

// auditBook is a row of the log.
type auditBook struct {
	id, at, staff, community   int64
	role, act, what, obj, from string // from: the account of the staff
}

func (b *books) audits(since int64) (out []auditBook) {
	b.each("SELECT a.id, a.at_ms, a.staff_id, a.community_id, a.role, a.act, a.what, a.object, COALESCE(s.account, '') FROM audits a LEFT JOIN staff s ON s.id = a.staff_id WHERE a.at_ms >= ?",
		[]any{since}, func(scan func(...any)) {
			var a auditBook
			scan(&a.id, &a.at, &a.staff, &a.community, &a.role, &a.act, &a.what, &a.obj, &a.from)
			out = append(out, a)
		})
	return out
}

// grantBook is a row of grants.
type grantBook struct {
	staff, community, given, revoked int64
	role, grids                      string
}

func (b *books) grants(staff int64) (out []grantBook) {
	b.each("SELECT staff_id, community_id, given_ms, revoked_ms, role, grids FROM grants WHERE staff_id = ?", []any{staff}, func(scan func(...any)) {
		var g grantBook
		scan(&g.staff, &g.community, &g.given, &g.revoked, &g.role, &g.grids)
		out = append(out, g)
	})
	return out
}

// linkBook is who an account is.
type linkBook struct{ person, community int64 }

func (b *books) links() map[string]linkBook {
	out := map[string]linkBook{}
	b.each("SELECT i.account, p.id, p.community_id FROM identities i JOIN persons p ON p.id = i.person_id WHERE p.left_ms = 0", nil, func(scan func(...any)) {
		var a string
		var l linkBook
		scan(&a, &l.person, &l.community)
		out[a] = l
	})
	return out
}

// numbers are the public numbers of a community's needs of some states, of all for "".
func (b *books) numbers(code, states string) (out []string) {
	b.each("SELECT n.`year`, n.seq, n.state FROM needs n JOIN communities c ON c.id = n.community_id WHERE c.code = ? ORDER BY n.`year`, n.seq", []any{code}, func(scan func(...any)) {
		var year, seq int
		var state string
		scan(&year, &seq, &state)
		if states == "" || slices.Contains(strings.Fields(states), state) {
			out = append(out, fmt.Sprintf("%s%d-%03d", code, year, seq))
		}
	})
	return out
}

// talkNumbers are those of a community's open talks.
func (b *books) talkNumbers(code string) (out []string) {
	b.each("SELECT k.number FROM talks k JOIN communities c ON c.id = k.community_id WHERE c.code = ? AND k.state <> 3 ORDER BY k.state, k.number", []any{code}, func(scan func(...any)) {
		var n int
		scan(&n)
		out = append(out, fmt.Sprint(n))
	})
	return out
}

// digested are the tables whose rows count as the truth, and which rows of them are a community's. What a
// session is and when somebody was in touch is no part of it.
var digested = map[string]string{
	"needs": "community_id = ?", "talks": "community_id = ?", "rounds": "community_id = ?", "merges": "community_id = ?", "reviews": "community_id = ?",
	"desks": "community_id = ?", "handovers": "community_id = ?", "counters": "community_id = ?", "grants": "community_id = ?", "invitations": "community_id = ?",
	"audits": "community_id = ?", "claims": "community_id = ?", "persons": "community_id = ?", "pushes": "community_id = ?",
	"additions": inNeeds, "endorsements": inNeeds, "backers": inNeeds, "questions": inNeeds, "appeals": inNeeds, "pleas": inNeeds, "reports": inNeeds,
	"talk_lines": "talk_id IN (SELECT id FROM talks WHERE community_id = ?)", "round_stages": inRounds, "listings": inRounds,
	"communities": "id = ?", "identities": "person_id IN (SELECT id FROM persons WHERE community_id = ?)",
	"runs": "", "timers": "", "media": "", "links": "", "optouts": "", "deliveries": "", "talk_ends": "", "staff": "", "former_identities": "",
}

const (
	inNeeds  = "need_id IN (SELECT id FROM needs WHERE community_id = ?)"
	inRounds = "round_id IN (SELECT id FROM rounds WHERE community_id = ?)"
)

// digest is a sum of each table, of all rows or of one community's.
func (b *books) digest(code string) string {
	var id int64
	if code != "" {
		id = b.count("SELECT id FROM communities WHERE code = ?", code)
	}
	var out []string
	for table, where := range digested {
		switch {
		case code == "":
			out = append(out, table+"="+b.sum("SELECT * FROM "+table))
		case where != "":
			out = append(out, table+"="+b.sum("SELECT * FROM "+table+" WHERE "+where, id))
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func (b *books) sum(query string, args ...any) string {
	rows, err := b.pool.QueryContext(b.t.Context(), query, args...)
	if err != nil {
		b.t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		b.t.Fatal(err)
	}
	values, into := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	var total uint64
	n := 0
	for ; rows.Next(); n++ {
		if err := rows.Scan(into...); err != nil {
			b.t.Fatal(err)
		}
		h := fnv.New64a()
		for _, v := range values {
			_, _ = h.Write(v) // never fails
			_, _ = h.Write([]byte{0})
		}
		total += h.Sum64() // in whatever order
	}
	if err := rows.Err(); err != nil {
		b.t.Fatal(err)
	}
	return fmt.Sprintf("%d:%x", n, total)
}

// differ names the tables that differ.
func differ(before, after string) string {
	was := strings.Fields(before)
	var out []string
	for s := range strings.FieldsSeq(after) {
		if !slices.Contains(was, s) {
			out = append(out, s)
		}
	}
	return strings.Join(out, ", ")
}
