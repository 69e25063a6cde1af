package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"yishi/bot/files"
	"yishi/flows/civic"
	"yishi/store"
)

// rollBatch is how many rows are handed to the store at once.
const rollBatch = 500

// rollSource is a roll as a file: what os.File and an upload both are.
type rollSource struct {
	io.ReaderAt
	size int64
}

// rollOptions say how a roll is imported.
type rollOptions struct {
	store    store.RollOptions
	name     string // of the community, for rows that do not name one; "" where the file must
	sheet    string
	dry      bool           // only compare
	skip     bool           // leave out what has faults, and import the rest
	progress func(rollStep) // may be nil; called often
}

// rollStep is how far an import has come.
type rollStep struct {
	doing     string // reading, comparing, switching
	rows      int    // read so far
	done, all int64  // of the file's bytes, or of the communities
}

// rollReport is what has become of a roll.
type rollReport struct {
	store.RollCounts
	Rows     int               // good ones that were read
	Faults   []civic.RollFault // by line; no values of cells
	Notes    []string
	Homeless []string // streets of no known district
	Finished int      // communities of an earlier import, which had died
	Done     bool     // it is in force
}

// importRoll takes a roll in: all of it or, with skip, all that has no fault. It is the one way for the
// command line and for uploads. An error means that nothing of the community at hand has changed.
func importRoll(ctx context.Context, db *store.DB, src rollSource, o rollOptions) (report rollReport, err error) {
	say := o.progress
	if say == nil {
		say = func(rollStep) {}
	}
	r, err := db.BeginRoll(ctx, o.store)
	if err != nil {
		return report, err
	}
	defer func() {
		report.Finished, report.Homeless = r.Finished(), r.Homeless()
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), clearTime)
		defer cancel()
		err = errors.Join(err, r.Close(closing))
	}()
	if err := readRoll(ctx, r, src, o, say, &report); err != nil {
		return report, err
	}
	say(rollStep{doing: "comparing", rows: report.Rows})
	faults, err := r.Plan(ctx)
	if err != nil {
		return report, err
	}
	report.Faults = append(report.Faults, faults...)
	slices.SortStableFunc(report.Faults, func(a, b civic.RollFault) int { return a.Line - b.Line })
	report.RollCounts = r.Counts()
	if o.dry || len(report.Faults) > 0 && !o.skip {
		return report, nil
	}
	report.RollCounts, err = r.Switch(ctx, func(done, all int) {
		say(rollStep{doing: "switching", rows: report.Rows, done: int64(done), all: int64(all)})
	})
	report.Done = err == nil
	return report, err
}

// readRoll stages the whole file, and gathers its faults.
func readRoll(ctx context.Context, r *store.Roll, src rollSource, o rollOptions, say func(rollStep), report *rollReport) error {
	at := rollStep{doing: "reading"}
	file := files.NewRoll(src, src.size, files.RollOptions{
		Community: o.name, Sheet: o.sheet, Progress: func(done, all int64) { at.done, at.all = done, all },
	})
	batch := make([]civic.RollRow, 0, rollBatch)
	flush := func() error {
		faults, err := r.Add(ctx, batch)
		report.Faults = append(report.Faults, faults...)
		at.rows += len(batch)
		batch = batch[:0]
		say(at)
		return err
	}
	for row, fault := range file.Rows(ctx) {
		if fault != nil {
			report.Faults = append(report.Faults, *fault)
			continue
		}
		if batch = append(batch, row); len(batch) == rollBatch {
			if err := flush(); err != nil {
				return err
			}
		}
		if len(report.Faults) > files.DefaultRollFaults {
			return errTooManyFaults
		}
	}
	if err := flush(); err != nil {
		return err
	}
	report.Rows, report.Notes = at.rows, file.Notes()
	switch err := file.Err(); {
	case errors.Is(err, files.ErrRollFaults):
		return errTooManyFaults
	case errors.Is(err, files.ErrRollRefused):
		return errRefused
	case err != nil:
		return fmt.Errorf("read the file: %w", err)
	}
	return nil
}

// Why a file was not imported whatever was asked; the report's faults say more.
var (
	errRefused       = errors.New("the file cannot be read as a roll")
	errTooManyFaults = errors.New("the roll has too many faults")
)
