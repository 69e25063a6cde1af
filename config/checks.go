package config

import (
	"encoding/base64"
	"encoding/hex"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-sql-driver/mysql"
)

var (
	appIDShape   = regexp.MustCompile(`^wx[0-9A-Za-z]{16}$`)
	secretShape  = regexp.MustCompile(`^[!-~]{1,128}$`)
	tokenShape   = regexp.MustCompile(`^[0-9A-Za-z_-]{3,32}$`)
	accountShape = regexp.MustCompile(`^gh_[0-9A-Za-z_-]{1,60}$`)
)

func isAppID(s string) bool     { return appIDShape.MatchString(s) }
func isAppSecret(s string) bool { return secretShape.MatchString(s) }
func isToken(s string) bool     { return tokenShape.MatchString(s) }
func isAccount(s string) bool   { return accountShape.MatchString(s) }
func isMode(s string) bool      { return s == ModeSafe || s == ModePlain }
func isName(s string) bool      { return utf8.RuneCountInString(s) <= 30 && isPath(s) }
func isPath(s string) bool      { return !strings.ContainsFunc(s, unicode.IsControl) }

func isLevel(s string) bool { return slices.Contains([]string{"debug", "info", "warn", "error"}, s) }

// isZone refuses Local, which is another thing on each machine.
func isZone(s string) bool {
	_, err := time.LoadLocation(s)
	return err == nil && s != "Local"
}

// isAddr allows an empty host, for all addresses, and port 0, for any that is free.
func isAddr(s string) bool {
	host, port, err := net.SplitHostPort(s)
	return err == nil && isPort(port, 0) && !strings.ContainsFunc(host, odd)
}

func odd(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("/@?#", r)
}

func isPort(s string, least int) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= least && n <= 65535 && strconv.Itoa(n) == s
}

// isURL is for addresses to which others append a path: https, or http without leaving the machine.
func isURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.User != nil || strings.ContainsAny(s, "?#") || u.Port() != "" && !isPort(u.Port(), 1) {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	return u.Scheme == "https" || u.Scheme == "http" && local
}

func isSQL(s string) bool {
	scheme, rest, _ := strings.Cut(s, ":")
	switch scheme {
	case "sqlite":
		return rest != "" && isPath(rest)
	case "mysql":
		dsn, err := mysql.ParseDSN(rest)
		return err == nil && dsn.DBName != ""
	}
	return false
}

// isRedis knows the shape; the client looks closer.
func isRedis(s string) bool {
	if s == NoRedis {
		return true
	}
	scheme, rest, ok := strings.Cut(s, "://")
	scheme, form, formed := strings.Cut(scheme, "+")
	if !ok || scheme != "redis" && scheme != "rediss" || formed && form != "sentinel" && form != "cluster" {
		return false
	}
	user, hosts := "", rest
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		user, hosts = rest[:i], rest[i+1:]
	}
	if _, err := url.PathUnescape(user); err != nil || form == "sentinel" && (user == "" || user[0] == ':') {
		return false
	}
	hosts, query, _ := strings.Cut(hosts, "?")
	hosts, db, _ := strings.Cut(hosts, "/")
	if form != "sentinel" && query != "" || form == "" && strings.Contains(hosts, ",") {
		return false
	}
	if n, err := strconv.Atoi(db); db != "" && (err != nil || n < 0 || form == "cluster" && n > 0) {
		return false
	}
	return !slices.ContainsFunc(strings.Split(hosts, ","), func(h string) bool { return !isHost(h) })
}

// isHost knows host and host:port.
func isHost(s string) bool {
	if strings.HasSuffix(s, "]") || !strings.Contains(s, ":") {
		s += ":1"
	}
	host, port, err := net.SplitHostPort(s)
	return err == nil && host != "" && isPort(port, 1) && !strings.ContainsFunc(host, odd)
}

// isMasterKey refuses a key of one digit repeated, such as a placeholder's.
func isMasterKey(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 32 && strings.Trim(strings.ToLower(s), strings.ToLower(s[:1])) != ""
}

// isAESKey knows the console's form: base64 without its last sign. The last character carries two bits
// too many, which the console does not keep zero.
func isAESKey(s string) bool {
	b, err := base64.StdEncoding.DecodeString(s + "=")
	return len(s) == 43 && err == nil && len(b) == 32
}
