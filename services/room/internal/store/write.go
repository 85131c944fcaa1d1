package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/services/room/internal/room"
)

const codeIndex = "rooms_active_code"

const insertRoom = `WITH r AS (
	INSERT INTO rooms (id, room_code, name, destination_name, destination_lat, destination_lng, waypoints, max_members, status,
		expires_at, created_at, updated_at, created_by, created_by_name, version, next_order)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13, $14, $15)
), m AS (
	INSERT INTO members (room_id, user_id, id, user_name, nickname, role, status, join_order, joined_at, last_seen)
	VALUES ($1, $12, $16, $13, $17, $18, 'active', $19, $11, $11)
)
INSERT INTO outbox (room_id, version, type, user_id, user_name, actor_id, reason, at)
VALUES ($1, $14, $20, $12, $13, $12, '', $11)`

// Create implements room.Store, in one statement.
func (s *Store) Create(ctx context.Context, r *room.Room) error {
	changes := r.TakeChanges()
	waypoints, err := encodeWaypoints(r.Waypoints)
	if err != nil {
		return err
	}
	m := r.Members[0]
	_, err = s.exec(ctx, insertRoom, r.ID, r.Code, r.Name, r.Destination.Name, r.Destination.Lat, r.Destination.Lng, waypoints,
		r.MaxMembers, r.Status, r.ExpiresAt, r.CreatedAt, r.CreatorID, r.CreatorName, r.Version, r.NextOrder,
		m.ID, m.Nickname, m.Role, m.JoinOrder, changes.Events[0].Type)
	if pg.IsUnique(err, codeIndex) {
		return room.ErrCodeTaken
	}
	if err != nil {
		return fmt.Errorf("insert room: %w", err)
	}
	s.done(ctx, room.Change{Room: r, Users: []string{r.CreatorID}})
	return nil
}

// The members are read by a statement of their own after the lock is held: a single one would, after waiting for the
// lock, see the room as it is and the members as they were.
const (
	lockByID      = `SELECT ` + roomColumns + ` FROM rooms r WHERE r.id = $1 FOR UPDATE`
	lockByCode    = `SELECT ` + roomColumns + ` FROM rooms r WHERE r.room_code = $1 AND r.status = 'active' FOR UPDATE`
	selectMembers = `SELECT ` + memberColumns + ` FROM members m WHERE m.room_id = $1 ORDER BY m.join_order`
)

const saveRoom = `WITH r AS (
	UPDATE rooms SET room_code = $2, name = $3, destination_name = $4, destination_lat = $5, destination_lng = $6, waypoints = $7,
		max_members = $8, status = $9, expires_at = $10, updated_at = $11, version = $12, next_order = $13
	WHERE id = $1
), m AS (
	INSERT INTO members (room_id, user_id, id, user_name, nickname, role, status, banned, join_order, joined_at, left_at, last_seen)
	SELECT $1, user_id, id, user_name, nickname, role, status, banned, join_order, joined_at,
		CASE WHEN status <> 'active' THEN left_at END, last_seen
	FROM unnest($14::text[], $15::uuid[], $16::text[], $17::text[], $18::text[], $19::text[], $20::boolean[], $21::integer[],
		$22::timestamptz[], $23::timestamptz[], $24::timestamptz[])
		u (user_id, id, user_name, nickname, role, status, banned, join_order, joined_at, left_at, last_seen)
	ON CONFLICT (room_id, user_id) DO UPDATE SET user_name = EXCLUDED.user_name, nickname = EXCLUDED.nickname, role = EXCLUDED.role,
		status = EXCLUDED.status, banned = EXCLUDED.banned, join_order = EXCLUDED.join_order, joined_at = EXCLUDED.joined_at,
		left_at = EXCLUDED.left_at, last_seen = greatest(members.last_seen, EXCLUDED.last_seen)
)
INSERT INTO outbox (room_id, version, type, user_id, user_name, actor_id, reason, at)
SELECT $1, e.* FROM unnest($25::bigint[], $26::text[], $27::text[], $28::text[], $29::text[], $30::text[], $31::timestamptz[]) e`

// Update implements room.Store.
func (s *Store) Update(ctx context.Context, id string, fn func(*room.Room) error) (*room.Room, error) {
	return s.byID.do(ctx, id, fn)
}

// UpdateByCode implements room.Store.
func (s *Store) UpdateByCode(ctx context.Context, code string, fn func(*room.Room) error) (*room.Room, error) {
	return s.byCode.do(ctx, code, fn)
}

// runAll makes the changes in one transaction, or one by one if together they meet a conflict that only one of them
// can be meant by.
func (s *Store) runAll(lock, key string, ops []*op) {
	err := s.runTogether(lock, key, ops)
	if len(ops) > 1 && errors.Is(err, room.ErrCodeTaken) {
		for i := range ops {
			s.runAll(lock, key, ops[i:i+1])
		}
		return
	}
	if err != nil {
		for _, o := range ops { // what the rules said of a change was said of a state that never came to be
			o.room, o.err = nil, err
		}
	}
}

func (s *Store) runTogether(lock, key string, ops []*op) error {
	ctx, cancel := detached(ops[0].ctx)
	defer cancel()
	if err := s.prepare(ctx, lock, selectMembers, saveRoom); err != nil {
		return err
	}
	var r *room.Room
	var changes room.Changes
	err := pg.InTx(ctx, s.db, func(tx *sqlx.Tx) (err error) {
		if r, err = s.lockRoom(ctx, tx, lock, key); err != nil {
			return err
		}
		for _, o := range ops {
			o.room, o.err = r, o.apply(r)
		}
		if changes = r.TakeChanges(); len(changes.Events) == 0 {
			return nil
		}
		return s.save(ctx, tx, r, changes)
	})
	switch {
	case errors.Is(err, room.ErrNotFound) && lock == lockByCode:
		return s.ended(ctx, key)
	case pg.IsUnique(err, codeIndex):
		return room.ErrCodeTaken
	case err != nil:
		return err
	case len(changes.Events) > 0:
		s.done(ctx, room.Change{Room: r, Users: touched(changes), OldCode: changes.OldCode})
	}
	return nil
}

func touched(c room.Changes) []string {
	users := make([]string, len(c.Members))
	for i, m := range c.Members {
		users[i] = m.UserID
	}
	return users
}

// prepare makes sure of the statements before the transaction takes a connection: making them inside would need a
// second one, and with every connection in a transaction nobody would get it.
func (s *Store) prepare(ctx context.Context, queries ...string) error {
	for _, q := range queries {
		if _, err := s.prepared.get(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) stmt(ctx context.Context, tx *sqlx.Tx, query string) (*sql.Stmt, error) {
	stmt, err := s.prepared.get(ctx, query)
	if err != nil {
		return nil, err
	}
	return tx.StmtContext(ctx, stmt), nil
}

// lockRoom loads the room for a change; nobody else changes it until the transaction ends.
func (s *Store) lockRoom(ctx context.Context, tx *sqlx.Tx, lock, key string) (*room.Room, error) {
	stmt, err := s.stmt(ctx, tx, lock)
	if err != nil {
		return nil, err
	}
	var rr roomRow
	if err := stmt.QueryRowContext(ctx, key).Scan(rr.dest()...); errors.Is(err, sql.ErrNoRows) {
		return nil, room.ErrNotFound
	} else if err != nil {
		return nil, fmt.Errorf("lock room: %w", err)
	}
	r, err := rr.value()
	if err != nil {
		return nil, err
	}
	if stmt, err = s.stmt(ctx, tx, selectMembers); err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(ctx, r.ID)
	if err != nil {
		return nil, fmt.Errorf("select members: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var mr memberRow
	dest := mr.dest()
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return nil, fmt.Errorf("select members: %w", err)
		}
		r.Members = append(r.Members, mr.value())
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("select members: %w", err)
	}
	return r, nil
}

func (s *Store) save(ctx context.Context, tx *sqlx.Tx, r *room.Room, c room.Changes) error {
	waypoints, err := encodeWaypoints(r.Waypoints)
	if err != nil {
		return err
	}
	stmt, err := s.stmt(ctx, tx, saveRoom)
	if err != nil {
		return err
	}
	args := []any{r.ID, r.Code, r.Name, r.Destination.Name, r.Destination.Lat, r.Destination.Lng, waypoints,
		r.MaxMembers, r.Status, r.ExpiresAt, r.UpdatedAt, r.Version, r.NextOrder}
	args = append(args, memberArrays(c.Members)...)
	args = append(args, eventArrays(c.Events)...)
	if _, err := stmt.ExecContext(ctx, args...); err != nil {
		return fmt.Errorf("save room: %w", err)
	}
	return nil
}

// column makes an array parameter out of one field of many rows.
func column[T, V any](rows []T, field func(T) V) any {
	values := make([]V, len(rows))
	for i, row := range rows {
		values[i] = field(row)
	}
	return pq.Array(values)
}

func memberArrays(ms []room.Member) []any {
	return []any{
		column(ms, func(m room.Member) string { return m.UserID }),
		column(ms, func(m room.Member) string { return m.ID }),
		column(ms, func(m room.Member) string { return m.UserName }),
		column(ms, func(m room.Member) string { return m.Nickname }),
		column(ms, func(m room.Member) string { return string(m.Role) }),
		column(ms, func(m room.Member) string { return string(m.Status) }),
		column(ms, func(m room.Member) bool { return m.Banned }),
		column(ms, func(m room.Member) int64 { return int64(m.JoinOrder) }),
		column(ms, func(m room.Member) string { return stamp(m.JoinedAt) }),
		column(ms, func(m room.Member) string { return stamp(m.LeftAt) }),
		column(ms, func(m room.Member) string { return stamp(m.LastSeen) }),
	}
}

func eventArrays(es []room.Event) []any {
	return []any{
		column(es, func(e room.Event) int64 { return e.Version }),
		column(es, func(e room.Event) string { return string(e.Type) }),
		column(es, func(e room.Event) string { return e.UserID }),
		column(es, func(e room.Event) string { return e.UserName }),
		column(es, func(e room.Event) string { return e.ActorID }),
		column(es, func(e room.Event) string { return e.Reason }),
		column(es, func(e room.Event) string { return stamp(e.At) }),
	}
}

// stamp is a time as Postgres reads it; it keeps what pq.Array would handle by reflection out of the hot path.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.999999Z07:00") }
