package chat_test

import (
	"fmt"
	"maps"
	"slices"
)

// check asks the tables whether what must hold at any moment does.
func (w *council) check() {
	w.checkHeat()
	w.checkTalks()
	w.checkQueues()
	w.notary.resident = false
}

// backing is one endorsement.
type backing struct {
	account string
	person  int64
}

// checkHeat counts anew who stands behind what goes on: verified persons, each once, and apart from them
// the accounts that are nobody's. Whoever raised a need that goes on in another stands behind that one. Its
// own author does not count.
func (w *council) checkHeat() {
	needs, links := w.books.needs(), w.books.links()
	backings := map[int64][]backing{}
	gone := map[string]bool{}
	w.books.each("SELECT openid FROM accounts WHERE following = 0 UNION SELECT account FROM claims WHERE frozen = 1 AND state = 'waits'", nil, func(scan func(...any)) {
		var a string
		scan(&a)
		gone[a] = true
	})
	w.books.each("SELECT need_id, account, person_id FROM endorsements", nil, func(scan func(...any)) {
		var id int64
		var b backing
		scan(&id, &b.account, &b.person)
		backings[id] = append(backings[id], b)
		w.checkWho(links, gone, needs[id], b.account, b.person, "an endorsement")
	})
	backers := map[int64][]int64{}
	w.books.each("SELECT need_id, person_id FROM backers ORDER BY person_id", nil, func(scan func(...any)) {
		var id, p int64
		scan(&id, &p)
		backers[id] = append(backers[id], p)
	})
	persons, accounts := map[int64]map[int64]bool{}, map[int64]map[string]bool{}
	for id, n := range needs {
		if n.account != "" {
			w.checkWho(links, gone, n, n.account, n.person, "a need")
		}
		head := n
		for range needs {
			if head.into != 0 {
				head = needs[head.into]
			}
		}
		if (n.state == "merged") != (n.into != 0) || head.into != 0 || head.community != n.community {
			w.t.Errorf("need %d is %s and goes on in %d", id, n.state, n.into)
		}
		if persons[head.id] == nil {
			persons[head.id], accounts[head.id] = map[int64]bool{}, map[string]bool{}
		}
		all := backings[id]
		if head.id != id {
			all = append(slices.Clone(all), backing{n.account, n.person})
		}
		for _, b := range all {
			switch {
			case b.person != 0 && b.person != head.person:
				persons[head.id][b.person] = true
			case b.person == 0 && b.account != head.account:
				accounts[head.id][b.account] = true
			}
		}
	}
	for id, n := range needs {
		if n.into != 0 {
			continue
		}
		want := slices.Sorted(maps.Keys(persons[id]))
		if n.heat != int64(len(want)) || n.others != int64(len(accounts[id])) {
			w.t.Errorf("need %d of year %d seq %d says %d+%d, counted %d+%d", id, n.year, n.seq, n.heat, n.others, len(want), len(accounts[id]))
		}
		if !slices.Equal(want, backers[id]) {
			w.t.Errorf("need %d has backers %v, counted %v", id, backers[id], want)
		}
	}
}

// checkWho compares whose a row is with who the account is now. Of those who left, or whose claim
// is in dispute, rows stay as they were.
func (w *council) checkWho(links map[string]linkBook, gone map[string]bool, n needBook, account string, person int64, what string) {
	l, known := links[account]
	if gone[account] {
		return
	}
	if known && l.community == n.community && person != l.person || !known && person != 0 {
		w.t.Errorf("%s of %s upon %d is person %d's, and the account person %d's", what, account, n.id, person, l.person)
	}
}

// talkBook is a row of talks.
type talkBook struct {
	id, community, number, state, staff, seq, said, answered, unread, waits, closed int64
	account, live                                                                   string
}

// checkTalks: an account has one open talk, whose lines are its own and add up, and whoever has it may.
func (w *council) checkTalks() {
	live, numbers := map[string]bool{}, map[string]bool{}
	lines := map[int64][6]int64{} // by side, the sum first, the highest number last
	w.books.each("SELECT talk_id, seq, side FROM talk_lines", nil, func(scan func(...any)) {
		var id, seq, side int64
		scan(&id, &seq, &side)
		c := lines[id]
		c[0]++
		c[side]++
		c[5] = max(c[5], seq)
		lines[id] = c
	})
	w.books.each("SELECT id, community_id, number, state, staff_id, seq, said, answered, unread, waits_ms, closed_ms, account, COALESCE(live, '') FROM talks", nil, func(scan func(...any)) {
		var k talkBook
		scan(&k.id, &k.community, &k.number, &k.state, &k.staff, &k.seq, &k.said, &k.answered, &k.unread, &k.waits, &k.closed, &k.account, &k.live)
		open := k.state != 3
		c := lines[k.id]
		delete(lines, k.id)
		no := fmt.Sprint(k.community, "/", k.number)
		switch {
		case open != (k.closed == 0) || open != (k.live != "") || open && k.live != k.account:
			w.t.Errorf("a talk is open or not: %+v", k)
		case open && (live[k.account] || numbers[no]):
			w.t.Errorf("another talk of the account, or of that number, is open: %+v", k)
		case k.account == "" && c[0] != 0:
			w.t.Errorf("of a talk that was swept lines are left: %+v", k)
		case k.account != "" && (c[0] != k.seq || c[5] != k.seq || c[1] != k.said || c[2] != k.answered):
			w.t.Errorf("lines %v do not add up: %+v", c, k)
		case k.unread > k.said || (k.waits != 0) && !open || k.state == 1 && k.staff != 0 || k.state == 2 && k.staff == 0:
			w.t.Errorf("a talk that cannot be: %+v", k)
		}
		if open {
			live[k.account], numbers[no] = true, true
		}
		if k.state == 2 && w.books.count("SELECT COUNT(*) FROM grants WHERE staff_id = ? AND community_id = ? AND revoked_ms = 0", k.staff, k.community) == 0 {
			w.t.Errorf("a talk is with somebody who may not talk: %+v", k)
		}
	})
	for id, c := range lines {
		w.t.Errorf("%d lines of talk %d, which is not there", c[0], id)
	}
}

// never are counts that are always zero.
var never = map[string]string{
	"told twice of one purpose":                "SELECT COUNT(*) FROM (SELECT person FROM deliveries GROUP BY person, purpose_key HAVING COUNT(*) > 1) x",
	"a question is open and not waited for":    "SELECT COUNT(*) FROM questions q JOIN needs n ON n.id = q.need_id WHERE q.state = 'open' AND n.asked_ms = 0",
	"waited for without an open question":      "SELECT COUNT(*) FROM needs n WHERE n.asked_ms <> 0 AND (SELECT COUNT(*) FROM questions q WHERE q.need_id = n.id AND q.state = 'open') <> 1",
	"waited for and decided":                   "SELECT COUNT(*) FROM needs WHERE asked_ms <> 0 AND state NOT IN ('raised', 'appealed')",
	"declining without its timer":              "SELECT COUNT(*) FROM needs n WHERE n.state = 'declining' AND NOT EXISTS (SELECT 1 FROM timers t WHERE t.kind = 'decline' AND t.id = 'decline-' || n.id)",
	"asked without its timer":                  "SELECT COUNT(*) FROM needs n WHERE n.asked_ms <> 0 AND NOT EXISTS (SELECT 1 FROM timers t WHERE t.kind = 'ask' AND t.id = 'ask-' || n.id)",
	"reports nobody looks at":                  "SELECT COUNT(*) FROM reports r WHERE r.settled_ms = 0 AND NOT EXISTS (SELECT 1 FROM reviews v WHERE v.need_id = r.need_id AND v.kind = 'report')",
	"a look at reports that are settled":       "SELECT COUNT(*) FROM reviews v WHERE v.kind = 'report' AND NOT EXISTS (SELECT 1 FROM reports r WHERE r.need_id = v.need_id AND r.settled_ms = 0)",
	"an objection to a merge that is undone":   "SELECT COUNT(*) FROM reviews v JOIN needs n ON n.id = v.need_id WHERE v.kind = 'objection' AND n.merged_into = 0",
	"an appeal against what is public":         "SELECT COUNT(*) FROM reviews v JOIN needs n ON n.id = v.need_id WHERE v.kind = 'appeal' AND n.taken_down = 0",
	"a review of another community":            "SELECT COUNT(*) FROM reviews v JOIN needs n ON n.id = v.need_id WHERE v.community_id <> n.community_id",
	"hidden or taken down, and released":       "SELECT COUNT(*) FROM needs WHERE released = 1 AND (hidden_ms <> 0 OR taken_down = 1)",
	"hidden without anybody to look":           "SELECT COUNT(*) FROM needs n WHERE n.hidden_ms <> 0 AND NOT EXISTS (SELECT 1 FROM reviews v WHERE v.need_id = n.id AND v.kind = 'report')",
	"merged without the record of it":          "SELECT COUNT(*) FROM needs n WHERE n.merged_into <> 0 AND (SELECT COUNT(*) FROM merges m WHERE m.source_id = n.id AND m.undone_ms = 0 AND m.target_id = n.merged_into) <> 1",
	"a merge holds of what is not merged":      "SELECT COUNT(*) FROM merges m JOIN needs n ON n.id = m.source_id WHERE m.undone_ms = 0 AND n.merged_into = 0",
	"an appeal in hand that is decided":        "SELECT COUNT(*) FROM appeals a JOIN needs n ON n.id = a.need_id WHERE (a.decided_ms = 0) <> (n.state = 'appealed') AND n.state <> 'withdrawn'",
	"numbers with holes":                       "SELECT COUNT(*) FROM (SELECT community_id, `year`, COUNT(*) AS n, MAX(seq) AS m FROM needs GROUP BY community_id, `year`) x WHERE n <> m",
	"two rounds in front":                      "SELECT COUNT(*) FROM rounds WHERE front_of IS NOT NULL AND (front_of <> community_id OR stage > 4 OR closed_ms <> 0)",
	"a need in a round of another community":   "SELECT COUNT(*) FROM needs n JOIN rounds r ON r.id = n.round_id WHERE r.community_id <> n.community_id",
	"somebody's own words endorsed":            "SELECT COUNT(*) FROM endorsements e JOIN needs n ON n.id = e.need_id WHERE e.account = n.account",
	"a grant given twice":                      "SELECT COUNT(*) FROM (SELECT staff_id FROM grants WHERE revoked_ms = 0 GROUP BY staff_id, role, community_id, over_id HAVING COUNT(*) > 1) x",
	"a hand-over to oneself, or two from one":  "SELECT COUNT(*) FROM (SELECT from_id FROM handovers WHERE back_ms = 0 GROUP BY from_id, community_id HAVING COUNT(*) > 1) x",
	"more accounts of a person than allowed":   "SELECT COUNT(*) FROM identities i JOIN persons p ON p.id = i.person_id WHERE p.left_ms <> 0",
	"a push that counts more than its people":  "SELECT COUNT(*) FROM pushes p WHERE p.expanded = 1 AND p.folded = 0 AND (SELECT COUNT(*) FROM deliveries d WHERE d.push_id = p.id) > p.audience",
	"a photo or voice of somebody else's need": "SELECT COUNT(*) FROM media m JOIN needs n ON n.id = m.need_id WHERE m.account <> n.account AND n.raised_by = 0",
}

func (w *council) checkQueues() {
	for what, query := range never {
		if n := w.books.count(query); n != 0 {
			w.t.Errorf("%s: %d", what, n)
		}
	}
}
