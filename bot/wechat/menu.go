package wechat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"unicode/utf8"

	"github.com/silenceper/wechat/v2/officialaccount/menu"
)

// Button is an entry of the account's menu: with Sub it opens a list, with URL a page, with Key
// it tells the bot.
type Button struct {
	Name string // at most 16 bytes, 60 in a list
	Key  string // at most 128 bytes
	URL  string // at most 1,024 bytes
	Sub  []Button
	Scan bool // with Key: opens the camera and tells the bot what the QR code says
}

// SetMenu publishes the menu: up to three buttons with up to five each. Followers see it within
// five minutes. Doing it again changes nothing.
func (c *Client) SetMenu(ctx context.Context, buttons []Button) error {
	list, err := menuButtons(buttons, 3, 16)
	if err != nil {
		return fmt.Errorf("set menu: %w", err)
	}
	return c.do(ctx, request{
		name: "set menu", method: http.MethodPost, path: "/cgi-bin/menu/create", body: map[string]any{"button": list}, setup: true,
	})
}

func menuButtons(buttons []Button, most, nameBytes int) ([]*menu.Button, error) {
	if len(buttons) == 0 || len(buttons) > most {
		return nil, fmt.Errorf("%d buttons, want 1 to %d", len(buttons), most)
	}
	list := make([]*menu.Button, 0, len(buttons))
	for _, b := range buttons {
		if b.Name == "" || len(b.Name) > nameBytes || !utf8.ValidString(b.Name) || clean(b.Name) != b.Name {
			return nil, fmt.Errorf("button %q: name has %d bytes, want 1 to %d", b.Name, len(b.Name), nameBytes)
		}
		one, err := menuButton(b, most)
		if err != nil {
			return nil, fmt.Errorf("button %q: %w", b.Name, err)
		}
		list = append(list, one)
	}
	return list, nil
}

func menuButton(b Button, most int) (*menu.Button, error) {
	switch {
	case len(b.Sub) > 0:
		if b.Key != "" || b.URL != "" || most != 3 {
			return nil, errors.New("a list has neither key nor page nor lists in it")
		}
		sub, err := menuButtons(b.Sub, 5, 60)
		if err != nil {
			return nil, err
		}
		return menu.NewSubButton(b.Name, sub), nil
	case b.Key != "" && b.URL == "":
		if len(b.Key) > 128 {
			return nil, errors.New("key is longer than 128 bytes")
		}
		if b.Scan {
			return menu.NewScanCodeWaitMsgButton(b.Name, b.Key), nil
		}
		return menu.NewClickButton(b.Name, b.Key), nil
	case b.URL != "" && b.Key == "":
		u, err := url.Parse(b.URL)
		if err != nil || len(b.URL) > 1024 || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return nil, errors.New("page is not an http(s) URL of at most 1024 bytes")
		}
		return menu.NewViewButton(b.Name, b.URL), nil
	}
	return nil, errors.New("want exactly one of key, page and list")
}
