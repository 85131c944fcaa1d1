package pg

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/wemaps/wemaps/libs/run"
)

// LockKey turns a name into the 64-bit key of an advisory lock (FNV-1a).
func LockKey(name string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return int64(h.Sum64())
}

// Conn is the connection that holds a lock. Whoever uses it locks it meanwhile,
// since it is asked now and then whether it lives.
type Conn struct {
	*sqlx.Conn
	sync.Mutex
}

const (
	keepEvery   = time.Second
	keepTimeout = 2 * time.Second
	// longestRetry is between attempts while they fail: with the database away
	// every lock of every replica is sought.
	longestRetry = time.Second
	// held prepares the session of a lock. It is never idle for long: should this
	// process hang or be cut off from the network, Postgres ends the session, and
	// so frees the lock, within seconds instead of the hours of TCP's defaults.
	held = `
SET idle_session_timeout = '5s';
SET idle_in_transaction_session_timeout = '5s';
SET tcp_keepalives_idle = 2;
SET tcp_keepalives_interval = 1;
SET tcp_keepalives_count = 3;
SET tcp_user_timeout = '5s'`
)

// WhileLocked runs fn while this process holds the session advisory lock
// named name, retrying to get it about every interval. fn gets the connection
// that holds the lock: what it writes there can only succeed while the lock is
// held, since both end with the connection. fn's context ends when the
// connection has died. When fn returns the lock is released and, unless ctx has
// ended, sought again. A process that hangs loses the lock after five seconds.
// onError hears every failure; it must not block.
func WhileLocked(ctx context.Context, db *sqlx.DB, name string, interval time.Duration, fn func(ctx context.Context, conn *Conn) error, onError func(error)) error {
	pause := interval
	for {
		if err := tryLocked(ctx, db, name, fn); err == nil {
			pause = interval
		} else if ctx.Err() == nil {
			onError(err)
			pause = min(2*pause, max(interval, longestRetry))
		}
		// Spread, so that all do not come back to the database in one moment.
		if !run.Pause(ctx, pause/2+rand.N(pause)) {
			return nil
		}
	}
}

func tryLocked(ctx context.Context, db *sqlx.DB, name string, fn func(ctx context.Context, conn *Conn) error) error {
	c, err := db.Connx(ctx)
	if err != nil {
		return fmt.Errorf("lock %s: %w", name, err)
	}
	defer func() { _ = c.Close() }()
	conn := &Conn{Conn: c}
	var got bool
	if err := conn.GetContext(ctx, &got, `SELECT pg_try_advisory_lock($1)`, LockKey(name)); err != nil {
		return fmt.Errorf("lock %s: %w", name, err)
	}
	if !got {
		return nil
	}
	defer conn.release(ctx, name)
	if _, err := conn.ExecContext(ctx, held); err != nil {
		return fmt.Errorf("lock %s: %w", name, err)
	}
	return conn.kept(ctx, name, fn)
}

// kept runs fn while the connection lives.
func (c *Conn) kept(ctx context.Context, name string, fn func(ctx context.Context, conn *Conn) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var died error
	wait := run.Go(func() {
		defer cancel()
		for run.Pause(ctx, keepEvery) {
			if died = c.ping(ctx); died != nil {
				return
			}
		}
	})
	err := fn(ctx, c)
	cancel()
	wait()
	if err == nil && died != nil {
		err = fmt.Errorf("lock %s: %w", name, died)
	}
	return err
}

// ping asks after the connection unless it is in use, and so not idle.
func (c *Conn) ping(ctx context.Context) error {
	if !c.TryLock() {
		return nil
	}
	defer c.Unlock()
	asking, cancel := context.WithTimeout(ctx, keepTimeout)
	defer cancel()
	if _, err := c.ExecContext(asking, `SELECT 1`); err != nil && ctx.Err() == nil {
		return fmt.Errorf("the connection died: %w", err)
	}
	return nil
}

// release gives the lock back, and the connection as it was opened. If it fails
// the connection is dead, the lock with it, and it does not return to the pool.
func (c *Conn) release(ctx context.Context, name string) {
	c.Lock()
	defer c.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if _, err := c.ExecContext(ctx, `SELECT pg_advisory_unlock($1)`, LockKey(name)); err == nil {
		_, _ = c.ExecContext(ctx, `RESET ALL`)
	}
}
