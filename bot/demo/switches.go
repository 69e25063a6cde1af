package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"yishi/bot/wechat/platform"
	"yishi/flows/civic"
)

// How a route stands.
const (
	routeOn     = "on"
	routeOff    = "off"    // the bot does not take it, as in its configuration
	routeDenied = "denied" // the platform refuses it: 48001
)

// slowness is how much later a slow platform answers. The bot waits for five seconds.
const slowness = 3 * time.Second

// switched is what is kept of the switches.
type switched struct {
	Routes  map[civic.Route]string `json:"routes,omitempty"` // missing: on
	UsedUp  map[civic.Route]string `json:"usedUp,omitempty"` // the day, in China
	Cut     bool                   `json:"cut,omitempty"`
	Slow    bool                   `json:"slow,omitempty"`
	Blocked map[string]bool        `json:"blocked,omitempty"` // openids
}

// switches let one see what happens when the platform does not do as it should.
type switches struct {
	o Options

	mu sync.Mutex // held while they are carried out
	at switched
}

// openSwitches puts the switches to where they were left. What cannot be read is as good as none.
func openSwitches(o Options) (*switches, error) {
	s := &switches{o: o, at: noSwitch()}
	if o.Switches == "" {
		return s, nil
	}
	b, err := os.ReadFile(o.Switches)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &s.at); err != nil {
		o.Log.Warn("switches were damaged", "err", err)
		s.at = noSwitch()
	}
	none := noSwitch()
	for to, from := range map[*map[civic.Route]string]map[civic.Route]string{&s.at.Routes: none.Routes, &s.at.UsedUp: none.UsedUp} {
		if *to == nil {
			*to = from
		}
	}
	if s.at.Blocked == nil {
		s.at.Blocked = none.Blocked
	}
	s.apply()
	return s, nil
}

func noSwitch() switched {
	return switched{Routes: map[civic.Route]string{}, UsedUp: map[civic.Route]string{}, Blocked: map[string]bool{}}
}

// apply carries everything out; the platform keeps used-up quotas and blocked phones itself.
func (s *switches) apply() {
	p := s.o.Platform
	for route, path := range sendPaths {
		stand := s.at.Routes[route]
		p.Allow(path, stand != routeDenied)
		if s.o.Turn != nil {
			s.o.Turn(route, stand != routeOff)
		}
		if s.at.Cut {
			p.Fault(path, platform.Fault{Kind: platform.FaultCut, Times: -1, Done: true})
		} else {
			p.Fault(path)
		}
		if s.at.Slow {
			p.SetLatency(path, slowness)
		} else {
			p.SetLatency(path, 0)
		}
	}
}

// keep writes the switches down.
func (s *switches) keep() error {
	if s.o.Switches == "" {
		return nil
	}
	b, err := json.Marshal(s.at)
	if err != nil {
		return err
	}
	return replace(s.o.Switches, b)
}

// chinaDay names the day by which the platform counts.
func chinaDay(t time.Time) string { return t.In(time.FixedZone("", 8*60*60)).Format(time.DateOnly) }

// order is what the page asks of a switch.
type order struct {
	Do    string      `json:"do"`
	Route civic.Route `json:"route"` // route, day, minute
	Set   string      `json:"set"`   // route: on, off or denied
	On    bool        `json:"on"`    // cut, slow, block
	Phone int         `json:"phone"` // block
}

// flip does what the page asks of a switch.
func (s *Server) flip(w http.ResponseWriter, r *http.Request) {
	o := order{Phone: -1}
	if !s.read(w, r, &o) {
		return
	}
	p, known := s.phone(o.Phone)
	if o.Do == "block" && !known {
		s.refuse(w, http.StatusNotFound, "没有这部手机")
		return
	}
	ok, err := s.switches.flip(o, p.Openid, s.o.Clock.Now())
	switch {
	case !ok:
		s.refuse(w, http.StatusBadRequest, "没有这个开关")
		return
	case err != nil:
		s.log.Error("keep switches", "err", err)
	}
	s.saveState()
	s.history.poke()
	s.answer(w, http.StatusOK, map[string]any{})
}

// flip is false for what is no switch.
func (s *switches) flip(o order, openid string, now time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.o.Platform
	path, isRoute := sendPaths[o.Route]
	switch o.Do {
	case "route":
		if !isRoute || !slices.Contains([]string{routeOn, routeOff, routeDenied}, o.Set) || o.Set == routeOff && s.o.Turn == nil {
			return false, nil
		}
		s.at.Routes[o.Route] = o.Set
	case "day", "minute":
		if !isRoute {
			return false, nil
		}
		if o.Do == "minute" {
			p.UseUpMinute(path)
			return true, nil
		}
		p.UseUp(path)
		s.at.UsedUp[o.Route] = chinaDay(now)
	case "token":
		p.ExpireToken()
		return true, nil
	case "cut":
		s.at.Cut = o.On
	case "slow":
		s.at.Slow = o.On
	case "block":
		p.Person(openid).Block(o.On)
		s.at.Blocked[openid] = o.On
	case "heal":
		for openid := range s.at.Blocked {
			p.Person(openid).Block(false)
		}
		p.Heal()
		s.at = noSwitch()
	default:
		return false, nil
	}
	s.apply()
	if err := s.keep(); err != nil {
		return true, fmt.Errorf("write switches: %w", err)
	}
	return true, nil
}

// note says what the switches will do to a message; "" nothing.
func (s *switches) note(o Outlook, now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	route := civic.Route(o.Way)
	if _, is := sendPaths[route]; !is {
		return ""
	}
	switch {
	case s.at.Routes[route] == routeDenied:
		return "平台会拒绝（48001）：先等着，权限恢复了再发"
	case s.at.UsedUp[route] == chinaDay(now) && o.Until.IsZero():
		return "平台会拒绝（45009）：等到零点再发"
	case s.at.Blocked[o.Openid] && route == civic.ByTemplate:
		return "这部手机不收消息：平台收下后回执说失败"
	case s.at.Blocked[o.Openid] && route == civic.ByCustomer:
		return "这部手机不收消息（48002）：会改走下一条路"
	case s.at.Cut && route == civic.ByTemplate:
		return "回答断在半路：凭编号再试，手机只收一次"
	case s.at.Cut:
		return "回答断在半路：手机收到，记成“未知”，不再自动发"
	}
	return ""
}

// switchState is how the switches stand, for the page.
type switchState struct {
	Routes    map[civic.Route]string `json:"routes"`
	UsedUp    []civic.Route          `json:"usedUp"` // for today
	Cut       bool                   `json:"cut"`
	Slow      bool                   `json:"slow"`
	Blocked   []bool                 `json:"blocked"`   // by phone
	Refreshes int                    `json:"refreshes"` // access tokens issued since the start
}

func (s *Server) switchState() switchState {
	w := s.switches
	w.mu.Lock()
	defer w.mu.Unlock()
	st := switchState{
		Routes: maps.Clone(w.at.Routes), UsedUp: []civic.Route{}, Cut: w.at.Cut, Slow: w.at.Slow, Refreshes: s.o.Platform.Tally().Refreshes,
	}
	today := chinaDay(s.o.Clock.Now())
	for route, day := range w.at.UsedUp {
		if day == today {
			st.UsedUp = append(st.UsedUp, route)
		}
	}
	slices.Sort(st.UsedUp)
	for _, p := range s.o.Phones {
		st.Blocked = append(st.Blocked, w.at.Blocked[p.Openid])
	}
	return st
}
