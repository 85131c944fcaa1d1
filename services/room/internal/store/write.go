package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/services/room/internal/room"
)

const codeIndex = "rooms_active_code"

// For a change, a room is read with all its members, those who went included.
const (
	selectByID   = selectWhole + `WHERE r.id = $1 ORDER BY m.join_order`
	selectByCode = selectWhole + `WHERE r.room_code = $1 AND r.status = 'active' ORDER BY m.join_order`
	selectWhole  = `SELECT ` + roomColumns + `, ` + memberColumns + `
		FROM rooms r LEFT JOIN LATERAL (SELECT * FROM members WHERE room_id = r.id ORDER BY join_order) m ON true `
)

// maxAttempts at a change that others get in the way of. Only other replicas can, each of them once at a time, and one
// of those that meet always wins.
const maxAttempts = 30

var errConflict = errors.New("another change came first")

// saveRoom changes the room's row only if it is still the version that was read ($32), and everything else only with
// it: either all of a change is made, or nothing. It does in one statement, holding the row's lock for only as long,
// what reading under a lock would need a transaction of five for.
const saveRoom = `WITH r AS (
	UPDATE rooms SET room_code = $2, name = $3, destination_name = $4, destination_lat = $5, destination_lng = $6, waypoints = $7,
		max_members = $8, status = $9, expires_at = $10, updated_at = $11, version = $12, next_order = $13
	WHERE id = $1 AND version = $32
	RETURNING id
), m AS (
	INSERT INTO members (room_id, user_id, id, user_name, nickname, role, status, banned, join_order, joined_at, left_at, last_seen)
	SELECT r.id, user_id, u.id, user_name, nickname, role, status, banned, join_order, joined_at,
		CASE WHEN status <> 'active' THEN left_at END, last_seen
	FROM r, unnest($14::text[], $15::uuid[], $16::text[], $17::text[], $18::text[], $19::text[], $20::boolean[], $21::integer[],
		$22::timestamptz[], $23::timestamptz[], $24::timestamptz[])
		u (user_id, id, user_name, nickname, role, status, banned, join_order, joined_at, left_at, last_seen)
	ON CONFLICT (room_id, user_id) DO UPDATE SET user_name = EXCLUDED.user_name, nickname = EXCLUDED.nickname, role = EXCLUDED.role,
		status = EXCLUDED.status, banned = EXCLUDED.banned, join_order = EXCLUDED.join_order, joined_at = EXCLUDED.joined_at,
		left_at = EXCLUDED.left_at, last_seen = greatest(members.last_seen, EXCLUDED.last_seen)
)
INSERT INTO outbox (room_id, version, type, user_id, user_name, actor_id, reason, at)
SELECT r.id, e.* FROM r, unnest($25::bigint[], $26::text[], $27::text[], $28::text[], $29::text[], $30::text[], $31::timestamptz[]) e`

// Update implements room.Store.
func (s *Store) Update(ctx context.Context, id string, fn func(*room.Room) error) (*room.Room, error) {
	return s.byID.do(ctx, id, fn)
}

// UpdateByCode implements room.Store.
func (s *Store) UpdateByCode(ctx context.Context, code string, fn func(*room.Room) error) (*room.Room, error) {
	return s.byCode.do(ctx, code, fn)
}

// runAll makes the changes together, or one by one if together they meet a conflict that only one of them can be
// meant by.
func (s *Store) runAll(query, key string, ops []*op) {
	err := s.runTogether(query, key, ops)
	if len(ops) > 1 && errors.Is(err, room.ErrCodeTaken) {
		for i := range ops {
			s.runAll(query, key, ops[i:i+1])
		}
		return
	}
	if err != nil {
		for _, o := range ops { // what the rules said of a change was said of a state that never came to be
			o.room, o.err = nil, err
		}
	}
}

func (s *Store) runTogether(query, key string, ops []*op) error {
	ctx, cancel := detached(ops[0].ctx)
	defer cancel()
	for range maxAttempts {
		r, err := s.load(ctx, query, key)
		if errors.Is(err, room.ErrNotFound) && query == selectByCode {
			return s.ended(ctx, key)
		}
		if err != nil {
			return err
		}
		read := r.Version
		for _, o := range ops {
			o.room, o.err = r, o.apply(r)
		}
		changes := r.TakeChanges()
		if len(changes.Events) == 0 {
			return nil
		}
		switch err := s.save(ctx, r, changes, read); {
		case err == nil:
			s.done(ctx, room.Change{Room: r, Users: touched(changes), OldCodes: room.OldCodes(changes.Events)})
			return nil
		case pg.IsUnique(err, codeIndex):
			return room.ErrCodeTaken
		case !errors.Is(err, errConflict):
			return err
		}
	}
	return fmt.Errorf("save room: %w, %d times", errConflict, maxAttempts)
}

func touched(c room.Changes) []string {
	users := make([]string, len(c.Members))
	for i, m := range c.Members {
		users[i] = m.UserID
	}
	return users
}

// load reads the room for a change.
func (s *Store) load(ctx context.Context, query, key string) (*room.Room, error) {
	rows, err := s.query(ctx, query, key)
	if err != nil {
		return nil, fmt.Errorf("select room: %w", err)
	}
	found, err := scanRooms(rows)
	if err != nil {
		return nil, fmt.Errorf("select room: %w", err)
	}
	if len(found) == 0 {
		return nil, room.ErrNotFound
	}
	return found[0], nil
}

// save writes the room if it still has the version that was read; else it is errConflict.
func (s *Store) save(ctx context.Context, r *room.Room, c room.Changes, read int64) error {
	waypoints, err := encodeWaypoints(r.Waypoints)
	if err != nil {
		return err
	}
	args := []any{r.ID, r.Code, r.Name, r.Destination.Name, r.Destination.Lat, r.Destination.Lng, waypoints,
		r.MaxMembers, r.Status, r.ExpiresAt, r.UpdatedAt, r.Version, r.NextOrder}
	args = append(args, memberArrays(c.Members)...)
	args = append(args, eventArrays(c.Events)...)
	res, err := s.exec(ctx, saveRoom, append(args, read)...)
	var pqErr *pq.Error
	if errors.As(err, &pqErr) && pqErr.Code == deadlockDetected {
		return errConflict // with a batch of last-seen times, which takes members' rows in another order
	}
	if err != nil {
		return fmt.Errorf("save room: %w", err)
	}
	if n, err := res.RowsAffected(); err == nil && n == 0 {
		return errConflict
	}
	return nil
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
