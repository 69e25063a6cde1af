package session

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"
)

// Limits of the replies that are remembered.
const (
	replyLife  = 60 * time.Second
	replyMost  = 16
	replyBytes = 5 << 10 // keys and texts together
)

// envelopeVersion is written first. A change that older programs cannot read raises it.
const envelopeVersion = 1

// ErrNewer says that a newer version of the program wrote the value; it must be left alone.
var ErrNewer = errors.New("session was written by a newer version")

// ErrBroken says that a value is not one that Encode has made.
var ErrBroken = errors.New("session is broken")

// Memory is what is saved for an account: its session and the replies it got lately, so that a
// message that comes again gets the same answer.
type Memory struct {
	Session []byte // nil: none yet
	Replies []Reply
}

// Reply is the answer that a message got.
type Reply struct {
	Key  string // of the message
	At   int64  // when it was given, Unix s
	Text string
}

// Find returns the reply that the message with this key got in the last minute.
func (m *Memory) Find(key string, now time.Time) (Reply, bool) {
	for _, r := range m.Replies {
		if r.Key == key && r.fresh(now) {
			return r, true
		}
	}
	return Reply{}, false
}

// Remember adds a reply, in place of one with the same key, and drops those that are older
// than a minute or, the oldest first, too many. The one added is always kept.
func (m *Memory) Remember(r Reply, now time.Time) {
	kept := slices.DeleteFunc(slices.Clone(m.Replies), func(o Reply) bool { return o.Key == r.Key || !o.fresh(now) })
	size := r.size()
	first := len(kept)
	for first > 0 && len(kept)-first+1 < replyMost && size+kept[first-1].size() <= replyBytes {
		first--
		size += kept[first].size()
	}
	m.Replies = append(kept[first:], r)
}

func (r Reply) fresh(now time.Time) bool { return now.Unix()-r.At <= int64(replyLife/time.Second) }

func (r Reply) size() int { return len(r.Key) + len(r.Text) }

// Encode writes the memory: the version, then session and replies, each with its length before it.
func (m *Memory) Encode() []byte {
	size := 16 + len(m.Session)
	for _, r := range m.Replies {
		size += r.size() + 12
	}
	b := make([]byte, 0, size)
	b = append(b, envelopeVersion)
	b = appendBytes(b, m.Session)
	b = binary.AppendUvarint(b, uint64(len(m.Replies)))
	for _, r := range m.Replies {
		b = appendBytes(b, r.Key)
		b = binary.AppendVarint(b, r.At)
		b = appendBytes(b, r.Text)
	}
	return b
}

// Decode reads what Encode has written. It fails with ErrNewer or ErrBroken.
func Decode(data []byte) (Memory, error) {
	if len(data) == 0 || data[0] == 0 {
		return Memory{}, ErrBroken
	}
	if data[0] > envelopeVersion {
		return Memory{}, ErrNewer
	}
	d := decoder{rest: data[1:]}
	m := Memory{Session: slices.Clip(d.bytes())}
	if len(m.Session) == 0 {
		m.Session = nil
	}
	n := d.uint()
	if n > uint64(len(d.rest)) { // a reply takes three bytes at least
		return Memory{}, ErrBroken
	}
	m.Replies = make([]Reply, 0, min(n, replyMost)+1) // one more is remembered
	cut := texts{string(d.rest), len(d.rest)}
	for range n {
		m.Replies = append(m.Replies, Reply{Key: cut.of(&d), At: d.int(), Text: cut.of(&d)})
	}
	if n == 0 {
		m.Replies = nil
	}
	if d.broken || len(d.rest) > 0 {
		return Memory{}, ErrBroken
	}
	return m, nil
}

// texts cuts strings out of one copy of what is left to decode.
type texts struct {
	all  string
	left int // of decoder.rest when all was made
}

func (t texts) of(d *decoder) string {
	b := d.bytes()
	end := t.left - len(d.rest)
	if d.broken {
		return ""
	}
	return t.all[end-len(b) : end]
}

func appendBytes[T []byte | string](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// decoder reads from rest; once broken, it returns nothing more.
type decoder struct {
	rest   []byte
	broken bool
}

func (d *decoder) skip(n int) {
	if n <= 0 {
		d.broken, d.rest = true, nil
		return
	}
	d.rest = d.rest[n:]
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.rest)
	d.skip(n)
	return v
}

func (d *decoder) int() int64 {
	v, n := binary.Varint(d.rest)
	d.skip(n)
	return v
}

func (d *decoder) bytes() []byte {
	n := d.uint()
	if n > uint64(len(d.rest)) {
		d.broken, d.rest = true, nil
		return nil
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}
