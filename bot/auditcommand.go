package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"yishi/bot/files"
	"yishi/flows/civic"
	"yishi/store"
)

// auditUsage is how bot audit is called.
const auditUsage = "audit -community 钮 [-since 30d] [-csv]"

// auditHeader is the header of the log as a table.
var auditHeader = []string{"时间", "编号", "姓名", "身份", "类别", "做了什么", "对象", "公开编号", "细节"}

// auditCommand prints what staff did in a community.
func auditCommand(ctx context.Context, e env) error {
	fs := flagSet(e, "audit", auditUsage)
	code := fs.String("community", "", "code of the community, such as 钮")
	since := fs.String("since", "30d", "how far back: 30d, 12h")
	table := fs.Bool("csv", false, "as a table that spreadsheets open")
	if err := fs.Parse(e.args); err != nil || fs.NArg() > 0 {
		return errUsage
	}
	back, err := lengthOf(*since)
	if err != nil {
		return err
	}
	return withStore(ctx, e, func(db *store.DB) error {
		c, err := communityByCode(ctx, db, *code)
		if err != nil {
			return err
		}
		lines, err := db.Audits().Since(ctx, c.ID, db.Clock().Now().Add(-back))
		if err != nil {
			return err
		}
		if *table {
			return auditTable(e, lines)
		}
		for _, l := range lines {
			e.say("%s", strings.Join(auditCells(l), "\t"))
		}
		if len(lines) == 0 {
			e.say("nothing was done since then")
		}
		return nil
	})
}

func auditTable(e env, lines []civic.AuditLine) error {
	list, err := files.CSV(e.stdout, auditHeader...)
	if err != nil {
		return fmt.Errorf("begin table: %w", err)
	}
	for _, l := range lines {
		cells := auditCells(l)
		row := make([]any, len(cells))
		for i, c := range cells {
			row[i] = c
		}
		if err := list.Row(row...); err != nil {
			return fmt.Errorf("write table: %w", err)
		}
	}
	if err := list.Close(); err != nil {
		return fmt.Errorf("end table: %w", err)
	}
	return nil
}

// auditCells is one act as a row of auditHeader.
func auditCells(l civic.AuditLine) []string {
	who, role := strconv.FormatInt(int64(l.Staff), 10), l.Role.String()
	if l.Staff == 0 {
		who, role = "", "operator"
	}
	return []string{l.At.Format(time.RFC3339), who, l.Name, role, string(l.Act), l.What, l.Object, l.Number, l.Detail}
}

// lengthOf reads a length of time, with days as well.
func lengthOf(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 1 || n > 36500 {
			return 0, errors.New("-since must be such as 30d or 12h")
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, errors.New("-since must be such as 30d or 12h")
	}
	return d, nil
}
