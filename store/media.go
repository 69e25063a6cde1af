package store

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"yishi/flows/civic"
)

// planMedia has a photo or voice fetched.
func (t *turn) planMedia(e civic.KeepMedia) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	if e.MediaID == "" || !token(e.MediaID, 160) {
		return errors.New("keep media: media id is not 1 to 160 ASCII characters")
	}
	t.plan.media = append(t.plan.media, mediaRow{Account: string(e.Account), MediaID: e.MediaID, Kind: string(e.Kind)})
	return nil
}

// raised remembers which media belong to the need just written; a second try of the
// transaction starts from an empty list.
func (t *turn) raised(r raise, need int64) {
	add := func(id string, kind civic.MediaKind) {
		if id != "" {
			t.attached = append(t.attached, mediaRow{Account: string(r.effect.Account), MediaID: id, Kind: string(kind), NeedID: &need})
		}
	}
	for _, id := range r.effect.Photos {
		add(id, civic.Photo)
	}
	add(r.effect.VoiceID, civic.Voice)
}

// keepMedia writes the media of all turns in one statement. A media id known already stays
// one row; the first need of its own account gets it.
func (b *batch) keepMedia(turns []*turn) error {
	byID := map[string]mediaRow{}
	for _, t := range turns {
		for _, m := range slices.Concat(t.plan.media, t.attached) {
			if have, ok := byID[m.MediaID]; ok && (have.NeedID != nil || m.NeedID == nil || have.Account != m.Account) {
				continue
			}
			byID[m.MediaID] = m
		}
	}
	if len(byID) == 0 {
		return nil
	}
	rows := make([]mediaRow, 0, len(byID))
	for _, m := range byID {
		rows = append(rows, m)
	}
	slices.SortFunc(rows, func(x, y mediaRow) int { return cmp.Compare(x.MediaID, y.MediaID) })
	var args []any
	for _, m := range rows {
		args = append(args, newID(), m.Account, m.MediaID, m.Kind, m.NeedID, mediaWaiting, ms(b.now), ms(b.now))
	}
	d := b.db.dia
	marks := strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?, ?, ?, '', 0, 0, ?, 0, '', '', 0, ?), ", len(rows)), ", ")
	err := b.tx.Exec("INSERT INTO media (id, account, media_id, kind, need_id, state, blob_key, bytes, attempts, next_ms, lease_ms, owner, reason, told, created_ms) VALUES "+
		marks+d.conflict("media_id")+"need_id = CASE WHEN media.account = "+d.incoming("account")+
		" THEN COALESCE(media.need_id, "+d.incoming("need_id")+") ELSE media.need_id END", args...).Error
	if err != nil {
		return fmt.Errorf("keep media: %w", clean(err))
	}
	return nil
}
