package demo

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"yishi/bot/wechat/platform"
)

// The limits of what a page may send.
const (
	maxJSON  = 64 << 10
	maxPhoto = 5 << 20
	maxText  = 4000 // characters in one message
)

// read takes a small JSON body; on a fault it has answered already.
func (s *Server) read(w http.ResponseWriter, r *http.Request, v any) bool {
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxJSON)).Decode(v)
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		s.refuse(w, http.StatusRequestEntityTooLarge, "太长了，请分几次发")
	case err != nil:
		s.refuse(w, http.StatusBadRequest, "这个请求看不懂，请刷新页面再试")
	}
	return err == nil
}

// action is what somebody does on a phone.
type action struct {
	Phone int    `json:"phone"`
	Do    string `json:"do"`
	Text  string `json:"text"` // say, voice, place: words; click: the button's key
	Seq   int64  `json:"seq"`  // tap: the account's message
	N     int    `json:"n"`    // tap: which part; scan, follow: which scene; place, photo: which sample; -1 none
}

type deed func(ctx context.Context, p *platform.Person) *platform.Delivery

// act does on a phone what the page was asked for. The answer comes by the event stream.
func (s *Server) act(w http.ResponseWriter, r *http.Request) {
	a := action{N: -1}
	if !s.read(w, r, &a) {
		return
	}
	p, ok := s.phone(a.Phone)
	if !ok {
		s.refuse(w, http.StatusNotFound, "没有这部手机")
		return
	}
	if utf8.RuneCountInString(a.Text) > maxText {
		s.refuse(w, http.StatusBadRequest, "一条最多 "+strconv.Itoa(maxText)+" 字，请分几次发")
		return
	}
	rec, do := s.deed(a)
	if do == nil {
		s.refuse(w, http.StatusBadRequest, "这里没有可发的内容")
		return
	}
	rec.Openid = p.Openid
	s.send(w, rec, do)
}

func (s *Server) send(w http.ResponseWriter, rec record, do deed) {
	if !s.deliver(rec, do) {
		s.refuse(w, http.StatusTooManyRequests, "前面几条还在等回复，请稍候")
		return
	}
	s.answer(w, http.StatusAccepted, map[string]any{})
}

// deed turns an action into the record of it and the deed itself; nil when it makes no sense.
func (s *Server) deed(a action) (record, deed) {
	switch a.Do {
	case kindSay:
		if strings.TrimSpace(a.Text) == "" {
			return record{}, nil
		}
		return record{Kind: kindSay, Text: a.Text}, func(ctx context.Context, p *platform.Person) *platform.Delivery {
			return p.Say(ctx, a.Text)
		}
	case kindTap:
		return s.tap(a)
	case kindClick:
		name, ok := button(s.o.Platform.Menu(), a.Text)
		if !ok {
			return record{}, nil
		}
		return record{Kind: kindClick, Text: name, Key: a.Text}, func(ctx context.Context, p *platform.Person) *platform.Delivery {
			return p.Click(ctx, a.Text)
		}
	case kindVoice:
		text := strings.TrimSpace(a.Text)
		return record{Kind: kindVoice, Text: text}, func(ctx context.Context, p *platform.Person) *platform.Delivery {
			return p.Voice(ctx, silence(), text)
		}
	case kindPlace:
		return s.place(a)
	case kindPhoto:
		if a.N < 0 || a.N >= len(sampleNames) {
			return record{}, nil
		}
		return s.shot(s.samples()[a.N], s.samples()[a.N])
	case kindScan, kindFollow, kindUnfollow:
		return s.join(a)
	case kindConsent:
		return s.consent(a)
	}
	return record{}, nil
}

// tap follows a link that the account really sent to this phone.
func (s *Server) tap(a action) (record, deed) {
	rec, ok := s.history.find(a.Seq)
	p, known := s.phone(a.Phone)
	if !ok || !known || rec.Openid != p.Openid || a.N < 0 || a.N >= len(rec.Parts) || rec.Parts[a.N].Say == "" {
		return record{}, nil
	}
	choice := rec.Parts[a.N]
	return record{Kind: kindTap, Text: choice.Say}, func(ctx context.Context, p *platform.Person) *platform.Delivery {
		return p.Tap(ctx, choice.Say, choice.ID)
	}
}

func (s *Server) place(a action) (record, deed) {
	if len(s.o.Places) == 0 {
		return record{}, nil
	}
	at := s.o.Places[0]
	if a.N >= 0 && a.N < len(s.o.Places) {
		at = s.o.Places[a.N]
	} else if at.Label = strings.TrimSpace(a.Text); at.Label == "" {
		return record{}, nil
	}
	return record{Kind: kindPlace, Text: at.Label}, func(ctx context.Context, p *platform.Person) *platform.Delivery {
		return p.Locate(ctx, at.Lat, at.Lng, at.Label)
	}
}

func (s *Server) shot(sent, shown []byte) (record, deed) {
	return record{Kind: kindPhoto, Photo: shown}, func(ctx context.Context, p *platform.Person) *platform.Delivery {
		return p.Photo(ctx, sent)
	}
}

// consent answers the question for consent to the account's first notice: N is 1 for yes, 0 for no.
func (s *Server) consent(a action) (record, deed) {
	if len(s.o.Notices) == 0 || a.N < 0 || a.N > 1 {
		return record{}, nil
	}
	t := s.o.Notices[0]
	key := map[int]string{0: "reject", 1: "accept"}[a.N]
	return record{Kind: kindConsent, Text: t.Title, Key: key}, func(ctx context.Context, p *platform.Person) *platform.Delivery {
		return p.AnswerPopup(ctx, platform.Answer{TemplateID: t.ID, Accept: a.N == 1})
	}
}

// join follows, scans or leaves. Scanning while not following is following.
func (s *Server) join(a action) (record, deed) {
	var c Scene
	if a.N >= 0 && a.N < len(s.o.Scenes) {
		c = s.o.Scenes[a.N]
	}
	p, _ := s.phone(a.Phone)
	switch {
	case a.Do == kindUnfollow:
		return record{Kind: kindUnfollow}, func(ctx context.Context, p *platform.Person) *platform.Delivery {
			return p.Unfollow(ctx)
		}
	case s.o.Platform.Person(p.Openid).Following() && c.Scene == "":
		return record{}, nil
	case s.o.Platform.Person(p.Openid).Following():
		return record{Kind: kindScan, Text: c.Label, Key: c.Scene}, func(ctx context.Context, p *platform.Person) *platform.Delivery {
			return p.Scan(ctx, c.Scene)
		}
	}
	return record{Kind: kindFollow, Text: c.Label, Key: c.Scene}, func(ctx context.Context, p *platform.Person) *platform.Delivery {
		return p.Follow(ctx, c.Scene)
	}
}

// button finds the name of the menu button with a key.
func button(menu []platform.MenuButton, key string) (string, bool) {
	for _, b := range menu {
		if b.Key == key && key != "" {
			return b.Name, true
		}
		if name, ok := button(b.Sub, key); ok {
			return name, true
		}
	}
	return "", false
}

// upload takes a picture from the page: its body is the file, its header X-Phone the phone.
func (s *Server) upload(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.Header.Get("X-Phone"))
	p, ok := s.phone(n)
	if err != nil || !ok {
		s.refuse(w, http.StatusNotFound, "没有这部手机")
		return
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPhoto))
	if err != nil {
		s.refuse(w, http.StatusRequestEntityTooLarge, "照片太大了，最多 5 MB")
		return
	}
	small, err := s.shrink(b)
	if err != nil {
		s.refuse(w, http.StatusUnsupportedMediaType, "这张照片打不开，请换一张 JPG 或 PNG")
		return
	}
	rec, do := s.shot(b, small)
	rec.Openid = p.Openid
	s.send(w, rec, do)
}
