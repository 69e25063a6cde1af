package session

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// callTimeout bounds a round trip. Nothing is tried twice here: the platform sends again.
const callTimeout = 250 * time.Millisecond

// redisWorkers is how many round trips may be under way at once. One to four are alike in
// speed; several keep calls going while one shard of a cluster does not answer.
const redisWorkers = 4

// Redis keeps sessions in Redis, a cluster included: one string an account, read by GET and
// written by scripts. Concurrent calls share round trips.
type Redis struct {
	c     redis.UniversalClient
	names *names
	now   func() time.Time
	calls *batcher[*op]
	fuse  breaker
}

var _ Store = (*Redis)(nil)

// NewRedis returns a Store on c, which stays the caller's to close, after Close. key keys the
// hashes of accounts; now is the clock by which values expire.
func NewRedis(c redis.UniversalClient, key []byte, now func() time.Time) *Redis {
	r := &Redis{c: c, names: newNames(key), now: now}
	r.calls = newBatcher(redisWorkers, r.round)
	return r
}

// Close ends the store after the calls that are under way; others get ErrClosed.
func (r *Redis) Close() error {
	r.calls.close()
	return nil
}

// Load implements Store by one GET.
func (r *Redis) Load(ctx context.Context, account string) (Value, error) {
	o := &op{key: r.names.redisKey(account)}
	err := r.do(ctx, o)
	if errors.Is(err, redis.Nil) {
		return Value{}, nil
	}
	if err != nil {
		return Value{}, fmt.Errorf("redis get: %w", err)
	}
	return decodeValue(o.text, r.now()), nil
}

// Save implements Store by one script.
func (r *Redis) Save(ctx context.Context, account string, rev uint64, data []byte, read int, expiresAt time.Time) (bool, error) {
	now := r.now()
	value := make([]byte, 0, headSize+len(data))
	value = append(append(value, hexRev(nextRev(rev, now))...), '0')
	value = append(append(value, stamp(expiresAt)...), data...)
	o := &op{key: r.names.redisKey(account), script: saveScript, args: []any{
		hexRev(rev), stamp(now), hexMark(read), max(1, expiresAt.Sub(now).Milliseconds()), value,
	}}
	if err := r.do(ctx, o); err != nil {
		return false, fmt.Errorf("redis save script: %w", err)
	}
	return o.number == 1, nil
}

// MarkMail implements Store by one script.
func (r *Redis) MarkMail(ctx context.Context, account string) error {
	o := &op{key: r.names.redisKey(account), script: mailScript}
	if err := r.do(ctx, o); err != nil {
		return fmt.Errorf("redis mail script: %w", err)
	}
	return nil
}

// Ping implements Store. It asks even while other calls fail at once.
func (r *Redis) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := r.c.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("redis ping: %w", err)
	}
	return nil
}

// op is one command for Redis and, after its round trip, the answer.
type op struct {
	key    string
	script *script // nil: GET
	args   []any

	cmd    redis.Cmder
	text   []byte // of GET
	number int64  // of a script
}

// prepare makes the command; whole sends the script's text instead of its hash.
func (o *op) prepare(ctx context.Context, whole bool) redis.Cmder {
	if o.script == nil {
		o.cmd = redis.NewStringCmd(ctx, "get", o.key)
		return o.cmd
	}
	args := make([]any, 0, 4+len(o.args))
	if whole {
		args = append(args, "eval", o.script.text)
	} else {
		args = append(args, "evalsha", o.script.sha)
	}
	args = append(append(args, 1, o.key), o.args...)
	cmd := redis.NewCmd(ctx, args...)
	cmd.SetFirstKeyPos(3)
	o.cmd = cmd
	return o.cmd
}

// answer reads the command's result.
func (o *op) answer() (err error) {
	switch cmd := o.cmd.(type) {
	case *redis.StringCmd:
		o.text, err = cmd.Bytes()
	case *redis.Cmd:
		o.number, err = cmd.Int64()
	}
	return err
}

// do sends o with others and waits for its answer.
func (r *Redis) do(ctx context.Context, o *op) error {
	if !r.fuse.allow() {
		return ErrDown
	}
	sent, err := r.calls.do(ctx, o)
	if !sent {
		r.fuse.release()
	}
	return err
}

// round carries out calls in one pipeline. A script that Redis has forgotten was not run, so
// it is sent again with its text.
func (r *Redis) round(calls []*call[*op]) {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	r.send(ctx, calls, false)
	var unknown []*call[*op]
	for _, c := range calls {
		if redis.HasErrorPrefix(c.work.cmd.Err(), "NOSCRIPT") {
			unknown = append(unknown, c)
		}
	}
	if len(unknown) > 0 {
		r.send(ctx, unknown, true)
	}
	failed := 0
	var last error
	for _, c := range calls {
		err := c.work.answer()
		if err != nil && !errors.Is(err, redis.Nil) {
			failed++
			last = err
		}
		c.end(err)
	}
	r.fuse.report(failed < len(calls))
	if failed == len(calls) && slow(last) {
		for _, c := range r.calls.collect(nil, queueMost) { // they have waited as long
			c.end(last)
		}
	}
}

func (r *Redis) send(ctx context.Context, calls []*call[*op], whole bool) {
	pipe := r.c.Pipeline()
	for _, c := range calls {
		_ = pipe.Process(ctx, c.work.prepare(ctx, whole)) // only queues
	}
	_, _ = pipe.Exec(ctx) // each command keeps its own error
}

// slow says that err is a time-out.
func slow(err error) bool {
	var timed interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timed) && timed.Timeout()
}

// The value in Redis is a header and then the data:
//
//	16 hex digits   revision
//	1 hex digit     mail mark, 0: none
//	15 digits       expiry in ms since 1970
const headSize = 32

func hexRev(rev uint64) string {
	b := [16]byte{}
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = "0123456789abcdef"[rev&15]
		rev >>= 4
	}
	return string(b[:])
}

func hexMark(mark int) string { return strconv.FormatInt(int64(min(max(mark, 0), marks)), 16) }

// stamp is at in ms and 15 digits, so that texts compare as times do; what does not fit is cut.
func stamp(at time.Time) string {
	left := min(max(at.UnixMilli(), 0), 1e15-1)
	b := [15]byte{}
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte('0' + left%10)
		left /= 10
	}
	return string(b[:])
}

// decodeValue reads a value. One that cannot be read counts as missing: it will be replaced.
func decodeValue(b []byte, now time.Time) Value {
	if len(b) < headSize {
		return Value{}
	}
	rev, err := strconv.ParseUint(string(b[:16]), 16, 64)
	if err != nil || rev == 0 {
		return Value{}
	}
	at, err := strconv.ParseInt(string(b[17:headSize]), 10, 64)
	if err != nil || at <= now.UnixMilli() {
		return Value{}
	}
	mark, err := strconv.ParseUint(string(b[16:17]), 16, 8)
	if err != nil {
		return Value{}
	}
	return Value{Known: true, Rev: rev, Mail: int(mark), Data: b[headSize:]}
}
