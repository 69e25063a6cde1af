package wechat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Ability is something that the account may or may not do, with a plain verdict for the operator.
type Ability struct {
	Name string
	OK   bool
	Why  string
}

// Abilities tries cheap calls that only read, and says in plain words what this account may do.
// Without a token nothing else is tried.
func (c *Client) Abilities(ctx context.Context) []Ability {
	_, err := c.Token(ctx)
	list := []Ability{ability("凭证 access token", err)}
	if err != nil {
		return list
	}
	for _, p := range []struct{ name, path string }{
		{"接口与服务器 API and server IPs", "/cgi-bin/getcallbackip"},
		{"自定义菜单 menu", "/cgi-bin/get_current_selfmenu_info"},
		{"模板消息 template messages", "/cgi-bin/template/get_all_private_template"},
		{"客服消息 customer messages", "/cgi-bin/customservice/getkflist"},
	} {
		_, err := c.call(ctx, request{name: "probe", setup: true, method: http.MethodGet, path: p.path})
		list = append(list, ability(p.name, err))
	}
	return list
}

func ability(name string, err error) Ability {
	if err == nil {
		return Ability{Name: name, OK: true, Why: "可用 available"}
	}
	var e *Error
	switch {
	case errors.As(err, &e):
		return Ability{Name: name, Why: fmt.Sprintf("%s（%d %s）", verdictText(e), e.Code, e.Msg)}
	case errors.Is(err, ErrNotSent):
		return Ability{Name: name, Why: "连不上微信接口 cannot connect to the API"}
	}
	return Ability{Name: name, Why: "微信接口没有正常回答 no understandable answer from the API"}
}

// verdictText puts a code into an operator's words.
func verdictText(e *Error) string {
	switch e.Code {
	case -1:
		return "微信系统繁忙，请稍后再试 platform busy, try again"
	case 40001, 40125:
		return "AppSecret 不对或凭证失效，请核对 wrong secret or invalid token"
	case 40013:
		return "AppID 不对，请核对 wrong app id"
	case 40014, 42001:
		return "凭证失效，重取后仍被拒绝 token refused even after a refresh"
	case 40164:
		return "本机 IP 不在白名单，请在公众平台“基本配置”里加上 this IP is not on the account's list"
	case 89503:
		return "此 IP 需要管理员在微信里确认 an administrator must confirm this IP"
	case 40243:
		return "AppSecret 已被冻结，请在公众平台解冻 secret is frozen"
	case 45009:
		return "今天的调用次数已用完 daily quota used up"
	case 45011:
		return "调用太频繁，请一分钟后再试 too many calls this minute"
	case 48001:
		return "此账号没有这项权限（多半需要已认证的服务号） not granted to this kind of account"
	case 50002:
		return "账号受限，请登录公众平台查看 account is restricted"
	case 65400:
		return "客服功能尚未开通 customer service is not switched on"
	}
	return "微信拒绝了请求 refused by the platform"
}
