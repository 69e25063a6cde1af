package push

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// meterScript refills, takes, returns and closes in one step, by the clock of Redis, which all
// replicas share however wrong their own are.
//
// KEYS[1]: the account's bucket of one API, a hash: t (ms of the last refill), s and m (calls
// left of the second and the minute), d (calls of the day n), n (the number of the platform's
// day), c (ms until which it is closed).
// ARGV[1]: calls to take, below zero: to return. ARGV[2..4]: limits a second, a minute and a
// day, 0: none. ARGV[5]: ms for which to close it, 0: not.
// Result: calls granted; ms until more may be had, 0 when all were granted; calls left today,
// -1: no limit.
const meterScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local want, sec, min, day, shut = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local length, zone = 86400000, 28800000
local hs, hm = math.max(1, sec / 50), math.max(1, min / 50)
local v = redis.call('HMGET', KEYS[1], 't', 's', 'm', 'd', 'n', 'c')
local t, s, m = tonumber(v[1]) or now, tonumber(v[2]) or hs, tonumber(v[3]) or hm
local d, n, c = tonumber(v[4]) or 0, tonumber(v[5]) or 0, tonumber(v[6]) or 0
local passed = math.max(0, now - t)
s = math.min(hs, s + passed * sec / 1000)
m = math.min(hm, m + passed * min / 60000)
local today = math.floor((now + zone) / length)
if today > n then n, d = today, 0 end
if shut > 0 then c = math.max(c, now + shut) end
local midnight = (today + 1) * length - zone - now
local granted, wait = want, 0
if want > 0 then
	if now < c then
		granted, wait = 0, c - now
	else
		if sec > 0 then granted = math.min(granted, math.floor(s)) end
		if min > 0 then granted = math.min(granted, math.floor(m)) end
		if day > 0 then granted = math.max(0, math.min(granted, day - d)) end
	end
end
s, m, d = math.min(hs, s - granted), math.min(hm, m - granted), math.max(0, d + granted)
if wait == 0 and granted < want then
	if day > 0 and d >= day then
		wait = midnight
	else
		if sec > 0 then wait = math.max(wait, (1 - s) * 1000 / sec) end
		if min > 0 then wait = math.max(wait, (1 - m) * 60000 / min) end
		wait = math.max(1, math.ceil(wait))
	end
end
local left = -1
if day > 0 then
	left = math.max(0, day - d)
	if c - now >= midnight then left = 0 end
end
redis.call('HSET', KEYS[1], 't', string.format('%.0f', now), 's', string.format('%.6f', s), 'm', string.format('%.6f', m),
	'd', string.format('%.0f', d), 'n', string.format('%.0f', n), 'c', string.format('%.0f', c))
redis.call('PEXPIRE', KEYS[1], 2 * length)
return {granted, wait, left}`

// meterTime is how long the meter waits for Redis before it counts by itself.
const meterTime = 250 * time.Millisecond

// RedisMeter is the meter that replicas share. While Redis does not answer, each replica counts
// by itself: the platform's own refusals then keep the fleet below its limits. Use NewRedisMeter.
type RedisMeter struct {
	client redis.UniversalClient
	prefix string
	limits map[string]Limit
	now    func() time.Time
	script *redis.Script
	alone  *MemoryMeter
}

// NewRedisMeter makes a meter for one platform account, whose application id is part of its
// keys: one an API, so that a cluster runs its script on one node.
func NewRedisMeter(c redis.UniversalClient, prefix, appID string, limits map[string]Limit, now func() time.Time) *RedisMeter {
	return &RedisMeter{
		client: c, prefix: prefix + "meter:" + appID + ":", limits: limits, now: now,
		script: redis.NewScript(meterScript), alone: NewMemoryMeter(limits, now),
	}
}

func (m *RedisMeter) run(ctx context.Context, api string, want int, shut time.Duration) (granted int, wait time.Duration, left int, err error) {
	ctx, done := context.WithTimeout(ctx, meterTime)
	defer done()
	l := m.limits[api]
	v, err := m.script.Run(ctx, m.client, []string{m.prefix + api}, want, l.Second, l.Minute, l.Day, shut.Milliseconds()).Int64Slice()
	if err == nil && len(v) != 3 {
		err = errors.New("unexpected result")
	}
	if err != nil {
		return 0, 0, 0, fmt.Errorf("ask meter: %w", err)
	}
	return int(v[0]), time.Duration(v[1]) * time.Millisecond, int(v[2]), nil
}

// Take grants from none to n calls now. An answer that was lost costs the calls it granted.
func (m *RedisMeter) Take(ctx context.Context, api string, n int) (granted int, wait time.Duration, err error) {
	if n <= 0 {
		return 0, 0, nil
	}
	granted, wait, _, err = m.run(ctx, api, n, 0)
	if err != nil {
		return m.alone.Take(ctx, api, n)
	}
	return granted, wait, nil
}

// Give returns calls that were granted and not made. Failing means that they are lost.
func (m *RedisMeter) Give(ctx context.Context, api string, n int) error {
	if n <= 0 {
		return nil
	}
	_, _, _, err := m.run(ctx, api, -n, 0)
	return err
}

// Close grants nothing until then, here at once and for the others as soon as Redis knows.
func (m *RedisMeter) Close(ctx context.Context, api string, until time.Time) error {
	if err := m.alone.Close(ctx, api, until); err != nil {
		return err
	}
	shut := until.Sub(m.now())
	if shut <= 0 {
		return nil
	}
	_, _, _, err := m.run(ctx, api, 0, max(shut, time.Millisecond))
	return err
}

// Left is what may still be called today; below zero: there is no limit.
func (m *RedisMeter) Left(ctx context.Context, api string) (int, error) {
	_, _, left, err := m.run(ctx, api, 0, 0)
	if err != nil {
		return m.alone.Left(ctx, api)
	}
	return left, nil
}
