package chat_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"yishi/bot/wechat"
)

// The corpus' own side of the platform, written without the bot's code.

const corpusToken = "corpus-token"

var (
	placeholder = regexp.MustCompile(`\{\{(from2?|to|now(?:[+-]\d+)?|msgid|appid|rep:[^{}]*?:\d+|hex:[0-9a-f]+)\}\}`)
	serials     atomic.Int64
)

// serial is a number that no other message has.
func serial() string { return strconv.FormatInt(7000000000000000000+serials.Add(1), 10) }

// corpusPerson is the sender of one case.
type corpusPerson struct {
	c                  *corpusCase
	from, from2, msgID string
}

func newCorpusPerson(c *corpusCase) *corpusPerson {
	return &corpusPerson{c: c, from: "oCase" + serial(), from2: "oCase" + serial(), msgID: serial()}
}

func (p *corpusPerson) fill(s string) string {
	return placeholder.ReplaceAllStringFunc(s, func(m string) string {
		m = m[2 : len(m)-2]
		switch {
		case m == "from":
			return p.from
		case m == "from2":
			return p.from2
		case m == "to":
			return account
		case m == "msgid":
			return p.msgID
		case m == "appid":
			return appID
		case strings.HasPrefix(m, "now"):
			d, _ := strconv.Atoi(m[3:]) // nothing: 0
			return strconv.FormatInt(time.Now().Unix()+int64(d), 10)
		case strings.HasPrefix(m, "hex:"):
			b, _ := hex.DecodeString(m[4:]) // the corpus' own
			return string(b)
		}
		i := strings.LastIndexByte(m, ':')
		n, _ := strconv.Atoi(m[i+1:]) // digits by the pattern
		return strings.Repeat(m[4:i], n)
	})
}

// values are what a case says of one parameter, none for null.
func (p *corpusPerson) values(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{p.fill(v)}
	case []any:
		var list []string
		for _, s := range v {
			list = append(list, p.fill(fmt.Sprint(s)))
		}
		return list
	}
	return nil
}

// build makes the query and the body of a case, validly signed unless it says otherwise.
func (p *corpusPerson) build(t *testing.T, body string, over map[string]any) (query, out string) {
	t.Helper()
	c := p.c
	q := url.Values{"timestamp": {strconv.FormatInt(time.Now().Unix(), 10)}, "nonce": {serial()}, "openid": {p.from}}
	for _, k := range []string{"timestamp", "nonce"} {
		if v, ok := over[k]; ok {
			q[k] = p.values(v)
		}
	}
	ts, nonce := q.Get("timestamp"), q.Get("nonce")
	sig := sign(corpusToken, ts, nonce)
	q.Set("signature", sig)
	out = p.fill(body)
	_, force := c.Crypt["force"]
	_, bare := c.Crypt["plain"]
	if (c.Mode == wechat.ModeSafe && !bare || force) && c.Method != http.MethodGet {
		enc := p.encrypt(t, out)
		outer := "<xml><ToUserName><![CDATA[" + account + "]]></ToUserName><Encrypt><![CDATA[{{enc}}]]></Encrypt></xml>"
		if s, ok := c.Crypt["outer"].(string); ok {
			outer = p.fill(s)
		}
		out = strings.ReplaceAll(outer, "{{enc}}", enc)
		q.Set("encrypt_type", "aes")
		q.Set("msg_signature", sign(corpusToken, ts, nonce, enc))
	}
	extra := ""
	for _, k := range slices.Sorted(maps.Keys(over)) {
		switch v := p.values(over[k]); {
		case k == "timestamp" || k == "nonce":
		case k == "raw":
			extra = "&" + v[0]
		case v == nil:
			q.Del(k)
		default:
			q[k] = v
		}
	}
	p.trick(q, sig)
	return q.Encode() + extra, out
}

func (p *corpusPerson) trick(q url.Values, sig string) {
	zero := strings.Repeat("0", 40)
	switch p.c.Trick {
	case "sig-upper":
		q.Set("signature", strings.ToUpper(sig))
	case "sig-prefix":
		q.Set("signature", sig[:20])
	case "sig-nul":
		q.Set("signature", sig+"\x00")
	case "sig-dup-good-bad":
		q["signature"] = []string{sig, zero}
	case "sig-dup-bad-good":
		q["signature"] = []string{zero, sig}
	case "msgsig-is-sig":
		q.Set("msg_signature", sig)
	case "boundary-shift":
		ts := q.Get("timestamp")
		nonce := "1000000" + ts[:1]
		q.Set("signature", sign(corpusToken, ts, nonce))
		q.Set("timestamp", nonce[len(nonce)-1:]+ts)
		q.Set("nonce", nonce[:len(nonce)-1])
	}
}

func rawKey(t *testing.T, key string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(key + "=")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// encrypt seals a body with the faults that the case asks for.
func (p *corpusPerson) encrypt(t *testing.T, plain string) string {
	t.Helper()
	c := p.c.Crypt
	if h, ok := c["raw_hex"].(string); ok {
		b, err := hex.DecodeString(h)
		if err != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString(b)
	}
	key, id := aesKey, appID
	if c["key"] == "other" {
		key = strings.ToLower(aesKey[:42]) + "8"
	}
	if s, ok := c["appid"].(string); ok {
		id = p.fill(s)
	}
	b := binary.BigEndian.AppendUint32([]byte("0123456789abcdef"), uint32(declared(len(plain), c["len"])))
	b = append(append(b, plain...), id...)
	b = append(b, padding(32-len(b)%32, c["pad"])...)
	k := rawKey(t, key)
	block, err := aes.NewCipher(k)
	if err != nil {
		t.Fatal(err)
	}
	cipher.NewCBCEncrypter(block, k[:16]).CryptBlocks(b, b)
	switch c["cipher"] {
	case "trunc16":
		b = b[:len(b)-16]
	case "flip40":
		b[40] ^= 1
	}
	return spoil(base64.StdEncoding.EncodeToString(b), c["b64"])
}

func declared(n int, as any) int {
	switch v := as.(type) {
	case float64:
		return int(v)
	case string:
		d, _ := strconv.Atoi(v) // the corpus' own
		return n + d
	}
	return n
}

func padding(n int, how any) []byte {
	pad := bytes.Repeat([]byte{byte(n)}, n)
	switch {
	case how == "zero":
		pad[n-1] = 0
	case how == "33":
		pad[n-1] = 33
	case how == "mixed" && n == 1:
		pad = append(pad, bytes.Repeat([]byte{33}, 32)...)
	case how == "mixed":
		pad[0] ^= 0x55
	}
	return pad
}

func spoil(s string, how any) string {
	switch how {
	case "bang":
		return s[:8] + "!" + s[9:]
	case "urlsafe":
		return "-_" + strings.NewReplacer("+", "-", "/", "_").Replace(s[2:])
	case "nopad":
		if bare := strings.TrimRight(s, "="); bare != s {
			return bare
		}
		return s[:len(s)-1]
	case "newlines":
		return s[:60] + "\n" + s[60:] + "\n"
	}
	return s
}

// unseal opens a reply as the platform does.
func unseal(t *testing.T, encoded string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(b) == 0 || len(b)%32 != 0 {
		t.Fatalf("bad ciphertext of %d bytes: %v", len(b), err)
	}
	k := rawKey(t, aesKey)
	block, err := aes.NewCipher(k)
	if err != nil {
		t.Fatal(err)
	}
	cipher.NewCBCDecrypter(block, k[:16]).CryptBlocks(b, b)
	b = b[:len(b)-int(b[len(b)-1])]
	n := int(binary.BigEndian.Uint32(b[16:20]))
	if got := string(b[20+n:]); got != appID {
		t.Fatalf("the reply is for app %q", got)
	}
	return b[20 : 20+n]
}
