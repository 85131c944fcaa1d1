package store

import (
	"context"
	"fmt"
	"time"
)

// The status is said both ways so that both partial indexes are used.
const selectRoomsOf = `SELECT r.id FROM rooms r JOIN members m ON m.room_id = r.id
	WHERE m.user_id = $1 AND m.status = 'active' AND r.status = 'active'
	UNION ALL SELECT r.id FROM rooms r JOIN members m ON m.room_id = r.id
	WHERE m.user_id = $1 AND m.status <> 'active' AND r.status = 'active'`

// RoomsOf implements room.AccountStore.
func (s *Store) RoomsOf(ctx context.Context, userID string) ([]string, error) {
	rows, err := s.query(ctx, selectRoomsOf, userID)
	if err != nil {
		return nil, fmt.Errorf("select rooms of a user: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("select rooms of a user: %w", err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("select rooms of a user: %w", err)
	}
	return ids, nil
}

const (
	renameCreator = `UPDATE rooms SET created_by_name = $2 WHERE created_by = $1 AND created_by_name <> $2`
	renameEnded   = `UPDATE members m SET nickname = CASE WHEN $3 OR m.nickname = m.user_name THEN $2 ELSE m.nickname END, user_name = $2
	FROM rooms r WHERE r.id = m.room_id AND r.status <> 'active' AND m.user_id = $1 AND m.status = 'active' AND m.user_name <> $2`
	renameGone = `UPDATE members m SET nickname = CASE WHEN $3 OR m.nickname = m.user_name THEN $2 ELSE m.nickname END, user_name = $2
	FROM rooms r WHERE r.id = m.room_id AND r.status <> 'active' AND m.user_id = $1 AND m.status <> 'active' AND m.user_name <> $2`
)

// RenameEnded implements room.AccountStore.
func (s *Store) RenameEnded(ctx context.Context, userID, name string, all bool) error {
	if _, err := s.exec(ctx, renameCreator, userID, name); err != nil {
		return fmt.Errorf("rename creator: %w", err)
	}
	for _, query := range []string{renameEnded, renameGone} {
		if _, err := s.exec(ctx, query, userID, name, all); err != nil {
			return fmt.Errorf("rename in ended rooms: %w", err)
		}
	}
	return nil
}

const purgeRooms = `DELETE FROM rooms WHERE id IN (
	SELECT id FROM rooms WHERE status <> 'active' AND updated_at < $1 ORDER BY updated_at LIMIT $2 FOR UPDATE SKIP LOCKED)`

// Purge implements room.PurgeStore.
func (s *Store) Purge(ctx context.Context, t time.Time, limit int) (int, error) {
	result, err := s.exec(ctx, purgeRooms, t, limit)
	if err != nil {
		return 0, fmt.Errorf("delete rooms: %w", err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("delete rooms: %w", err)
	}
	return int(n), nil
}
