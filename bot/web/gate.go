package web

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strings"
	"time"

	"yishi/store"
)

const (
	cookieLife = 24 * time.Hour
	loginTime  = 10 * time.Minute // for the way through WeChat's login
)

// cookieName is that of the browser's cookie. With __Host- no other host can set it for ours; it
// needs https.
func (s *Server) cookieName() string {
	if s.secure {
		return "__Host-yishi"
	}
	return "yishi"
}

// browser is the word by which a browser is known again, "" if it has none yet. It says nothing
// about anybody and by itself opens nothing.
func (s *Server) browser(r *http.Request) string {
	c, err := r.Cookie(s.cookieName())
	if err != nil || !isWord(c.Value) {
		return ""
	}
	return c.Value
}

// mark gives the browser a word unless it has one.
func (s *Server) mark(w http.ResponseWriter, r *http.Request) string {
	if b := s.browser(r); b != "" {
		return b
	}
	b := rand.Text()
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(), Value: b, Path: "/", MaxAge: int(cookieLife / time.Second),
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	})
	return b
}

// wordLength is that of rand.Text, which holds 130 bits.
const wordLength = 26

func isWord(s string) bool {
	for i := range len(s) {
		if (s[i] < 'A' || s[i] > 'Z') && (s[i] < '2' || s[i] > '7') {
			return false
		}
	}
	return len(s) == wordLength
}

func (s *Server) mac(purpose string, parts ...string) []byte {
	m := hmac.New(sha256.New, s.o.Key)
	m.Write([]byte(purpose))
	for _, p := range parts {
		m.Write(binary.BigEndian.AppendUint64([]byte{0}, uint64(len(p))))
		m.Write([]byte(p))
	}
	return m.Sum(nil)
}

// token is what a form of this link in this browser carries.
func (s *Server) token(ref, browser string) string {
	return base64.RawURLEncoding.EncodeToString(s.mac("form", ref, browser))
}

func (s *Server) rightToken(ref, browser, token string) bool {
	return browser != "" && hmac.Equal([]byte(token), []byte(s.token(ref, browser)))
}

// stateText writes what goes through WeChat's login: letters and digits only.
var stateText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func (s *Server) sealer() (cipher.AEAD, error) {
	block, err := aes.NewCipher(s.mac("state"))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// seal makes the state that a browser takes through WeChat's login: which link it is for, and
// until when. Only this browser can come back with it, and the address of the login betrays
// nothing. It has 100 characters of the 128 that WeChat takes.
func (s *Server) seal(ref, browser string, now time.Time) (string, error) {
	a, err := s.sealer()
	if err != nil {
		return "", err
	}
	plain := binary.BigEndian.AppendUint64(nil, uint64(now.Add(loginTime).Unix()))
	return stateText.EncodeToString(a.Seal(nil, nil, append(plain, ref...), []byte(browser))), nil
}

// unseal reads a state; false for one that is not ours, too old, or another browser's.
func (s *Server) unseal(state, browser string, now time.Time) (ref string, ok bool) {
	a, err := s.sealer()
	if err != nil || browser == "" || len(state) > 128 {
		return "", false
	}
	sealed, err := stateText.DecodeString(state)
	if err != nil {
		return "", false
	}
	plain, err := a.Open(nil, nil, sealed, []byte(browser))
	if err != nil || len(plain) < 8 {
		return "", false
	}
	ref = string(plain[8:])
	return ref, store.ValidRef(ref) && now.Unix() < int64(binary.BigEndian.Uint64(plain))
}

// inWeChat says whether the page seems to be shown by WeChat itself, which knows whose phone it is
// on and does not save files. It decides what is offered, never what is allowed.
func inWeChat(r *http.Request) bool {
	return strings.Contains(r.UserAgent(), "MicroMessenger")
}
