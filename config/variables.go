package config

import (
	"os"
	"regexp"
	"slices"
	"strings"
)

const (
	prefix         = "YISHI_"
	fileVariable   = "YISHI_CONFIG"
	aesKeyVariable = "YISHI_WECHAT_AES_KEY"
	modeVariable   = "YISHI_WECHAT_MODE"
	ofFile         = "_FILE"
	secretMost     = 64 << 10 // bytes of a file that holds a secret
)

// variable is one thing to set.
type variable struct {
	name   string // in the environment
	need   Need   // of the commands that cannot do without
	text   *string
	secret *Secret             // instead of text
	ok     func(s string) bool // whether a value is right
	want   string              // what a right value is
}

// key is the variable's path in YAML.
func (v variable) key() string {
	k := strings.ToLower(strings.TrimPrefix(v.name, prefix))
	if rest, ok := strings.CutPrefix(k, "wechat_"); ok {
		return "wechat." + rest
	}
	return k
}

func (v variable) set(s string) {
	if v.secret != nil {
		*v.secret = Secret(s)
		return
	}
	*v.text = s
}

func (v variable) complaint(s string) string {
	if v.ok(s) {
		return ""
	}
	return "is wrong; want " + v.want
}

// variables lists all that can be set, in the order in which faults are told. YISHI_WECHAT_MODE
// stands before the key whose need depends on it.
func variables(c *Config) []variable {
	const (
		database = "mysql:USER:PASSWORD@tcp(HOST:3306)/yishi or sqlite:PATH"
		sessions = "redis://HOST:6379/0, rediss://…, redis+sentinel://MASTER@HOST:26379,…/0, redis+cluster://HOST:6379,… or none"
		master   = "64 hex digits from bot keys"
		aes      = "the 43 letters and digits of the EncodingAESKey, from bot keys"
	)
	w := &c.WeChat
	return []variable{
		{name: "YISHI_ADDR", text: &c.Addr, ok: isAddr, want: "host:port, such as " + DefaultAddr},
		{name: "YISHI_ADMIN_ADDR", text: &c.AdminAddr, ok: isAddr, want: "host:port, such as " + DefaultAdminAddr},
		{name: "YISHI_BASE_URL", text: &c.BaseURL, ok: isURL, want: "the public address, https://HOST (http only on loopback)"},
		{name: "YISHI_DATA", text: &c.Data, ok: isPath, want: "a folder"},
		{name: "YISHI_SQL", need: needDatabase, secret: &c.SQL, ok: isSQL, want: database},
		{name: "YISHI_REDIS", need: needSessions, secret: &c.Redis, ok: isRedis, want: sessions},
		{name: "YISHI_MASTER_KEY", need: needDatabase, secret: &c.MasterKey, ok: isMasterKey, want: master},
		{name: "YISHI_MASTER_KEY_PREVIOUS", secret: &c.MasterKeyPrevious, ok: isMasterKey, want: master},
		{name: "YISHI_TZ", text: &c.TZ, ok: isZone, want: "the name of a time zone, such as " + DefaultTZ},
		{name: "YISHI_LOG", text: &c.Log, ok: isLevel, want: "debug, info, warn or error"},
		{name: "YISHI_WECHAT_APPID", need: needAccount, text: &w.AppID, ok: isAppID, want: "the account's AppID, wx and 16 letters and digits"},
		{name: "YISHI_WECHAT_SECRET", need: needAccount, secret: &w.Secret, ok: isAppSecret, want: "the account's AppSecret"},
		{name: "YISHI_WECHAT_TOKEN", need: needAccount, secret: &w.Token, ok: isToken, want: "3 to 32 letters and digits, from bot keys"},
		{name: modeVariable, text: &w.Mode, ok: isMode, want: "safe or plain"},
		{name: aesKeyVariable, need: needAccount, secret: &w.AESKey, ok: isAESKey, want: aes},
		{name: "YISHI_WECHAT_AES_KEY_PREVIOUS", secret: &w.AESKeyPrevious, ok: isAESKey, want: aes},
		{name: "YISHI_WECHAT_ACCOUNT", need: needAccount, text: &w.Account, ok: isAccount, want: "the account's original id, gh_…"},
		{name: "YISHI_WECHAT_API", text: &w.API, ok: isURL, want: "the base URL of the API, https://HOST (http only on loopback)"},
		{name: "YISHI_WECHAT_OPEN", text: &w.Open, ok: isURL, want: "the base URL of the login for pages, https://HOST (http only on loopback)"},
		{name: pushVariable, secret: &c.pushText, ok: func(string) bool { return true }, want: "the push section as YAML or JSON"},
	}
}

// find returns the variable's value as it is set, or a complaint and the name that it is about.
// Both are empty when it is not set anywhere.
func find(v variable, getenv func(string) string, file map[string]string, need Need) (value, source, complaint string) {
	for _, from := range []struct {
		get        func(string) string
		name, file string
	}{
		{getenv, v.name, v.name + ofFile},
		{func(key string) string { return file[key] }, v.key(), v.key() + strings.ToLower(ofFile)},
	} {
		value, path := strings.TrimSpace(from.get(from.name)), ""
		if v.secret != nil {
			path = strings.TrimSpace(from.get(from.file))
		}
		switch {
		case value != "" && path != "":
			return "", v.name, from.file + " is set too; leave one out"
		case value != "":
			return value, v.name, ""
		case path != "" && !v.wanted(need):
			return "", "", ""
		case path != "":
			value, complaint = readSecret(path)
			return value, v.name + ofFile, complaint
		}
	}
	return "", "", ""
}

// wanted says whether the file of a secret is worth reading: previous keys are wanted where keys are.
func (v variable) wanted(need Need) bool {
	switch v.name {
	case pushVariable:
		return true
	case "YISHI_MASTER_KEY_PREVIOUS":
		return need&needDatabase != 0
	case "YISHI_WECHAT_AES_KEY_PREVIOUS":
		return need&needAccount != 0
	}
	return v.need&need != 0
}

// readSecret returns what a file holds, without space around it. The complaint does not name
// the file: its name may be the secret, put into the wrong variable.
func readSecret(path string) (value, complaint string) {
	b, complaint := readUpTo(path, secretMost)
	if complaint != "" {
		return "", complaint
	}
	value = strings.TrimSpace(strings.TrimPrefix(string(b), "\ufeff"))
	if value == "" {
		return "", "the file is empty"
	}
	return value, ""
}

func readUpTo(path string, most int64) (b []byte, complaint string) {
	info, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		return nil, "there is no such file"
	case err == nil && !info.Mode().IsRegular():
		return nil, "is not a file"
	case err == nil && info.Size() > most:
		return nil, "the file is too big"
	}
	if err == nil {
		b, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, "the file cannot be read"
	}
	return b, ""
}

// link matches what container platforms set for a service called yishi or yishi-….
var link = regexp.MustCompile(`^YISHI_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)

// strangers complains about variables that look like ours and are not: most are misspelt.
func strangers(environ []string, vars []variable) Faults {
	known := []string{fileVariable}
	for _, v := range vars {
		known = append(known, v.name)
		if v.secret != nil {
			known = append(known, v.name+ofFile)
		}
	}
	var faults Faults
	for _, e := range slices.Sorted(slices.Values(environ)) {
		name, value, _ := strings.Cut(e, "=")
		switch {
		case !strings.HasPrefix(name, prefix) || value == "" || slices.Contains(known, name):
		case strings.HasPrefix(name, prefix+"TEST_") || strings.HasPrefix(name, prefix+"CI_") || link.MatchString(name):
		default:
			faults.add(name, "unknown"+meant(name, known))
		}
	}
	return faults
}

// meant is a question after the known name that is most like name, if one is.
func meant(name string, known []string) string {
	best, least := "", len(strings.TrimPrefix(name, prefix))/3+2
	if plain := strings.TrimSuffix(name, ofFile); slices.Contains(known, plain) {
		best, known = plain, nil // only secrets come from files
	}
	for _, k := range known {
		if d := distance(name, k); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return ", did you mean " + best + "?"
}

// distance is how many letters must be added, removed or changed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
