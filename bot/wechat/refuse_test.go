package wechat

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

func TestRefusals(t *testing.T) {
	ts := strconv.FormatInt(testNow.Unix(), 10)
	good := func() url.Values { return signedQuery(testNow, "1372623149") }
	msg := textXML("1", "7", "")
	query := func(change func(q url.Values)) func(t *testing.T) *http.Request {
		return func(*testing.T) *http.Request {
			q := good()
			change(q)
			return call(q, msg)
		}
	}
	raw := func(s string) func(t *testing.T) *http.Request {
		return func(*testing.T) *http.Request {
			return httptest.NewRequest(http.MethodPost, "/wechat?"+good().Encode()+s, strings.NewReader(msg))
		}
	}
	resigned := func(at, nonce string) func(t *testing.T) *http.Request {
		return query(func(q url.Values) {
			q.Set("timestamp", at)
			q.Set("nonce", nonce)
			q.Set("signature", sign(testToken, at, nonce))
		})
	}
	method := func(name string) func(t *testing.T) *http.Request {
		return func(*testing.T) *http.Request {
			return httptest.NewRequest(name, "/wechat?"+good().Encode(), strings.NewReader(msg))
		}
	}
	safe := func(change func(q url.Values)) func(t *testing.T) *http.Request {
		return func(t *testing.T) *http.Request {
			r := safeCall(sealed(t, msg))
			q := r.URL.Query()
			change(q)
			r.URL.RawQuery = q.Encode()
			return r
		}
	}
	tests := []struct {
		name, mode string
		make       func(t *testing.T) *http.Request
		status     int
		out        Outcome
	}{
		{"PUT", ModePlain, method(http.MethodPut), 405, Method},
		{"HEAD", ModePlain, method(http.MethodHead), 405, Method},
		{"DELETE", ModeSafe, method(http.MethodDelete), 405, Method},
		{"too big", ModePlain, func(*testing.T) *http.Request { return plainCall(textXML(strings.Repeat("x", maxBody), "7", "")) }, 413, Oversized},
		{"too big and unsigned", ModePlain, func(*testing.T) *http.Request { return call(nil, strings.Repeat("x", maxBody+1)) }, 413, Oversized},
		{"too big, length unsaid", ModePlain, func(*testing.T) *http.Request {
			r := plainCall(textXML(strings.Repeat("x", maxBody), "7", ""))
			r.ContentLength = -1
			return r
		}, 413, Oversized},
		{"cut short", ModePlain, func(*testing.T) *http.Request {
			r := plainCall(msg)
			r.ContentLength++
			return r
		}, 408, Incomplete},
		{"no query", ModePlain, func(*testing.T) *http.Request { return call(nil, msg) }, 403, BadSignature},
		{"signature wrong", ModePlain, query(func(q url.Values) { q.Set("signature", strings.Repeat("0", 40)) }), 403, BadSignature},
		{"signature missing", ModePlain, query(func(q url.Values) { q.Del("signature") }), 403, BadSignature},
		{"signature in capitals", ModePlain, query(func(q url.Values) { q.Set("signature", strings.ToUpper(q.Get("signature"))) }), 403, BadSignature},
		{"signature with a tail", ModePlain, query(func(q url.Values) { q.Set("signature", q.Get("signature")+"\x00") }), 403, BadSignature},
		{"signature cut", ModePlain, query(func(q url.Values) { q.Set("signature", q.Get("signature")[:20]) }), 403, BadSignature},
		{"signature twice", ModePlain, query(func(q url.Values) { q.Add("signature", q.Get("signature")) }), 403, BadQuery},
		{"timestamp twice", ModePlain, query(func(q url.Values) { q.Add("timestamp", ts) }), 403, BadQuery},
		{"other parameter twice", ModePlain, query(func(q url.Values) { q["a"] = []string{"1", "2"} }), 403, BadQuery},
		{"name escaped to come twice", ModePlain, raw("&%73ignature=x"), 403, BadQuery},
		{"bad escape", ModePlain, raw("&x=%zz"), 403, BadQuery},
		{"semicolon", ModePlain, raw("&x=1;y=2"), 403, BadQuery},
		{"seventeen parameters", ModePlain, raw("&a&b&c&d&e&f&g&h&i&j&k&l&m"), 403, BadQuery},
		{"query too long", ModePlain, raw("&x=" + strings.Repeat("x", maxQuery)), 403, BadQuery},
		{"nonce empty", ModePlain, resigned(ts, ""), 403, BadSignature},
		{"nonce long", ModePlain, resigned(ts, strings.Repeat("9", 65)), 403, BadSignature},
		{"nonce not ASCII", ModePlain, resigned(ts, "汉"), 403, BadSignature},
		{"timestamp empty", ModePlain, resigned("", "1"), 403, BadSignature},
		{"timestamp negative", ModePlain, resigned("-1", "1"), 403, BadSignature},
		{"timestamp with a plus", ModePlain, resigned("+"+ts[1:], "1"), 403, BadSignature},
		{"timestamp in milliseconds", ModePlain, resigned(ts+"000", "1"), 403, BadSignature},
		{"timestamp with a blank", ModePlain, resigned(ts+" ", "1"), 403, BadSignature},
		{"timestamp full width", ModePlain, resigned("１"+ts[1:], "1"), 403, BadSignature},
		{"stale", ModePlain, resigned(strconv.FormatInt(testNow.Unix()-301, 10), "1"), 403, Stale},
		{"from the future", ModePlain, resigned(strconv.FormatInt(testNow.Unix()+301, 10), "1"), 403, Stale},
		{"encrypted on a plain account", ModePlain, query(func(q url.Values) { q.Set("encrypt_type", "aes") }), 403, WrongMode},
		{"plain on a safe account", ModeSafe, query(func(url.Values) {}), 403, Downgrade},
		{"raw on a safe account", ModeSafe, safe(func(q url.Values) { q.Set("encrypt_type", "raw") }), 403, Downgrade},
		{"type missing", ModeSafe, safe(func(q url.Values) { q.Del("encrypt_type") }), 403, Downgrade},
		{"message signature missing", ModeSafe, safe(func(q url.Values) { q.Del("msg_signature") }), 403, Downgrade},
		{"message signature is the signature", ModeSafe, safe(func(q url.Values) { q.Set("msg_signature", q.Get("signature")) }), 403, BadSignature},
		{"not decryptable", ModeSafe, func(*testing.T) *http.Request { return safeCall("AAAA") }, 403, Undecryptable},
		{"nothing encrypted", ModeSafe, func(*testing.T) *http.Request { return safeCall("") }, 403, Malformed},
		{"GET without echostr", ModePlain, func(*testing.T) *http.Request {
			return httptest.NewRequest(http.MethodGet, "/wechat?"+good().Encode(), nil)
		}, 403, BadQuery},
		{"GET with a wrong signature", ModePlain, func(*testing.T) *http.Request {
			return httptest.NewRequest(http.MethodGet, "/wechat?echostr=12345&signature=bad", nil)
		}, 403, BadSignature},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, testConfig(tt.mode), Limits{})
			w := b.do(tt.make(t))
			if w.Code != tt.status || w.Body.Len() != 0 || len(b.seen) != 0 || fmt.Sprint(b.out) != "["+string(tt.out)+"]" {
				t.Errorf("got %d %q after %d turns, outcome %v; want %d, empty, %s", w.Code, w.Body, len(b.seen), b.out, tt.status, tt.out)
			}
		})
	}
}
