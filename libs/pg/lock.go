package pg

import (
	"context"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/jmoiron/sqlx"
)

// LockKey turns a name into the 64-bit key of an advisory lock (FNV-1a).
func LockKey(name string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return int64(h.Sum64())
}

// WhileLocked runs fn while this process holds the session advisory lock
// named name, retrying to get it every interval. fn gets the connection that
// holds the lock: what it writes there can only succeed while the lock is
// held, since both end with the connection. When fn returns, or the
// connection dies, the lock is released and, unless ctx has ended, sought
// again. onError hears every failure; it must not block.
func WhileLocked(ctx context.Context, db *sqlx.DB, name string, interval time.Duration, fn func(ctx context.Context, conn *sqlx.Conn) error, onError func(error)) error {
	for {
		if err := tryLocked(ctx, db, name, fn); err != nil && ctx.Err() == nil {
			onError(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(interval):
		}
	}
}

func tryLocked(ctx context.Context, db *sqlx.DB, name string, fn func(ctx context.Context, conn *sqlx.Conn) error) error {
	conn, err := db.Connx(ctx)
	if err != nil {
		return fmt.Errorf("lock %s: %w", name, err)
	}
	defer func() { _ = conn.Close() }()
	var got bool
	if err := conn.GetContext(ctx, &got, `SELECT pg_try_advisory_lock($1)`, LockKey(name)); err != nil {
		return fmt.Errorf("lock %s: %w", name, err)
	}
	if !got {
		return nil
	}
	defer func() {
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		// If this fails the connection is dead, and the lock with it.
		_, _ = conn.ExecContext(release, `SELECT pg_advisory_unlock($1)`, LockKey(name))
	}()
	return fn(ctx, conn)
}
