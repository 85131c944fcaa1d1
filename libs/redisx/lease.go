package redisx

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/run"
)

var (
	renewScript   = rueidis.NewLuaScript(`if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0`)
	releaseScript = rueidis.NewLuaScript(`if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`)
)

var errLost = errors.New("lost to another holder")

// WhileLeased runs fn while owner holds the lease key, which lives for ttl and
// is renewed three times in that time. fn's context ends when the lease could
// not be renewed in time; it must then return promptly. Between attempts to
// get the lease it waits ttl/4. It blocks until ctx ends.
//
// A lease is weaker than a lock: a process that is stopped for longer than ttl
// can wake up and act for a moment beside its successor. Use it where a repeat
// is harmless (positions), and pg.WhileLocked where it is not (chat).
func WhileLeased(ctx context.Context, client rueidis.Client, key, owner string, ttl time.Duration, fn func(ctx context.Context) error, onError func(error)) error {
	ms := strconv.FormatInt(ttl.Milliseconds(), 10)
	for {
		err := client.Do(ctx, client.B().Set().Key(key).Value(owner).Nx().PxMilliseconds(ttl.Milliseconds()).Build()).Error()
		switch {
		case err == nil:
			if err := leased(ctx, client, key, owner, ms, ttl, fn); err != nil && ctx.Err() == nil {
				onError(fmt.Errorf("lease %s: %w", key, err))
			}
		case !rueidis.IsRedisNil(err) && ctx.Err() == nil:
			onError(fmt.Errorf("lease %s: %w", key, err))
		}
		if !run.Pause(ctx, ttl/4) {
			return nil
		}
	}
}

func leased(ctx context.Context, client rueidis.Client, key, owner, ms string, ttl time.Duration, fn func(ctx context.Context) error) error {
	fnCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- fn(fnCtx) }()
	defer func() {
		release, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer stop()
		_ = releaseScript.Exec(release, client, []string{key}, []string{owner}).Error() // else it expires by itself
	}()
	ticker := time.NewTicker(ttl / 3)
	defer ticker.Stop()
	renewed := time.Now()
	for {
		select {
		case err := <-done:
			return err
		case <-ticker.C:
			renewCtx, stop := context.WithTimeout(ctx, ttl/3)
			held, err := renewScript.Exec(renewCtx, client, []string{key}, []string{owner, ms}).AsInt64()
			stop()
			if err == nil && held == 1 {
				renewed = time.Now()
				continue
			}
			if err != nil && time.Since(renewed) <= ttl*2/3 {
				continue
			}
			cancel()
			<-done
			if err != nil {
				return fmt.Errorf("lost: %w", err)
			}
			return errLost
		}
	}
}
