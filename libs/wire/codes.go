package wire

import "net/http"

// Code is a stable, machine-readable error name. Codes are API; the sentence
// that goes with one may be reworded at any time.
type Code string

// Every code that a client can meet, over REST or a socket.
const (
	CodeInternal         Code = "INTERNAL_ERROR"
	CodeUnavailable      Code = "UNAVAILABLE"
	CodeValidation       Code = "VALIDATION_ERROR"
	CodeInvalidJSON      Code = "INVALID_JSON"
	CodePayloadTooLarge  Code = "PAYLOAD_TOO_LARGE"
	CodeUnsupportedMedia Code = "UNSUPPORTED_MEDIA_TYPE"
	CodeRouteNotFound    Code = "ROUTE_NOT_FOUND"
	CodeMethodNotAllowed Code = "METHOD_NOT_ALLOWED"
	CodeRateLimited      Code = "RATE_LIMITED"
	CodeTimeout          Code = "TIMEOUT"
	CodeOriginRefused    Code = "ORIGIN_REFUSED"

	CodeTokenRequired       Code = "TOKEN_REQUIRED"
	CodeInvalidToken        Code = "INVALID_TOKEN"
	CodeUserNotFound        Code = "USER_NOT_FOUND"
	CodePasswordRequired    Code = "PASSWORD_REQUIRED"
	CodeInvalidCredentials  Code = "INVALID_CREDENTIALS"
	CodeTooManyAttempts     Code = "TOO_MANY_ATTEMPTS"
	CodeUsernameExists      Code = "USERNAME_EXISTS"
	CodeInvalidName         Code = "INVALID_NAME"
	CodeNoUpdates           Code = "NO_UPDATES"
	CodeForbidden           Code = "FORBIDDEN"
	CodeOpenNamesClosed     Code = "OPEN_NAMES_CLOSED"
	CodeSessionNotFound     Code = "SESSION_NOT_FOUND"
	CodeSessionRevoked      Code = "SESSION_REVOKED"
	CodeDeviceTokenNotFound Code = "DEVICE_TOKEN_NOT_FOUND"

	CodeRoomNotFound  Code = "ROOM_NOT_FOUND"
	CodeRoomFull      Code = "ROOM_FULL"
	CodeRoomExpired   Code = "ROOM_EXPIRED"
	CodeRoomClosed    Code = "ROOM_CLOSED"
	CodeAlreadyMember Code = "ALREADY_MEMBER"
	CodeAccessDenied  Code = "ACCESS_DENIED"
	CodeNotMember     Code = "NOT_MEMBER"
	CodeBanned        Code = "BANNED"

	CodeMemberNotFound Code = "MEMBER_NOT_FOUND"
	CodeShareNotFound  Code = "SHARE_NOT_FOUND"
	CodeTooManyViewers Code = "TOO_MANY_VIEWERS"
	CodeZoneNotFound   Code = "ZONE_NOT_FOUND"

	CodeTrackNotFound      Code = "TRACK_NOT_FOUND"
	CodeTrackTooLong       Code = "TRACK_TOO_LONG"
	CodeTooManyTracks      Code = "TOO_MANY_TRACKS"
	CodeRecordingForbidden Code = "RECORDING_NOT_ALLOWED"
	CodeInvalidGPX         Code = "INVALID_GPX"

	CodeMessageNotFound Code = "MESSAGE_NOT_FOUND"
	CodeMessageDeleted  Code = "MESSAGE_DELETED"
	CodeMessageChanged  Code = "MESSAGE_CHANGED"

	CodeRouteNotSet          Code = "ROUTE_NOT_SET"
	CodeInvalidRoute         Code = "INVALID_ROUTE"
	CodeGeofenceNotFound     Code = "GEOFENCE_NOT_FOUND"
	CodeMeetingPointNotFound Code = "MEETING_POINT_NOT_FOUND"
	CodeLimitReached         Code = "LIMIT_REACHED"
	CodeSOSNotFound          Code = "SOS_NOT_FOUND"
	CodeSOSEnded             Code = "SOS_ENDED"

	CodeInvalidFrame   Code = "INVALID_FRAME"
	CodeUnknownEvent   Code = "UNKNOWN_EVENT"
	CodeTooManySockets Code = "TOO_MANY_SOCKETS"
	CodeOverloaded     Code = "OVERLOADED"
)

// Registration is what the registry knows of one code.
type Registration struct {
	Code      Code
	Status    int  // HTTP status a REST answer carries
	Retryable bool // the same request can succeed later without a change
	Text      string
}

// registry holds the codes in the order of the documentation.
var registry = []Registration{
	{CodeInternal, http.StatusInternalServerError, true, "Something went wrong on our side"},
	{CodeUnavailable, http.StatusServiceUnavailable, true, "The service is not available right now, please try again"},
	{CodeValidation, http.StatusBadRequest, false, "The request has an invalid field"},
	{CodeInvalidJSON, http.StatusBadRequest, false, "The request body is not valid JSON"},
	{CodePayloadTooLarge, http.StatusRequestEntityTooLarge, false, "The request body is too large"},
	{CodeUnsupportedMedia, http.StatusUnsupportedMediaType, false, "The request body must be application/json"},
	{CodeRouteNotFound, http.StatusNotFound, false, "Route not found"},
	{CodeMethodNotAllowed, http.StatusMethodNotAllowed, false, "Method not allowed"},
	{CodeRateLimited, http.StatusTooManyRequests, true, "Too many requests, please slow down"},
	{CodeTimeout, http.StatusGatewayTimeout, true, "The request took too long"},
	{CodeOriginRefused, http.StatusForbidden, false, "This origin may not connect"},

	{CodeTokenRequired, http.StatusUnauthorized, false, "Authentication token required"},
	{CodeInvalidToken, http.StatusUnauthorized, false, "Invalid authentication token"},
	{CodeUserNotFound, http.StatusNotFound, false, "User not found"},
	{CodePasswordRequired, http.StatusUnauthorized, false, "This name is protected by a password"},
	{CodeInvalidCredentials, http.StatusUnauthorized, false, "Name or password is wrong"},
	{CodeTooManyAttempts, http.StatusTooManyRequests, true, "Too many failed attempts, please wait"},
	{CodeUsernameExists, http.StatusConflict, false, "This name is already taken"},
	{CodeInvalidName, http.StatusBadRequest, false, "The name is not valid"},
	{CodeNoUpdates, http.StatusBadRequest, false, "There is nothing valid to change"},
	{CodeForbidden, http.StatusForbidden, false, "You may not do this"},
	{CodeOpenNamesClosed, http.StatusForbidden, false, "Signing in without a password is not allowed here"},
	{CodeSessionNotFound, http.StatusNotFound, false, "Session not found"},
	{CodeSessionRevoked, http.StatusUnauthorized, false, "This session has ended"},
	{CodeDeviceTokenNotFound, http.StatusNotFound, false, "Device token not found"},

	{CodeRoomNotFound, http.StatusNotFound, false, "Room not found"},
	{CodeRoomFull, http.StatusConflict, true, "This room is full"},
	{CodeRoomExpired, http.StatusGone, false, "This room has expired"},
	{CodeRoomClosed, http.StatusGone, false, "This room is closed"},
	{CodeAlreadyMember, http.StatusConflict, false, "You are already a member of this room"},
	{CodeAccessDenied, http.StatusForbidden, false, "You are not a member of this room"},
	{CodeNotMember, http.StatusForbidden, false, "You are not a member of this room"},
	{CodeBanned, http.StatusForbidden, false, "You may not enter this room"},
	{CodeMemberNotFound, http.StatusNotFound, false, "This user is not in the room"},
	{CodeShareNotFound, http.StatusNotFound, false, "This link does not exist or has ended"},
	{CodeTooManyViewers, http.StatusTooManyRequests, true, "Too many people are watching already"},
	{CodeZoneNotFound, http.StatusNotFound, false, "There is no such privacy zone"},
	{CodeTrackNotFound, http.StatusNotFound, false, "There is no such track"},
	{CodeTrackTooLong, http.StatusUnprocessableEntity, false, "The track has too many points for one answer: ask for a shorter time, for a tolerance, or for an export"},
	{CodeTooManyTracks, http.StatusConflict, false, "There are as many imported tracks as one can have"},
	{CodeRecordingForbidden, http.StatusConflict, false, "This room does not allow recording"},
	{CodeInvalidGPX, http.StatusBadRequest, false, "The file is not a GPX file that can be used"},
	{CodeMessageNotFound, http.StatusNotFound, false, "There is no such message in this room"},
	{CodeMessageDeleted, http.StatusGone, false, "This message was deleted"},
	{CodeMessageChanged, http.StatusConflict, false, "This message has another text by now"},
	{CodeRouteNotSet, http.StatusNotFound, false, "This room has no route"},
	{CodeInvalidRoute, http.StatusBadRequest, false, "The route cannot be understood"},
	{CodeGeofenceNotFound, http.StatusNotFound, false, "There is no such geofence in this room"},
	{CodeMeetingPointNotFound, http.StatusNotFound, false, "There is no such meeting point in this room"},
	{CodeLimitReached, http.StatusConflict, false, "The room has as many of these as it can"},
	{CodeSOSNotFound, http.StatusNotFound, false, "There is no such call for help in this room"},
	{CodeSOSEnded, http.StatusConflict, false, "This call for help was answered or cancelled already"},

	{CodeInvalidFrame, http.StatusBadRequest, false, "The frame cannot be understood"},
	{CodeUnknownEvent, http.StatusBadRequest, false, "Unknown event"},
	{CodeTooManySockets, http.StatusTooManyRequests, true, "Too many connections for this user"},
	{CodeOverloaded, http.StatusServiceUnavailable, true, "The server is busy, please reconnect in a moment"},
}

// Registrations lists every code, for documentation and tests.
func Registrations() []Registration { return append([]Registration(nil), registry...) }

// Lookup returns what is known of code; an unknown one is treated as
// CodeInternal, so that nothing internal can leak through a typing error.
func Lookup(code Code) Registration {
	for _, r := range registry {
		if r.Code == code {
			return r
		}
	}
	return registry[0]
}

// CloseCode is a WebSocket close code with its documented reason.
type CloseCode struct {
	Code      int
	Reason    string
	Reconnect bool // the client may reconnect by itself
}

// The close codes of the native protocol; Socket.IO closes the transport after
// a `disconnect` packet for the same reasons.
var (
	CloseNormal       = CloseCode{1000, "normal", false}
	CloseGoingAway    = CloseCode{1001, "server draining", true}
	CloseTooBig       = CloseCode{1009, "frame too big", false}
	CloseInternal     = CloseCode{1011, "internal error", true}
	CloseAuthRequired = CloseCode{4001, "authentication required", false}
	CloseAuthInvalid  = CloseCode{4002, "authentication failed", false}
	CloseAuthExpired  = CloseCode{4003, "token expired", true}
	CloseRevoked      = CloseCode{4004, "session ended", false}
	CloseTooMany      = CloseCode{4005, "too many connections", false}
	CloseAbuse        = CloseCode{4006, "too many invalid frames", false}
	CloseSlow         = CloseCode{4007, "slow consumer", true}
	ClosePingTimeout  = CloseCode{4008, "ping timeout", true}
	CloseShareEnded   = CloseCode{4009, "share link ended", false}
)
