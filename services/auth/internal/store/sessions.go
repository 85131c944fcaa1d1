package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/services/auth/internal/account"
)

// One statement, so one round trip: foreign keys are checked at its end.
const startSessionSQL = `WITH s AS (
	INSERT INTO auth.sessions (id, user_id, user_agent, created_at, last_used_at, expires_at, tokens_until)
	SELECT $1, id, $3, $4, $4, $5, $6 FROM auth.users WHERE id = $2 FOR KEY SHARE
	RETURNING id, expires_at)
INSERT INTO auth.refresh_tokens (hash, session_id, expires_at) SELECT $7, id, expires_at FROM s`

// StartSession adds a session and its first refresh token.
func (s *Store) StartSession(ctx context.Context, n account.Session, refreshHash []byte) error {
	rows, err := exec(ctx, s.db, "start session", startSessionSQL, n.ID, n.UserID, n.UserAgent, n.CreatedAt, n.ExpiresAt, n.TokensUntil, refreshHash)
	if err == nil && rows == 0 {
		return account.ErrUserNotFound
	}
	return err
}

const activeSQL = `SELECT ` + userColumns + `, COALESCE(s.live, false) AS live FROM auth.users u
LEFT JOIN LATERAL (SELECT ended_at IS NULL AND expires_at > $3 AS live FROM auth.sessions WHERE id = $2 AND user_id = u.id) s ON true
WHERE u.id = $1`

// Active returns the user of a live session.
func (s *Store) Active(ctx context.Context, userID, sessionID string, now time.Time) (account.User, error) {
	if !account.ValidID(userID) || !account.ValidID(sessionID) {
		return account.User{}, account.ErrUserNotFound
	}
	var r struct {
		userRow
		Live bool `db:"live"`
	}
	if err := one(ctx, s.db, &r, account.ErrUserNotFound, "check session", activeSQL, userID, sessionID, now); err != nil {
		return account.User{}, err
	}
	if !r.Live {
		return account.User{}, account.ErrSessionEnded
	}
	return r.user(), nil
}

const touchSQL = `UPDATE auth.sessions SET last_used_at = GREATEST(last_used_at, $3), tokens_until = GREATEST(tokens_until, $4),
	expires_at = GREATEST(expires_at, $4)
WHERE id = $2 AND user_id = $1 AND ended_at IS NULL AND expires_at > $3`

// Touch prolongs a live session, so that it outlives the token about to be
// issued for it.
func (s *Store) Touch(ctx context.Context, userID, sessionID string, now, tokensUntil time.Time) (account.User, error) {
	user, err := s.Active(ctx, userID, sessionID, now)
	if err != nil {
		return user, err
	}
	n, err := exec(ctx, s.db, "prolong session", touchSQL, userID, sessionID, now, tokensUntil)
	if err == nil && n == 0 {
		return user, account.ErrSessionEnded // just now
	}
	return user, err
}

const (
	refreshStateSQL = `SELECT r.expires_at AS token_expires_at, r.spent_at, r.spent_agent, s.ended_at IS NOT NULL OR s.expires_at <= $3 AS session_ended,
	COALESCE((SELECT n.spent_at IS NOT NULL FROM auth.refresh_tokens n WHERE n.hash = $2), false) AS successor_spent, ` + sessionColumns + `
FROM auth.refresh_tokens r JOIN auth.sessions s ON s.id = r.session_id WHERE r.hash = $1 FOR UPDATE OF r, s`
	spendSQL      = `UPDATE auth.refresh_tokens SET spent_at = $2, spent_agent = $3 WHERE hash = $1`
	addRefreshSQL = `INSERT INTO auth.refresh_tokens (hash, session_id, expires_at) VALUES ($1, $2, $3)`
	rotatedSQL    = `UPDATE auth.sessions SET last_used_at = $2, expires_at = GREATEST(expires_at, $3), tokens_until = GREATEST(tokens_until, $4) WHERE id = $1`
)

type refreshRow struct {
	sessionRow
	TokenExpiresAt time.Time      `db:"token_expires_at"`
	SpentAt        sql.NullTime   `db:"spent_at"`
	SpentAgent     sql.NullString `db:"spent_agent"`
	SessionEnded   bool           `db:"session_ended"`
	SuccessorSpent bool           `db:"successor_spent"`
}

// Rotate judges a refresh token and does what the verdict says. The session's
// row is locked, so that whatever happens in a session happens one by one.
func (s *Store) Rotate(ctx context.Context, r account.Rotation, decide func(account.RefreshState) account.Verdict) (user account.User, session account.Session, err error) {
	err = pg.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		var row refreshRow
		if err := one(ctx, tx, &row, account.ErrInvalidToken, "find refresh token", refreshStateSQL, r.Hash, r.NextHash, r.Now); err != nil {
			return err
		}
		session = row.session()
		var found userRow
		if err := one(ctx, tx, &found, account.ErrInvalidToken, "find user", userByIDSQL, row.UserID); err != nil {
			return err
		}
		user = found.user()
		switch decide(account.RefreshState{ExpiresAt: row.TokenExpiresAt, SessionEnded: row.SessionEnded, SpentAt: row.SpentAt.Time,
			SpentAgent: row.SpentAgent.String, SuccessorSpent: row.SuccessorSpent}) {
		case account.Advance:
			return advance(ctx, tx, r, session.ID)
		case account.Repeat:
			_, err := exec(ctx, tx, "rotate", rotatedSQL, session.ID, r.Now, r.ExpiresAt, r.TokensUntil)
			return err
		case account.EndSession:
			_, err := endSession(ctx, tx, session.UserID, session.ID, r.Now)
			return err
		}
		return nil
	})
	return user, session, err
}

func advance(ctx context.Context, tx *sqlx.Tx, r account.Rotation, sessionID string) error {
	_, err1 := exec(ctx, tx, "spend refresh token", spendSQL, r.Hash, r.Now, r.Agent)
	if err1 != nil {
		return err1
	}
	if _, err := exec(ctx, tx, "add refresh token", addRefreshSQL, r.NextHash, sessionID, r.ExpiresAt); err != nil {
		return err
	}
	_, err := exec(ctx, tx, "rotate", rotatedSQL, sessionID, r.Now, r.ExpiresAt, r.TokensUntil)
	return err
}

// An open name that many people use may have many sessions; nobody reads more.
const sessionsSQL = `SELECT ` + sessionColumns + ` FROM auth.sessions s
WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2 ORDER BY created_at DESC, id DESC LIMIT 200`

// Sessions lists live sessions, newest first.
func (s *Store) Sessions(ctx context.Context, userID string, now time.Time) ([]account.Session, error) {
	var rows []sessionRow
	if err := s.db.SelectContext(ctx, &rows, sessionsSQL, userID, now); err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return sessionsOf(rows), nil
}

const (
	endSessionSQL = `WITH s AS (UPDATE auth.sessions s SET ended_at = $3
	WHERE s.id = $2 AND s.user_id = $1 AND s.ended_at IS NULL RETURNING ` + sessionColumns + `),
o AS (INSERT INTO auth.outbox (kind, session_id, user_id, tokens_until) SELECT 'revoked', id, user_id, tokens_until FROM s)
SELECT * FROM s`
	endSessionsSQL = `WITH s AS (UPDATE auth.sessions s SET ended_at = $3
	WHERE s.user_id = $1 AND s.id::text <> $2 AND s.ended_at IS NULL RETURNING ` + sessionColumns + `),
o AS (INSERT INTO auth.outbox (kind, session_id, user_id, tokens_until) SELECT 'revoked', id, user_id, tokens_until FROM s)
SELECT * FROM s`
)

func endSession(ctx context.Context, q sqlx.QueryerContext, userID, sessionID string, now time.Time) (account.Session, error) {
	var r sessionRow
	err := one(ctx, q, &r, account.ErrSessionNotFound, "end session", endSessionSQL, userID, sessionID, now)
	return r.session(), err
}

func endSessions(ctx context.Context, q sqlx.QueryerContext, userID, keep string, now time.Time) ([]account.Session, error) {
	var rows []sessionRow
	if err := sqlx.SelectContext(ctx, q, &rows, endSessionsSQL, userID, keep, now); err != nil {
		return nil, fmt.Errorf("end sessions: %w", err)
	}
	return sessionsOf(rows), nil
}

// EndSession ends one session of the user; an ended one is not found.
func (s *Store) EndSession(ctx context.Context, userID, sessionID string, now time.Time) (account.Session, error) {
	if !account.ValidID(sessionID) {
		return account.Session{}, account.ErrSessionNotFound
	}
	return endSession(ctx, s.db, userID, sessionID, now)
}

// EndSessions ends all sessions of the user.
func (s *Store) EndSessions(ctx context.Context, userID string, now time.Time) ([]account.Session, error) {
	return endSessions(ctx, s.db, userID, "", now)
}

// Prune forgets what can matter to nobody any more.
func (s *Store) Prune(ctx context.Context, now time.Time) error {
	var errs []error
	for _, p := range []struct{ what, sql string }{
		// A session outlives every token issued for it; the day is for looking back.
		{"sessions", `DELETE FROM auth.sessions WHERE expires_at < $1::timestamptz - interval '1 day' OR ended_at IS NOT NULL AND tokens_until < $1::timestamptz - interval '1 day'`},
		{"refresh tokens", `DELETE FROM auth.refresh_tokens WHERE expires_at < $1`},
		{"erased users", `DELETE FROM auth.erased_users WHERE tokens_until < $1::timestamptz - interval '1 hour'`},
		{"addresses", `DELETE FROM auth.known_addresses WHERE last_used_at < $1::timestamptz - interval '180 days'`},
	} {
		_, err := exec(ctx, s.db, "prune "+p.what, p.sql, now)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
