// Package publish makes the rooms known outside of Postgres: caches that every edge reads, the stream of domain events
// that the services follow, and what the rooms' sockets hear.
package publish

import (
	"encoding/json"
	"fmt"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/room/internal/room"
)

// Room is the public shape of a room, without what the contract lists in some places only.
func Room(r *room.Room) wire.Room {
	out := wire.Room{
		ID: r.ID, RoomCode: r.Code, Name: r.Name, DestinationName: r.Destination.Name, DestinationLat: r.Destination.Lat,
		DestinationLng: r.Destination.Lng, MaxMembers: r.MaxMembers, Status: string(r.Status), ExpiresAt: wire.At(r.ExpiresAt),
		CreatedAt: wire.At(r.CreatedAt), UpdatedAt: wire.At(r.UpdatedAt), Waypoints: Waypoints(r.Waypoints),
	}
	return out
}

// Waypoints is the public shape of waypoints.
func Waypoints(places []room.Place) []wire.Waypoint {
	var out []wire.Waypoint
	for _, p := range places {
		out = append(out, wire.Waypoint{Name: p.Name, Lat: p.Lat, Lng: p.Lng})
	}
	return out
}

// Member is the public shape of a member.
func Member(m *room.Member) wire.Member {
	return wire.Member{ID: m.ID, UserID: m.UserID, UserName: m.UserName, Nickname: m.Nickname, Role: string(m.Role),
		Status: string(m.Status), JoinedAt: wire.At(m.JoinedAt), LastSeen: wire.At(m.LastSeen), JoinOrder: m.JoinOrder}
}

// Members is the public shape of those who are in the room, by join order.
func Members(r *room.Room) []wire.Member {
	out := make([]wire.Member, 0, len(r.Members))
	for i := range r.Members {
		if r.Members[i].Status == room.Present {
			out = append(out, Member(&r.Members[i]))
		}
	}
	return out
}

func cached(r *room.Room) (string, error) {
	return encode(wire.RoomCache{ID: r.ID, Name: r.Name, RoomCode: r.Code, DestinationName: r.Destination.Name,
		DestinationLat: r.Destination.Lat, DestinationLng: r.Destination.Lng, Status: string(r.Status),
		ExpiresAt: wire.At(r.ExpiresAt), Version: r.Version, Roles: roles(r), Waypoints: waypoints(r)})
}

// waypoints are latitudes and longitudes, for who only measures.
func waypoints(r *room.Room) [][2]float64 {
	out := make([][2]float64, len(r.Waypoints))
	for i, w := range r.Waypoints {
		out[i] = [2]float64{w.Lat, w.Lng}
	}
	return out
}

// roles are those of the owner and the admins who are in the room.
func roles(r *room.Room) map[string]string {
	out := map[string]string{}
	for _, m := range r.Members {
		if m.Status == room.Present && (m.Role == room.Owner || m.Role == room.Admin) {
			out[m.UserID] = string(m.Role)
		}
	}
	return out
}

// streamed is the entry of the event stream. The room is as it is now, which may be newer than the event.
func streamed(e room.Event, r *room.Room) (string, error) {
	out := wire.RoomEvent{ID: e.ID, Type: string(e.Type), RoomID: e.RoomID, Version: e.Version, UserID: e.UserID,
		UserName: e.UserName, ActorID: e.ActorID, At: wire.At(e.At)}
	if r != nil && aboutRoom(e.Type) {
		public := Room(r)
		out.Room = &public
	}
	return encode(out)
}

// aboutRoom tells events of the room from those of one member.
func aboutRoom(t room.EventType) bool {
	switch t {
	case room.EventCreated, room.EventUpdated, room.EventDestinationChanged, room.EventClosed, room.EventExpired:
		return true
	}
	return false
}

// heard is what the room's sockets hear of an event; ok is false if that is nothing. Who came and went they hear from
// the edges, which know who is connected.
func heard(e room.Event, r *room.Room) (envelope wire.Envelope, ok bool, err error) {
	envelope = wire.Envelope{Class: wire.ClassOrdered}
	var data any
	switch e.Type {
	case room.EventUpdated, room.EventOwnerChanged, room.EventMemberRole, room.EventMemberRenamed:
		if r == nil {
			return envelope, false, nil
		}
		public := Room(r)
		public.CreatedBy, public.Members = &r.CreatorName, Members(r)
		count := len(public.Members)
		public.MemberCount = &count
		envelope.Event, data = wire.EventRoomUpdated, wire.RoomUpdated{RoomID: e.RoomID, Room: public}
	case room.EventMemberLeft: // the edges follow the stream for this; the log, for those who come back, has it from here
		envelope.Event, data = wire.EventUserLeft, wire.UserRef{RoomID: e.RoomID, UserID: e.UserID, UserName: e.UserName}
	case room.EventMemberRemoved:
		envelope.Event, data = wire.EventMemberRemoved, wire.RemovedMember{RoomID: e.RoomID, UserID: e.UserID, UserName: e.UserName, Reason: e.Reason}
	case room.EventClosed:
		envelope.Event, data = wire.EventRoomClosed, wire.RoomClosed{RoomID: e.RoomID, Reason: string(room.Closed)}
	case room.EventExpired:
		envelope.Event, data = wire.EventRoomClosed, wire.RoomClosed{RoomID: e.RoomID, Reason: string(room.Expired)}
	default:
		return envelope, false, nil
	}
	envelope.Data, err = encode(data)
	return envelope, err == nil, err
}

func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode %T: %w", v, err)
	}
	return string(b), nil
}
