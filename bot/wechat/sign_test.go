package wechat

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The platform's side of signing and encrypting, written without the SDK so that both check
// each other.

const (
	testToken   = "corpus-token"
	testAppID   = "wx0123456789abcdef"
	testAccount = "gh_0123456789ab"
	testAESKey  = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	otherAESKey = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdef8"
	testOpenID  = "oTest_Resident-0000000000001"
)

var testNow = time.Date(2045, 3, 4, 5, 6, 7, 0, time.UTC) // past 2038

func testConfig(mode string) Config {
	return Config{AppID: testAppID, Secret: "top-secret", Token: testToken, AESKey: testAESKey, Account: testAccount, Mode: mode}
}

func sign(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

func rawKey(t testing.TB, key string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(key + "=")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sealing says how to encrypt, and what to do wrong.
type sealing struct {
	key   string
	appID string
	size  int // added to the declared length
	pad   func(pad []byte) []byte
}

func (s sealing) seal(t testing.TB, plain string) []byte {
	t.Helper()
	b := []byte("0123456789abcdef")
	b = binary.BigEndian.AppendUint32(b, uint32(len(plain)+s.size))
	b = append(append(b, plain...), s.appID...)
	n := 32 - len(b)%32
	pad := bytes.Repeat([]byte{byte(n)}, n)
	if s.pad != nil {
		pad = s.pad(pad)
	}
	b = append(b, pad...)
	key := rawKey(t, s.key)
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	cipher.NewCBCEncrypter(block, key[:16]).CryptBlocks(b, b)
	return b
}

func sealed(t testing.TB, plain string) string {
	t.Helper()
	return base64Seal(t, sealing{key: testAESKey, appID: testAppID}, plain)
}

// unseal opens a reply as the platform does.
func unseal(t testing.TB, encoded, key string) string {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(b)%32 != 0 {
		t.Fatalf("bad ciphertext of %d bytes: %v", len(b), err)
	}
	k := rawKey(t, key)
	block, err := aes.NewCipher(k)
	if err != nil {
		t.Fatal(err)
	}
	cipher.NewCBCDecrypter(block, k[:16]).CryptBlocks(b, b)
	b = b[:len(b)-int(b[len(b)-1])]
	n := int(binary.BigEndian.Uint32(b[16:20]))
	if got := string(b[20+n:]); got != testAppID {
		t.Fatalf("reply is for app %q", got)
	}
	return string(b[20 : 20+n])
}

// textXML is a text message; extra is put before the end.
func textXML(content, msgID, extra string) string {
	return "<xml><ToUserName><![CDATA[" + testAccount + "]]></ToUserName><FromUserName><![CDATA[" + testOpenID +
		"]]></FromUserName><CreateTime>" + strconv.FormatInt(testNow.Unix(), 10) +
		"</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[" + content + "]]></Content><MsgId>" +
		msgID + "</MsgId>" + extra + "</xml>"
}

// eventXML is an event with more fields.
func eventXML(event, extra string) string {
	return "<xml><ToUserName><![CDATA[" + testAccount + "]]></ToUserName><FromUserName><![CDATA[" + testOpenID +
		"]]></FromUserName><CreateTime>" + strconv.FormatInt(testNow.Unix(), 10) +
		"</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[" + event + "]]></Event>" + extra + "</xml>"
}

func signedQuery(at time.Time, nonce string) url.Values {
	ts := strconv.FormatInt(at.Unix(), 10)
	return url.Values{
		"timestamp": {ts}, "nonce": {nonce}, "signature": {sign(testToken, ts, nonce)}, "openid": {testOpenID},
	}
}

func envelope(enc string) string {
	return "<xml><ToUserName><![CDATA[" + testAccount + "]]></ToUserName><Encrypt><![CDATA[" + enc + "]]></Encrypt></xml>"
}

// plainCall and safeCall are what the platform would send for a message.
func plainCall(body string) *http.Request {
	return call(signedQuery(testNow, sign(body)[:16]), body)
}

func safeCall(enc string) *http.Request {
	q := signedQuery(testNow, "1372623149")
	q.Set("encrypt_type", "aes")
	q.Set("msg_signature", sign(testToken, q.Get("timestamp"), q.Get("nonce"), enc))
	return call(q, envelope(enc))
}

func call(q url.Values, body string) *http.Request {
	return httptest.NewRequest(http.MethodPost, "/wechat?"+q.Encode(), strings.NewReader(body))
}

func base64Seal(t testing.TB, s sealing, plain string) string {
	t.Helper()
	return base64.StdEncoding.EncodeToString(s.seal(t, plain))
}
