//go:build unix

package fault_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"yishi/bot/wechat/platform"
	"yishi/flows/civic"
)

// finding is one thing that must not be.
type finding struct{ kind, what string }

// The kinds of findings.
const (
	kindNoRow      = "a claim without its row"
	kindWrongRow   = "a claim whose row is another's"
	kindDoubled    = "one need with two rows"
	kindHole       = "numbers with a hole"
	kindRunDoubled = "a run with two rows"
	kindNoRun      = "a need that no run has made"
)

// needKept is a row of the needs.
type needKept struct{ account, text string }

// audit compares what residents were told with the tables. A claim without a text is one of
// any need of its account.
func audit(ctx context.Context, db *sql.DB, claims []platform.Claim) ([]finding, error) {
	needs, err := readNeeds(ctx, db)
	if err != nil {
		return nil, err
	}
	var found []finding
	for _, c := range claims {
		n, ok := needs[c.Number]
		switch {
		case !ok:
			found = append(found, finding{kindNoRow, c.Number + " of " + c.Openid})
		case !c.Endorse && (n.account != c.Openid || c.Text != "" && n.text != c.Text):
			found = append(found, finding{kindWrongRow, c.Number + " was told " + c.Openid + ", is " + n.account + "'s: " + n.text + ", not " + c.Text})
		}
	}
	made, err := readReceipts(ctx, db)
	if err != nil {
		return nil, err
	}
	for number := range needs {
		if made[number] != 1 {
			found = append(found, finding{kindNoRun, fmt.Sprintf("%s: %d runs", number, made[number])})
		}
	}
	for _, q := range []struct{ kind, query string }{
		{kindDoubled, "SELECT CONCAT(COUNT(*), ' times ', MIN(account), ' ', text) FROM needs GROUP BY text HAVING COUNT(*) > 1"},
		{kindHole, "SELECT CONCAT(community_id, '/', `year`, ': ', COUNT(*), ' needs from ', MIN(seq), ' to ', MAX(seq)) " +
			"FROM needs GROUP BY community_id, `year` HAVING MIN(seq) <> 1 OR MAX(seq) <> COUNT(*) OR COUNT(DISTINCT seq) <> COUNT(*)"},
		{kindHole, "SELECT CONCAT(c.community_id, '/', c.`year`, ': next is ', c.`next`) FROM counters c " +
			"WHERE c.`next` <> 1 + (SELECT COUNT(*) FROM needs n WHERE n.community_id = c.community_id AND n.`year` = c.`year`)"},
		{kindRunDoubled, "SELECT CONCAT(run, '/', n) FROM runs GROUP BY run, n HAVING COUNT(*) > 1"},
		{kindRunDoubled, "SELECT CONCAT('message ', msg_key) FROM runs WHERE msg_key IS NOT NULL GROUP BY msg_key HAVING COUNT(*) > 1"},
	} {
		rows, err := strs(ctx, db, q.query)
		if err != nil {
			return nil, err
		}
		for _, what := range rows {
			found = append(found, finding{q.kind, what})
		}
	}
	return found, nil
}

// readNeeds reads all needs by their public numbers.
func readNeeds(ctx context.Context, db *sql.DB) (map[string]needKept, error) {
	rows, err := db.QueryContext(ctx, "SELECT c.code, n.`year`, n.seq, n.account, n.text FROM needs n JOIN communities c ON c.id = n.community_id")
	if err != nil {
		return nil, fmt.Errorf("read needs: %w", err)
	}
	defer func() { _ = rows.Close() }()
	needs := map[string]needKept{}
	for rows.Next() {
		var n civic.Number
		var kept needKept
		if err := rows.Scan(&n.Code, &n.Year, &n.Seq, &kept.account, &kept.text); err != nil {
			return nil, fmt.Errorf("read need: %w", err)
		}
		needs[n.String()] = kept
	}
	return needs, rows.Err()
}

// readReceipts counts the runs whose end gave each number.
func readReceipts(ctx context.Context, db *sql.DB) (map[string]int, error) {
	all, err := strs(ctx, db, "SELECT receipt FROM runs WHERE state = 'committed' AND final = 1")
	if err != nil {
		return nil, err
	}
	made := map[string]int{}
	for _, text := range all {
		var r civic.Receipt
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			return nil, fmt.Errorf("read receipt: %w", err)
		}
		if r.Number != "" {
			made[r.Number]++
		}
	}
	return made, nil
}

func strs(ctx context.Context, db *sql.DB, query string) ([]string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		all = append(all, strings.ToValidUTF8(s, "?"))
	}
	return all, rows.Err()
}
