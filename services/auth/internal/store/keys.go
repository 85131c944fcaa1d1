package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/services/auth/internal/keys"
)

type keyRow struct {
	ID         string    `db:"id"`
	PublicKey  []byte    `db:"public_key"`
	SealedKey  []byte    `db:"sealed_key"`
	CreatedAt  time.Time `db:"created_at"`
	ActiveFrom time.Time `db:"active_from"`
}

const (
	keysSQL       = `SELECT id, public_key, sealed_key, created_at, active_from FROM auth.signing_keys ORDER BY active_from`
	addKeySQL     = `INSERT INTO auth.signing_keys (id, public_key, sealed_key, created_at, active_from) VALUES ($1, $2, $3, $4, $5)`
	removeKeysSQL = `DELETE FROM auth.signing_keys WHERE id = ANY($1)`
)

// UpdateKeys lets fn change the keys while no other replica does.
func (s *Store) UpdateKeys(ctx context.Context, fn func([]keys.Stored) (*keys.Stored, []string, error)) (after []keys.Stored, err error) {
	err = pg.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if _, err := exec(ctx, tx, "lock keys", `SELECT pg_advisory_xact_lock($1)`, pg.LockKey("auth:keys")); err != nil {
			return err
		}
		before, err := readKeys(ctx, tx)
		if err != nil {
			return err
		}
		add, remove, err := fn(before)
		if err != nil {
			return err
		}
		if add != nil {
			if _, err := exec(ctx, tx, "add key", addKeySQL, add.ID, add.PublicKey, add.SealedKey, add.CreatedAt, add.ActiveFrom); err != nil {
				return err
			}
		}
		if len(remove) > 0 {
			if _, err := exec(ctx, tx, "remove keys", removeKeysSQL, pq.Array(remove)); err != nil {
				return err
			}
		}
		after, err = readKeys(ctx, tx)
		return err
	})
	return after, err
}

func readKeys(ctx context.Context, tx *sqlx.Tx) ([]keys.Stored, error) {
	var rows []keyRow
	if err := tx.SelectContext(ctx, &rows, keysSQL); err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	stored := make([]keys.Stored, len(rows))
	for i, r := range rows {
		stored[i] = keys.Stored(r)
	}
	return stored, nil
}
