package store

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"yishi/flows/civic"
)

// rollPlan is what an import will do to one community.
type rollPlan struct {
	community int64
	doors     *rollDoors
	counts    RollCounts
	faults    []civic.RollFault
	leave     []int64 // people whom the roll, which is whole, does not name
	last      int     // greatest line

	known *knownPeople
	lines []plannedLine
	taken []bool             // by index of known: a line is this person
	codes map[[16]byte]int32 // line by hash of 编号
	open  []openLine
}

// plannedLine is what is remembered of each line while all are looked at.
type plannedLine struct {
	line  int32
	known int32 // index of known; noOne
	held  int32 // index of known who has the line's 编号; noOne
	coded bool  // the line names a 编号
	same  bool  // it says what it said last time, and so changes nothing
	bad   bool
	house int64
	name  [16]byte // hash behind the new door
}

// openLine is a line that a person may be found for once the surer ones have been.
type openLine struct {
	at    int32   // index of lines
	phone []int32 // of the same phone and name, whose number does not contradict
	door  int32   // behind the same door, of the same name; noOne
}

const noOne = -1

// Plan compares the staged lines with what is known and writes down what is to become of each.
// Faults are of lines that it leaves out. It may be called again.
func (r *Roll) Plan(ctx context.Context) ([]civic.RollFault, error) {
	var faults []civic.RollFault
	for _, c := range slices.Sorted(maps.Keys(r.places.claimed)) {
		if r.places.claimed[c].Done {
			continue
		}
		p, err := r.plan(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("compare a roll with what is known: %w", err)
		}
		r.plans[c] = p
		faults = append(faults, p.faults...)
	}
	slices.SortStableFunc(faults, func(a, b civic.RollFault) int { return a.Line - b.Line })
	return faults, nil
}

// Counts is what Switch will do, from the last Plan, or has done.
func (r *Roll) Counts() RollCounts {
	var sum RollCounts
	for _, p := range r.plans {
		sum.add(p.counts)
	}
	return sum
}

func (r *Roll) plan(ctx context.Context, c int64) (*rollPlan, error) {
	known, err := r.readKnown(ctx, c)
	if err != nil {
		return nil, err
	}
	doors, err := r.readDoors(ctx, c)
	if err != nil {
		return nil, err
	}
	p := &rollPlan{community: c, doors: doors, known: known, taken: make([]bool, len(known.all)), codes: map[[16]byte]int32{}}
	if err := r.eachLine(ctx, c, func(ls []rollLineRow) error { return p.meetAll(r.v, ls) }); err != nil {
		return nil, err
	}
	p.settle()
	p.noTwins()
	p.noClashes()
	i := 0
	err = r.eachLine(ctx, c, func(ls []rollLineRow) error {
		args, err := p.decideAll(r.v, ls, p.lines[i:i+len(ls)])
		if i += len(ls); err != nil {
			return err
		}
		return r.write(ctx, args)
	})
	if err != nil {
		return nil, err
	}
	if r.o.Complete {
		for i, k := range known.all {
			if k.said && !k.left && !p.taken[i] {
				p.leave = append(p.leave, k.id)
			}
		}
		p.counts.Left = len(p.leave)
	}
	if len(p.faults) > 0 {
		doors.onlyUsed(p.lines)
	}
	p.counts.Houses = len(doors.newHouses)
	p.known, p.lines, p.taken, p.open, p.codes = nil, nil, nil, nil, nil // the switch needs none of it
	return p, nil
}

// eachLine reads the staged lines of a community, some at a time, in order.
func (r *Roll) eachLine(ctx context.Context, c int64, do func([]rollLineRow) error) error {
	for after := -1; ; {
		var ls []rollLineRow
		err := r.db.r.WithContext(ctx).Where("roll_id = ? AND community_id = ? AND line > ?", r.id, c, after).Order("line").Limit(rollBatch).Find(&ls).Error
		if err != nil {
			return clean(err)
		}
		if len(ls) == 0 {
			return nil
		}
		if err := do(ls); err != nil {
			return err
		}
		if err := r.alive(ctx); err != nil {
			return err
		}
		after = ls[len(ls)-1].Line
	}
}

func (p *rollPlan) meetAll(v keptVault, ls []rollLineRow) error {
	for i := range ls {
		name, err := v.Open(ls[i].Name, "persons.name", ls[i].PersonID)
		if err != nil {
			return err
		}
		p.meet(v, &ls[i], name)
		p.last = ls[i].Line
	}
	return nil
}

// meet finds the door of a line, and who it may be: at once where the roll says the same as last
// time or names a number that somebody has, later where phone or door tell.
func (p *rollPlan) meet(v keptVault, l *rollLineRow, name string) {
	out := plannedLine{line: int32(l.Line), known: noOne, held: p.known.byCode(l.CodeHash), coded: l.CodeHash != nil}
	at := int32(len(p.lines))
	var fault string
	if out.house, fault = p.doors.house(l); fault != "" {
		out.bad = true
		p.fault(l.Line, "网格", fault)
	}
	if l.CodeHash != nil {
		if first, twice := p.codes[[16]byte(l.CodeHash)]; twice {
			out.bad = true
			p.fault(l.Line, "编号", fmt.Sprintf("这个编号在第 %d 行已经用了。", first))
		} else {
			p.codes[[16]byte(l.CodeHash)] = out.line
		}
	}
	out.name = [16]byte(nameHash(v.newest(), out.house, name))
	who := p.known.byRoll(l.RollHash)
	out.same = who != noOne
	if who == noOne {
		who = out.held
	}
	if who != noOne && !p.taken[who] && !out.bad {
		out.known, p.taken[who] = who, true
	} else if o := p.openLine(v, at, l, name, out.name); o.door != noOne || len(o.phone) > 0 {
		p.open = append(p.open, o)
	}
	p.lines = append(p.lines, out)
}

func (p *rollPlan) openLine(v keptVault, at int32, l *rollLineRow, name string, behind [16]byte) openLine {
	o := openLine{at: at, door: p.known.byName(behind[:])}
	for i := range p.known.byPhone(l.PhoneHash) {
		k := &p.known.all[i]
		if l.CodeHash != nil && k.coded {
			continue // each has a number of its own: two people
		}
		if bytes.Equal(k.name[:], nameHash(v.newest(), k.house, name)) {
			o.phone = append(o.phone, i)
		}
	}
	return o
}

// settle finds the people of the lines that are left: first by phone and name, then by door and
// name.
func (p *rollPlan) settle() {
	take := func(o openLine, who int32) {
		if l := &p.lines[o.at]; who != noOne && l.known == noOne && !p.taken[who] && !l.bad {
			l.known, p.taken[who] = who, true
		}
	}
	for _, o := range p.open {
		for _, who := range o.phone {
			take(o, who)
		}
	}
	for _, o := range p.open {
		take(o, o.door)
	}
}

// noTwins finds lines of one door whose names differ in their writing only.
func (p *rollPlan) noTwins() {
	order := make([]int32, len(p.lines))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		if c := bytes.Compare(p.lines[a].name[:], p.lines[b].name[:]); c != 0 {
			return c
		}
		return int(a - b)
	})
	first := int32(noOne)
	for _, i := range order {
		l := &p.lines[i]
		if first != noOne && p.lines[first].name == l.name && !l.bad {
			p.refuse(l, "姓名", fmt.Sprintf("同一户里同名的人在第 %d 行已经有了。", p.lines[first].line))
			continue
		}
		first = i
	}
}

// noClashes finds people who would come to live with somebody of their own name whom the roll does
// not name, very likely one person under two numbers, and people who would get the number of
// somebody who keeps it: only a human can tell.
func (p *rollPlan) noClashes() {
	of := make([]int32, len(p.known.all)) // the line that is each known person
	for i := range of {
		of[i] = noOne
	}
	for i, l := range p.lines {
		if l.known != noOne {
			of[l.known] = int32(i)
		}
	}
	for again := true; again; { // who is refused stays where they are, which may stand in another's way
		again = false
		for i := range p.lines {
			l := &p.lines[i]
			if l.bad {
				continue
			}
			switch who := p.known.byName(l.name[:]); {
			case who != noOne && who != l.known && !p.taken[who]:
				p.refuse(l, "姓名", "这一户里已经有同名的人，可是编号或手机对应的是另一位。请核对。")
				again = true
			case l.held != noOne && l.held != l.known && !p.givesUp(of[l.held]):
				p.refuse(l, "编号", "这个编号在名册上是另一位的。请核对。")
				again = true
			}
		}
	}
}

// givesUp says whether a line gives a person another 编号 than they have; at is noOne where no line
// is theirs. An empty cell, and a line that says what it said before, leave them theirs.
func (p *rollPlan) givesUp(at int32) bool {
	return at != noOne && p.lines[at].coded && !p.lines[at].same && !p.lines[at].bad
}

func (p *rollPlan) refuse(l *plannedLine, column, reason string) {
	if l.bad = true; l.known != noOne {
		p.taken[l.known], l.known = false, noOne
	}
	p.fault(int(l.line), column, reason)
}

func (p *rollPlan) fault(line int, column, reason string) {
	p.faults = append(p.faults, civic.RollFault{Line: line, Column: column, Reason: reason})
}

const (
	plannedColumns = "roll_id, community_id, line, act, person_id, household_id, name_hash, name, phone, code, note"
	plannedWidth   = 11
)

// decideAll says what becomes of each line; at holds what was found out about the same lines.
func (p *rollPlan) decideAll(v keptVault, ls []rollLineRow, at []plannedLine) ([]any, error) {
	args := make([]any, 0, len(ls)*plannedWidth)
	for i := range ls {
		l, a := &ls[i], &at[i]
		act, err := p.decide(v, l, a)
		if err != nil {
			return nil, err
		}
		args = append(args, l.RollID, l.CommunityID, l.Line, act, l.PersonID, a.house, a.name[:], some(l.Name), some(l.Phone), some(l.Code), some(l.Note))
	}
	return args, nil
}

// decide counts a line, and seals it for the person it is.
func (p *rollPlan) decide(v keptVault, l *rollLineRow, a *plannedLine) (act int, err error) {
	if a.bad {
		p.counts.Bad++
		return actBad, nil
	}
	if a.known == noOne {
		p.counts.New++
		if l.Act == actSame || l.Act == actChanged { // an earlier plan found somebody, who has gone: ids are never used again
			return actNew, l.sealFor(v, newID())
		}
		return actNew, nil
	}
	k := &p.known.all[a.known]
	act = actChanged
	switch {
	case k.said && bytes.Equal(k.roll[:], l.RollHash):
		p.counts.Same++
		act = actSame
	case k.left:
		p.counts.Returned++
	case k.house != a.house:
		p.counts.Moved++
	default:
		p.counts.Changed++
	}
	return act, l.sealFor(v, k.id)
}

// sealFor makes the line the person's.
func (l *rollLineRow) sealFor(v keptVault, id int64) error {
	for _, f := range []struct {
		sealed *[]byte
		column string
	}{{&l.Name, "persons.name"}, {&l.Phone, "persons.phone"}, {&l.Code, "persons.code"}, {&l.Note, "persons.note"}} {
		text, err := v.Open(*f.sealed, f.column, l.PersonID)
		if err != nil {
			return err
		}
		if *f.sealed, err = v.Seal(text, f.column, id); err != nil {
			return err
		}
	}
	l.PersonID = id
	return nil
}

// some is b, never nil: SQLite gives nil for a text that is empty.
func some(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// write keeps what was decided.
func (r *Roll) write(ctx context.Context, args []any) error {
	d := r.db.dia
	var set []string
	for _, c := range [...]string{"act", "person_id", "household_id", "name_hash", "name", "phone", "code", "note"} {
		set = append(set, c+" = "+d.incoming(c))
	}
	return r.insertAll(ctx, "INSERT INTO roll_lines ("+plannedColumns+") VALUES ", d.conflict("roll_id, community_id, line")+strings.Join(set, ", "), plannedWidth, args)
}
