package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/wemaps/wemaps/services/room/internal/room"
)

const roomColumns = `r.id, r.room_code, r.name, r.destination_name, r.destination_lat, r.destination_lng, r.waypoints,
	r.max_members, r.status, r.expires_at, r.created_at, r.updated_at, r.created_by, r.created_by_name, r.version, r.next_order`

const memberColumns = `m.user_id, m.id, m.user_name, m.nickname, m.role, m.status, m.banned, m.join_order, m.joined_at, m.left_at, m.last_seen`

// roomRow takes the columns of a room.
type roomRow struct {
	room.Room
	waypoints []byte
}

func (r *roomRow) dest() []any {
	return []any{&r.ID, &r.Code, &r.Name, &r.Destination.Name, &r.Destination.Lat, &r.Destination.Lng, &r.waypoints,
		&r.MaxMembers, &r.Status, &r.ExpiresAt, &r.CreatedAt, &r.UpdatedAt, &r.CreatorID, &r.CreatorName, &r.Version, &r.NextOrder}
}

func (r *roomRow) value() (*room.Room, error) {
	out := r.Room
	if len(r.waypoints) > len("[]") {
		if err := json.Unmarshal(r.waypoints, &out.Waypoints); err != nil {
			return nil, fmt.Errorf("waypoints of room %s: %w", r.ID, err)
		}
	}
	for _, t := range []*time.Time{&out.ExpiresAt, &out.CreatedAt, &out.UpdatedAt} {
		*t = t.UTC()
	}
	return &out, nil
}

// memberRow takes the columns of a member; all are NULL where a room has none.
type memberRow struct {
	userID, id, userName, nickname, role, status sql.NullString
	banned                                       sql.NullBool
	joinOrder                                    sql.NullInt64
	joinedAt, leftAt, lastSeen                   sql.NullTime
}

func (m *memberRow) dest() []any {
	return []any{&m.userID, &m.id, &m.userName, &m.nickname, &m.role, &m.status, &m.banned, &m.joinOrder, &m.joinedAt, &m.leftAt, &m.lastSeen}
}

func (m *memberRow) value() room.Member {
	out := room.Member{ID: m.id.String, UserID: m.userID.String, UserName: m.userName.String, Nickname: m.nickname.String,
		Role: room.Role(m.role.String), Status: room.Presence(m.status.String), Banned: m.banned.Bool, JoinOrder: int(m.joinOrder.Int64),
		JoinedAt: m.joinedAt.Time.UTC(), LastSeen: m.lastSeen.Time.UTC()}
	if m.leftAt.Valid {
		out.LeftAt = m.leftAt.Time.UTC()
	}
	return out
}

func encodeWaypoints(places []room.Place) (string, error) {
	if len(places) == 0 {
		return "[]", nil
	}
	b, err := json.Marshal(places)
	if err != nil {
		return "", fmt.Errorf("encode waypoints: %w", err)
	}
	return string(b), nil
}
