package wechat

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
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func (p *player) fill(s string) string {
	return placeholder.ReplaceAllStringFunc(s, func(m string) string {
		m = m[2 : len(m)-2]
		switch {
		case m == "from":
			return p.from
		case m == "from2":
			return p.from2
		case m == "to":
			return testAccount
		case m == "msgid":
			return p.msgID
		case m == "appid":
			return testAppID
		case strings.HasPrefix(m, "now"):
			d, _ := strconv.Atoi(m[3:])
			return strconv.FormatInt(time.Now().Unix()+int64(d), 10)
		case strings.HasPrefix(m, "hex:"):
			b, _ := hex.DecodeString(m[4:])
			return string(b)
		}
		i := strings.LastIndexByte(m, ':')
		n, _ := strconv.Atoi(m[i+1:])
		return strings.Repeat(m[4:i], n)
	})
}

func values(p *player, v any) []string {
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
func (p *player) build(t *testing.T, body string, over map[string]any) (query, out string) {
	c := p.c
	q := url.Values{
		"timestamp": {strconv.FormatInt(time.Now().Unix(), 10)}, "nonce": {nextSerial()}, "openid": {p.from},
	}
	for _, k := range []string{"timestamp", "nonce"} {
		if v, ok := over[k]; ok {
			q[k] = values(p, v)
		}
	}
	ts, nonce := q.Get("timestamp"), q.Get("nonce")
	sig := sign(testToken, ts, nonce)
	q.Set("signature", sig)
	out = p.fill(body)
	_, force := c.Crypt["force"]
	_, noEnc := c.Crypt["plain"]
	if (c.Mode == ModeSafe && !noEnc || force) && c.Method != http.MethodGet {
		enc := p.encrypt(t, out)
		outer := envelope("{{enc}}")
		if s, ok := c.Crypt["outer"].(string); ok {
			outer = p.fill(s)
		}
		out = strings.ReplaceAll(outer, "{{enc}}", enc)
		q.Set("encrypt_type", "aes")
		q.Set("msg_signature", sign(testToken, ts, nonce, enc))
	}
	extra := ""
	for _, k := range slices.Sorted(maps.Keys(over)) {
		switch v := values(p, over[k]); {
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

func (p *player) trick(q url.Values, sig string) {
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
		q.Set("signature", sign(testToken, ts, nonce))
		q.Set("timestamp", nonce[len(nonce)-1:]+ts)
		q.Set("nonce", nonce[:len(nonce)-1])
	}
}

func (p *player) encrypt(t *testing.T, plain string) string {
	c := p.c.Crypt
	if h, ok := c["raw_hex"].(string); ok {
		b, _ := hex.DecodeString(h)
		return base64.StdEncoding.EncodeToString(b)
	}
	key, id, size := testAESKey, testAppID, len(plain)
	if c["key"] == "other" {
		key = otherAESKey
	}
	if s, ok := c["appid"].(string); ok {
		id = p.fill(s)
	}
	switch v := c["len"].(type) {
	case float64:
		size = int(v)
	case string:
		d, _ := strconv.Atoi(v)
		size += d
	}
	b := binary.BigEndian.AppendUint32([]byte("0123456789abcdef"), uint32(size))
	b = append(append(b, plain...), id...)
	n := 32 - len(b)%32
	pad := bytes.Repeat([]byte{byte(n)}, n)
	switch c["pad"] {
	case "zero":
		pad[n-1] = 0
	case "33":
		pad[n-1] = 33
	case "mixed":
		if n == 1 {
			pad = append(pad, bytes.Repeat([]byte{33}, 32)...)
		} else {
			pad[0] ^= 0x55
		}
	}
	b = append(b, pad...)
	k := rawKey(t, key)
	block, _ := aes.NewCipher(k)
	cipher.NewCBCEncrypter(block, k[:16]).CryptBlocks(b, b)
	switch c["cipher"] {
	case "trunc16":
		b = b[:len(b)-16]
	case "flip40":
		b[40] ^= 1
	}
	return spoil(base64.StdEncoding.EncodeToString(b), c["b64"])
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
