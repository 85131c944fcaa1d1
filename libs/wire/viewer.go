package wire

import "encoding/json"

// CommandWatch asks location who is where, for somebody who watches by a share link.
const CommandWatch = "watch"

// ShareProtocol begins the Sec-WebSocket-Protocol offer that carries a share token.
const ShareProtocol = "share."

// ViewerRoom is what a viewer hears of a room that has changed: no code, since whoever has the link may look and not
// enter.
type ViewerRoom struct {
	Name            string     `json:"name"`
	DestinationName string     `json:"destinationName"`
	DestinationLat  float64    `json:"destinationLat"`
	DestinationLng  float64    `json:"destinationLng"`
	Waypoints       []Waypoint `json:"waypoints"`
	Status          string     `json:"status"`
	ExpiresAt       Time       `json:"expiresAt"`
}

// ViewerRoomUpdated is a viewer's payload of room-updated.
type ViewerRoomUpdated struct {
	RoomID string     `json:"roomId"`
	Room   ViewerRoom `json:"room"`
}

// SharedLocations answers GET /api/rooms/shared/:token/locations. User ids are aliases.
type SharedLocations struct {
	Locations []Location       `json:"locations"`
	Members   []MemberLocation `json:"members"`
}

// ViewerLocation is a position as viewers see it: what members see at most, under an alias, and nothing of the phone.
func ViewerLocation(roomID string, l Location) Location {
	l.UserID = Alias(roomID, l.UserID)
	l.BatteryLevel, l.DeviceModel = nil, nil
	return l
}

// ForViewers is what those who watch by a share link hear of an event in a room; false = nothing. What is not named
// here is not for them: chat, receipts, typing, who manages whom.
func ForViewers(roomID, event string, data []byte) ([]byte, bool) {
	alias := func(id *string) { *id = Alias(roomID, *id) }
	switch event {
	case EventLocationUpdated:
		return seen(data, func(l *Location) { *l = ViewerLocation(roomID, *l) })
	case EventLocationRemoved:
		return seen(data, func(r *LocationRemoved) {
			alias(&r.UserID)
			if r.Reason != RemovedPrecision {
				r.Reason = RemovedHidden // why is for friends
			}
		})
	case EventLocationStale:
		return seen(data, func(s *StaleLocation) { alias(&s.UserID) })
	case EventUserOnline, EventUserOffline, EventUserLeft:
		return seen(data, func(u *UserRef) { alias(&u.UserID) })
	case EventRoomUpdated:
		var u RoomUpdated
		if json.Unmarshal(data, &u) != nil {
			return nil, false
		}
		r := ViewerRoom{Name: u.Room.Name, DestinationName: u.Room.DestinationName, DestinationLat: u.Room.DestinationLat, DestinationLng: u.Room.DestinationLng,
			Waypoints: u.Room.Waypoints, Status: u.Room.Status, ExpiresAt: u.Room.ExpiresAt}
		if r.Waypoints == nil {
			r.Waypoints = []Waypoint{}
		}
		out, err := json.Marshal(ViewerRoomUpdated{RoomID: roomID, Room: r})
		return out, err == nil
	case EventRoomClosed:
		return data, true
	case EventMemberArrived:
		return seen(data, func(m *MemberArrived) { alias(&m.UserID) })
	case EventMemberStraggling:
		return seen(data, func(m *MemberStraggling) { alias(&m.UserID) })
	case EventETAChanged:
		return seen(data, func(m *ETAChanged) { alias(&m.UserID) })
	case EventGroupArrived:
		return seen(data, func(g *GroupArrived) {
			for i := range g.UserIDs {
				alias(&g.UserIDs[i])
			}
		})
	}
	return nil, false
}

// seen changes a payload. Only what its type knows passes.
func seen[T any](data []byte, change func(*T)) ([]byte, bool) {
	var v T
	if json.Unmarshal(data, &v) != nil {
		return nil, false
	}
	change(&v)
	out, err := json.Marshal(v)
	return out, err == nil
}
