package wechat

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/silenceper/wechat/v2/officialaccount/basic"
)

// QR is a code that leads to the account and tells the bot its scene.
type QR struct {
	Ticket        string // for the platform's picture, see ImageURL
	URL           string // what the code says, to draw it ourselves
	ExpireSeconds int    // 0 means never
}

// ImageURL is where the platform shows the code as a picture.
func (q QR) ImageURL() string {
	return "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=" + url.QueryEscape(q.Ticket)
}

// QRCode makes a code for scene (1 to 64 of A–Z a–z 0–9 _ -) that lives for days, at most 30;
// 0 means for ever, of which an account has 100,000.
func (c *Client) QRCode(ctx context.Context, scene string, days int) (QR, error) {
	if !isToken(scene, 64) || days < 0 || days > 30 {
		return QR{}, fmt.Errorf("qr code: bad scene, or %d days, want 0 to 30", days)
	}
	body := basic.NewLimitQrRequest(scene)
	if days > 0 {
		body = basic.NewTmpQrRequest(time.Duration(days)*24*time.Hour, scene)
	}
	var t basic.Ticket
	err := c.get(ctx, request{name: "qr code", setup: true, method: http.MethodPost, path: "/cgi-bin/qrcode/create", body: body}, &t)
	if err != nil {
		return QR{}, err
	}
	if t.Ticket == "" || t.URL == "" {
		return QR{}, fmt.Errorf("qr code: %w: no ticket", ErrUnsure)
	}
	return QR{Ticket: t.Ticket, URL: t.URL, ExpireSeconds: int(t.ExpireSeconds)}, nil
}
