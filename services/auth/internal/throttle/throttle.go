// Package throttle slows down guessing at passwords, in Redis, so that all
// replicas count together.
package throttle

import (
	"context"
	"time"

	"github.com/redis/rueidis"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/services/auth/internal/account"
)

// patience is how long Redis may take; without an answer the attempt goes on,
// as redisx.Limiter explains.
const patience = 500 * time.Millisecond

// Throttle counts failures only, three ways:
//
//   - by name and network: a person who mistypes is slowed, and a guesser too;
//   - by network, over all names: a guesser who goes through many names;
//   - by name, over all networks: a guesser with many addresses. This one alone
//     would let any stranger lock a user out, so it does not hold for networks
//     from which the user has signed in before.
type Throttle struct {
	here    redisx.Limiter // name and network
	network redisx.Limiter
	name    redisx.Limiter
	created redisx.Limiter // accounts by network
	log     *zap.Logger
}

// New lets a network make accounts new accounts at once and as many an hour. It
// starts nothing.
func New(client rueidis.Client, accounts int, log *zap.Logger) *Throttle {
	limiter := func(prefix string, perMinute, burst int) redisx.Limiter {
		return redisx.Limiter{Client: client, Prefix: prefix, Rate: perMinute, Period: time.Minute, Burst: burst}
	}
	return &Throttle{log: log,
		here:    limiter("auth:failed:here:", 6, 5),
		network: limiter("auth:failed:network:", 30, 50),
		name:    limiter("auth:failed:name:", 12, 50),
		created: redisx.Limiter{Client: client, Prefix: "auth:created:network:", Rate: accounts, Period: time.Hour, Burst: accounts},
	}
}

// Wait tells how long the attempt has to wait; 0 = go ahead.
func (t *Throttle) Wait(ctx context.Context, a account.Attempt) time.Duration {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	wait := max(t.peek(ctx, &t.here, here(a)), t.peek(ctx, &t.network, a.Address))
	if byName := t.peek(ctx, &t.name, a.NameKey); byName > wait && !a.Known() {
		wait = byName
	}
	return wait
}

// Failed counts a wrong password.
func (t *Throttle) Failed(ctx context.Context, a account.Attempt) {
	// The guesser may hang up to avoid being counted.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	for _, l := range []struct {
		limiter *redisx.Limiter
		key     string
	}{{&t.here, here(a)}, {&t.network, a.Address}, {&t.name, a.NameKey}} {
		if _, err := l.limiter.Allow(ctx, l.key); err != nil {
			t.log.Warn("failed attempt not counted", zap.Error(err))
		}
	}
}

// Succeeded forgets this person's mistakes, and nobody else's: otherwise an
// account of one's own would wipe the slate between guesses.
func (t *Throttle) Succeeded(ctx context.Context, a account.Attempt) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := t.here.Reset(ctx, here(a)); err != nil {
		t.log.Warn("failed attempts not forgotten", zap.Error(err))
	}
}

// Create counts a new account from a network, and tells how long to wait when
// there were too many; "" is never too many.
func (t *Throttle) Create(ctx context.Context, network string) time.Duration {
	if network == "" {
		return 0
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	wait, err := t.created.Allow(ctx, network)
	if err != nil {
		t.log.Warn("new account not counted", zap.Error(err))
	}
	return wait
}

func (t *Throttle) peek(ctx context.Context, l *redisx.Limiter, key string) time.Duration {
	wait, err := l.Peek(ctx, key)
	if err != nil {
		t.log.Warn("failed attempts cannot be read", zap.Error(err))
	}
	return wait
}

func here(a account.Attempt) string { return a.Address + " " + a.NameKey }
