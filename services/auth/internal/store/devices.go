package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/services/auth/internal/account"
)

type deviceRow struct {
	ID        string         `db:"id"`
	UserID    string         `db:"user_id"`
	Name      string         `db:"name"`
	Rooms     pq.StringArray `db:"rooms"`
	CreatedAt time.Time      `db:"created_at"`
}

const (
	lockUserSQL     = `SELECT 1 FROM auth.users WHERE id = $1 FOR NO KEY UPDATE`
	createDeviceSQL = `INSERT INTO auth.device_tokens (id, user_id, name, hash, rooms, created_at) VALUES ($1, $2, $3, $4, $5, $6)`
	deviceOutboxSQL = `INSERT INTO auth.outbox (kind, device_hash) VALUES ('device', $1)`
)

// CreateDevice adds a device token, unless the user has most of them.
func (s *Store) CreateDevice(ctx context.Context, d account.Device, hash []byte, most int) error {
	return pg.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := one(ctx, tx, new(int), account.ErrUserNotFound, "lock user", lockUserSQL, d.UserID); err != nil {
			return err
		}
		// In a statement of its own, which sees what was committed while the first one waited for the lock.
		var n int
		if err := one(ctx, tx, &n, nil, "count device tokens", `SELECT count(*) FROM auth.device_tokens WHERE user_id = $1`, d.UserID); err != nil {
			return err
		}
		if n >= most {
			return &account.FieldError{Field: "deviceToken", Reason: fmt.Sprintf("is one too many: revoke one of your %d first", n)}
		}
		if _, err := exec(ctx, tx, "create device token", createDeviceSQL, d.ID, d.UserID, d.Name, hash, pq.Array(d.Rooms), d.CreatedAt); err != nil {
			return err
		}
		_, err := exec(ctx, tx, "announce device token", deviceOutboxSQL, hash)
		return err
	})
}

const devicesSQL = `SELECT id, user_id, name, rooms, created_at FROM auth.device_tokens WHERE user_id = $1 ORDER BY created_at DESC, id DESC`

// Devices lists a user's device tokens, newest first.
func (s *Store) Devices(ctx context.Context, userID string) ([]account.Device, error) {
	var rows []deviceRow
	if err := s.db.SelectContext(ctx, &rows, devicesSQL, userID); err != nil {
		return nil, fmt.Errorf("list device tokens: %w", err)
	}
	devices := make([]account.Device, len(rows))
	for i, r := range rows {
		devices[i] = account.Device{ID: r.ID, UserID: r.UserID, Name: r.Name, Rooms: r.Rooms, CreatedAt: r.CreatedAt.UTC()}
	}
	return devices, nil
}

const revokeDeviceSQL = `WITH d AS (DELETE FROM auth.device_tokens WHERE id = $2 AND user_id = $1 RETURNING hash)
INSERT INTO auth.outbox (kind, device_hash) SELECT 'device', hash FROM d`

// RevokeDevice deletes a device token.
func (s *Store) RevokeDevice(ctx context.Context, userID, deviceID string) error {
	if !account.ValidID(deviceID) {
		return account.ErrDeviceNotFound
	}
	n, err := exec(ctx, s.db, "revoke device token", revokeDeviceSQL, userID, deviceID)
	if err == nil && n == 0 {
		return account.ErrDeviceNotFound
	}
	return err
}
