package wire

import (
	"hash/fnv"
	"strconv"
	"strings"
)

// Redis names. Braces are hash tags: whatever belongs to one room lives in
// one cluster slot.
const (
	KeyJWKS       = "auth:jwks"
	ChannelAuth   = "auth:{events}" // sharded Pub/Sub: AuthEvent JSON
	KeyRoomCaches = "room:cache"    // sentinel: room caches are filled
	StreamRoom    = "evt:room"      // RoomEvent JSON in field "e"
	StreamAuth    = "evt:auth"      // AuthEvent JSON in field "e": erased accounts, renames
	StreamSeen    = "evt:presence"  // SeenEvent JSON in field "e"
	StreamField   = "e"
	CommandField  = "c"
	KeyEdges      = "edges" // sorted set: edge id → lease end, Unix ms
)

// KeyRoomCode maps a code to a room id; it expires with the room.
func KeyRoomCode(code string) string { return "room_code:" + code }

// KeyRoom holds RoomCache JSON.
func KeyRoom(roomID string) string { return "room:{" + roomID + "}" }

// KeyRoomMembers is the set of active members' user ids.
func KeyRoomMembers(roomID string) string { return "room:{" + roomID + "}:members" }

// KeyRoomVersion holds the version of the two caches above.
func KeyRoomVersion(roomID string) string { return "room:{" + roomID + "}:v" }

// KeyUserRooms is a hint: the set of room ids a user is active in. The member
// set is the truth.
func KeyUserRooms(userID string) string { return "user_rooms:{" + userID + "}" }

// KeyLocation holds one member's live fix.
func KeyLocation(roomID, userID string) string { return "location:{" + roomID + "}:" + userID }

// KeyLocated is the set of user ids that have reported a fix in a room, so
// that the room's positions can be deleted without searching for their keys.
func KeyLocated(roomID string) string { return "location:{" + roomID + "}" }

// KeyMessages is a room's chat cache: a list, newest first.
func KeyMessages(roomID string) string { return "chat:{" + roomID + "}:messages" }

// KeyMessagesAt is a room's chat cache as of its change number rev. A list of
// another rev is never read, so that no old state can pass for the current one.
func KeyMessagesAt(roomID string, rev int64) string {
	if rev == 0 {
		return KeyMessages(roomID)
	}
	return KeyMessages(roomID) + ":" + strconv.FormatInt(rev, 10)
}

// KeyPresence is a room's connected sockets.
func KeyPresence(roomID string) string { return "presence:{" + roomID + "}" }

// ChannelRoom carries everything a room's sockets hear, as Envelope lines.
func ChannelRoom(roomID string) string { return "room:{" + roomID + "}:events" }

// KeyRoomLog is the stream of the ordered envelopes that a room's sockets have
// heard lately; package roomlog writes it.
func KeyRoomLog(roomID string) string { return "room:{" + roomID + "}:log" }

// ChannelReplies carries acks and errors for one edge, as Envelope lines.
func ChannelReplies(edgeID string) string { return "edge:{" + edgeID + "}:replies" }

// KeyRevoked marks a session that was ended before its token expired.
func KeyRevoked(sessionID string) string { return "auth:revoked:" + sessionID }

// KeyErased marks a user whose account is gone while tokens may still live.
func KeyErased(userID string) string { return "auth:erased:" + userID }

// KeyName holds the name of a user who was renamed while tokens with an older
// one may still live.
func KeyName(userID string) string { return "auth:name:" + userID }

// Services that take commands from sockets.
const (
	ServiceLocation = "location"
	ServiceChat     = "chat"
)

// StreamCommands is the command stream of a service's partition.
func StreamCommands(service string, partition int) string {
	return "cmd:" + service + ":{" + strconv.Itoa(partition) + "}"
}

// StreamsOf are the command streams of a service, by partition.
func StreamsOf(service string, partitions int) []string {
	streams := make([]string, partitions)
	for p := range streams {
		streams[p] = StreamCommands(service, p)
	}
	return streams
}

// StreamDead is where a service puts commands that it could not handle.
func StreamDead(service string) string { return "dead:" + service }

// Partition is the partition of a room: FNV-1a of its id, modulo partitions.
func Partition(roomID string, partitions int) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(roomID))
	return int(h.Sum32() % uint32(partitions))
}

// RoomCache is what room:{id} holds.
type RoomCache struct {
	ID              string  `json:"id"`
	Name            string  `json:"name"`
	RoomCode        string  `json:"roomCode"`
	DestinationName string  `json:"destinationName"`
	DestinationLat  float64 `json:"destinationLat"`
	DestinationLng  float64 `json:"destinationLng"`
	// Waypoints are latitude, longitude, in order.
	Waypoints [][2]float64 `json:"waypoints,omitempty"`
	Status    string       `json:"status"`
	ExpiresAt Time         `json:"expiresAt"`
	Version   int64        `json:"version"`
	// Roles of owners and admins, by user id. All others have no say over what
	// somebody else wrote.
	Roles map[string]string `json:"roles,omitempty"`
}

// Types of RoomEvent.
const (
	RoomEventCreated       = "room.created"
	RoomEventUpdated       = "room.updated"
	RoomEventClosed        = "room.closed"
	RoomEventExpired       = "room.expired"
	RoomEventMemberJoined  = "member.joined"
	RoomEventMemberLeft    = "member.left"
	RoomEventMemberRemoved = "member.removed"
	RoomEventOwnerChanged  = "owner.changed"
)

// RoomEvent is one entry of evt:room.
type RoomEvent struct {
	ID       int64  `json:"id"` // outbox id: grows with each event
	Type     string `json:"type"`
	RoomID   string `json:"roomId"`
	Version  int64  `json:"version"`
	UserID   string `json:"userId,omitempty"`
	UserName string `json:"userName,omitempty"`
	ActorID  string `json:"actorId,omitempty"`
	At       Time   `json:"at"`
	Room     *Room  `json:"room,omitempty"`
}

// MayEndRoom is false for entries of evt:room that end no room for certain. It
// spares followers who look for nothing else from decoding what others say.
func MayEndRoom(entry string) bool {
	return strings.Contains(entry, RoomEventClosed) || strings.Contains(entry, RoomEventExpired)
}

// SeenEvent is one entry of evt:presence. Type is "online" or "offline".
type SeenEvent struct {
	Type   string `json:"type"`
	UserID string `json:"userId"`
	At     Time   `json:"at"`
}

// KeyDevice holds the DeviceGrant of a device token; hash is the SHA-256 of
// the whole token, in lower-case hex.
func KeyDevice(hash string) string { return "auth:device:" + hash }

// DeviceGrant is what a device token allows. Rooms are those that the token is
// bound to; empty means all rooms that the user is active in. Whether the user
// is still a member is for the reader to check.
type DeviceGrant struct {
	UserID   string   `json:"userId"`
	UserName string   `json:"userName"`
	DeviceID string   `json:"deviceId"`
	Rooms    []string `json:"rooms"`
}

// Types of AuthEvent.
const (
	AuthEventRevoked = "revoked" // SessionID; on ChannelAuth
	AuthEventErased  = "erased"  // UserID; on ChannelAuth and in StreamAuth
	AuthEventRenamed = "renamed" // UserID, UserName; on ChannelAuth and in StreamAuth
)

// AuthEvent tells edges to close sockets now, services to forget an erased
// user, and everybody who keeps names of a new one. ID and At are set in StreamAuth only; ID grows with each event.
type AuthEvent struct {
	ID        int64  `json:"id,omitempty"`
	Type      string `json:"type"`
	SessionID string `json:"sessionId,omitempty"`
	UserID    string `json:"userId,omitempty"`
	UserName  string `json:"userName,omitempty"`
	At        *Time  `json:"at,omitempty"`
}
