package chat_test

import (
	"regexp"
	"slices"
)

// Where the database may hold what somebody wrote or is called, and where accounts. Nothing else may:
// no receipt, no audit row, no key of a timer or push.
var (
	wordsStandIn = []string{
		"needs.text", "needs.place", "needs.reason", "needs.duty", "needs.public_reason", "additions.text", "questions.text", "questions.answer",
		"pleas.text", "appeals.text", "listings.note", "pushes.args", "timers.args", "links.title",
		"communities.code", "communities.name", "communities.hours", "communities.settings", "estates.name", "buildings.name", "grids.name", "rounds.name",
	}
	accountsStandIn = []string{
		"accounts.openid", "moves.account", "needs.account", "endorsements.account", "media.account", "audiences.account", "deliveries.account", "deliveries.person",
		"optouts.account", "consents.account", "identities.account", "staff.account", "links.account", "invite_tries.account", "claims.account", "claims.by_account", "claims.open_key",
		"reports.account", "pleas.account", "appeals.account", "talks.account", "talks.live", "timers.account", "pushes.walked_to",
	}
	aNumber  = regexp.MustCompile(`[钮葑]\d{4}-\d{3,}`) // of a need, which is public
	written  = regexp.MustCompile(`\p{Han}`)
	anOpenid = regexp.MustCompile(`\bo(?:Jia|Yi|Bing|BingToo|Ding|Luren|Guoke|Grid|Boss|BossToo|Far|Walker\d+)\b`)
)

// checkColumns looks through the whole database for words and accounts. What is sealed, and sessions,
// are no text.
func (w *staffWalk) checkColumns() {
	for _, table := range w.all("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'sessions'") {
		for _, column := range w.all("SELECT name FROM pragma_table_info(?) WHERE type NOT LIKE '%INT%' AND type NOT LIKE '%BLOB%'", table[0]) {
			name := table[0] + "." + column[0]
			for _, v := range w.all("SELECT DISTINCT COALESCE(" + column[0] + ", '') FROM " + table[0]) {
				if written.MatchString(aNumber.ReplaceAllString(v[0], "")) && !slices.Contains(wordsStandIn, name) {
					w.t.Errorf("%s holds words: %q", name, v[0])
				}
				if anOpenid.MatchString(v[0]) && !slices.Contains(accountsStandIn, name) {
					w.t.Errorf("%s holds an account: %q", name, v[0])
				}
			}
		}
	}
}
