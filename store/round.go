package store

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// front is the round of a community in which needs are raised and weighed, and its stage.
type front struct {
	id    int64
	stage civic.Stage
}

// take is the round that a need raised now is part of, or the stage in which it came too late.
func (f front) take() (round int64, later civic.Stage) {
	if civic.During(f.stage, civic.DoRaise) {
		return f.id, civic.NoStage
	}
	return 0, f.stage
}

// fronts reads the front rounds of the communities in which needs are numbered, and keeps their
// stages from changing before COMMIT.
func (b *batch) fronts(wanted map[counterRow]int) (map[int64]front, error) {
	var ids []int64
	for k := range wanted {
		ids = append(ids, k.CommunityID)
	}
	var rows []roundRow
	err := b.tx.Raw("SELECT * FROM rounds WHERE front_of IN ?"+b.db.dia.share(), ids).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read front rounds: %w", clean(err))
	}
	out := map[int64]front{}
	for _, r := range rows {
		out[r.CommunityID] = front{r.ID, civic.Stage(r.Stage)}
	}
	return out, nil
}

// during refuses what the stage of a need's round does not allow, and keeps the stage from
// changing before COMMIT. The need must be locked; round is its RoundID.
func (b *batch) during(round int64, do civic.Doing) error {
	if round == 0 {
		return nil
	}
	var stage civic.Stage
	err := b.tx.Raw("SELECT stage FROM rounds WHERE id = ?"+b.db.dia.share(), round).Scan(&stage).Error
	if err != nil {
		return fmt.Errorf("read stage: %w", clean(err))
	}
	if !civic.During(stage, do) {
		return refuse(civic.Closed(stage, do))
	}
	return nil
}

// lockRound reads a round that is open with its stages, and keeps it until COMMIT.
func (b *batch) lockRound(id civic.RoundID) (roundRow, civic.Round, error) {
	var row roundRow
	err := b.tx.Raw("SELECT * FROM rounds WHERE id = ? AND closed_ms = 0"+b.db.dia.forUpdate(), int64(id)).Scan(&row).Error
	if err != nil {
		return row, civic.Round{}, fmt.Errorf("read round: %w", clean(err))
	}
	if row.ID == 0 {
		return row, civic.Round{}, refuse("这一轮已经结束了。")
	}
	rounds, err := withStages(b.tx, []roundRow{row})
	if err != nil {
		return row, civic.Round{}, err
	}
	return row, rounds[0], nil
}

func roundObject(id int64) string { return "round:" + strconv.FormatInt(id, 10) }

// planOpenRound begins a round.
func (t *turn) planOpenRound(e civic.OpenRound) error {
	name, err := fit(strings.TrimSpace(e.Name), 40)
	if err != nil {
		return err
	}
	if name == "" || e.Year < 2000 || e.Year > 9999 {
		return errors.New("open round: no name or no year")
	}
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, t *turn) error { return b.openRound(t, e, name) }})
	return nil
}

func (b *batch) openRound(t *turn, e civic.OpenRound, name string) error {
	c, now := int64(e.By.Community), ms(b.now)
	var seq int
	if err := b.tx.Raw("SELECT COALESCE(MAX(seq), 0) FROM rounds WHERE community_id = ? AND `year` = ?", c, e.Year).Scan(&seq).Error; err != nil {
		return fmt.Errorf("number round: %w", clean(err))
	}
	row := roundRow{
		ID: newID(), CommunityID: c, Name: name, Year: e.Year, Seq: seq + 1, Stage: int(civic.Collect), Rev: 1, FrontOf: &c, OpenedMS: now,
	}
	if _, err := b.permit(t, deed{
		by: e.By, act: civic.ActStage, what: "open", object: roundObject(row.ID), detail: map[string]any{"year": e.Year, "seq": row.Seq},
	}); err != nil {
		return err
	}
	r := row.round(nil)
	r.Starts = e.Starts
	if err := r.Fits(b.now); err != nil {
		return refuse(err.Error() + "，请改一下日期。")
	}
	err := b.tx.Create(&row).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return refuse("这个社区已经有一轮在进行了。回“环节”看看。")
	}
	if err != nil {
		return fmt.Errorf("insert round: %w", clean(err))
	}
	stages := []stageRow{{RoundID: row.ID, Stage: int(civic.Collect), BeganMS: now}}
	for s := civic.Screen; s <= civic.Keep; s++ {
		if at := e.Starts[s]; !at.IsZero() {
			stages = append(stages, stageRow{RoundID: row.ID, Stage: int(s), StartsMS: ms(at)})
		}
	}
	if err := b.tx.Create(&stages).Error; err != nil {
		return fmt.Errorf("insert stages: %w", clean(err))
	}
	if err := b.carryOver(row, now); err != nil {
		return err
	}
	return b.schedule(r)
}

// carryOver makes what waited part of the new round, and what earlier rounds accepted and did not
// list: unselected needs come back with their history, which their old round's list keeps.
func (b *batch) carryOver(row roundRow, now int64) error {
	err := b.tx.Exec("UPDATE needs SET round_id = ?, updated_ms = ? WHERE community_id = ? AND state IN ? AND round_id <> ? "+
		"AND NOT EXISTS (SELECT 1 FROM listings l WHERE l.need_id = needs.id AND l.on_list = 1)",
		row.ID, now, row.CommunityID, []string{string(civic.NeedRaised), string(civic.NeedAccepted), string(civic.NeedDeclining)}, row.ID).Error
	if err != nil {
		return fmt.Errorf("carry needs over: %w", clean(err))
	}
	return nil
}

// schedule arms the timer of the round's next stage, or takes an older one away.
func (b *batch) schedule(r civic.Round) error {
	if timer, ok := civic.StageTimer(r); ok {
		return b.arm(timer)
	}
	_, err := b.cancel(civic.StageTimerID(r.ID), 0)
	return err
}

// planMoveStage takes a round on, or back, by hand.
func (t *turn) planMoveStage(e civic.MoveStage) error {
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, t *turn) error {
		row, r, err := b.lockRound(e.Round)
		if err != nil {
			return err
		}
		if r.Community != e.By.Community {
			return refuse(civic.NoLonger)
		}
		if _, err := b.permit(t, deed{
			by: e.By, act: civic.ActStage, what: "move", object: roundObject(row.ID), detail: map[string]any{"from": e.From, "to": e.To},
		}); err != nil {
			return err
		}
		switch {
		case r.Stage != e.From:
			return refuse("刚才已经有人改过了，现在是“" + r.Stage.String() + "”环节。回“环节”再看看。")
		case e.From == civic.Screen && e.To == civic.Plan:
			return refuse("要先公布入围名单，公布后自动进入“编制方案”。回“定入围”。")
		case e.To == civic.NoStage && e.From == civic.Keep, e.To == e.From+1, e.To == civic.Collect && e.From == civic.Screen,
			e.To == e.From-1 && e.To >= civic.Plan:
			return b.enter(row, r, e.To)
		}
		return refuse("只能到下一个环节，或者退回上一个。")
	}})
	return nil
}

// enter moves a locked round to a stage; NoStage closes it.
func (b *batch) enter(row roundRow, r civic.Round, to civic.Stage) error {
	now, before := ms(b.now), r.Stage
	r.Rev++
	set := map[string]any{"rev": r.Rev, "stage": int(to), "front_of": nil}
	if to == civic.NoStage {
		r.Stage = civic.Keep // nothing follows
		set["stage"], set["closed_ms"] = int(civic.Keep), now
	} else {
		r.Stage = to
	}
	if to.Front() {
		set["front_of"] = row.CommunityID
	}
	if to != civic.NoStage && to < before && !r.Starts[before].After(b.now) { // it begins again by hand, not at once by its old day
		r.Starts[before] = time.Time{}
		if err := b.setStage(row.ID, before, "starts_ms", 0); err != nil {
			return err
		}
	}
	err := b.tx.Model(&roundRow{}).Where("id = ?", row.ID).Updates(set).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return refuse("新一轮已经开始了，这一轮不能再退回来。")
	}
	if err != nil {
		return fmt.Errorf("move round: %w", clean(err))
	}
	if to != civic.NoStage {
		if err := b.setStage(row.ID, to, "began_ms", now); err != nil {
			return err
		}
	}
	return b.schedule(r)
}

// setStage writes one column of a stage's row.
func (b *batch) setStage(round int64, s civic.Stage, column string, ms int64) error {
	row := map[string]int64{"starts_ms": 0, "began_ms": 0}
	row[column] = ms
	err := b.tx.Exec("INSERT INTO round_stages (round_id, stage, starts_ms, began_ms) VALUES (?, ?, ?, ?)"+
		b.db.dia.conflict("round_id, stage")+column+" = "+b.db.dia.incoming(column), round, int(s), row["starts_ms"], row["began_ms"]).Error
	if err != nil {
		return fmt.Errorf("write stage: %w", clean(err))
	}
	return nil
}

// planStage sets the day of a stage.
func (t *turn) planStage(e civic.PlanStage) error {
	if e.Stage <= civic.Collect || e.Stage > civic.Keep {
		return errors.New("plan stage: no such stage")
	}
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, t *turn) error {
		row, r, err := b.lockRound(e.Round)
		if err != nil {
			return err
		}
		if r.Community != e.By.Community {
			return refuse(civic.NoLonger)
		}
		if _, err := b.permit(t, deed{
			by: e.By, act: civic.ActStage, what: "plan", object: roundObject(row.ID), detail: map[string]any{"stage": e.Stage, "at": ms(e.At)},
		}); err != nil {
			return err
		}
		if r.Rev != e.Rev || r.Stage >= e.Stage {
			return refuse("刚才已经有人改过了，这次没有改。回“环节”再看看。")
		}
		r.Starts[e.Stage] = e.At
		if err := r.Fits(b.now); err != nil {
			return refuse(err.Error() + "，没有改。")
		}
		r.Rev++
		if err := b.tx.Model(&roundRow{}).Where("id = ?", row.ID).Update("rev", r.Rev).Error; err != nil {
			return fmt.Errorf("mark round: %w", clean(err))
		}
		if err := b.setStage(row.ID, e.Stage, "starts_ms", ms(e.At)); err != nil {
			return err
		}
		return b.schedule(r)
	}})
	return nil
}

// planStageDue takes a round on by schedule.
func (t *turn) planStageDue(e civic.StageDue) error {
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, _ *turn) error {
		row, r, err := b.lockRound(e.Round)
		var closed *civic.Refusal
		switch {
		case errors.As(err, &closed), err == nil && (r.Rev != e.Rev || r.Stage+1 != e.To):
			return nil // changed since: nothing to do
		case err != nil:
			return err
		}
		if e.To == civic.Plan { // only publishing the shortlist ends 需求初选
			return b.remindList(r)
		}
		if err := b.audit(civic.Grant{}, deed{
			by: civic.By{Community: r.Community}, act: civic.ActStage, what: "due", object: roundObject(row.ID),
			detail: map[string]any{"from": r.Stage, "to": e.To},
		}); err != nil {
			return err
		}
		return b.enter(row, r, e.To)
	}})
	return nil
}
