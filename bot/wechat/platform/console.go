package platform

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

const (
	codeLife     = 30 * 24 * time.Hour // longest life of a temporary QR code
	codeDefault  = time.Minute
	maxPermanent = 100_000
	clearsMonth  = 10
	zone         = 8 * 60 * 60 // quotas turn at midnight in China
)

// code is a QR code with a scene.
type code struct {
	Scene string    `json:"scene"`
	Until time.Time `json:"until,omitzero"` // zero: permanent
}

// Scenes lists the scenes of the QR codes the bot made that are valid now, oldest first.
func (p *Platform) Scenes() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	var scenes []string
	for _, c := range p.state.Codes {
		if (c.Until.IsZero() || now.Before(c.Until)) && !slices.Contains(scenes, c.Scene) {
			scenes = append(scenes, c.Scene)
		}
	}
	return scenes
}

func codeCreate(c *call) (any, int) {
	var in struct {
		Seconds int64  `json:"expire_seconds"`
		Action  string `json:"action_name"`
		Info    struct {
			Scene struct {
				ID  json.Number `json:"scene_id"`
				Str string      `json:"scene_str"`
			} `json:"scene"`
		} `json:"action_info"`
	}
	if !c.read(&in) {
		return nil, codeBadJSON
	}
	scene, limit := in.Info.Scene.Str, uint64(1<<32-1)
	switch in.Action {
	case "QR_STR_SCENE", "QR_LIMIT_STR_SCENE":
		if len(scene) < 1 || len(scene) > 64 {
			return nil, codeBadActionInfo
		}
	case "QR_LIMIT_SCENE", "QR_SCENE":
		if in.Action == "QR_LIMIT_SCENE" {
			limit = maxPermanent
		}
		id, err := strconv.ParseUint(in.Info.Scene.ID.String(), 10, 64)
		if err != nil || id < 1 || id > limit {
			return nil, codeBadActionInfo
		}
		scene = strconv.FormatUint(id, 10)
	default:
		return nil, codeBadAction
	}
	made := code{Scene: scene}
	answer := map[string]any{"ticket": c.p.opaque("ticket_"), "url": "http://weixin.qq.com/q/" + c.p.opaque("")}
	if in.Action == "QR_SCENE" || in.Action == "QR_STR_SCENE" {
		life := time.Duration(min(in.Seconds, int64(codeLife/time.Second))) * time.Second
		if life <= 0 {
			life = codeDefault
		}
		made.Until = c.now.Add(life)
		answer["expire_seconds"] = int64(life / time.Second)
	}
	c.p.state.Codes = slices.DeleteFunc(c.p.state.Codes, func(o code) bool {
		return o.Scene == scene || (!o.Until.IsZero() && !c.now.Before(o.Until))
	})
	c.p.state.Codes = append(c.p.state.Codes, made)
	return answer, codeOK
}

func addresses(*call) (any, int) {
	return map[string][]string{"ip_list": {"127.0.0.1"}}, codeOK
}

func userInfo(c *call) (any, int) {
	openid := c.r.URL.Query().Get("openid")
	f := c.p.state.People[openid]
	if f == nil {
		return nil, codeBadOpenid
	}
	if !f.Following {
		return map[string]any{"subscribe": 0, "openid": openid}, codeOK
	}
	from := "ADD_SCENE_SEARCH"
	if f.Scene != "" {
		from = "ADD_SCENE_QR_CODE"
	}
	return map[string]any{
		"subscribe": 1, "openid": openid, "language": "zh_CN", "subscribe_time": f.FollowedAt,
		"remark": "", "groupid": 0, "tagid_list": []int{}, "subscribe_scene": from,
		"qr_scene": 0, "qr_scene_str": f.Scene,
	}, codeOK
}

// userPage is how many followers one answer lists.
const userPage = 10_000

func userList(c *call) (any, int) {
	after := c.r.URL.Query().Get("next_openid")
	openids, total := []string{}, 0
	for openid, f := range c.p.state.People {
		if !f.Following {
			continue
		}
		if total++; openid > after {
			openids = append(openids, openid)
		}
	}
	slices.Sort(openids)
	openids = openids[:min(len(openids), userPage)]
	next := ""
	if len(openids) > 0 {
		next = openids[len(openids)-1]
	}
	return map[string]any{
		"total": total, "count": len(openids),
		"data": map[string]any{"openid": openids}, "next_openid": next,
	}, codeOK
}

func quotaGet(c *call) (any, int) {
	var in struct {
		Path string `json:"cgi_path"`
	}
	if !c.read(&in) {
		return nil, codeBadJSON
	}
	if _, known := c.p.table[in.Path]; !known {
		return nil, 76021
	}
	daily, used := c.p.daily(in.Path), c.p.state.Calls[in.Path]
	if c.p.state.UsedUp[in.Path] {
		used = max(used, daily)
	}
	return map[string]any{
		"errcode": 0, "errmsg": "ok",
		"quota": map[string]int{"daily_limit": daily, "used": used, "remain": max(0, daily-used)},
	}, codeOK
}

// clearQuota sets the day's counts back, ten times a month.
func clearQuota(c *call) (any, int) {
	var in struct {
		AppID string `json:"appid"`
	}
	switch {
	case !c.read(&in):
		return nil, codeBadJSON
	case in.AppID != c.p.account.appID:
		return nil, codeBadAppID
	}
	month := c.now.In(time.FixedZone("", zone)).Format("2006-01")
	if c.p.state.Clears[month] >= clearsMonth {
		return nil, codeClears
	}
	c.p.state.Clears[month]++
	clear(c.p.state.Calls)
	clear(c.p.state.UsedUp)
	return fine(), codeOK
}

func ridGet(*call) (any, int) { return nil, 76001 }
