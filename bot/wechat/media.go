package wechat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/silenceper/wechat/v2/officialaccount/message"
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

// CheckMedia says why a photo or voice cannot be sent by its media id.
func CheckMedia(mediaID string) error {
	if !isToken(mediaID, maxMedia) {
		return &FieldError{Field: "media_id", Max: maxMedia, Why: "letters, digits, _ and - only"}
	}
	return nil
}

// SendPhoto sends a photo by customer message, to somebody who wrote within 48 hours. mediaID is
// of a photo that was uploaded or received within three days. Nothing keeps a repeat from
// arriving twice. Classify tells what an error means.
// See https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Service_Center_messages.html.
func (c *Client) SendPhoto(ctx context.Context, openid, mediaID string) error {
	return c.sendMedia(ctx, "send photo", openid, mediaID, message.NewCustomerImgMessage(openid, mediaID))
}

// SendVoice sends a voice, likewise.
func (c *Client) SendVoice(ctx context.Context, openid, mediaID string) error {
	return c.sendMedia(ctx, "send voice", openid, mediaID, message.NewCustomerVoiceMessage(openid, mediaID))
}

func (c *Client) sendMedia(ctx context.Context, name, openid, mediaID string, body *message.CustomerMessage) error {
	if !isToken(openid, maxOpenID) {
		return fmt.Errorf("%s: %w", name, errBadOpenID)
	}
	if err := CheckMedia(mediaID); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return c.do(ctx, request{name: name, method: http.MethodPost, path: "/cgi-bin/message/custom/send", body: body})
}
