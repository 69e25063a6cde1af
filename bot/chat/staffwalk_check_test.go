package chat_test

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"yishi/flows/civic"
)

// all reads rows of texts from the tables.
func (w *staffWalk) all(query string, args ...any) [][]string {
	rows, err := w.raw.QueryContext(w.t.Context(), query, args...)
	if err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		w.t.Fatal(err)
	}
	var out [][]string
	for rows.Next() {
		row := make([]string, len(names))
		into := make([]any, len(names))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			w.t.Fatalf("%s: %v", query, err)
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	return out
}

// check looks at all that must hold at any time.
func (w *staffWalk) check() {
	w.checkStates()
	if w.step%10 == 0 {
		w.checkHeat()
		w.checkAudits()
		w.checkTalks()
		w.checkDeclines()
	}
}

// checkHeat counts anew who stands behind each need that goes on.
func (w *staffWalk) checkHeat() {
	type need struct {
		account, person, into string
		heat, others          int
	}
	needs := map[string]need{}
	for _, r := range w.all("SELECT id, account, person_id, merged_into, heat, others FROM needs") {
		heat, _ := strconv.Atoi(r[4]) // numbers of the table
		others, _ := strconv.Atoi(r[5])
		needs[r[0]] = need{r[1], r[2], r[3], heat, others}
	}
	head := func(id string) string {
		for range len(needs) {
			if into := needs[id].into; into != "0" {
				id = into
			}
		}
		return id
	}
	persons, accounts := map[string]map[string]bool{}, map[string]map[string]bool{}
	for id := range needs {
		persons[id], accounts[id] = map[string]bool{}, map[string]bool{}
	}
	stand := func(of, account, person string) {
		if person != "0" {
			persons[of][person] = true
		} else {
			accounts[of][account] = true
		}
	}
	for _, r := range w.all("SELECT need_id, account, person_id FROM endorsements") {
		stand(head(r[0]), r[1], r[2])
	}
	for id, n := range needs {
		if h := head(id); h != id {
			if n.account == "" {
				n.account = "nobody of " + id
			}
			stand(h, n.account, n.person)
		}
	}
	for id, n := range needs {
		if n.into != "0" {
			continue
		}
		delete(persons[id], n.person)
		delete(accounts[id], n.account)
		if n.heat != len(persons[id]) || n.others != len(accounts[id]) {
			w.t.Errorf("need %s says %d and %d stand behind it, counted %d and %d", id, n.heat, n.others, len(persons[id]), len(accounts[id]))
		}
	}
}

// checkStates sees that needs move only as civic says.
func (w *staffWalk) checkStates() {
	for _, r := range w.all("SELECT id, state FROM needs") {
		id, _ := strconv.ParseInt(r[0], 10, 64)
		was, known := w.states[id]
		w.states[id] = r[1]
		if !known || was == r[1] || civic.CanMove(civic.NeedState(was), civic.NeedState(r[1])) {
			continue
		}
		// A timer may have moved it once more in the same step.
		if !slices.ContainsFunc(civic.NeedStates(), func(s civic.NeedState) bool {
			return civic.CanMove(civic.NeedState(was), s) && civic.CanMove(s, civic.NeedState(r[1]))
		}) {
			w.t.Errorf("need %d went from %s to %s", id, was, r[1])
		}
	}
}

// checkAudits: each deed of staff is one row, and who holds no office does nothing.
func (w *staffWalk) checkAudits() {
	deeds := 0
	for _, n := range w.deeds {
		deeds += n
	}
	if rows := w.one("SELECT COUNT(*) FROM audits WHERE staff_id <> 0"); rows != fmt.Sprint(deeds) {
		w.t.Errorf("%d deeds of staff and %s rows in the audit log: %v", deeds, rows, w.deeds)
	}
	for staff, last := range w.lost {
		if n := w.one("SELECT COUNT(*) FROM audits WHERE staff_id = ? AND at_ms > ?", staff, last); n != "0" {
			w.t.Errorf("%s deeds of somebody whose office was taken away", n)
		}
	}
	if n := w.one("SELECT COUNT(*) FROM audits a JOIN staff s ON s.id = a.staff_id WHERE s.account = 'oFar' AND a.community_id = ?", int64(w.here.ID)); n != "0" {
		w.t.Errorf("%s deeds by staff of another community", n)
	}
	if n := w.one("SELECT COUNT(*) FROM audits a JOIN staff s ON s.id = a.staff_id WHERE s.account NOT IN ('oGrid', 'oBoss', 'oBossToo', 'oFar')"); n != "0" {
		w.t.Errorf("%s deeds by residents", n)
	}
}

// checkTalks: an account has one open talk at most, and nobody has a talk who is none of the staff.
func (w *staffWalk) checkTalks() {
	for _, r := range w.all("SELECT account, COUNT(*) FROM talks WHERE closed_ms = 0 GROUP BY account HAVING COUNT(*) > 1") {
		w.t.Errorf("%s has %s open talks", r[0], r[1])
	}
	if n := w.one("SELECT COUNT(*) FROM talk_lines l LEFT JOIN talks k ON k.id = l.talk_id WHERE k.id IS NULL"); n != "0" {
		w.t.Errorf("%s lines of no talk", n)
	}
	if n := w.one("SELECT COUNT(*) FROM talks WHERE closed_ms = 0 AND staff_id <> 0 AND staff_id NOT IN (SELECT id FROM staff)"); n != "0" {
		w.t.Errorf("%s talks are with nobody", n)
	}
}

// checkDeclines: nothing is declined for good on the day on which one of the staff alone said so.
func (w *staffWalk) checkDeclines() {
	for _, r := range w.all("SELECT id, decided_ms FROM needs WHERE state = 'declined' AND last_word = 0") {
		proposed := w.all("SELECT staff_id, at_ms FROM audits WHERE object = ? AND what = 'decline' ORDER BY at_ms DESC LIMIT 1", "need:"+r[0])
		if len(proposed) == 0 {
			w.t.Errorf("need %s is declined, and nobody proposed it", r[0])
			continue
		}
		confirmed := w.one("SELECT COUNT(*) FROM audits WHERE object = ? AND what = 'confirm' AND staff_id <> ? AND at_ms >= ?", "need:"+r[0], proposed[0][0], proposed[0][1])
		if confirmed == "0" && w.day(proposed[0][1]) == w.day(r[1]) {
			w.t.Errorf("need %s was declined by one of the staff within a day", r[0])
		}
	}
}

func (w *staffWalk) day(millis string) string {
	n, err := strconv.ParseInt(millis, 10, 64)
	if err != nil {
		w.t.Fatal(err)
	}
	return time.UnixMilli(n).In(shanghai).Format(time.DateOnly)
}

// tally says what the walk came to, so that one that did nothing is seen.
func (w *staffWalk) tally() {
	did := map[string]string{}
	for _, r := range w.all("SELECT what, COUNT(*) FROM audits WHERE staff_id <> 0 GROUP BY what") {
		did[r[0]] = r[1]
	}
	states := map[string]int{}
	for _, s := range w.states {
		states[s]++
	}
	w.t.Logf("deeds of staff: %v; needs: %v; endorsements: %s; talks: %s; told: %s", did, states,
		w.one("SELECT COUNT(*) FROM endorsements"), w.one("SELECT COUNT(*) FROM talks"), w.one("SELECT COUNT(*) FROM deliveries"))
	if w.step > 2000 && (len(did) < 4 || len(states) < 2) {
		w.t.Errorf("the staff did next to nothing: %v, %v", did, states)
	}
}
