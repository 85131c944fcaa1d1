package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/wemaps/wemaps/services/room/internal/room"
)

const (
	versionColumns = `SELECT id, version, updated_at, expires_at, room_code,
	(SELECT count(*) FROM members m WHERE m.room_id = rooms.id AND m.` + present + `) FROM rooms `
	selectActive = versionColumns + `WHERE ` + expiring + ` AND (expires_at, id) > ($1, $2::uuid) ORDER BY expires_at, id LIMIT $3`
	selectLately = versionColumns + `WHERE status <> 'active' AND updated_at > $1 ORDER BY updated_at LIMIT $2`
)

// EachActive calls fn with pages of all active rooms, each of them a statement of its own.
func (s *Store) EachActive(ctx context.Context, limit int, fn func([]room.Version) error) error {
	after, id := time.Time{}, "00000000-0000-0000-0000-000000000000"
	for {
		rows, err := s.query(ctx, selectActive, after, id, limit)
		if err != nil {
			return fmt.Errorf("select active rooms: %w", err)
		}
		page, err := scanVersions(rows)
		if err != nil {
			return fmt.Errorf("select active rooms: %w", err)
		}
		if len(page) > 0 {
			if err := fn(page); err != nil {
				return err
			}
			after, id = page[len(page)-1].ExpiresAt, page[len(page)-1].ID
		}
		if len(page) < limit {
			return nil
		}
	}
}

// EndedSince returns rooms that closed or expired after t, at most limit.
func (s *Store) EndedSince(ctx context.Context, t time.Time, limit int) ([]room.Version, error) {
	rows, err := s.query(ctx, selectLately, t, limit)
	if err != nil {
		return nil, fmt.Errorf("select ended rooms: %w", err)
	}
	page, err := scanVersions(rows)
	if err != nil {
		return nil, fmt.Errorf("select ended rooms: %w", err)
	}
	return page, nil
}

// scanVersions closes rows.
func scanVersions(rows *sql.Rows) ([]room.Version, error) {
	defer func() { _ = rows.Close() }()
	var page []room.Version
	for rows.Next() {
		var v room.Version
		if err := rows.Scan(&v.ID, &v.Version, &v.UpdatedAt, &v.ExpiresAt, &v.Code, &v.Present); err != nil {
			return nil, err //nolint:wrapcheck // the caller says what was attempted
		}
		page = append(page, v)
	}
	return page, rows.Err() //nolint:wrapcheck // the caller says what was attempted
}
