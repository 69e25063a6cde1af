package main

import (
	"context"
	"encoding/json"
	"fmt"

	"yishi/bot/web"
	"yishi/flows"
	"yishi/flows/civic"
)

// needMedia shows the photos and voices of a need to those who may see them now: its author, staff
// who may read its needs, and residents of its community once they are public.
func needMedia(media func(context.Context, civic.Account, civic.NeedID) ([]civic.KeptMedia, bool, error)) web.Gallery {
	return web.Gallery{
		Ask:  "请只在这里看，不要转发给别人。",
		None: "照片和语音还没有收好，请过几分钟再打开。",
		List: func(ctx context.Context, o web.Opened) ([]web.Piece, bool, error) {
			var about flows.NeedMedia
			if err := json.Unmarshal(o.Args, &about); err != nil {
				return nil, false, fmt.Errorf("read which need: %w", err)
			}
			all, ok, err := media(ctx, o.Account, about.Need)
			if err != nil || !ok {
				return nil, false, err
			}
			pieces := make([]web.Piece, len(all))
			for i, m := range all {
				pieces[i] = web.Piece{ID: m.ID, Voice: m.Kind == civic.Voice, BlobKey: m.BlobKey}
			}
			return pieces, true, nil
		},
	}
}
