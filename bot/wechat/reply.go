package wechat

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"yishi/flows/zh"
)

// maxContent is what the platform takes as the text of one message, in bytes. Render keeps
// well below it.
const maxContent = 2048

// fit makes text that the platform will accept: cleaned, at most maxContent bytes, cut at a
// visible character and never inside of a link. It may be empty, and then must not be sent.
func fit(text string) string {
	text = clean(text)
	if len(text) > maxContent {
		text = zh.CutBytes(text, maxContent)
		if open := strings.LastIndex(text, "<a "); open >= 0 && !strings.Contains(text[open:], "</a>") {
			text = text[:open]
		}
	}
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return text
}

// appendReply writes a passive text reply. text must come from fit.
func appendReply(b []byte, to, from string, at int64, text string) []byte {
	b = append(b, "<xml><ToUserName>"...)
	b = appendCDATA(b, to)
	b = append(b, "</ToUserName><FromUserName>"...)
	b = appendCDATA(b, from)
	b = append(b, "</FromUserName><CreateTime>"...)
	b = strconv.AppendInt(b, at, 10)
	b = append(b, "</CreateTime><MsgType><![CDATA[text]]></MsgType><Content>"...)
	b = appendCDATA(b, text)
	return append(b, "</Content></xml>"...)
}

// appendCDATA splits "]]>", which would end the section.
func appendCDATA(b []byte, s string) []byte {
	b = append(b, "<![CDATA["...)
	for {
		i := strings.Index(s, "]]>")
		if i < 0 {
			break
		}
		b = append(b, s[:i+2]...)
		b = append(b, "]]><![CDATA["...)
		s = s[i+2:]
	}
	b = append(b, s...)
	return append(b, "]]>"...)
}

// seal wraps an encrypted reply in its signed envelope.
func seal(plain []byte, cfg *Config, key []byte, now time.Time) ([]byte, error) {
	sealed, err := encrypt(plain, cfg.AppID, key)
	if err != nil {
		return nil, err
	}
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return nil, fmt.Errorf("seal reply: %w", err)
	}
	nonce := fmt.Sprintf("%x", random)
	at := strconv.FormatInt(now.Unix(), 10)
	b := make([]byte, 0, len(sealed)+256)
	b = append(b, "<xml><Encrypt><![CDATA["...)
	b = append(b, sealed...)
	b = append(b, "]]></Encrypt><MsgSignature><![CDATA["...)
	b = append(b, util.Signature(cfg.Token, at, nonce, string(sealed))...)
	b = append(b, "]]></MsgSignature><TimeStamp>"...)
	b = append(b, at...)
	b = append(b, "</TimeStamp><Nonce><![CDATA["...)
	b = append(b, nonce...)
	return append(b, "]]></Nonce></xml>"...), nil
}

// openEnvelope proves and decrypts a safe-mode body. Fields beside Encrypt are not looked at:
// only what was encrypted counts.
func openEnvelope(body []byte, q *query, cfg *Config, keys [][]byte) (plain []byte, key int, out Outcome) {
	f, err := parseFields(body)
	if err != nil || len(f.v[fieldEncrypt]) == 0 {
		return nil, 0, Malformed
	}
	sealed := f.v[fieldEncrypt]
	if !signed(q.msgSignature, cfg.Token, q.timestamp, q.nonce, string(sealed)) {
		return nil, 0, BadSignature
	}
	plain, key, err = decrypt(sealed, cfg.AppID, keys)
	if err != nil {
		return nil, 0, Undecryptable
	}
	return plain, key, OK
}
