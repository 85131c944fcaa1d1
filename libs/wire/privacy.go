package wire

import (
	"crypto/sha256"
	"encoding/hex"
)

// Events of privacy that a client sends.
const (
	EventPauseSharing  = "pause-sharing"
	EventResumeSharing = "resume-sharing"
	EventSetPrecision  = "set-precision"
	EventAskLocation   = "ask-location"
)

// Events of privacy that a server sends. Old apps ignore them.
const (
	EventSharingChanged    = "sharing-changed"
	EventLocationRemoved   = "location-removed"
	EventLocationStale     = "location-stale"
	EventLocationRequested = "location-requested"
	EventRoomViewers       = "room-viewers"
)

// Commands of privacy, all to location.
const (
	CommandPause     = "pause"     // a member shows nothing from now on: PauseSharing
	CommandResume    = "resume"    // and again
	CommandPrecision = "precision" // how exactly: SetPrecision
	CommandShared    = "shared"    // from the service itself: a wish is stored, and is SharingCache
	CommandGone      = "gone"      // from the service itself: a member is none any more, for the reason in GoneMember
	CommandAsk       = "ask"       // where is somebody: AskLocation
)

// Precisions.
const (
	PrecisionExact       = "exact"
	PrecisionApproximate = "approximate" // a cell of about a square kilometre
	PrecisionHidden      = "hidden"
)

// Reasons why a position was removed.
const (
	RemovedLeft      = "left"      // the member left the room, or it with its last device
	RemovedFromRoom  = "removed"   // the member was taken out of the room
	RemovedPaused    = "paused"    // the member pauses
	RemovedEnded     = "ended"     // the time that the member wanted to share for is over
	RemovedHidden    = "hidden"    // the member shows nothing at the moment, and need not say why
	RemovedPrecision = "precision" // the member wants to be known less exactly; another position will come
)

// States of a member in RoomLocations.
const (
	LocationLive   = "live"    // is where the position says
	LocationStale  = "stale"   // has not said anything for StaleAfterSeconds: the position is the last known one
	LocationNoFix  = "no-fix"  // is there, and does not know where
	LocationOff    = "offline" // has no device connected, and no position
	LocationPaused = "paused"  // does not want to be seen at the moment
	LocationHidden = "hidden"  // shows nothing
)

// Bounds of privacy.
const (
	StaleAfterSeconds  = 60 // without a fix or a sign of life
	AskEverySeconds    = 60 // that one member is asked in a room, at most
	AskedSeconds       = 600
	MaxPrivacyZones    = 10
	MaxViewersPerShare = 50
	MaxViewersPerRoom  = 100
)

// PauseSharing is the payload of pause-sharing.
type PauseSharing struct {
	RoomID string `json:"roomId"`
	Until  *Time  `json:"until,omitempty"` // the pause ends then by itself
}

// SetPrecision is the payload of set-precision.
type SetPrecision struct {
	RoomID    string `json:"roomId"`
	Precision string `json:"precision"`
}

// Sharing is what a member shows in a room. The times are for the member alone.
type Sharing struct {
	UserID      string `json:"userId"`
	Paused      bool   `json:"paused"`
	PausedUntil *Time  `json:"pausedUntil,omitempty"`
	Until       *Time  `json:"until,omitempty"` // the sharing ends then
	Precision   string `json:"precision"`
}

// SharingRequest is the body of PUT /api/rooms/:id/sharing. What is absent stays as it is; a time that is "" is taken
// away.
type SharingRequest struct {
	Paused      *bool   `json:"paused,omitempty"`
	PausedUntil *string `json:"pausedUntil,omitempty"`
	Until       *string `json:"until,omitempty"`
	Precision   *string `json:"precision,omitempty"`
}

// SharingResponse answers GET and PUT /api/rooms/:id/sharing.
type SharingResponse struct {
	RoomID  string    `json:"roomId"`
	Sharing Sharing   `json:"sharing"` // the asker's own
	Members []Sharing `json:"members"` // the others', without their times
}

// SharingChanged is the payload of sharing-changed.
type SharingChanged struct {
	RoomID    string `json:"roomId"`
	UserID    string `json:"userId"`
	UserName  string `json:"userName"`
	Paused    bool   `json:"paused"`
	Precision string `json:"precision"`
	Until     *Time  `json:"until,omitempty"` // with paused: when the pause ends; else: when the sharing ends
}

// LocationRemoved is the payload of location-removed: the position of a member is not to be shown any more.
type LocationRemoved struct {
	RoomID string `json:"roomId"`
	UserID string `json:"userId"`
	Reason string `json:"reason"`
}

// StaleLocation is the payload of location-stale: a member has been silent for a while.
type StaleLocation struct {
	RoomID   string `json:"roomId"`
	UserID   string `json:"userId"`
	LastSeen Time   `json:"lastSeen"`
}

// AskLocation is the payload of ask-location: where is UserID?
type AskLocation struct {
	RoomID string `json:"roomId"`
	UserID string `json:"userId"`
}

// LocationRequested is the payload of location-requested, for UserID's devices, and the answer to who asks. State is
// "asked", or "paused" if the member is not to be found at the moment: then nobody but the asker hears of it.
type LocationRequested struct {
	RoomID      string `json:"roomId"`
	UserID      string `json:"userId"`
	AskedBy     string `json:"askedBy"`
	AskedByName string `json:"askedByName"`
	State       string `json:"state"`
}

// States of LocationRequested.
const (
	AskAsked  = "asked"
	AskPaused = "paused"
)

// GoneMember is the data of CommandGone.
type GoneMember struct {
	Reason string `json:"reason"` // RemovedLeft, RemovedFromRoom
}

// MemberLocation is how things are with one member, in RoomLocations.
type MemberLocation struct {
	UserID   string   `json:"userId"`
	State    string   `json:"state"`
	IsLive   bool     `json:"isLive"`
	Online   bool     `json:"online"`             // a socket of theirs is connected, or was until its grace period, which is running
	LastSeen *Time    `json:"lastSeen,omitempty"` // the last fix or sign of life
	Age      *float64 `json:"age,omitempty"`      // of the position, in s, by its fix time; absent without one
}

// RoomViewers is the payload of room-viewers.
type RoomViewers struct {
	RoomID  string `json:"roomId"`
	Viewers int64  `json:"viewers"`
}

// PrivacyZone is a circle in which its owner is shown less exactly, in all rooms.
type PrivacyZone struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Radius    float64 `json:"radius"`    // metres
	Precision string  `json:"precision"` // inside: hidden, approximate
}

// PrivacyZoneRequest is the body of POST and PUT /api/privacy/zones.
type PrivacyZoneRequest struct {
	Name      *string  `json:"name"`
	Latitude  *float64 `json:"latitude"`
	Longitude *float64 `json:"longitude"`
	Radius    *float64 `json:"radius"`
	Precision *string  `json:"precision,omitempty"` // hidden by default
}

// PrivacyZoneResponse wraps a zone.
type PrivacyZoneResponse struct {
	Zone PrivacyZone `json:"zone"`
}

// PrivacyZonesResponse wraps all zones of a user.
type PrivacyZonesResponse struct {
	Zones []PrivacyZone `json:"zones"`
}

// KeySharing is a hash: user id → SharingCache of a member who has said something about it, and SharingHeld. It lives as
// long as the room, and is rebuilt from Postgres.
func KeySharing(roomID string) string { return "sharing:{" + roomID + "}" }

// KeyLeft is a hash: user id → when a member took the position back last, Unix ms. It lives for an hour after that:
// fixes that come later are too old to be shown.
func KeyLeft(roomID string) string { return "left:{" + roomID + "}" }

// SharingHeld is a field of KeySharing: up to which version of the user's wish nothing is shown, since a stricter one
// is about to be stored.
func SharingHeld(userID string) string { return userID + ":held" }

// KeyZones holds ZonesCache JSON.
func KeyZones(userID string) string { return "zones:{" + userID + "}" }

// KeySharingCaches is the sentinel: KeySharing and KeyZones hold what Postgres does. Without it nobody is shown, of
// whom nothing is known.
const KeySharingCaches = "location:sharing"

// KeySharingChanges is a sorted set: "<room> <user>" → when a member's wish next changes by itself, Unix ms.
const KeySharingChanges = "location:{sharing}:changes"

// StreamWishes takes the wishes of members from the owners of partitions to the one who stores them.
const StreamWishes = "location:{wishes}"

// KeySeen is a hash: user id → when a member's devices were last heard of in a room without a fix, Unix ms.
func KeySeen(roomID string) string { return "seen:{" + roomID + "}" }

// SharingCache is a member's wish in a room.
type SharingCache struct {
	Version     int64  `json:"v"`
	Precision   string `json:"p"`
	Paused      bool   `json:"x,omitempty"`
	PausedUntil int64  `json:"xu,omitempty"` // Unix ms, as all times
	Until       int64  `json:"u,omitempty"`
	PastAt      int64  `json:"pa,omitempty"` // what was measured before that
	PastLevel   string `json:"pl,omitempty"` // is shown like this at most
}

// ZonesCache is all zones of a user.
type ZonesCache struct {
	Version   int64       `json:"v"`
	Zones     []ZoneCache `json:"z,omitempty"`
	PastAt    int64       `json:"pa,omitempty"`
	PastLevel string      `json:"pl,omitempty"`
}

// ZoneCache is one of ZonesCache.
type ZoneCache struct {
	PrivacyZone
	Seed uint64 `json:"s"`
}

// KeyShare holds ShareGrant JSON of a live share link, with an end; hash is the SHA-256 of its token, in lower-case
// hex.
func KeyShare(hash string) string { return "share:" + hash }

// HashOfToken is the name of a secret in Redis.
func HashOfToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// ShareGrant is what a share link opens.
type ShareGrant struct {
	ShareID   string `json:"shareId"`
	RoomID    string `json:"roomId"`
	ExpiresAt Time   `json:"expiresAt"`
}

// ChannelShares tells edges, in sharded Pub/Sub, the id of a share link that was revoked.
const ChannelShares = "share:{events}"

// KeyViewers is a sorted set: "<share id> <edge>.<socket>" → until when a viewer's socket is certainly there, Unix ms.
func KeyViewers(roomID string) string { return "viewers:{" + roomID + "}" }

// Alias is how viewers know a member: it cannot be turned back into the user's id, and is the same for all of them.
func Alias(roomID, userID string) string {
	sum := sha256.Sum256([]byte("viewer\n" + roomID + "\n" + userID))
	return "m-" + hex.EncodeToString(sum[:8])
}
