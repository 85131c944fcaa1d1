package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/services/auth/internal/account"
)

const userByIDSQL = `SELECT ` + userColumns + ` FROM auth.users u WHERE id = $1`

// UserByID finds a user; an id that is no UUID is nobody's.
func (s *Store) UserByID(ctx context.Context, id string) (account.Credentials, error) {
	if !account.ValidID(id) {
		return account.Credentials{}, account.ErrUserNotFound
	}
	var r userRow
	err := one(ctx, s.db, &r, account.ErrUserNotFound, "find user", userByIDSQL, id)
	return r.credentials(), err
}

const userByKeySQL = `SELECT ` + userColumns + ` FROM auth.users u WHERE name_key = $1`

// UserByKey finds a user by the key of their name.
func (s *Store) UserByKey(ctx context.Context, key string) (account.Credentials, error) {
	var r userRow
	err := one(ctx, s.db, &r, account.ErrUserNotFound, "find user by name", userByKeySQL, key)
	return r.credentials(), err
}

// ON CONFLICT and not an error: the losers of a race for a name are the normal
// case when a whole group opens the app at once.
const createUserSQL = `INSERT INTO auth.users (id, name, name_key, password_hash, created_at, updated_at)
VALUES ($1, $2, $3, NULLIF($4, ''), $5, $5) ON CONFLICT (name_key) DO NOTHING`

// CreateUser adds a user.
func (s *Store) CreateUser(ctx context.Context, c account.Credentials, key string) error {
	n, err := exec(ctx, s.db, "create user", createUserSQL, c.ID, c.Name, key, c.PasswordHash, c.CreatedAt)
	if err == nil && n == 0 {
		return account.ErrNameTaken
	}
	return err
}

const (
	renameSQL = `UPDATE auth.users u SET name = $2, name_key = $3, updated_at = GREATEST($4, u.updated_at),
	renamed_until = (SELECT max(tokens_until) FROM auth.sessions s WHERE s.user_id = u.id) WHERE id = $1 RETURNING ` + userColumns
	renamedSQL = `INSERT INTO auth.outbox (kind, user_id, tokens_until) SELECT 'renamed', id, COALESCE(renamed_until, $2) FROM auth.users WHERE id = $1`
	// Device tokens carry their user's name in Redis.
	renamedDevicesSQL = `INSERT INTO auth.outbox (kind, device_hash) SELECT 'device', hash FROM auth.device_tokens WHERE user_id = $1`
)

// Rename changes a user's name.
func (s *Store) Rename(ctx context.Context, userID string, name account.Name, now time.Time) (account.User, error) {
	var r userRow
	err := pg.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := one(ctx, tx, &r, account.ErrUserNotFound, "rename user", renameSQL, userID, name.Text, name.Key, now); err != nil {
			return err
		}
		if _, err := exec(ctx, tx, "announce device tokens", renamedDevicesSQL, userID); err != nil {
			return err
		}
		_, err := exec(ctx, tx, "announce name", renamedSQL, userID, now)
		return err
	})
	if pg.IsUnique(err, "users_name_key") {
		return account.User{}, account.ErrNameTaken
	}
	return r.user(), err
}

const rehashSQL = `UPDATE auth.users SET password_hash = $3 WHERE id = $1 AND password_hash = $2`

// Rehash replaces a hash by one of the same password, unless the password was
// changed meanwhile.
func (s *Store) Rehash(ctx context.Context, userID, old, new string) error {
	_, err := exec(ctx, s.db, "rehash password", rehashSQL, userID, old, new)
	return err
}

const setPasswordSQL = `UPDATE auth.users SET password_hash = $3, updated_at = GREATEST($4, updated_at)
WHERE id = $1 AND password_hash IS NOT DISTINCT FROM NULLIF($2, '')`

// SetPassword replaces a hash and ends all sessions but keep.
func (s *Store) SetPassword(ctx context.Context, userID, old, new, keep string, now time.Time) (ended []account.Session, err error) {
	err = pg.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		n, err := exec(ctx, tx, "set password", setPasswordSQL, userID, old, new, now)
		if err != nil {
			return err
		}
		if n == 0 {
			return account.ErrInvalidCredentials // changed or erased since it was compared
		}
		ended, err = endSessions(ctx, tx, userID, keep, now)
		return err
	})
	return ended, err
}

const (
	erasedDevicesSQL = renamedDevicesSQL // the same rows: Redis is told to look again
	eraseTombSQL     = `INSERT INTO auth.erased_users (user_id, tokens_until)
SELECT $1, COALESCE(max(tokens_until), $2) FROM auth.sessions WHERE user_id = $1 ON CONFLICT DO NOTHING`
	eraseOutboxSQL = `INSERT INTO auth.outbox (kind, user_id, tokens_until) SELECT 'erased', user_id, tokens_until FROM auth.erased_users WHERE user_id = $1`
	eraseUserSQL   = `DELETE FROM auth.users WHERE id = $1`
)

// Erase deletes a user and all rows that are theirs.
func (s *Store) Erase(ctx context.Context, userID string, now time.Time) error {
	return pg.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		// The lock keeps new sessions out: their foreign key needs the row.
		var id string
		if err := one(ctx, tx, &id, account.ErrUserNotFound, "lock user", `SELECT id FROM auth.users WHERE id = $1 FOR UPDATE`, userID); err != nil {
			return err
		}
		for _, step := range []struct {
			sql  string
			args []any
		}{{erasedDevicesSQL, []any{userID}}, {eraseTombSQL, []any{userID, now}}, {eraseOutboxSQL, []any{userID}}, {eraseUserSQL, []any{userID}}} {
			if _, err := tx.ExecContext(ctx, step.sql, step.args...); err != nil {
				return fmt.Errorf("erase user: %w", err)
			}
		}
		return nil
	})
}

const knowsAddressSQL = `SELECT EXISTS (SELECT 1 FROM auth.known_addresses WHERE user_id = $1 AND address_hash = $2)`

// KnowsAddress tells whether the user's password was given rightly from there.
func (s *Store) KnowsAddress(ctx context.Context, userID string, hash []byte) (known bool, err error) {
	return known, one(ctx, s.db, &known, nil, "look up address", knowsAddressSQL, userID, hash)
}

const rememberAddressSQL = `INSERT INTO auth.known_addresses (user_id, address_hash, last_used_at)
SELECT id, $2, $3 FROM auth.users WHERE id = $1
ON CONFLICT (user_id, address_hash) DO UPDATE SET last_used_at = EXCLUDED.last_used_at`

// RememberAddress notes that the user's password was given rightly from there.
func (s *Store) RememberAddress(ctx context.Context, userID string, hash []byte, now time.Time) error {
	_, err := exec(ctx, s.db, "remember address", rememberAddressSQL, userID, hash, now)
	return err
}
