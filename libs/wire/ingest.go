package wire

// MaxIngestBytes bounds the body of a phone's batch. Overland's largest has 1,000
// points of up to 1.5 KB with its statistics; a batch that is refused would be
// sent again for ever.
const MaxIngestBytes = 4 << 20

// KeyFriends is a hash: user id → what a phone app was told of that friend, as
// JSON. It belongs to one device token.
func KeyFriends(deviceID string) string { return "friends:{" + deviceID + "}" }

// KeyAsked is set, with an end, when somebody in a room asks where a member is.
// Whoever passes the question on to a phone deletes it.
func KeyAsked(roomID, userID string) string { return "asked:{" + roomID + "}:" + userID }

// SetupRequest is the body of POST /api/devices/setup. The token is that of a
// device; it is not kept.
type SetupRequest struct {
	Token *string `json:"token"`
	Name  *string `json:"name,omitempty"` // of the phone, by default "phone"
}

// SetupResponse tells how to set each app up. QR codes are PNG images as data:
// URLs. It holds the token, in many forms.
type SetupResponse struct {
	OwnTracks SetupLink      `json:"owntracks"`
	Overland  SetupLink      `json:"overland"`
	Traccar   SetupTraccar   `json:"traccar"`
	OsmAnd    SetupOsmAnd    `json:"osmand"`
	GPSLogger SetupGPSLogger `json:"gpslogger"`
}

// SetupLink is for apps that are set up by opening a link of their own.
type SetupLink struct {
	SetupURL string `json:"setupUrl"`
	QR       string `json:"qr"`
	URL      string `json:"url"` // the server, for those who type
}

// SetupTraccar is for Traccar Client, which scans a QR code.
type SetupTraccar struct {
	SetupURL string `json:"setupUrl"`
	QR       string `json:"qr"`
	URL      string `json:"url"`      // "server URL"
	DeviceID string `json:"deviceId"` // "device identifier": the token
}

// SetupOsmAnd is for OsmAnd's online tracking.
type SetupOsmAnd struct {
	URL string `json:"url"`
}

// SetupGPSLogger is for GPSLogger's custom URL.
type SetupGPSLogger struct {
	URL      string `json:"url"`
	Method   string `json:"method"`
	Username string `json:"username"` // of basic authentication
	Password string `json:"password"` // the token
	Profile  string `json:"profile"`  // a .properties file with all of that
}
