package wechat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

const maxMediaBytes = 10 << 20

// Media downloads what a follower sent, which the platform keeps for three days: at most 10 MiB,
// from the API's host only. The content type is what the platform says; check the bytes.
// Videos are not fetched: for them the platform names another host.
func (c *Client) Media(ctx context.Context, mediaID string) (data []byte, contentType string, err error) {
	if !isToken(mediaID, maxMedia) {
		return nil, "", errors.New("media: bad id")
	}
	a, err := c.call(ctx, request{
		name: "media", method: http.MethodGet, path: "/cgi-bin/media/get",
		query: url.Values{"media_id": {mediaID}}, limit: maxMediaBytes, media: true,
	})
	if err != nil {
		return nil, "", err
	}
	if len(a.data) == 0 || looksJSON(a) {
		return nil, "", fmt.Errorf("media: %w: not a file", ErrUnsure)
	}
	return a.data, a.kind, nil
}
