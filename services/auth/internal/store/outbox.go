package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/services/auth/internal/publish"
)

// OutboxChannel is notified when the outbox gets an entry.
const OutboxChannel = "auth_outbox"

type grantRow struct {
	Hash     []byte         `db:"hash"`
	DeviceID sql.NullString `db:"device_id"`
	UserID   sql.NullString `db:"device_user_id"`
	UserName sql.NullString `db:"user_name"`
	Rooms    pq.StringArray `db:"rooms"`
}

func (r grantRow) grant() *publish.Grant {
	if !r.DeviceID.Valid {
		return nil
	}
	return &publish.Grant{Hash: r.Hash, UserID: r.UserID.String, UserName: r.UserName.String, DeviceID: r.DeviceID.String, Rooms: r.Rooms}
}

const grantColumns = `d.hash, d.id AS device_id, d.user_id AS device_user_id, u.name AS user_name, d.rooms`

const (
	// One writer to Redis at a time, over all replicas: see publish.Source.
	lockOutboxSQL = `SELECT pg_advisory_xact_lock($1)`
	outboxSQL     = `SELECT o.id, o.kind, o.session_id, o.user_id, o.tokens_until, o.created_at, o.device_hash, n.name AS new_name, ` + grantColumns + `
FROM auth.outbox o LEFT JOIN auth.device_tokens d ON d.hash = o.device_hash LEFT JOIN auth.users u ON u.id = d.user_id
LEFT JOIN auth.users n ON o.kind = 'renamed' AND n.id = o.user_id
ORDER BY o.id LIMIT $1`
	drainedSQL = `DELETE FROM auth.outbox WHERE id = ANY($1)`
)

type outboxRow struct {
	ID          int64          `db:"id"`
	Kind        string         `db:"kind"`
	SessionID   sql.NullString `db:"session_id"`
	OwnerID     sql.NullString `db:"user_id"`
	TokensUntil sql.NullTime   `db:"tokens_until"`
	CreatedAt   time.Time      `db:"created_at"`
	NewName     sql.NullString `db:"new_name"`
	DeviceHash  []byte         `db:"device_hash"`
	grantRow
}

// Drain hands the oldest entries to fn and removes them if it succeeds.
func (s *Store) Drain(ctx context.Context, most int, fn func([]publish.Entry) error) (n int, err error) {
	err = pg.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if _, err := exec(ctx, tx, "lock outbox", lockOutboxSQL, pg.LockKey("auth:outbox")); err != nil {
			return err
		}
		var rows []outboxRow
		if err := tx.SelectContext(ctx, &rows, outboxSQL, most); err != nil {
			return fmt.Errorf("read outbox: %w", err)
		}
		if n = len(rows); n == 0 {
			return nil
		}
		entries := make([]publish.Entry, n)
		ids := make([]int64, n)
		for i, r := range rows {
			ids[i] = r.ID
			entries[i] = publish.Entry{ID: r.ID, Kind: r.Kind, SessionID: r.SessionID.String, UserID: r.OwnerID.String, UserName: r.NewName.String,
				TokensUntil: r.TokensUntil.Time, CreatedAt: r.CreatedAt, DeviceHash: r.DeviceHash, Grant: r.grant()}
		}
		if err := fn(entries); err != nil {
			return err
		}
		// By id, not by range: a transaction that took a lower id may commit yet.
		_, err := exec(ctx, tx, "empty outbox", drainedSQL, pq.Array(ids))
		return err
	})
	return n, err
}

const (
	revokedFactsSQL = `SELECT id::text AS id, tokens_until FROM auth.sessions WHERE ended_at IS NOT NULL AND tokens_until > $1`
	erasedFactsSQL  = `SELECT user_id::text AS id, tokens_until FROM auth.erased_users WHERE tokens_until > $1`
	renamedFactsSQL = `SELECT id::text AS id, name, renamed_until AS tokens_until FROM auth.users WHERE renamed_until > $1`
	grantFactsSQL   = `SELECT ` + grantColumns + ` FROM auth.device_tokens d JOIN auth.users u ON u.id = d.user_id`
	factBatch       = 1000
)

type markRow struct {
	ID          string    `db:"id"`
	Name        string    `db:"name"` // of renamed users
	TokensUntil time.Time `db:"tokens_until"`
}

// Facts hands out everything that Redis must know.
func (s *Store) Facts(ctx context.Context, now time.Time, fn func([]publish.Fact) error) error {
	return pg.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		// Rows are read as fast as Redis takes them.
		if _, err := exec(ctx, tx, "allow time", `SET LOCAL statement_timeout = '60s'`); err != nil {
			return err
		}
		if _, err := exec(ctx, tx, "lock outbox", lockOutboxSQL, pg.LockKey("auth:outbox")); err != nil {
			return err
		}
		if err := eachFact(ctx, tx, fn, func(r markRow) publish.Fact {
			return publish.Fact{RevokedSession: r.ID, TokensUntil: r.TokensUntil}
		}, revokedFactsSQL, now); err != nil {
			return err
		}
		if err := eachFact(ctx, tx, fn, func(r markRow) publish.Fact {
			return publish.Fact{ErasedUser: r.ID, TokensUntil: r.TokensUntil}
		}, erasedFactsSQL, now); err != nil {
			return err
		}
		if err := eachFact(ctx, tx, fn, func(r markRow) publish.Fact {
			return publish.Fact{RenamedUser: r.ID, UserName: r.Name, TokensUntil: r.TokensUntil}
		}, renamedFactsSQL, now); err != nil {
			return err
		}
		return eachFact(ctx, tx, fn, func(r grantRow) publish.Fact { return publish.Fact{Grant: r.grant()} }, grantFactsSQL)
	})
}

// eachFact streams the rows of a query to fn in batches.
func eachFact[R any](ctx context.Context, tx *sqlx.Tx, fn func([]publish.Fact) error, fact func(R) publish.Fact, query string, args ...any) error {
	rows, err := tx.QueryxContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("read facts: %w", err)
	}
	defer func() { _ = rows.Close() }()
	batch := make([]publish.Fact, 0, factBatch)
	for rows.Next() {
		var r R
		if err := rows.StructScan(&r); err != nil {
			return fmt.Errorf("read facts: %w", err)
		}
		if batch = append(batch, fact(r)); len(batch) == factBatch {
			if err := fn(batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read facts: %w", err)
	}
	if len(batch) == 0 {
		return nil
	}
	return fn(batch)
}
