package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"yishi/flows/civic"
)

// raise is a need about to be written.
type raise struct {
	effect    civic.RaiseNeed
	community civic.Community
	zone      *time.Location // where its year turns
	assisted  bool           // by staff for somebody else
	id        *int64         // of the need once it is written
}

// planRaise checks what does not need a transaction.
func (db *DB) planRaise(ctx context.Context, t *turn, e civic.RaiseNeed) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	var err error
	if e.Text, err = fit(e.Text, textMost); err != nil {
		return err
	}
	if e.Place.Text, err = fit(e.Place.Text, placeMost); err != nil {
		return err
	}
	if strings.TrimSpace(e.Text) == "" {
		return refuse("需求内容是空的，请说说您的需求。")
	}
	if !slices.Contains(civic.Categories(), e.Category) {
		e.Category = civic.Unsure
	}
	for _, id := range append(slices.Clone(e.Photos), e.VoiceID) {
		if !token(id, 160) {
			return fmt.Errorf("raise need: media id is not at most 160 ASCII characters")
		}
	}
	k, err := db.places.known(ctx, db)
	if err != nil {
		return fmt.Errorf("raise need: %w", err)
	}
	c, ok := k.communities[e.Community]
	if !ok {
		return refuse("还不知道您在哪个社区，请先告诉我您住的小区。")
	}
	t.plan.raise = append(t.plan.raise, raise{effect: e, community: c, zone: k.zone(c.ID, db.loc), id: new(int64)})
	return nil
}

// counter is the row that numbers the need: its community's, of the year there.
func (r raise) counter(now time.Time) counterRow {
	return counterRow{CommunityID: int64(r.community.ID), Year: now.In(r.zone).Year()}
}

// raiseNeeds gives numbers and writes the needs of all turns.
func (b *batch) raiseNeeds(turns []*turn) error {
	wanted := map[counterRow]int{}
	for _, t := range turns {
		for _, r := range t.plan.raise {
			wanted[r.counter(b.now)]++
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	next, err := b.reserve(wanted)
	if err != nil {
		return err
	}
	fronts, err := b.fronts(wanted)
	if err != nil {
		return err
	}
	var accounts []string
	for _, t := range turns {
		for _, r := range t.plan.raise {
			accounts = append(accounts, string(r.effect.Account))
		}
	}
	known, err := b.estates(accounts)
	if err != nil {
		return err
	}
	var rows []needRow
	for _, t := range turns {
		for _, r := range t.plan.raise {
			at := r.counter(b.now)
			row := r.row(at.Year, next[at], ms(b.now))
			row.Cycle.EstateID = t.estate(r, known)
			next[at]++
			row.Cycle.RoundID, t.receipt.Later = fronts[row.CommunityID].take()
			rows = append(rows, row)
			t.receipt.Number = civic.Number{Code: r.community.Code, Year: row.Year, Seq: row.Seq}.String()
			t.raised(r, row.ID)
		}
	}
	if err := b.tx.Create(&rows).Error; err != nil {
		return fmt.Errorf("insert needs: %w", clean(err))
	}
	return b.authored(turns, rows)
}

func (r raise) row(year, seq int, now int64) needRow {
	e := r.effect
	author := string(e.Account)
	if r.assisted {
		author = ""
	}
	*r.id = newID()
	return needRow{
		ID: *r.id, CommunityID: int64(r.community.ID), Year: year, Seq: seq, Account: author,
		Category: string(e.Category), Text: e.Text, Place: e.Place.Text, Lat: e.Place.Lat, Lng: e.Place.Lng,
		Located: e.Place.Located, Urgent: e.Urgent, State: string(civic.NeedRaised), RaisedMS: now, UpdatedMS: now,
		Cycle: needCycle{WaitingMS: now}, Public: needPublic{Danger: civic.Dangerous(e.Text)},
	}
}

// reserve moves each counter once for all of the batch and returns its first free number.
// The rows stay locked until COMMIT; a rollback gives the numbers back.
func (b *batch) reserve(wanted map[counterRow]int) (map[counterRow]int, error) {
	keys := make([]counterRow, 0, len(wanted))
	for k := range wanted {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(x, y counterRow) int {
		return cmp.Or(cmp.Compare(x.CommunityID, y.CommunityID), cmp.Compare(x.Year, y.Year))
	})
	var rows, where []string
	var values, which []any
	for _, k := range keys {
		rows, values = append(rows, "(?, ?, ?)"), append(values, k.CommunityID, k.Year, wanted[k]+1)
		where, which = append(where, "community_id = ? AND `year` = ?"), append(which, k.CommunityID, k.Year)
	}
	d := b.db.dia
	err := b.tx.Exec("INSERT INTO counters (community_id, `year`, `next`) VALUES "+strings.Join(rows, ", ")+
		d.conflict("community_id, `year`")+"`next` = counters.`next` + "+d.incoming("`next`")+" - 1", values...).Error
	if err != nil {
		return nil, fmt.Errorf("move counters: %w", clean(err))
	}
	var after []counterRow
	if err := b.tx.Where(strings.Join(where, " OR "), which...).Find(&after).Error; err != nil {
		return nil, fmt.Errorf("read counters: %w", clean(err))
	}
	next := make(map[counterRow]int, len(after))
	for _, r := range after {
		k := counterRow{CommunityID: r.CommunityID, Year: r.Year}
		next[k] = r.Next - wanted[k]
	}
	return next, nil
}

// lockNeed reads a need and, where rows can be locked, keeps it until COMMIT.
func (b *batch) lockNeed(id civic.NeedID) (needRow, error) {
	var row needRow
	res := b.tx.Raw("SELECT * FROM needs WHERE id = ?"+b.db.dia.forUpdate(), int64(id)).Scan(&row)
	if res.Error != nil {
		return row, fmt.Errorf("read need: %w", clean(res.Error))
	}
	if res.RowsAffected == 0 {
		return row, refuse("没有找到这条需求。")
	}
	return row, nil
}

// number is a row's public number.
func (b *batch) number(row needRow) (string, error) {
	n := civic.Number{Year: row.Year, Seq: row.Seq}
	if k := b.db.places.now.Load(); k != nil {
		n.Code = k.communities[civic.CommunityID(row.CommunityID)].Code
	}
	if n.Code == "" { // younger than what is known, or nothing is
		if err := b.tx.Raw("SELECT code FROM communities WHERE id = ?", row.CommunityID).Scan(&n.Code).Error; err != nil {
			return "", fmt.Errorf("read code: %w", clean(err))
		}
	}
	return n.String(), nil
}

// planWithdraw ends an own need.
func (t *turn) planWithdraw(e civic.WithdrawNeed) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	t.plan.steps = append(t.plan.steps, step{int64(e.Need), func(b *batch, t *turn) error { return b.withdraw(t, e) }})
	return nil
}

func (b *batch) withdraw(t *turn, e civic.WithdrawNeed) error {
	row, err := b.lockNeed(e.Need)
	switch {
	case err != nil:
		return err
	case row.Account != string(e.Account):
		return refuse("这不是您提的需求，不能撤回。")
	case row.State == string(civic.NeedDeclined):
		return refuse("这条需求已经答复，不用撤回了。")
	case row.State == string(civic.NeedMerged):
		return refuse("这件已经和别的合在一起办，不能单独撤回。要是不是一回事，回“不是一回事”加它的编号。")
	}
	if t.receipt.Number, err = b.number(row); err != nil {
		return err
	}
	if row.State == string(civic.NeedWithdrawn) {
		return nil
	}
	if err := b.during(row.Cycle.RoundID, civic.DoWithdraw); err != nil {
		return err
	}
	all, err := b.group(row)
	if err != nil {
		return err
	}
	if len(all) > 1 {
		return refuse("这件里合了邻居提的需求，一起在办，不能单独撤回。情况有变，回“补充”加它的编号。")
	}
	if _, err := b.cancel(civic.DeclineTimerID(e.Need), 0); err != nil {
		return err
	}
	return b.advance(row, civic.NeedWithdrawn, map[string]any{})
}

// additionsMost is how often an author may add a word to one need.
const additionsMost = 10

// planAdd appends a word to an own need.
func (t *turn) planAdd(e civic.AddToNeed) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	text, err := fit(e.Text, additionMost)
	if err != nil {
		return err
	}
	if strings.TrimSpace(text) == "" {
		return refuse("补充内容是空的，请说说要补充什么。")
	}
	t.plan.steps = append(t.plan.steps, step{int64(e.Need), func(b *batch, t *turn) error {
		return b.add(t, e, text)
	}})
	return nil
}

// addsFreely says whether a word added to the need is public at once: where its verified author's
// needs are, and this one is.
func (b *batch) addsFreely(row needRow) (bool, error) {
	if !row.Released {
		return false, nil
	}
	who, err := b.identities([]string{row.Account})
	if err != nil || who[row.Account].in(row.CommunityID).PersonID == 0 {
		return false, err
	}
	return b.atOnce(row.CommunityID)
}

func (b *batch) add(t *turn, e civic.AddToNeed, text string) error {
	row, err := b.lockNeed(e.Need)
	switch {
	case err != nil:
		return err
	case row.Account != string(e.Account):
		return refuse("这不是您提的需求，不能补充。")
	case row.State == string(civic.NeedWithdrawn):
		return refuse("这条需求已经撤回，不能再补充。")
	}
	var have struct {
		Count int
		Last  int64
	}
	err = b.tx.Raw("SELECT COUNT(*) AS count, COALESCE(MAX(at_ms), 0) AS last FROM additions WHERE need_id = ?", row.ID).Scan(&have).Error
	if err != nil {
		return fmt.Errorf("count additions: %w", clean(err))
	}
	if have.Count >= additionsMost {
		return refuse(fmt.Sprintf("这条需求已经补充了%d次，还有情况请直接告诉网格员。", additionsMost))
	}
	when := max(ms(b.now), have.Last+1) // they are read in this order
	free, err := b.addsFreely(row)
	if err != nil {
		return err
	}
	err = b.tx.Create(&additionRow{ID: newID(), NeedID: row.ID, Text: text, AtMS: when, Released: free}).Error
	if err != nil {
		return fmt.Errorf("insert addition: %w", clean(err))
	}
	if t.receipt.Public = free; !free {
		if err := b.ask(row, civic.ReviewRelease); err != nil {
			return err
		}
	}
	if err := b.tx.Exec("UPDATE needs SET updated_ms = ? WHERE id = ?", ms(b.now), row.ID).Error; err != nil {
		return fmt.Errorf("mark need: %w", clean(err))
	}
	t.receipt.Number, err = b.number(row)
	return err
}
