package session

import (
	"crypto/sha1"
	"encoding/hex"
)

// script is a Lua text and the name that Redis gives it.
type script struct{ text, sha string }

func newScript(text string) *script {
	sum := sha1.Sum([]byte(text))
	return &script{text: text, sha: hex.EncodeToString(sum[:])}
}

// saveScript replaces a value if its revision is still the expected one. It is given the whole
// new value, as joining long strings is what costs a script most.
//
//	KEYS[1]  the account's key
//	ARGV[1]  expected revision, 16 hex digits; zeros: the value must be missing or expired
//	ARGV[2]  now, ms, 15 digits
//	ARGV[3]  the mail mark that was read, which is cleared if it is still the same; 0: none was
//	ARGV[4]  TTL, ms
//	ARGV[5]  the new value, its mail mark 0
//	result   1 saved, 0 the revision is another
//
// A value whose header cannot be read counts as missing, as it does for Load.
var saveScript = newScript(`
local head = redis.call('GETRANGE', KEYS[1], 0, 31)
local rev, mail = '0000000000000000', '0'
if #head == 32 and string.find(head, '^%x+$') then
  local at = string.sub(head, 18)
  if string.find(at, '^%d+$') and at > ARGV[2] then
    rev, mail = string.sub(head, 1, 16), string.sub(head, 17, 17)
  end
end
if rev ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[5], 'PX', ARGV[4])
if mail ~= '0' and mail ~= ARGV[3] then
  redis.call('SETRANGE', KEYS[1], 16, mail)
end
return 1
`)

// mailScript sets the next mail mark, 1 to f and then 1 again, of a value that exists and leaves
// all else alone.
//
//	KEYS[1]  the account's key
//	result   1 marked, 0 there is no value
var mailScript = newScript(`
if redis.call('STRLEN', KEYS[1]) < 32 then
  return 0
end
local mail = tonumber(redis.call('GETRANGE', KEYS[1], 16, 16), 16) or 0
redis.call('SETRANGE', KEYS[1], 16, string.format('%x', mail % 15 + 1))
return 1
`)
