// Package store keeps accounts in Postgres. Every method is one transaction,
// and what others must hear of a change is written to the outbox in it.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/wemaps/wemaps/services/auth/internal/account"
)

// Store implements account.Store, keys.Store and publish.Source.
type Store struct{ db *sqlx.DB }

// New starts nothing.
func New(db *sqlx.DB) *Store { return &Store{db} }

type userRow struct {
	ID           string         `db:"id"`
	Name         string         `db:"name"`
	PasswordHash sql.NullString `db:"password_hash"`
	CreatedAt    time.Time      `db:"created_at"`
	UpdatedAt    time.Time      `db:"updated_at"`
}

func (r userRow) user() account.User {
	return account.User{ID: r.ID, Name: r.Name, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC()}
}

func (r userRow) credentials() account.Credentials {
	return account.Credentials{User: r.user(), PasswordHash: r.PasswordHash.String}
}

type sessionRow struct {
	ID          string    `db:"id"`
	UserID      string    `db:"user_id"`
	UserAgent   string    `db:"user_agent"`
	CreatedAt   time.Time `db:"created_at"`
	LastUsedAt  time.Time `db:"last_used_at"`
	ExpiresAt   time.Time `db:"expires_at"`
	TokensUntil time.Time `db:"tokens_until"`
}

func (r sessionRow) session() account.Session {
	return account.Session{ID: r.ID, UserID: r.UserID, UserAgent: r.UserAgent, CreatedAt: r.CreatedAt.UTC(),
		LastUsedAt: r.LastUsedAt.UTC(), ExpiresAt: r.ExpiresAt.UTC(), TokensUntil: r.TokensUntil.UTC()}
}

func sessionsOf(rows []sessionRow) []account.Session {
	sessions := make([]account.Session, len(rows))
	for i, r := range rows {
		sessions[i] = r.session()
	}
	return sessions
}

const (
	userColumns    = `u.id, u.name, u.password_hash, u.created_at, u.updated_at`
	sessionColumns = `s.id, s.user_id, s.user_agent, s.created_at, s.last_used_at, s.expires_at, s.tokens_until`
)

// one reads one row; no row is missing.
func one(ctx context.Context, q sqlx.QueryerContext, dst any, missing error, what, query string, args ...any) error {
	err := sqlx.GetContext(ctx, q, dst, query, args...)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return missing
	case err != nil:
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func exec(ctx context.Context, e sqlx.ExecerContext, what, query string, args ...any) (int64, error) {
	res, err := e.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return n, nil
}
