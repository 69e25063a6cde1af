package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"yishi/bot/files"
	"yishi/config"
	"yishi/flows/civic"
	"yishi/store"
)

// importUsage is how bot import is called.
const importUsage = "import roll FILE [--community 钮] [--district …] [--sheet …] [--complete] [--dry-run | --skip-bad FAULTS.csv]"

// How an import may take what a machine has.
const (
	importMemory = 220 << 20 // bytes of heap from which it rather collects more often
	clearTime    = time.Minute
	faultsShown  = 1000 // on the terminal
)

// importFlags are what an operator says of an import.
type importFlags struct {
	file, community, skipBad string
	rollOptions
}

func readImport(e env) (importFlags, error) {
	var f importFlags
	fs := flagSet(e, "import", importUsage)
	fs.StringVar(&f.community, "community", "", "code of the only community that may be touched; rows need not name it then")
	fs.StringVar(&f.store.District, "district", "", "district of streets that are not known yet")
	fs.StringVar(&f.sheet, "sheet", "", "which sheet of a workbook")
	fs.BoolVar(&f.store.Complete, "complete", false, "whom the roll does not name has left")
	fs.BoolVar(&f.dry, "dry-run", false, "only say what would be done")
	fs.StringVar(&f.skipBad, "skip-bad", "", "import the good rows and write the faults of the others to this file")
	if len(e.args) == 0 || e.args[0] != "roll" {
		fs.Usage()
		return f, errUsage
	}
	rest := e.args[1:]
	if len(rest) > 0 && (rest[0] == "" || rest[0][0] != '-') { // FILE may stand first or last
		f.file, rest = rest[0], rest[1:]
	}
	if err := fs.Parse(rest); err != nil {
		return f, errUsage
	}
	if f.file == "" && fs.NArg() == 1 {
		f.file = fs.Arg(0)
	} else if fs.NArg() > 0 || f.file == "" {
		fs.Usage()
		return f, errUsage
	}
	f.skip = f.skipBad != ""
	if f.skip && (f.dry || f.store.Complete) {
		_, _ = fmt.Fprintln(e.stderr, "--skip-bad goes with neither --dry-run nor --complete: who is on a bad row would count as gone")
		return f, errUsage
	}
	return f, nil
}

// importCommand takes files in.
func importCommand(ctx context.Context, e env) error {
	f, err := readImport(e)
	if err != nil {
		return err
	}
	cfg, err := load(e, config.Database)
	if err != nil {
		return err
	}
	db, err := openChecked(ctx, e, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // what was written is committed
	if f.community != "" {
		c, err := communityByCode(ctx, db, f.community)
		if err != nil {
			return err
		}
		f.store.Community, f.name = c.ID, c.Name
	}
	src, err := os.Open(f.file)
	if err != nil {
		return fmt.Errorf("open the roll: %w", withoutPath(err))
	}
	defer func() { _ = src.Close() }() // it was only read
	info, err := src.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return fmt.Errorf("open the roll: %w", cmp.Or(withoutPath(err), errors.New("it is no regular file")))
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(importMemory))
	began := db.Clock().Now()
	f.progress = newTicker(e, db.Clock().Now).step
	report, err := importRoll(ctx, db, rollSource{src, info.Size()}, f.rollOptions)
	return tellImport(e, f, report, db.Clock().Now().Sub(began), err)
}

// withoutPath leaves the file's name out of an error: it may name a person.
func withoutPath(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}

// openChecked opens the database for a command that needs its tables.
func openChecked(ctx context.Context, e env, cfg config.Config) (*store.DB, error) {
	db, err := openStore(ctx, cfg, newLog(e, cfg))
	if err != nil {
		return nil, err
	}
	if err := db.CheckSchema(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("check database: %w", err), db.Close())
	}
	return db, nil
}

// tellImport says what has become of a roll: faults on stderr, all else on stdout.
func tellImport(e env, f importFlags, r rollReport, took time.Duration, err error) error {
	if r.Finished > 0 {
		e.say("an earlier import that had died was finished first: %d communities", r.Finished)
	}
	for _, n := range r.Notes {
		e.say("note: %s", n)
	}
	for _, s := range r.Homeless {
		e.say("note: street %s was not kept: say its district with --district", s)
	}
	if f.skip && err == nil {
		err = writeFaults(f.skipBad, r.Faults)
	}
	if !f.skip || err != nil {
		tellFaults(e.stderr, r.Faults)
	}
	if err != nil {
		return err
	}
	e.say("rows %d: new %d, changed %d, moved %d, returned %d, same %d, left %d; bad rows %d; new doors %d; %.1f s, %.0f rows/s",
		r.Rows, r.New, r.Changed, r.Moved, r.Returned, r.Same, r.Left, badLines(r.Faults), r.Houses, took.Seconds(), float64(r.Rows)/max(took.Seconds(), 0.001))
	switch {
	case f.dry && len(r.Faults) == 0:
		e.say("nothing was written: this was a dry run")
	case !r.Done:
		return fmt.Errorf("nothing was imported: %d rows have faults", badLines(r.Faults))
	case len(r.Faults) > 0:
		e.say("the faults are in the file that --skip-bad names")
	}
	return nil
}

// badLines counts lines, of which one may have several faults.
func badLines(faults []civic.RollFault) int {
	lines := map[int]bool{}
	for _, f := range faults {
		lines[f.Line] = true
	}
	return len(lines)
}

func tellFaults(w io.Writer, faults []civic.RollFault) {
	for i, f := range faults {
		if i == faultsShown {
			_, _ = fmt.Fprintf(w, "… and %d more\n", len(faults)-i)
			return
		}
		_, _ = fmt.Fprintln(w, faultText(f)) // nobody is left to tell
	}
}

// faultText is a fault in one line.
func faultText(f civic.RollFault) string {
	text := f.Reason
	if f.Column != "" {
		text = f.Column + "：" + text
	}
	if f.Line > 0 {
		text = fmt.Sprintf("第 %d 行　%s", f.Line, text)
	}
	return text
}

// writeFaults writes the faults as a table for a spreadsheet.
func writeFaults(path string, faults []civic.RollFault) error {
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write the faults: %w", withoutPath(err))
	}
	if err := errors.Join(faultTable(out, faults), out.Close()); err != nil {
		return fmt.Errorf("write the faults: %w", withoutPath(err))
	}
	return nil
}

// faultTable writes faults as a table for a spreadsheet.
func faultTable(w io.Writer, faults []civic.RollFault) error {
	list, err := files.CSV(w, files.Faults...)
	if err != nil {
		return err
	}
	for _, f := range faults {
		if err := list.Row(files.FaultRow(f)...); err != nil {
			return errors.Join(err, list.Close())
		}
	}
	return list.Close()
}

// ticker shows how far an import has come: a line a second on a terminal, else one each tenth.
type ticker struct {
	out      io.Writer
	now      func() time.Time
	terminal bool
	began    time.Time
	last     time.Time
	tenth    int64
	doing    string
}

func newTicker(e env, now func() time.Time) *ticker {
	t := &ticker{out: e.stderr, now: now, began: now()}
	if f, ok := e.stderr.(*os.File); ok {
		info, err := f.Stat()
		t.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return t
}

func (t *ticker) step(s rollStep) {
	now, tenth := t.now(), 10*s.done/max(s.all, 1)
	if s.doing == t.doing && (t.terminal && now.Sub(t.last) < time.Second || !t.terminal && tenth <= t.tenth) {
		return
	}
	t.last, t.tenth, t.doing = now, tenth, s.doing
	rate := float64(s.rows) / max(now.Sub(t.began).Seconds(), 0.001)
	_, _ = fmt.Fprintf(t.out, "%s: %d %%, %d rows, %.0f rows/s\n", s.doing, 100*s.done/max(s.all, 1), s.rows, rate) // nobody is left to tell
}
