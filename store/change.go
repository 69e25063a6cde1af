package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

func (t *turn) planChange(e civic.ChangeSettings) error {
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, t *turn) error {
		if err := b.change(t, e); err != nil {
			return err
		}
		t.placed = true
		return nil
	}})
	return nil
}

func (b *batch) change(t *turn, e civic.ChangeSettings) error {
	return b.changeIf(e, func(d deed) error {
		_, err := b.permit(t, d)
		return err
	})
}

// changeIf sets one setting of a community; others that are changed at the same time stay. May
// checks who does it, and writes the audit log.
func (b *batch) changeIf(e civic.ChangeSettings, may func(deed) error) error {
	var row communityRow
	if err := b.tx.Raw("SELECT * FROM communities WHERE id = ?"+b.db.dia.forUpdate(), int64(e.By.Community)).Scan(&row).Error; err != nil {
		return fmt.Errorf("read community: %w", clean(err))
	}
	was, err := row.community()
	if err != nil {
		return err
	}
	detail := map[string]any{"setting": e.Setting, "before": shown(was, e.Setting)}
	now, ok := was.With(e.Setting, e.Values, e.Text)
	detail["after"] = shown(now, e.Setting)
	err = may(deed{by: e.By, act: civic.ActSettings, what: "set", object: object("community", row.ID), detail: detail})
	switch {
	case err != nil:
		return err
	case !ok:
		return errors.New("change settings: no such value")
	}
	if e.Setting == civic.SetCode && was.Code != now.Code {
		if err := b.codeFree(row.ID); err != nil {
			return err
		}
	}
	settings, err := json.Marshal(now.Settings)
	if err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	err = b.tx.Exec("UPDATE communities SET code = ?, phone = ?, hours = ?, settings = ? WHERE id = ?",
		now.Code, now.Phone, now.Hours, string(settings), row.ID).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return refuse("这个代号别的社区在用，请换一个。")
	}
	if err != nil {
		return fmt.Errorf("write settings: %w", clean(err))
	}
	return nil
}

// codeFree refuses to change the code of public numbers once one was given.
func (b *batch) codeFree(community int64) error {
	var n int64
	if err := b.tx.Raw("SELECT id FROM needs WHERE community_id = ? LIMIT 1", community).Scan(&n).Error; err != nil {
		return fmt.Errorf("look for needs: %w", clean(err))
	}
	if n != 0 {
		return refuse("已经有需求用了这个代号，不能再改了，居民手里的编号要一直有效。")
	}
	return nil
}

// shown is a value as the audit log keeps it, in ASCII.
func shown(c civic.Community, s civic.Setting) any {
	values, text := c.Value(s)
	if values != nil {
		return values
	}
	return strconv.QuoteToASCII(text)
}
