package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/wemaps/wemaps/services/room/internal/room"
)

const codeIndex = "rooms_active_code"

// For a change, rooms are read with all their members, those who went included. See read.go for how this is written.
const (
	selectByID = selectWhole + `FROM unnest($1::uuid[]) WITH ORDINALITY k (id, n)
		CROSS JOIN LATERAL (SELECT * FROM rooms WHERE id = k.id OFFSET 0) r ` + wholeMembers
	selectByCode = selectWhole + `FROM unnest($1::text[]) WITH ORDINALITY k (code, n)
		CROSS JOIN LATERAL (SELECT * FROM rooms WHERE room_code = k.code AND status = 'active' OFFSET 0) r ` + wholeMembers
	selectWhole  = `SELECT ` + roomColumns + `, ` + memberColumns + ` `
	wholeMembers = `LEFT JOIN LATERAL (SELECT * FROM members WHERE room_id = r.id ORDER BY join_order) m ON true
		ORDER BY k.n, m.join_order`
)

// saveRooms changes a room's row only if it is still the version that was read, and everything else of that room only
// with it: either all of a room's change is made, or nothing. It does in one statement, holding the rows' locks for only
// as long, what reading under locks would need a transaction of five for. Rooms are locked in the order of the arrays.
const saveRooms = `WITH u AS MATERIALIZED (
	SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::float8[], $8::text[],
		$9::integer[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::bigint[], $14::integer[])
	u (id, read, code, name, place, lat, lng, waypoints, max_members, status, expires_at, updated_at, version, next_order)
), r AS (
	UPDATE rooms SET room_code = u.code, name = u.name, destination_name = u.place, destination_lat = u.lat, destination_lng = u.lng,
		waypoints = u.waypoints::jsonb, max_members = u.max_members, status = u.status, expires_at = u.expires_at,
		updated_at = u.updated_at, version = u.version, next_order = u.next_order
	FROM u CROSS JOIN LATERAL (SELECT id FROM rooms WHERE id = u.id OFFSET 0) k
	WHERE rooms.id = k.id AND rooms.version = u.read
	RETURNING rooms.id
), m AS (
	INSERT INTO members (room_id, user_id, id, user_name, nickname, role, status, banned, join_order, joined_at, left_at, last_seen)
	SELECT m.room_id, user_id, m.id, user_name, nickname, role, status, banned, join_order, joined_at,
		CASE WHEN status <> 'active' THEN left_at END, last_seen
	FROM unnest($15::uuid[], $16::text[], $17::uuid[], $18::text[], $19::text[], $20::text[], $21::text[], $22::boolean[], $23::integer[],
		$24::timestamptz[], $25::timestamptz[], $26::timestamptz[])
		m (room_id, user_id, id, user_name, nickname, role, status, banned, join_order, joined_at, left_at, last_seen)
	JOIN r ON r.id = m.room_id
	ON CONFLICT (room_id, user_id) DO UPDATE SET user_name = EXCLUDED.user_name, nickname = EXCLUDED.nickname, role = EXCLUDED.role,
		status = EXCLUDED.status, banned = EXCLUDED.banned, join_order = EXCLUDED.join_order, joined_at = EXCLUDED.joined_at,
		left_at = EXCLUDED.left_at, last_seen = greatest(members.last_seen, EXCLUDED.last_seen)
), o AS (
	INSERT INTO outbox (room_id, version, type, user_id, user_name, actor_id, reason, at)
	SELECT room_id, version, type, user_id, user_name, actor_id, reason, at
	FROM unnest($27::uuid[], $28::bigint[], $29::text[], $30::text[], $31::text[], $32::text[], $33::text[], $34::timestamptz[]) WITH ORDINALITY
		e (room_id, version, type, user_id, user_name, actor_id, reason, at, n)
	JOIN r ON r.id = e.room_id ORDER BY e.n
)
SELECT id FROM r`

// load reads rooms for their changes.
func (s *Store) load(ctx context.Context, by naming, groups []*group) (map[string]*room.Room, error) {
	rows, err := s.query(ctx, by.query, pq.Array(keys(groups)))
	if err != nil {
		return nil, fmt.Errorf("select rooms: %w", err)
	}
	all, err := scanRooms(rows)
	if err != nil {
		return nil, fmt.Errorf("select rooms: %w", err)
	}
	found := make(map[string]*room.Room, len(all))
	for _, r := range all {
		found[by.key(r)] = r
	}
	return found, nil
}

// save writes those of the rooms that still have the versions that were read, and returns their ids. It is errConflict
// if none could be written.
func (s *Store) save(ctx context.Context, ws []write) (saved map[string]bool, err error) {
	args, err := roomArrays(ws)
	if err != nil {
		return nil, err
	}
	var members []changedMember
	var events []room.Event
	for _, w := range ws {
		for _, m := range w.changes.Members {
			members = append(members, changedMember{w.room.ID, m})
		}
		events = append(events, w.changes.Events...)
	}
	args = append(args, memberArrays(members)...)
	args = append(args, eventArrays(events)...)
	rows, err := s.query(ctx, saveRooms, args...)
	if err == nil {
		saved, err = scanIDs(rows)
	}
	var pqErr *pq.Error
	if errors.As(err, &pqErr) && pqErr.Code == deadlockDetected {
		return nil, errConflict // with a batch of last-seen times, which takes members' rows in another order
	}
	if err != nil {
		return nil, fmt.Errorf("save rooms: %w", err)
	}
	return saved, nil
}

// scanIDs closes rows.
func scanIDs(rows *sql.Rows) (map[string]bool, error) {
	defer func() { _ = rows.Close() }()
	ids := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err //nolint:wrapcheck // the caller says what was attempted
		}
		ids[id] = true
	}
	return ids, rows.Err() //nolint:wrapcheck // the caller says what was attempted
}

const deadlockDetected = "40P01"

// column makes an array parameter out of one field of many rows.
func column[T, V any](rows []T, field func(T) V) any {
	values := make([]V, len(rows))
	for i, row := range rows {
		values[i] = field(row)
	}
	return pq.Array(values)
}

func roomArrays(ws []write) ([]any, error) {
	waypoints := make([]string, len(ws))
	for i, w := range ws {
		var err error
		if waypoints[i], err = encodeWaypoints(w.room.Waypoints); err != nil {
			return nil, err
		}
	}
	return []any{
		column(ws, func(w write) string { return w.room.ID }),
		column(ws, func(w write) int64 { return w.read }),
		column(ws, func(w write) string { return w.room.Code }),
		column(ws, func(w write) string { return w.room.Name }),
		column(ws, func(w write) string { return w.room.Destination.Name }),
		column(ws, func(w write) float64 { return w.room.Destination.Lat }),
		column(ws, func(w write) float64 { return w.room.Destination.Lng }),
		pq.Array(waypoints),
		column(ws, func(w write) int64 { return int64(w.room.MaxMembers) }),
		column(ws, func(w write) string { return string(w.room.Status) }),
		column(ws, func(w write) string { return stamp(w.room.ExpiresAt) }),
		column(ws, func(w write) string { return stamp(w.room.UpdatedAt) }),
		column(ws, func(w write) int64 { return w.room.Version }),
		column(ws, func(w write) int64 { return int64(w.room.NextOrder) }),
	}, nil
}

// changedMember is a member's row to be stored.
type changedMember struct {
	roomID string
	room.Member
}

func memberArrays(ms []changedMember) []any {
	return []any{
		column(ms, func(m changedMember) string { return m.roomID }),
		column(ms, func(m changedMember) string { return m.UserID }),
		column(ms, func(m changedMember) string { return m.ID }),
		column(ms, func(m changedMember) string { return m.UserName }),
		column(ms, func(m changedMember) string { return m.Nickname }),
		column(ms, func(m changedMember) string { return string(m.Role) }),
		column(ms, func(m changedMember) string { return string(m.Status) }),
		column(ms, func(m changedMember) bool { return m.Banned }),
		column(ms, func(m changedMember) int64 { return int64(m.JoinOrder) }),
		column(ms, func(m changedMember) string { return stamp(m.JoinedAt) }),
		column(ms, func(m changedMember) string { return stamp(m.LeftAt) }),
		column(ms, func(m changedMember) string { return stamp(m.LastSeen) }),
	}
}

func eventArrays(es []room.Event) []any {
	return []any{
		column(es, func(e room.Event) string { return e.RoomID }),
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
