package platform

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"time"
)

const (
	mediaLife = 72 * time.Hour
	mediaKept = 200 // items in memory; the oldest go first
)

// medium is one temporary medium, sent by a person or uploaded by the bot.
type medium struct {
	ID   string    `json:"id"`
	Type string    `json:"type"`
	At   time.Time `json:"at"`
	Data []byte    `json:"data,omitempty"`
}

// keep stores what a person sent.
func (p *Platform) keep(kind string, data []byte) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.store(kind, data, p.now()).ID
}

// Put has the platform know a photo ("image") or voice ("voice") under an id of the caller's, as if
// a person had sent it: for scripts, whose raw messages name their media themselves.
func (p *Platform) Put(kind, id string, data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.store(kind, data, p.now()).ID = id
}

// store is called with the lock held.
func (p *Platform) store(kind string, data []byte, now time.Time) *medium {
	m := &medium{ID: p.opaque("media_"), Type: kind, At: now, Data: bytes.Clone(data)}
	p.state.Media = append(p.state.Media, m)
	if extra := len(p.state.Media) - mediaKept; extra > 0 {
		p.state.Media = slices.Delete(p.state.Media, 0, extra)
	}
	return m
}

// medium finds what is there and not expired, else nil; it is called with the lock held.
func (p *Platform) medium(id string, now time.Time) *medium {
	for _, m := range p.state.Media {
		if m.ID == id && m.Data != nil && now.Before(m.At.Add(mediaLife)) {
			return m
		}
	}
	return nil
}

// Media returns what is kept under a media id; false when it is unknown or expired.
func (p *Platform) Media(id string) (data []byte, contentType string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.medium(id, p.now())
	if m == nil {
		return nil, "", false
	}
	contentType, _ = m.kind()
	return bytes.Clone(m.Data), contentType, true
}

// kind tells the content type by the bytes, and the file name's ending.
func (m *medium) kind() (contentType, ending string) {
	if bytes.HasPrefix(m.Data, []byte("#!AMR")) {
		return "audio/amr", ".amr"
	}
	switch t := http.DetectContentType(m.Data); t {
	case "image/jpeg":
		return t, ".jpg"
	case "image/png":
		return t, ".png"
	case "image/gif":
		return t, ".gif"
	case "audio/mpeg":
		return t, ".mp3"
	case "video/mp4":
		return t, ".mp4"
	}
	return "application/octet-stream", ".bin"
}

func mediaGet(c *call) (any, int) {
	m := c.p.medium(c.r.URL.Query().Get("media_id"), c.now)
	if m == nil {
		return nil, codeBadMediaID
	}
	contentType, ending := m.kind()
	return file{data: m.Data, contentType: contentType, name: m.ID + ending}, codeOK
}

// mediaLimit is the most bytes of a type; 0 for a type that does not exist. Of the two limits
// given for pictures the smaller counts.
func mediaLimit(kind string) int {
	switch kind {
	case "image", "voice":
		return 2 << 20
	case "video":
		return 10 << 20
	case "thumb":
		return 64 << 10
	}
	return 0
}

func mediaUpload(c *call) (any, int) {
	kind := c.r.URL.Query().Get("type")
	limit := mediaLimit(kind)
	if limit == 0 {
		return nil, codeBadMediaType
	}
	data := formFile(c.r.Header.Get("Content-Type"), c.body, "media")
	switch {
	case len(data) == 0:
		return nil, codeNoMedia
	case len(data) > limit:
		return nil, codeBadMediaSize
	}
	m := c.p.store(kind, data, c.now)
	return map[string]any{"type": kind, "media_id": m.ID, "created_at": c.now.Unix()}, codeOK
}

// formFile is the content of a multipart field, nil if there is none.
func formFile(contentType string, body []byte, name string) []byte {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/form-data" {
		return nil
	}
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		part, err := parts.NextPart()
		if err != nil {
			return nil
		}
		if part.FormName() != name {
			continue
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return nil
		}
		return data
	}
}
