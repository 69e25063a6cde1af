package config_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"yishi/config"
)

const (
	key1 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	key2 = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
	aes1 = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	aes2 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefg"
)

// good is an environment with which serve starts.
func good() map[string]string {
	return map[string]string{
		"YISHI_SQL": "sqlite:/tmp/yishi.db", "YISHI_REDIS": "none", "YISHI_MASTER_KEY": key1,
		"YISHI_WECHAT_APPID": "wx0123456789abcdef", "YISHI_WECHAT_SECRET": "app-secret", "YISHI_WECHAT_TOKEN": "corpus-token",
		"YISHI_WECHAT_AES_KEY": aes1, "YISHI_WECHAT_ACCOUNT": "gh_0123456789ab",
	}
}

// with is the good environment with changes; an empty value removes.
func with(changes ...string) map[string]string {
	env := good()
	for i := 0; i < len(changes); i += 2 {
		env[changes[i]] = changes[i+1]
	}
	return env
}

func load(env map[string]string, need config.Need) (config.Config, error) {
	var environ []string
	for k, v := range env {
		environ = append(environ, k+"="+v)
	}
	return config.Load(func(k string) string { return env[k] }, environ, need)
}

func faultsOf(t *testing.T, err error) config.Faults {
	t.Helper()
	var f config.Faults
	if err != nil && !errors.As(err, &f) {
		t.Fatalf("error is %T", err)
	}
	return f
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDefaults(t *testing.T) {
	c, err := load(good(), config.Serve)
	if err != nil {
		t.Fatal(err)
	}
	want := config.Config{
		Addr: "127.0.0.1:8080", AdminAddr: "127.0.0.1:8081", Data: "./yishi-data", TZ: "Asia/Shanghai", Log: "info",
		SQL: "sqlite:/tmp/yishi.db", Redis: "none", MasterKey: key1,
		WeChat: config.WeChat{
			AppID: "wx0123456789abcdef", Secret: "app-secret", Token: "corpus-token", AESKey: aes1,
			Account: "gh_0123456789ab", Mode: "safe",
		},
	}
	if c != want {
		t.Errorf("another configuration than wanted: %+v", c)
	}
	if c.Location().String() != "Asia/Shanghai" || c.Level() != slog.LevelInfo {
		t.Errorf("location %v, level %v", c.Location(), c.Level())
	}
}

func TestEverythingSet(t *testing.T) {
	env := with("YISHI_ADDR", ":80", "YISHI_ADMIN_ADDR", "[::1]:81", "YISHI_BASE_URL", "https://h.example/x/", "YISHI_DATA", "/d",
		"YISHI_SQL", "mysql:u:p@tcp(h:3306)/yishi?parseTime=true", "YISHI_REDIS", " redis://:p@h:6379/0\n",
		"YISHI_MASTER_KEY_PREVIOUS", key2, "YISHI_TZ", "UTC", "YISHI_LOG", "debug", "YISHI_WECHAT_AES_KEY_PREVIOUS", aes2,
		"YISHI_WECHAT_MODE", "plain", "YISHI_WECHAT_API", "http://127.0.0.1:9000/", "YISHI_WECHAT_OPEN", "http://127.0.0.1:9001/")
	c, err := load(env, config.Serve)
	if err != nil {
		t.Fatal(err)
	}
	want := config.Config{
		Addr: ":80", AdminAddr: "[::1]:81", BaseURL: "https://h.example/x", Data: "/d", TZ: "UTC", Log: "debug",
		SQL: "mysql:u:p@tcp(h:3306)/yishi?parseTime=true", Redis: "redis://:p@h:6379/0", MasterKey: key1, MasterKeyPrevious: key2,
		WeChat: config.WeChat{
			AppID: "wx0123456789abcdef", Secret: "app-secret", Token: "corpus-token", AESKey: aes1, AESKeyPrevious: aes2,
			Account: "gh_0123456789ab", Mode: "plain", API: "http://127.0.0.1:9000", Open: "http://127.0.0.1:9001",
		},
	}
	if c != want {
		t.Errorf("another configuration than wanted: %+v", c)
	}
	if c.Level() != slog.LevelDebug || c.Location().String() != "UTC" {
		t.Errorf("location %v, level %v", c.Location(), c.Level())
	}
}

func TestNeeds(t *testing.T) {
	for _, row := range []struct {
		name    string
		env     map[string]string
		need    config.Need
		missing []string
	}{
		{"serve without anything", nil, config.Serve, []string{
			"YISHI_SQL", "YISHI_REDIS", "YISHI_MASTER_KEY", "YISHI_WECHAT_APPID", "YISHI_WECHAT_SECRET",
			"YISHI_WECHAT_TOKEN", "YISHI_WECHAT_AES_KEY", "YISHI_WECHAT_ACCOUNT",
		}},
		{"a database command without anything", nil, config.Database, []string{"YISHI_SQL", "YISHI_MASTER_KEY"}},
		{"the demo without anything", nil, config.Nothing, nil},
		{"plain mode needs no AES key", with("YISHI_WECHAT_MODE", "plain", "YISHI_WECHAT_AES_KEY", ""), config.Serve, nil},
		{"safe mode needs one", with("YISHI_WECHAT_AES_KEY", ""), config.Serve, []string{"YISHI_WECHAT_AES_KEY"}},
		{"space is nothing", with("YISHI_SQL", " \n"), config.Serve, []string{"YISHI_SQL"}},
		{
			"files of secrets that the command does not need stay closed",
			map[string]string{"YISHI_SQL": "sqlite:x", "YISHI_MASTER_KEY": key1, "YISHI_WECHAT_TOKEN_FILE": "/none", "YISHI_WECHAT_AES_KEY_PREVIOUS_FILE": "/none"},
			config.Database, nil,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := load(row.env, row.need)
			var got []string
			for _, f := range faultsOf(t, err) {
				name, rest, _ := strings.Cut(f, ": ")
				if !strings.HasPrefix(rest, "is missing; want ") {
					t.Errorf("fault %q", f)
				}
				got = append(got, name)
			}
			if !slices.Equal(got, row.missing) {
				t.Errorf("missing %q, want %q", got, row.missing)
			}
		})
	}
}

func TestValues(t *testing.T) {
	const a43 = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEF"
	for _, row := range []struct {
		name      string
		good, bad []string
	}{
		{
			"YISHI_ADDR",
			[]string{"127.0.0.1:0", ":8080", "0.0.0.0:65535", "[::]:1", "host:80"},
			[]string{"8080", "127.0.0.1", "h:65536", "h:-1", "h:http", "http://h:1", "h h:1", "::1:80", "h:080"},
		},
		{"YISHI_ADMIN_ADDR", []string{"127.0.0.1:9"}, []string{"9"}},
		{
			"YISHI_BASE_URL",
			[]string{"https://h", "https://h:8443/a/", "http://localhost:1", "http://127.0.0.1", "http://[::1]:8080"},
			[]string{"h", "http://h", "ftp://h", "https://", "https://u:p@h", "https://h?x=1", "https://h#x", "https://h:port", "http://127.0.0.1.example"},
		},
		{"YISHI_DATA", []string{".", "/a b"}, []string{"a\x00b"}},
		{
			"YISHI_SQL",
			[]string{"sqlite:x.db", "sqlite:/a/b.db", "sqlite::memory:", "mysql:u:p@tcp(h:3306)/db", "mysql:u:p@/db", "mysql:u@unix(/s)/db?charset=utf8mb4"},
			[]string{"sqlite", "sqlite:", "mysql:", "mysql:u:p@tcp(h:3306)", "mysql:u:p@tcp(h:3306)/", "mysql://u:p@h/db", "postgres:x", "x", "mysql:u:p@tcp(h:3306/db"},
		},
		{
			"YISHI_REDIS",
			[]string{
				"none", "redis://h", "redis://h:1/2", "rediss://:p@h:1", "redis://[::1]:6379", "redis://u:p%40x@h",
				"redis+sentinel://m@a:1,b:2/0", "redis+sentinel://m:p@a,b/0?username=u", "redis+cluster://u:p@a:1,b", "rediss+cluster://a:1",
			},
			[]string{
				"None", "h:1", "http://h", "redis:h", "redis://", "redis://h:0", "redis://h:x", "redis://a,b", "redis://h/x", "redis://h:1?a=b",
				"redis+sentinel://a:1", "redis+sentinel://:p@a:1", "redis+cluster://a:1/1", "redis+x://h", "redis+://h", "redis://u:%zz@h",
			},
		},
		{
			"YISHI_MASTER_KEY",
			[]string{key1, key2, strings.ToUpper(key1)},
			[]string{key1[:62], key1 + "00", "g" + key1[1:], strings.Repeat("0", 64), strings.Repeat("aA", 32)},
		},
		{"YISHI_MASTER_KEY_PREVIOUS", []string{key2}, []string{key1[1:], key1}},
		{"YISHI_TZ", []string{"Asia/Shanghai", "UTC"}, []string{"Local", "Shanghai", "../etc/passwd"}},
		{"YISHI_LOG", []string{"debug", "warn"}, []string{"INFO", "trace", "info+1"}},
		{"YISHI_WECHAT_APPID", []string{"wxABCDEF0123456789"}, []string{"wx123", "ab0123456789abcdef", "wx0123456789abcdef0", "wx0123456789abcde "}},
		{"YISHI_WECHAT_SECRET", []string{"0123456789abcdef0123456789abcdef"}, []string{"a b", "密", strings.Repeat("x", 129)}},
		{"YISHI_WECHAT_TOKEN", []string{"abc", "corpus-token", "a_b", strings.Repeat("a", 32)}, []string{"ab", strings.Repeat("a", 33), "a b c", "a.b.c", "令牌令牌"}},
		{"YISHI_WECHAT_AES_KEY", []string{a43 + "G", a43 + "h", a43[:41] + "+/"}, []string{a43, a43 + "GG", a43 + "=", a43[:40] + "-_x", a43[:42] + "\u00e9"}},
		{"YISHI_WECHAT_AES_KEY_PREVIOUS", []string{aes2}, []string{a43, aes1}},
		{"YISHI_WECHAT_ACCOUNT", []string{"gh_0123456789ab", "gh_x"}, []string{"gh_", "gh0123", "wx0123456789abcdef", "gh_a b"}},
		{"YISHI_WECHAT_MODE", []string{"safe", "plain"}, []string{"Safe", "compat", "aes"}},
		{"YISHI_WECHAT_API", []string{"https://api.weixin.qq.com", "http://127.0.0.1:1"}, []string{"http://h", "api.weixin.qq.com"}},
		{"YISHI_WECHAT_OPEN", []string{"https://open.weixin.qq.com", "http://127.0.0.1:1"}, []string{"http://h", "open.weixin.qq.com"}},
	} {
		for _, v := range row.good {
			t.Run(row.name+" good "+v, func(t *testing.T) {
				if _, err := load(with(row.name, v), config.Serve); err != nil {
					t.Errorf("faults: %v", err)
				}
			})
		}
		for _, v := range row.bad {
			t.Run(row.name+" bad "+v, func(t *testing.T) {
				_, err := load(with(row.name, v), config.Serve)
				f := faultsOf(t, err)
				if len(f) != 1 || !strings.HasPrefix(f[0], row.name+": is ") {
					t.Errorf("faults: %q", f)
				}
			})
		}
	}
}

func TestFaults(t *testing.T) {
	secret := write(t, "corpus-token\n")
	for _, row := range []struct {
		name string
		env  map[string]string
		want []string
	}{
		{"unknown, one letter off", with("YISHI_REDDIS", "x"), []string{"YISHI_REDDIS: unknown, did you mean YISHI_REDIS?"}},
		{"unknown, a prefix missing", with("YISHI_WECHAT_APP_ID", "x"), []string{"YISHI_WECHAT_APP_ID: unknown, did you mean YISHI_WECHAT_APPID?"}},
		{"unknown, like nothing", with("YISHI_ELEPHANTS_AND_CASTLES", "x"), []string{"YISHI_ELEPHANTS_AND_CASTLES: unknown"}},
		{"a file for what is no secret", with("YISHI_ADDR_FILE", secret), []string{"YISHI_ADDR_FILE: unknown, did you mean YISHI_ADDR?"}},
		{"empty and foreign ones are none of ours", with("YISHI_REDDIS", "", "HOME", "/", "yishi_x", "1"), nil},
		{"what container platforms set", with("YISHI_SERVICE_HOST", "1", "YISHI_PORT", "tcp://1", "YISHI_PORT_8080_TCP_ADDR", "1",
			"YISHI_SERVICE_PORT_HTTP", "1", "YISHI_REDIS_SERVICE_HOST", "1", "YISHI_REDIS_PORT_6379_TCP", "1"), nil},
		{"what tests and checks set", with("YISHI_TEST_REQUIRE", "1", "YISHI_CI_LIMITED", "1"), nil},
		{"value and file", with("YISHI_WECHAT_TOKEN_FILE", secret), []string{"YISHI_WECHAT_TOKEN: YISHI_WECHAT_TOKEN_FILE is set too; leave one out"}},
		{"file instead", with("YISHI_WECHAT_TOKEN", "", "YISHI_WECHAT_TOKEN_FILE", secret), nil},
		{"no such file", with("YISHI_WECHAT_TOKEN", "", "YISHI_WECHAT_TOKEN_FILE", secret+"x"), []string{"YISHI_WECHAT_TOKEN_FILE: there is no such file"}},
		{"a folder", with("YISHI_WECHAT_TOKEN", "", "YISHI_WECHAT_TOKEN_FILE", filepath.Dir(secret)), []string{"YISHI_WECHAT_TOKEN_FILE: is not a file"}},
		{"an empty file", with("YISHI_WECHAT_TOKEN", "", "YISHI_WECHAT_TOKEN_FILE", write(t, " \n")), []string{"YISHI_WECHAT_TOKEN_FILE: the file is empty"}},
		{"a huge file", with("YISHI_WECHAT_TOKEN", "", "YISHI_WECHAT_TOKEN_FILE", write(t, strings.Repeat("x", 1<<20))), []string{"YISHI_WECHAT_TOKEN_FILE: the file is too big"}},
		{"both listen at one place", with("YISHI_ADDR", ":1", "YISHI_ADMIN_ADDR", ":1"), []string{"YISHI_ADMIN_ADDR: is the same as YISHI_ADDR; the public must not reach it"}},
		{"both listen anywhere", with("YISHI_ADDR", ":0", "YISHI_ADMIN_ADDR", ":0"), nil},
		{"no configuration file", with("YISHI_CONFIG", secret+"x"), []string{"YISHI_CONFIG: there is no such file"}},
		{"all at once, in order", with("YISHI_ADDR", "x", "YISHI_SQL", "x", "YISHI_WECHAT_TOKEN", "x", "YISHI_REDDIS", "x", "YISHI_MASTER_KEY", ""), []string{
			"YISHI_ADDR: is wrong; want host:port, such as 127.0.0.1:8080",
			"YISHI_SQL: is wrong; want mysql:USER:PASSWORD@tcp(HOST:3306)/yishi or sqlite:PATH",
			"YISHI_MASTER_KEY: is missing; want 64 hex digits from bot keys",
			"YISHI_WECHAT_TOKEN: is wrong; want 3 to 32 letters and digits, from bot keys",
			"YISHI_REDDIS: unknown, did you mean YISHI_REDIS?",
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := load(row.env, config.Serve)
			f := faultsOf(t, err)
			if !slices.Equal(f, row.want) {
				t.Errorf("faults:\n%s\nwant:\n%s", f.Error(), strings.Join(row.want, "\n"))
			}
			if err != nil && c != (config.Config{}) {
				t.Error("a faulty configuration was returned")
			}
		})
	}
}

func TestFileOfSecret(t *testing.T) {
	env := with("YISHI_MASTER_KEY", "", "YISHI_MASTER_KEY_FILE", write(t, "\ufeff"+key2+"\r\n"))
	c, err := load(env, config.Serve)
	if err != nil || c.MasterKey.Reveal() != key2 {
		t.Errorf("another key; %v", err)
	}
}

func TestNewKeys(t *testing.T) {
	seen := map[string]bool{}
	for range 50 {
		k, err := config.NewKeys()
		if err != nil {
			t.Fatal(err)
		}
		env := with("YISHI_MASTER_KEY", k.MasterKey.Reveal(), "YISHI_WECHAT_TOKEN", k.Token.Reveal(), "YISHI_WECHAT_AES_KEY", k.AESKey.Reveal())
		if _, err := load(env, config.Serve); err != nil {
			t.Errorf("faults: %v", err)
		}
		if strings.ContainsAny(k.AESKey.Reveal()+k.Token.Reveal(), "+/-_=") || len(k.Token) != 32 {
			t.Error("the console takes letters and digits only")
		}
		for _, s := range []config.Secret{k.MasterKey, k.Token, k.AESKey} {
			if seen[s.Reveal()] {
				t.Error("a key came twice")
			}
			seen[s.Reveal()] = true
		}
	}
}
