package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/wemaps/wemaps/libs/run"
)

const (
	guardEvery   = 5 * time.Second
	guardTimeout = 2 * time.Second
)

// Guard watches the connection that holds a lock while fn, which makes no use
// of it, runs, and ends fn when the connection has died. Should this process
// hang, Postgres ends the session and frees the lock.
func Guard(ctx context.Context, conn *sqlx.Conn, fn func(ctx context.Context) error) error {
	if _, err := conn.ExecContext(ctx, `SET idle_session_timeout = '15s'; SET tcp_user_timeout = '10s'`); err != nil {
		return fmt.Errorf("prepare the lock's session: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var died error
	wait := run.Go(func() {
		defer cancel()
		for run.Pause(ctx, guardEvery) {
			if died = ping(ctx, conn); died != nil {
				return
			}
		}
	})
	err := fn(ctx)
	cancel()
	wait()
	reset, done := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer done()
	_, _ = conn.ExecContext(reset, `RESET ALL`) // fails on a dead connection, which does not return to the pool
	if err == nil {
		err = died
	}
	return err
}

func ping(ctx context.Context, conn *sqlx.Conn) error {
	asking, cancel := context.WithTimeout(ctx, guardTimeout)
	defer cancel()
	var one int
	if err := conn.GetContext(asking, &one, `SELECT 1`); err != nil && ctx.Err() == nil {
		return fmt.Errorf("the lock's connection: %w", err)
	}
	return nil
}
