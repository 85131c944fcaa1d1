package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/services/room/internal/room"
)

// Outbox is the leader's access to what has not been told yet.
type Outbox struct {
	conn         *pg.Conn // holds the lock; locked while it is used
	events, done *sql.Stmt
}

// leaderRetry is how soon another process takes over after the leader's end.
const leaderRetry = 500 * time.Millisecond

// WhileLeader runs fn while this process is the only one that may use the outbox, and again whenever it becomes so,
// until ctx ends.
func (s *Store) WhileLeader(ctx context.Context, fn func(ctx context.Context, o *Outbox) error, onError func(error)) error {
	return pg.WhileLocked(ctx, s.db, "room outbox", leaderRetry, func(ctx context.Context, conn *pg.Conn) error {
		o, err := openOutbox(ctx, conn)
		if err != nil {
			return fmt.Errorf("prepare outbox: %w", err)
		}
		defer o.close()
		return fn(ctx, o)
	}, onError)
}

func openOutbox(ctx context.Context, conn *pg.Conn) (*Outbox, error) {
	conn.Lock()
	defer conn.Unlock()
	events, err := conn.PrepareContext(ctx, selectEvents)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says what was attempted
	}
	done, err := conn.PrepareContext(ctx, deleteEvents)
	if err != nil {
		_ = events.Close() //nolint:sqlclosecheck // it is not used
		return nil, err    //nolint:wrapcheck // the caller says what was attempted
	}
	return &Outbox{conn, events, done}, nil
}

func (o *Outbox) close() {
	o.conn.Lock()
	defer o.conn.Unlock()
	_ = o.events.Close()
	_ = o.done.Close()
}

const (
	selectEvents = `SELECT id, room_id, version, type, user_id, user_name, actor_id, reason, at FROM outbox ORDER BY id LIMIT $1`
	deleteEvents = `DELETE FROM outbox WHERE id = ANY($1)`
)

// Events returns the oldest. The events of one room are in the order in which they happened, for an id is drawn
// while the room's row is locked; between rooms the order is only roughly that of the commits.
func (o *Outbox) Events(ctx context.Context, limit int) ([]room.Event, error) {
	o.conn.Lock()
	defer o.conn.Unlock()
	rows, err := o.events.QueryContext(ctx, limit)
	if err != nil {
		return nil, fmt.Errorf("select events: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var events []room.Event
	for rows.Next() {
		var e room.Event
		if err := rows.Scan(&e.ID, &e.RoomID, &e.Version, &e.Type, &e.UserID, &e.UserName, &e.ActorID, &e.Reason, &e.At); err != nil {
			return nil, fmt.Errorf("select events: %w", err)
		}
		events = append(events, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("select events: %w", err)
	}
	return events, nil
}

// Done removes events that were told.
func (o *Outbox) Done(ctx context.Context, events []room.Event) error {
	o.conn.Lock()
	defer o.conn.Unlock()
	ids := make([]int64, len(events))
	for i, e := range events {
		ids[i] = e.ID
	}
	if _, err := o.done.ExecContext(ctx, pq.Array(ids)); err != nil {
		return fmt.Errorf("delete events: %w", err)
	}
	return nil
}

// expiring is the condition of the index rooms_expiry.
const expiring = `status = 'active' AND version > 0`

const expireDue = `WITH due AS (
	SELECT id, expires_at FROM rooms WHERE ` + expiring + ` AND expires_at <= $1
	ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
), ended AS (
	UPDATE rooms r SET status = 'expired', version = r.version + 1, updated_at = $1
	FROM due WHERE r.id = due.id RETURNING r.id, r.version, due.expires_at
), told AS (
	INSERT INTO outbox (room_id, version, type, user_id, user_name, actor_id, reason, at)
	SELECT id, version, $3, '', '', '', '', $1 FROM ended
)
SELECT expires_at FROM ended`

// ExpireDue implements room.ExpiryStore. It is room.Expire for many rooms in one statement: rooms that were opened
// together end together, and one by one the last would be late.
func (s *Store) ExpireDue(ctx context.Context, now time.Time, limit int) ([]time.Duration, error) {
	rows, err := s.query(ctx, expireDue, now, limit, room.EventExpired)
	if err != nil {
		return nil, fmt.Errorf("expire due rooms: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var late []time.Duration
	for rows.Next() {
		var at time.Time
		if err := rows.Scan(&at); err != nil {
			return nil, fmt.Errorf("expire due rooms: %w", err)
		}
		late = append(late, now.Sub(at))
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("expire due rooms: %w", err)
	}
	if len(late) > 0 {
		s.wake()
	}
	return late, nil
}

// NextExpiry implements room.ExpiryStore.
func (s *Store) NextExpiry(ctx context.Context) (time.Time, error) {
	rows, err := s.query(ctx, `SELECT expires_at FROM rooms WHERE `+expiring+` ORDER BY expires_at LIMIT 1`)
	if err != nil {
		return time.Time{}, fmt.Errorf("select next expiry: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var next time.Time
	if rows.Next() {
		if err := rows.Scan(&next); err != nil {
			return time.Time{}, fmt.Errorf("select next expiry: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return time.Time{}, fmt.Errorf("select next expiry: %w", err)
	}
	return next, nil
}

// See present for why this is said so.
const updateSeen = `UPDATE members m SET last_seen = s.at FROM unnest($1::text[], $2::timestamptz[]) s (user_id, at)
	CROSS JOIN LATERAL (SELECT room_id, user_id FROM members WHERE user_id = s.user_id AND status = 'active' AND last_seen < s.at OFFSET 0) k
	WHERE m.room_id = k.room_id AND m.user_id = k.user_id AND m.last_seen < s.at`

// Seen moves the members' last-seen times forward.
func (s *Store) Seen(ctx context.Context, userIDs []string, at []time.Time) error {
	if _, err := s.exec(ctx, updateSeen, pq.Array(userIDs), column(at, stamp)); err != nil {
		return fmt.Errorf("update last seen: %w", err)
	}
	return nil
}
