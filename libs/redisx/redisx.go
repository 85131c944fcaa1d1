// Package redisx opens Redis with this project's settings and adds the few
// pieces that rueidis leaves to its callers: a stream consumer that loses
// nothing, a subscription that comes back, a lease, and a rate limiter.
package redisx

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/run"
)

// CacheTTL bounds how long a client-side cached value is believed even if its
// invalidation were lost.
const CacheTTL = 5 * time.Minute

// Open connects to redisURL (redis://… or rediss://…). While Redis cannot be
// reached it tries again until ctx ends, so that a service may start before its
// Redis does, and one that is started during an outage is there right after it,
// instead of being started again and again. Buffers are small: rueidis' defaults
// cost a megabyte per connection, and five services share a small machine.
func Open(ctx context.Context, redisURL, name string) (rueidis.Client, error) {
	opt, err := rueidis.ParseURL(redisURL)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	opt.ClientName = name
	opt.ReadBufferEachConn = 64 << 10
	opt.WriteBufferEachConn = 64 << 10
	opt.CacheSizeEachConn = 16 << 20
	// 256 pipelines under way. A slot has 200 bytes, and each blocking read of a stream a connection with a ring of its own.
	opt.RingScaleEachConn = 8
	opt.BlockingPoolSize = 512
	opt.BlockingPoolCleanup = time.Minute
	opt.PipelineMultiplex = -1 // one pipelined connection: commands of one caller stay in order
	opt.ConnWriteTimeout = 5 * time.Second
	// Without this, reads are retried until their context ends: with Redis away
	// they would hang instead of failing. Every caller has its own answer to that.
	opt.DisableRetry = true
	opt.Dialer.Timeout = 3 * time.Second
	opt.Dialer.KeepAlive = 10 * time.Second
	told := time.Now()
	for {
		client, err := rueidis.NewClient(opt)
		if err == nil {
			return client, nil
		}
		if reply, ok := rueidis.IsRedisErr(err); ok && !reply.IsLoading() && !reply.IsClusterDown() && !reply.IsTryAgain() { // it is there, and does not want us
			return nil, fmt.Errorf("connect to redis: %w", err)
		}
		if time.Since(told) > tellEvery {
			told = time.Now()
			fmt.Fprintf(os.Stderr, "%s: waiting for redis: %v\n", name, err)
		}
		if !run.Pause(ctx, 250*time.Millisecond+rand.N(250*time.Millisecond)) {
			return nil, fmt.Errorf("connect to redis: %w", err)
		}
	}
}

// tellEvery is between two lines about a Redis that is waited for.
const tellEvery = 10 * time.Second

// Check is a readiness check.
func Check(client rueidis.Client) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := client.Do(ctx, client.B().Ping().Build()).Error(); err != nil {
			return fmt.Errorf("redis: %w", err)
		}
		return nil
	}
}

// FirstError returns the first error of a pipeline's results. A nil reply is
// not an error.
func FirstError(results []rueidis.RedisResult) error {
	for _, r := range results {
		if err := r.Error(); err != nil && !rueidis.IsRedisNil(err) {
			return err
		}
	}
	return nil
}
