// Package config reads what an operator sets: defaults, then a YAML file, then the environment,
// then files that hold secrets. All faults are told at once.
package config

import (
	"log/slog"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // for machines without zones
)

// Defaults that others need to know.
const (
	DefaultAddr      = "127.0.0.1:8080"
	DefaultAdminAddr = "127.0.0.1:8081"
	DefaultData      = "./yishi-data"
	DefaultTZ        = "Asia/Shanghai"
)

// The ways of YISHI_WECHAT_MODE.
const (
	ModeSafe  = "safe"  // messages are encrypted
	ModePlain = "plain" // for tests and the first set-up
)

// NoRedis is the value of Config.Redis by which conversations are kept in the database.
const NoRedis = "none"

// Config is the whole configuration, checked. It may be printed and logged: secrets show as ***.
type Config struct {
	Addr              string // host:port of webhook and pages
	AdminAddr         string // host:port of health, readiness and metrics
	BaseURL           string // public address without a slash at its end; empty: pages have no links
	Data              string // folder for photos and voices
	SQL               Secret // mysql:DSN or sqlite:PATH
	Redis             Secret // address, or NoRedis
	MasterKey         Secret // 64 hex digits
	MasterKeyPrevious Secret // the one before, or empty
	TZ                string // time zone in which the bot speaks
	Log               string // debug, info, warn or error
	WeChat            WeChat
	Push              *Push `xml:"-"` // nil: not set; see Pushes. XML knows no maps

	pushText Secret // the environment's, not read yet
}

// WeChat is one official account's part.
type WeChat struct {
	AppID          string
	Secret         Secret
	Token          Secret
	AESKey         Secret // 43 characters; may be empty in plain mode
	AESKeyPrevious Secret // the one before, or empty
	Account        string // original id, gh_…
	Mode           string // ModeSafe or ModePlain
	API            string // base URL without a slash at its end; empty: WeChat's own
	Open           string // base URL of the login for pages, likewise
}

// Location is the time zone of TZ.
func (c Config) Location() *time.Location {
	loc, err := time.LoadLocation(c.TZ)
	if err != nil { // only without Load, which has tried it
		return time.FixedZone(DefaultTZ, 8*60*60)
	}
	return loc
}

// Level is the least level that is logged.
func (c Config) Level() slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(c.Log)); err != nil { // only without Load
		return slog.LevelInfo
	}
	return l
}

// Need says what a command cannot do without. What it does not need may be missing; what is
// there must be right all the same, but files of secrets are not read for it.
type Need uint

// Parts of what may be needed.
const (
	needDatabase Need = 1 << iota
	needSessions
	needAccount
)

// What commands need.
const (
	Nothing  Need = 0
	Database      = needDatabase                              // database and master key
	Serve         = needDatabase | needSessions | needAccount // all that serve and worker need
)

// Faults is everything that is wrong, a line each, beginning with the variable's name. It holds
// no values.
type Faults []string

// Error implements error.
func (f Faults) Error() string { return strings.Join(f, "\n") }

func (f *Faults) add(name, complaint string) { *f = append(*f, name+": "+complaint) }

// Load reads the configuration from the environment, of which environ is the whole (as of
// os.Environ) and getenv finds one, and from the YAML file that YISHI_CONFIG names. Checks look
// at pushes, once they can be read. An error is of type Faults.
func Load(getenv func(string) string, environ []string, need Need, checks ...Check) (Config, error) {
	c := Config{
		Addr: DefaultAddr, AdminAddr: DefaultAdminAddr, Data: DefaultData, TZ: DefaultTZ, Log: "info",
		WeChat: WeChat{Mode: ModeSafe},
	}
	var faults Faults
	vars := variables(&c)
	file, section := readFile(strings.TrimSpace(getenv(fileVariable)), vars, &faults)
	bad := map[string]bool{}
	for _, v := range vars {
		value, source, complaint := find(v, getenv, file, need)
		if complaint == "" && value != "" {
			source, complaint = v.name, v.complaint(value)
		}
		switch {
		case complaint != "":
			bad[v.name] = true
			faults.add(source, complaint)
		case value != "":
			v.set(value)
		case v.need&need != 0 && (v.name != aesKeyVariable || c.WeChat.Mode == ModeSafe && !bad[modeVariable]):
			bad[v.name] = true
			faults.add(v.name, "is missing; want "+v.want)
		}
	}
	c.compare(bad, &faults)
	c.Push = readPush(c.pushText.Reveal(), section, &faults, checks)
	c.pushText = ""
	for _, u := range []*string{&c.BaseURL, &c.WeChat.API, &c.WeChat.Open} {
		*u = strings.TrimRight(*u, "/")
	}
	faults = append(faults, strangers(environ, vars)...)
	if len(faults) > 0 {
		return Config{}, slices.Compact(faults)
	}
	return c, nil
}

// compare finds values that are right alone and wrong together.
func (c *Config) compare(bad map[string]bool, faults *Faults) {
	if c.Addr == c.AdminAddr && !strings.HasSuffix(c.Addr, ":0") && !bad["YISHI_ADDR"] && !bad["YISHI_ADMIN_ADDR"] {
		faults.add("YISHI_ADMIN_ADDR", "is the same as YISHI_ADDR; the public must not reach it")
	}
	if c.MasterKeyPrevious != "" && strings.EqualFold(c.MasterKey.Reveal(), c.MasterKeyPrevious.Reveal()) {
		faults.add("YISHI_MASTER_KEY_PREVIOUS", "is the same as YISHI_MASTER_KEY; leave it out")
	}
	if c.WeChat.AESKeyPrevious != "" && c.WeChat.AESKey == c.WeChat.AESKeyPrevious {
		faults.add("YISHI_WECHAT_AES_KEY_PREVIOUS", "is the same as YISHI_WECHAT_AES_KEY; leave it out")
	}
}
