package config_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"text/template"

	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"yishi/config"
)

// renderings are the ways in which a configuration may come to be seen.
func renderings(t *rapid.T, c config.Config) map[string]string {
	out := map[string]string{}
	for verb := range strings.SplitSeq("%v %+v %#v %s %q %x %X %d %t %c %U %b %o %e %08.3v %-10s %+q %#x % x", " ") {
		out[verb] = fmt.Sprintf(verb, c)
		out[verb+" pointer"] = fmt.Sprintf(verb, &c)
		out[verb+" alone"] = fmt.Sprintf(verb, c.SQL) + fmt.Sprintf(verb, []config.Secret{c.MasterKey, c.WeChat.AESKey})
	}
	encode := func(name string, b []byte, err error) {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = string(b)
	}
	b, err := json.Marshal(c)
	encode("JSON", b, err)
	b, err = json.Marshal(map[string]any{"redis": c.Redis, "list": []config.Secret{c.SQL}})
	encode("JSON map", b, err)
	b, err = xml.Marshal(c)
	encode("XML", b, err)
	b, err = yaml.Marshal(c)
	encode("YAML", b, err)
	b, err = yaml.Marshal(map[string]any{"c": c.WeChat.Secret})
	encode("YAML any", b, err)
	var buf bytes.Buffer
	encode("gob", nil, gob.NewEncoder(&buf).Encode(c))
	out["gob"] = buf.String()
	for name, h := range map[string]func(*bytes.Buffer) slog.Handler{
		"slog JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		"slog text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
	} {
		var buf bytes.Buffer
		slog.New(h(&buf)).Info("start", "config", c, "pointer", &c, "secret", c.SQL, "wechat", c.WeChat, "list", []any{c.MasterKey})
		out[name] = buf.String()
	}
	var page strings.Builder
	encode("template", nil, template.Must(template.New("").Parse(`{{.}} {{.SQL}} {{printf "%s" .MasterKey}}`)).Execute(&page, c))
	out["template"] = page.String()
	out["error"] = fmt.Errorf("open %v: %w", c.SQL, fmt.Errorf("with %+v", c)).Error()
	return out
}

func TestNoRenderingLeaks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := func(name string) config.Secret {
			return config.Secret(rapid.StringMatching(`[0-9A-Za-z]{12,40}`).Draw(t, name))
		}
		c := config.Config{
			Addr: "127.0.0.1:8080", SQL: secret("sql"), Redis: secret("redis"), MasterKey: secret("master"), MasterKeyPrevious: secret("old master"),
			WeChat: config.WeChat{Secret: secret("secret"), Token: secret("token"), AESKey: secret("aes"), AESKeyPrevious: secret("old aes")},
		}
		for how, text := range renderings(t, c) {
			for _, s := range []config.Secret{
				c.SQL, c.Redis, c.MasterKey, c.MasterKeyPrevious, c.WeChat.Secret, c.WeChat.Token, c.WeChat.AESKey, c.WeChat.AESKeyPrevious,
			} {
				for _, form := range []string{s.Reveal(), fmt.Sprintf("%x", s.Reveal()), fmt.Sprintf("%X", s.Reveal()), fmt.Sprintf("% x", s.Reveal())} {
					if strings.Contains(text, form) {
						t.Fatalf("%s shows a secret", how)
					}
				}
			}
		}
	})
}

// Whatever is put into whichever variable, no fault quotes it.
func TestNoFaultLeaks(t *testing.T) {
	var names []string
	for name := range with("YISHI_ADDR", "", "YISHI_ADMIN_ADDR", "", "YISHI_BASE_URL", "", "YISHI_DATA", "", "YISHI_TZ", "", "YISHI_LOG", "",
		"YISHI_MASTER_KEY_PREVIOUS", "", "YISHI_WECHAT_AES_KEY_PREVIOUS", "", "YISHI_WECHAT_MODE", "", "YISHI_WECHAT_API", "", "YISHI_WECHAT_OPEN", "",
		"YISHI_CONFIG", "", "YISHI_SQL_FILE", "", "YISHI_WECHAT_TOKEN_FILE", "", "YISHI_REDDIS", "") {
		names = append(names, name)
	}
	shape := `(mysql:|sqlite:|redis://|redis://:|https://|http://|/|wx|gh_|)CANARY[0-9a-f]{8}(@h:1|@tcp\(h\)|%zz|/db|\x00|)`
	rapid.Check(t, func(t *rapid.T) {
		env := good()
		for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 1, 8).Draw(t, "names") {
			env[name] = rapid.StringMatching(shape).Draw(t, name)
		}
		if _, err := load(env, config.Serve); err != nil && strings.Contains(err.Error(), "CANARY") {
			t.Fatalf("faults: %v", err)
		}
	})
}

func TestSecretShowsWhetherItIsSet(t *testing.T) {
	for _, row := range []struct {
		name   string
		secret config.Secret
		want   string
	}{
		{"set", "x", `*** *** "***" "***"`},
		{"empty", "", `  "" ""`},
	} {
		t.Run(row.name, func(t *testing.T) {
			b, err := json.Marshal(row.secret)
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprintf("%v %s %q %s", row.secret, row.secret, row.secret, b); got != row.want {
				t.Errorf("shows as %s, want %s", got, row.want)
			}
		})
	}
}
