package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/wemaps/wemaps/services/room/internal/room"
)

// MaxList is the most rooms that a list has: it bounds the answer for those who open rooms without end.
const MaxList = 200

// How these statements are written decides how they are planned, whatever the planner believes of the tables: a plan is
// kept for as long as its connection, and the first ones are made while there is nothing in them. OFFSET 0 and ORDER BY
// keep each look-up apart, by its own key; a condition that is said otherwise than in a partial index's definition keeps
// the planner from reading the whole of that index instead. TestPlansOfEmptyTables holds them to it.
const (
	// present is status = 'active', see the table's CHECK.
	present = `left_at IS NULL`
	// open is status = 'active'.
	open = `status NOT IN ('closed', 'expired')`
)

// One statement, hence one snapshot: a room is never seen with the members of another version.
const selectRooms = `SELECT ` + roomColumns + `, ` + memberColumns + `
	FROM unnest($1::uuid[]) WITH ORDINALITY k (id, n)
	CROSS JOIN LATERAL (SELECT * FROM rooms WHERE id = k.id OFFSET 0) r
	LEFT JOIN LATERAL (SELECT * FROM members WHERE room_id = r.id AND ` + present + ` ORDER BY join_order) m ON true
	ORDER BY k.n, m.join_order`

// Room ids are UUIDv7: their order is that of creation. The inner OFFSET 0 keeps the planner from walking through the
// whole primary key, which has that order, too, in hope of a user with very many rooms.
const selectLists = `SELECT u.user_id, l.* FROM unnest($1::text[]) u (user_id), LATERAL (
	SELECT ` + roomColumns + `, m.role, (SELECT count(*) FROM members c WHERE c.room_id = m.room_id AND c.` + present + `)
	FROM (SELECT * FROM (SELECT room_id, role FROM members WHERE user_id = u.user_id AND status = 'active' OFFSET 0) all_of_them ORDER BY room_id DESC) m
	CROSS JOIN LATERAL (SELECT * FROM rooms WHERE id = m.room_id AND ` + open + ` OFFSET 0) r
	ORDER BY m.room_id DESC LIMIT $2) l`

// Get implements room.Store.
func (s *Store) Get(ctx context.Context, id string) (*room.Room, error) {
	r, ok, err := s.gets.load(ctx, id)
	if err == nil && !ok {
		err = room.ErrNotFound
	}
	return r, err
}

// Rooms returns those of the rooms that there are, with their present members.
func (s *Store) Rooms(ctx context.Context, ids []string) (map[string]*room.Room, error) {
	return s.fetchRooms(ctx, ids)
}

func (s *Store) fetchRooms(ctx context.Context, ids []string) (map[string]*room.Room, error) {
	rows, err := s.query(ctx, selectRooms, pq.Array(ids))
	if err != nil {
		return nil, fmt.Errorf("select rooms: %w", err)
	}
	all, err := scanRooms(rows)
	if err != nil {
		return nil, fmt.Errorf("select rooms: %w", err)
	}
	found := make(map[string]*room.Room, len(all))
	for _, r := range all {
		found[r.ID] = r
	}
	return found, nil
}

// scanRooms reads rooms and their members from rows of both, in which a room's rows follow each other. It closes rows.
func scanRooms(rows *sql.Rows) ([]*room.Room, error) {
	defer func() { _ = rows.Close() }()
	var found []*room.Room
	var last *room.Room
	var rr roomRow
	var mr memberRow
	dest := append(rr.dest(), mr.dest()...)
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return nil, err //nolint:wrapcheck // the caller says what was attempted
		}
		if last == nil || last.ID != rr.ID {
			var err error
			if last, err = rr.value(); err != nil {
				return nil, err
			}
			found = append(found, last)
		}
		if mr.userID.Valid {
			last.Members = append(last.Members, mr.value())
		}
	}
	return found, rows.Err() //nolint:wrapcheck // the caller says what was attempted
}

// List implements room.Store.
func (s *Store) List(ctx context.Context, userID string, now time.Time) ([]room.Summary, error) {
	all, _, err := s.lists.load(ctx, userID)
	if err != nil {
		return nil, err
	}
	active := make([]room.Summary, 0, len(all))
	for _, sum := range all {
		if sum.Room.StatusAt(now) == room.Active { // it may be due and not swept yet
			active = append(active, sum)
		}
	}
	return active, nil
}

func (s *Store) fetchLists(ctx context.Context, userIDs []string) (map[string][]room.Summary, error) {
	rows, err := s.query(ctx, selectLists, pq.Array(userIDs), MaxList)
	if err != nil {
		return nil, fmt.Errorf("select lists: %w", err)
	}
	defer func() { _ = rows.Close() }()
	lists := make(map[string][]room.Summary, len(userIDs))
	var userID string
	var role room.Role
	var count int
	var rr roomRow
	dest := append(append([]any{&userID}, rr.dest()...), &role, &count)
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return nil, fmt.Errorf("select lists: %w", err)
		}
		r, err := rr.value()
		if err != nil {
			return nil, err
		}
		lists[userID] = append(lists[userID], room.Summary{Room: *r, MemberCount: count, Role: role})
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("select lists: %w", err)
	}
	return lists, nil
}

const selectEnded = `SELECT k.code, e.status FROM unnest($1::text[]) k (code)
	CROSS JOIN LATERAL (SELECT status FROM rooms WHERE room_code = k.code AND status <> 'active' ORDER BY id DESC LIMIT 1) e`

// ended says why no active rooms have the codes; of those that no room ever had, nothing.
func (s *Store) ended(ctx context.Context, codes []string) (map[string]error, error) {
	rows, err := s.query(ctx, selectEnded, pq.Array(codes))
	if err != nil {
		return nil, fmt.Errorf("select ended rooms: %w", err)
	}
	defer func() { _ = rows.Close() }()
	why := map[string]error{}
	for rows.Next() {
		var code string
		var status room.Status
		if err := rows.Scan(&code, &status); err != nil {
			return nil, fmt.Errorf("select ended rooms: %w", err)
		}
		if why[code] = room.ErrClosed; status == room.Expired {
			why[code] = room.ErrExpired
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("select ended rooms: %w", err)
	}
	return why, nil
}

// scanOne scans the only row, or is sql.ErrNoRows. It closes rows.
func scanOne(rows *sql.Rows, dest ...any) error {
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return err //nolint:wrapcheck // the caller says what was attempted
		}
		return sql.ErrNoRows
	}
	if err := rows.Scan(dest...); err != nil {
		return err //nolint:wrapcheck // the caller says what was attempted
	}
	return rows.Err() //nolint:wrapcheck // the caller says what was attempted
}
