package redisx

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

// The generic cell rate algorithm (GCRA, ITU-T I.371): one key holds the
// theoretical arrival time, in microseconds of Redis' own clock.
var gcraScript = rueidis.NewLuaScript(`
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local interval, burst, take = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
local tat = tonumber(redis.call('GET', KEYS[1]) or now)
if tat < now then tat = now end
local new = tat + interval
local allow_at = new - interval * burst
if allow_at > now then return allow_at - now end
if take then redis.call('SET', KEYS[1], string.format('%.0f', new), 'PX', math.ceil((new - now) / 1000) + 1) end
return 0`)

// Limiter allows Rate events per Period for each key, and Burst at once.
type Limiter struct {
	Client rueidis.Client
	Prefix string
	Rate   int
	Period time.Duration
	Burst  int
}

// Allow takes one event for key. It returns 0, or how long to wait. With Redis
// away it returns 0 and the error: a limiter guards capacity, so most callers
// let the event pass then.
func (l *Limiter) Allow(ctx context.Context, key string) (wait time.Duration, err error) {
	return l.ask(ctx, key, "1")
}

// Peek tells how long a next event would have to wait, without taking one.
func (l *Limiter) Peek(ctx context.Context, key string) (wait time.Duration, err error) {
	return l.ask(ctx, key, "0")
}

func (l *Limiter) ask(ctx context.Context, key, take string) (time.Duration, error) {
	interval := l.Period.Microseconds() / int64(l.Rate)
	micros, err := gcraScript.Exec(ctx, l.Client, []string{l.Prefix + key},
		[]string{strconv.FormatInt(interval, 10), strconv.Itoa(l.Burst), take}).AsInt64()
	if err != nil {
		return 0, fmt.Errorf("rate limit %s: %w", l.Prefix, err)
	}
	return time.Duration(micros) * time.Microsecond, nil
}

// Reset forgets key.
func (l *Limiter) Reset(ctx context.Context, key string) error {
	if err := l.Client.Do(ctx, l.Client.B().Del().Key(l.Prefix+key).Build()).Error(); err != nil {
		return fmt.Errorf("reset rate limit %s: %w", l.Prefix, err)
	}
	return nil
}
