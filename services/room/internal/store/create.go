package store

import (
	"context"
	"fmt"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/services/room/internal/room"
)

// draft is a room that somebody waits to see created.
type draft struct {
	*room.Room
	waypoints string
	event     room.Event
}

// What a statement costs besides its rows, reading the tables' CHECKs anew above all, is several times what a room does.
const insertRooms = `WITH u AS MATERIALIZED (
	SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::float8[], $6::float8[], $7::text[], $8::integer[], $9::text[],
		$10::timestamptz[], $11::timestamptz[], $12::text[], $13::text[], $14::bigint[], $15::integer[],
		$16::uuid[], $17::text[], $18::text[], $19::integer[], $20::text[])
	u (id, code, name, place, lat, lng, waypoints, max_members, status, expires_at, at, creator, creator_name, version, next_order,
		member, nickname, role, join_order, event)
), r AS (
	INSERT INTO rooms (id, room_code, name, destination_name, destination_lat, destination_lng, waypoints, max_members, status,
		expires_at, created_at, updated_at, created_by, created_by_name, version, next_order)
	SELECT id, code, name, place, lat, lng, waypoints::jsonb, max_members, status, expires_at, at, at, creator, creator_name, version, next_order FROM u
), m AS (
	INSERT INTO members (room_id, user_id, id, user_name, nickname, role, status, join_order, joined_at, last_seen)
	SELECT id, creator, member, creator_name, nickname, role, 'active', join_order, at, at FROM u
)
INSERT INTO outbox (room_id, version, type, user_id, user_name, actor_id, reason, at)
SELECT id, version, event, creator, creator_name, creator, '', at FROM u`

// Create implements room.Store. Rooms that are created at the same moment share a statement.
func (s *Store) Create(ctx context.Context, r *room.Room) error {
	waypoints, err := encodeWaypoints(r.Waypoints)
	if err != nil {
		return err
	}
	failed, _, err := s.creates.load(ctx, &draft{Room: r, waypoints: waypoints, event: r.TakeChanges().Events[0]})
	if err != nil {
		return err
	}
	return failed
}

// createAll creates rooms together, or one by one if the code of one is taken, which only that one is to hear of.
func (s *Store) createAll(ctx context.Context, drafts []*draft) (map[*draft]error, error) {
	failed := make(map[*draft]error, len(drafts))
	err := s.insert(ctx, drafts)
	switch {
	case err == nil:
	case !pg.IsUnique(err, codeIndex):
		return nil, fmt.Errorf("insert rooms: %w", err)
	case len(drafts) == 1:
		failed[drafts[0]] = room.ErrCodeTaken
	default:
		for _, d := range drafts {
			one, err := s.createAll(ctx, []*draft{d})
			if failed[d] = err; err == nil {
				failed[d] = one[d]
			}
		}
	}
	return failed, nil
}

func (s *Store) insert(ctx context.Context, ds []*draft) error {
	_, err := s.exec(ctx, insertRooms,
		column(ds, func(d *draft) string { return d.ID }),
		column(ds, func(d *draft) string { return d.Code }),
		column(ds, func(d *draft) string { return d.Name }),
		column(ds, func(d *draft) string { return d.Destination.Name }),
		column(ds, func(d *draft) float64 { return d.Destination.Lat }),
		column(ds, func(d *draft) float64 { return d.Destination.Lng }),
		column(ds, func(d *draft) string { return d.waypoints }),
		column(ds, func(d *draft) int64 { return int64(d.MaxMembers) }),
		column(ds, func(d *draft) string { return string(d.Status) }),
		column(ds, func(d *draft) string { return stamp(d.ExpiresAt) }),
		column(ds, func(d *draft) string { return stamp(d.CreatedAt) }),
		column(ds, func(d *draft) string { return d.CreatorID }),
		column(ds, func(d *draft) string { return d.CreatorName }),
		column(ds, func(d *draft) int64 { return d.Version }),
		column(ds, func(d *draft) int64 { return int64(d.NextOrder) }),
		column(ds, func(d *draft) string { return d.Members[0].ID }),
		column(ds, func(d *draft) string { return d.Members[0].Nickname }),
		column(ds, func(d *draft) string { return string(d.Members[0].Role) }),
		column(ds, func(d *draft) int64 { return int64(d.Members[0].JoinOrder) }),
		column(ds, func(d *draft) string { return string(d.event.Type) }))
	if err != nil {
		return err
	}
	changes := make([]room.Change, len(ds))
	for i, d := range ds {
		changes[i] = room.Change{Room: d.Room, Users: []string{d.CreatorID}}
	}
	s.done(ctx, changes...)
	return nil
}
