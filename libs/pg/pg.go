// Package pg opens Postgres with bounded pools and timeouts, runs
// transactions, and applies migrations. Rows and SQL belong to the stores.
package pg

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// QueryTimeout bounds one statement on the server side.
const QueryTimeout = 5 * time.Second

// Open returns a pool. It does not connect: a service starts, says that it is
// not ready, and becomes ready when the database does.
func Open(databaseURL string, maxConns int) (*sqlx.DB, error) {
	dsn, err := withDefaults(databaseURL)
	if err != nil {
		return nil, err
	}
	connector, err := pq.NewConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", err)
	}
	connector.Dialer(dialer{})
	db := sqlx.NewDb(sql.OpenDB(connector), "postgres")
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxConns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db, nil
}

func withDefaults(databaseURL string) (string, error) {
	u, err := url.Parse(databaseURL)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return "", errors.New("DATABASE_URL must be a postgres:// URL") // without the URL: it holds a password
	}
	q := u.Query()
	for name, value := range map[string]string{
		"connect_timeout":                     "5",
		"statement_timeout":                   fmt.Sprint(QueryTimeout.Milliseconds()),
		"idle_in_transaction_session_timeout": "15000",
	} {
		if !q.Has(name) {
			q.Set(name, value)
		}
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// Check is a readiness check.
func Check(db *sqlx.DB) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := db.PingContext(ctx); err != nil {
			return fmt.Errorf("postgres: %w", err)
		}
		return nil
	}
}

// InTx runs fn in a transaction with the default isolation. An error or a
// panic rolls back; a serialization failure or deadlock is tried again, three
// times in all, so fn must have no other effects than on tx.
func InTx(ctx context.Context, db *sqlx.DB, fn func(tx *sqlx.Tx) error) error {
	var err error
	for range 3 {
		if err = once(ctx, db, fn); !retryable(err) {
			return err
		}
	}
	return err
}

func once(ctx context.Context, db *sqlx.DB, fn func(tx *sqlx.Tx) error) error {
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after Commit this does nothing
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit transaction: %w", err)
	}
	return nil
}

func retryable(err error) bool {
	var pqErr *pq.Error
	return errors.As(err, &pqErr) && (pqErr.Code == "40001" || pqErr.Code == "40P01")
}

// IsUnique tells whether err is a violation of the named unique constraint or
// index; an empty name means any.
func IsUnique(err error, constraint string) bool {
	var pqErr *pq.Error
	return errors.As(err, &pqErr) && pqErr.Code == "23505" && (constraint == "" || pqErr.Constraint == constraint)
}

// Listen calls wake when it begins to listen on channel, after every NOTIFY,
// and after each reconnect, since notifications may have been missed before. It blocks until ctx ends.
func Listen(ctx context.Context, databaseURL, channel string, wake func()) error {
	listener := pq.NewListener(databaseURL, 100*time.Millisecond, 5*time.Second, nil)
	defer func() { _ = listener.Close() }()
	// Listen blocks while the database is away; Close unblocks it.
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer stop()
	if err := listener.Listen(channel); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("listen on %s: %w", channel, err)
	}
	wake() // for what was notified before we listened
	ping := time.NewTicker(30 * time.Second)
	defer ping.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-listener.Notify:
			if !ok {
				return nil
			}
			wake()
		case <-ping.C:
			_ = listener.Ping() // a dead connection is noticed and reopened
		}
	}
}
