package config_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"yishi/config"
)

func TestExampleLoads(t *testing.T) {
	env := good()
	delete(env, "YISHI_REDIS") // the example has it
	env["YISHI_CONFIG"] = "example.yaml"
	c, err := load(env, config.Serve)
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != config.DefaultAddr || c.AdminAddr != config.DefaultAdminAddr || c.Data != config.DefaultData ||
		c.TZ != config.DefaultTZ || c.Redis != config.NoRedis || c.WeChat.Mode != config.ModeSafe || c.Log != "info" {
		t.Errorf("the example does not show the defaults: %+v", c)
	}
}

// With the comment signs taken away, every key of the example is known, and all that can be set
// in the environment is there.
func TestExampleIsWhole(t *testing.T) {
	b, err := os.ReadFile("example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^( *)(?:# )?([a-z_]+):( .*)?$`)
	var keys []string
	var text strings.Builder
	for _, m := range line.FindAllStringSubmatch(string(b), -1) {
		value := " x"
		if m[2] == "wechat" {
			value = ""
		}
		text.WriteString(m[1] + m[2] + ":" + value + "\n")
		name := m[2]
		if m[1] != "" {
			name = "wechat_" + name
		}
		keys = append(keys, "YISHI_"+strings.ToUpper(name))
	}
	_, err = load(map[string]string{"YISHI_CONFIG": write(t, text.String())}, config.Serve)
	for _, f := range faultsOf(t, err) {
		if strings.Contains(f, "unknown") {
			t.Errorf("fault %q", f)
		}
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range regexp.MustCompile("(?m)^\\| `(YISHI_[A-Z_]+)`").FindAllStringSubmatch(string(readme), -1) {
		if !strings.HasPrefix(name[1], "YISHI_TEST_") && !slices.Contains(append(keys, "YISHI_CONFIG"), name[1]) {
			t.Errorf("the example lacks %s", name[1])
		}
	}
}

func TestYAML(t *testing.T) {
	all := "sql: sqlite:x.db\nredis: none\nmaster_key: " + key1 + "\nwechat:\n  appid: wx0123456789abcdef\n  secret: s\n" +
		"  token: corpus-token\n  aes_key: " + aes1 + "\n  account: gh_0123456789ab\n"
	for _, row := range []struct {
		name, text string
		env        map[string]string
		want       []string
	}{
		{"everything in the file", all, nil, nil},
		{"empty", "", good(), nil},
		{"comments", "# nothing\n", good(), nil},
		{"nulls are unset", "addr:\nwechat:\nsql: ~\n", good(), nil},
		{"the environment wins over a wrong value", "addr: x\nwechat: {token: x}\n", with("YISHI_ADDR", ":1"), nil},
		{"digits stay text", "master_key: " + strings.Repeat("0123456789012345", 4) + "\nwechat: {token: 00123, secret: 1e5}\n", with("YISHI_MASTER_KEY", "", "YISHI_WECHAT_TOKEN", "", "YISHI_WECHAT_SECRET", ""), nil},
		{"a wrong value is told by its variable", "tz: Nowhere\n", good(), []string{"YISHI_TZ: is wrong; want the name of a time zone, such as Asia/Shanghai"}},
		{"unknown key", "\nredos: x\n", good(), []string{"YISHI_CONFIG: line 2: unknown redos, did you mean redis?"}},
		{"unknown key of wechat", "wechat:\n  app_id: x\n", good(), []string{"YISHI_CONFIG: line 2: unknown wechat.app_id, did you mean wechat.appid?"}},
		{"a value that slipped to the left", key1 + ": x\n", good(), []string{"YISHI_CONFIG: line 1: unknown key"}},
		{"a key twice", "addr: :1\naddr: :2\n", good(), []string{"YISHI_CONFIG: line 2: addr is there twice"}},
		{"a list", "addr: [a]\n", good(), []string{"YISHI_CONFIG: line 1: addr must be one plain value"}},
		{"an alias", "data: &canary x\nsql: *canary\n", with("YISHI_SQL", "sqlite:x"), []string{"YISHI_CONFIG: line 2: sql must be one plain value"}},
		{"wechat is a word", "wechat: canary\n", good(), []string{"YISHI_CONFIG: line 1: want lines of the form key: value"}},
		{"no mapping", "canary", good(), []string{"YISHI_CONFIG: line 1: want lines of the form key: value"}},
		{"an unknown anchor", "addr: :1\nsql: *canary\n", good(), []string{"YISHI_CONFIG: is not one document of YAML"}},
		{"no YAML", "sql: 'canary\nx: y", good(), []string{"YISHI_CONFIG: is not one document of YAML, line 2"}},
		{"two documents", "addr: :1\n---\naddr: :2\n", good(), []string{"YISHI_CONFIG: is not one document of YAML"}},
		{"value and file", "sql: sqlite:x\nsql_file: x\n", with("YISHI_SQL", ""), []string{"YISHI_SQL: sql_file is set too; leave one out"}},
		{"a file that is not there", "sql_file: /none\n", with("YISHI_SQL", ""), []string{"YISHI_SQL_FILE: there is no such file"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			env := map[string]string{"YISHI_CONFIG": write(t, row.text)}
			maps.Copy(env, row.env)
			_, err := load(env, config.Serve)
			f := faultsOf(t, err)
			if strings.Contains(f.Error(), "canary") || strings.Contains(f.Error(), key1) {
				t.Error("a fault quotes what stands in the file")
			}
			if !slices.Equal(f, row.want) {
				t.Errorf("faults:\n%s\nwant:\n%s", f.Error(), strings.Join(row.want, "\n"))
			}
		})
	}
}

func TestSecretsFromFilesNamedInYAML(t *testing.T) {
	env := with("YISHI_MASTER_KEY", "", "YISHI_WECHAT_TOKEN", "")
	env["YISHI_CONFIG"] = write(t, "master_key_file: "+write(t, key2+"\n")+"\nwechat:\n  token_file: "+write(t, "abc-def")+"\n")
	c, err := load(env, config.Serve)
	if err != nil || c.MasterKey.Reveal() != key2 || c.WeChat.Token.Reveal() != "abc-def" {
		t.Errorf("other secrets; %v", err)
	}
}

// The compose file sets only variables that exist, and mounts every secret that it names.
func TestComposeFits(t *testing.T) {
	b, err := os.ReadFile("compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]struct {
			Environment map[string]string
			Secrets     []string
		}
		Secrets map[string]any
	}
	if err := yaml.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	for _, service := range []string{"bot", "migrate"} {
		s := file.Services[service]
		env := map[string]string{}
		for name, value := range s.Environment {
			if path, ok := strings.CutPrefix(value, "/run/secrets/"); ok {
				if _, listed := file.Secrets[path]; !listed || !slices.Contains(s.Secrets, path) {
					t.Errorf("%s: %s is not mounted", service, path)
				}
				name, value = strings.TrimSuffix(name, "_FILE"), good()[strings.TrimSuffix(name, "_FILE")]
			}
			if strings.HasPrefix(value, "${") {
				value = good()[name]
			}
			env[name] = value
		}
		need := config.Serve
		if service == "migrate" {
			need = config.Database
		}
		if _, err := load(env, need); err != nil {
			t.Errorf("%s: %v", service, err)
		}
	}
}
