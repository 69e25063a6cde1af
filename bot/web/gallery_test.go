package web_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"yishi/bot/blobs"
	"yishi/bot/web"
	"yishi/store"
	"yishi/store/storetest"
)

var (
	photoBytes = "\xff\xd8\xff\xe0 a photo of a lamp"
	pieceAt    = regexp.MustCompile(`(?:src|href)="(/f/[a-z2-7]{26}/m/[0-9a-z]+)"`)
)

// galleryRig has a gallery of a photo, an AMR voice and an MP3 voice, that shown can close.
func galleryRig(t *testing.T, db *store.DB, shown *bool) *rig {
	t.Helper()
	return newRig(t, db, func(o *web.Options, _ *http.Server) {
		var pieces []web.Piece
		for i, body := range []string{photoBytes, "#!AMR\n\x3c 12345", "\xff\xfb\x90\x00 sound", "<html>no photo</html>"} {
			key := blobs.NewKey()
			if err := o.Blobs.Put(t.Context(), key, strings.NewReader(body)); err != nil {
				t.Fatal(err)
			}
			pieces = append(pieces, web.Piece{ID: int64(i + 1), Voice: i == 1 || i == 2, BlobKey: key})
		}
		o.Kinds.Galleries = map[string]web.Gallery{"look": {
			Ask: "请只在这里看。", None: "还没有。",
			List: func(_ context.Context, at web.Opened) ([]web.Piece, bool, error) {
				if at.Account != asker || !*shown {
					return nil, false, nil
				}
				return pieces, true, nil
			},
		}}
	})
}

// A gallery opens in the phone of the account that asked, shows photos, plays what browsers can
// play and has the rest downloaded; nobody else gets a piece, and nobody once it is not to be seen.
func TestGallery(t *testing.T) {
	shown := true
	r := galleryRig(t, storetest.Open(t), &shown)
	ref := r.link("look")
	phone := r.phone(asker)
	page := phone.do(http.MethodGet, r.base+"/f/"+ref, "", nil)
	if page.status != http.StatusOK || page.tag() != "gallery" || !strings.Contains(page.body, "<audio controls") ||
		!strings.Contains(page.body, "下载第 1 段语音") || strings.Contains(page.body, "下载第 2 段语音") {
		t.Fatalf("page %d: %s", page.status, page.body)
	}
	var at []string
	for _, m := range pieceAt.FindAllStringSubmatch(page.body, -1) {
		if len(at) == 0 || at[len(at)-1] != m[1] {
			at = append(at, m[1])
		}
	}
	if len(at) != 4 {
		t.Fatalf("pieces %v", at)
	}
	for i, want := range []struct{ kind, body string }{{"image/jpeg", photoBytes}, {"audio/amr", "#!AMR"}, {"audio/mpeg", "sound"}} {
		got := phone.do(http.MethodGet, r.base+at[i], "", nil)
		attached := strings.Contains(got.header.Get("Content-Disposition"), "attachment")
		if got.status != http.StatusOK || got.header.Get("Content-Type") != want.kind || !strings.Contains(got.body, want.body) || attached != (i == 1) {
			t.Errorf("piece %d: %d %v %q", i, got.status, got.header, got.body)
		}
	}
	if got := phone.do(http.MethodGet, r.base+at[3], "", nil); got.status != http.StatusNotFound || strings.Contains(got.body, "no photo") {
		t.Errorf("a page for a photo: %d %q", got.status, got.body)
	}
	if got := phone.do(http.MethodGet, r.base+at[2], "", nil, "Range", "bytes=5-9"); got.status != http.StatusPartialContent || got.body != "sound" {
		t.Errorf("a part: %d %q", got.status, got.body)
	}
	for name, b := range map[string]*browser{"another phone": r.phone(stranger), "a computer": r.browser(deskUA)} {
		for _, a := range append([]string{"/f/" + ref}, at...) {
			if got := b.do(http.MethodGet, r.base+a, "", nil); got.status == http.StatusOK || strings.Contains(got.body, "lamp") || strings.Contains(got.body, "/m/") {
				t.Errorf("%s gets %s: %d %s", name, a, got.status, got.body)
			}
		}
	}
	if got := phone.do(http.MethodGet, r.base+"/f/"+ref+"/m/zz", "", nil); got.status != http.StatusNotFound {
		t.Errorf("a piece that is not there: %d", got.status)
	}
	shown = false // taken down meanwhile
	for _, a := range []string{"/f/" + ref, at[0]} {
		if got := phone.do(http.MethodGet, r.base+a, "", nil); got.status == http.StatusOK || strings.Contains(got.body, "lamp") {
			t.Errorf("after it was taken down %s: %d %s", a, got.status, got.body)
		}
	}
}
