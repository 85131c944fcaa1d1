package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/wemaps/wemaps/services/room/internal/room"
)

const shareColumns = `id, room_id, created_by, created_at, expires_at`

const insertShare = `INSERT INTO shares (id, room_id, token_hash, created_by, created_at, expires_at)
	SELECT $1, $2, $3, $4, $5, $6
	WHERE (SELECT count(*) FROM shares WHERE room_id = $2 AND revoked_at IS NULL AND expires_at > $5) < $7`

// CreateShare implements room.ShareStore. Two at the same moment may pass the bound by one, which harms nobody.
func (s *Store) CreateShare(ctx context.Context, share room.Share, tokenHash []byte, now time.Time) error {
	res, err := s.exec(ctx, insertShare, share.ID, share.RoomID, tokenHash, share.CreatedBy, now, share.ExpiresAt, room.MaxShares)
	if err != nil {
		return fmt.Errorf("insert share: %w", err)
	}
	if n, err := res.RowsAffected(); err == nil && n == 0 {
		return &room.InvalidError{Field: "shares", Rule: fmt.Sprintf("must be at most %d in a room", room.MaxShares)}
	}
	return nil
}

// ListShares implements room.ShareStore.
func (s *Store) ListShares(ctx context.Context, roomID string, now time.Time) ([]room.Share, error) {
	rows, err := s.query(ctx, `SELECT `+shareColumns+` FROM shares
		WHERE room_id = $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY id DESC`, roomID, now)
	if err != nil {
		return nil, fmt.Errorf("select shares: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var shares []room.Share
	for rows.Next() {
		var share room.Share
		if err := rows.Scan(shareDest(&share)...); err != nil {
			return nil, fmt.Errorf("select shares: %w", err)
		}
		shares = append(shares, share)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("select shares: %w", err)
	}
	return shares, nil
}

// RevokeShare implements room.ShareStore.
func (s *Store) RevokeShare(ctx context.Context, roomID, shareID string, now time.Time) (tokenHash []byte, err error) {
	rows, err := s.query(ctx, `UPDATE shares SET revoked_at = $3 WHERE id = $2 AND room_id = $1 AND revoked_at IS NULL RETURNING token_hash`, roomID, shareID, now)
	if err != nil {
		return nil, fmt.Errorf("revoke share: %w", err)
	}
	switch err := scanOne(rows, &tokenHash); {
	case errors.Is(err, sql.ErrNoRows):
		return nil, room.ErrShareNotFound
	case err != nil:
		return nil, fmt.Errorf("revoke share: %w", err)
	}
	return tokenHash, nil
}

// EachShare calls fn with pages of the live links, and of those that were revoked since a time.
func (s *Store) EachShare(ctx context.Context, now, since time.Time, limit int, fn func(live []room.LiveShare, revoked [][]byte) error) error {
	last := "00000000-0000-0000-0000-000000000000"
	for {
		live, revoked, next, err := s.sharePage(ctx, now, since, last, limit)
		if err != nil {
			return err
		}
		if next == "" {
			return nil
		}
		if err := fn(live, revoked); err != nil {
			return err
		}
		last = next
	}
}

func (s *Store) sharePage(ctx context.Context, now, since time.Time, after string, limit int) (live []room.LiveShare, revoked [][]byte, last string, err error) {
	rows, err := s.query(ctx, `SELECT `+shareColumns+`, token_hash, revoked_at IS NOT NULL FROM shares
		WHERE id > $3 AND expires_at > $1 AND (revoked_at IS NULL OR revoked_at >= $2) ORDER BY id LIMIT $4`, now, since, after, limit)
	if err != nil {
		return nil, nil, "", fmt.Errorf("select shares: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var share room.LiveShare
		var ended bool
		if err := rows.Scan(append(shareDest(&share.Share), &share.TokenHash, &ended)...); err != nil {
			return nil, nil, "", fmt.Errorf("select shares: %w", err)
		}
		last = share.ID
		if ended {
			revoked = append(revoked, share.TokenHash)
		} else {
			live = append(live, share)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, nil, "", fmt.Errorf("select shares: %w", err)
	}
	return live, revoked, last, nil
}

// FindShare implements room.ShareStore.
func (s *Store) FindShare(ctx context.Context, tokenHash []byte, now time.Time) (room.Share, error) {
	rows, err := s.query(ctx, `SELECT `+shareColumns+` FROM shares WHERE token_hash = $1 AND revoked_at IS NULL AND expires_at > $2`, tokenHash, now)
	if err != nil {
		return room.Share{}, fmt.Errorf("select share: %w", err)
	}
	var share room.Share
	switch err := scanOne(rows, shareDest(&share)...); {
	case errors.Is(err, sql.ErrNoRows):
		return room.Share{}, room.ErrShareNotFound
	case err != nil:
		return room.Share{}, fmt.Errorf("select share: %w", err)
	}
	return share, nil
}

func shareDest(s *room.Share) []any {
	return []any{&s.ID, &s.RoomID, &s.CreatedBy, &s.CreatedAt, &s.ExpiresAt}
}
