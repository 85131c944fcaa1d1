package wire

import "strconv"

// Redis names of tracks.
const (
	KeyRecordingCaches = "recording:cache" // sentinel: KeyRecorded is filled for all rooms
)

// KeyRecorded is the set of user ids that are recorded in a room.
func KeyRecorded(roomID string) string { return "recording:{" + roomID + "}" }

// StreamTracks is where recorded fixes of a partition wait for Postgres.
func StreamTracks(partition int) string { return "tracks:location:{" + strconv.Itoa(partition) + "}" }

// Bounds of tracks.
const (
	MaxTrackPoints     = 20_000  // of one answer; exports have no bound
	MaxImportBytes     = 8 << 20 // of a GPX file
	MaxImportPoints    = 100_000
	MaxImports         = 100 // per user
	MaxTrackTolerance  = 10_000.0
	MaxTrackNameRunes  = 100
	TrackFormatGPX     = "gpx"
	TrackFormatGeoJSON = "geojson"
	TrackFormatCSV     = "csv"
)

// RecordingRequest is the body of PUT /api/rooms/:id/tracks/recording. What is absent stays as it is.
type RecordingRequest struct {
	RoomAllows *bool `json:"roomAllows,omitempty"` // owners and admins only
	Mine       *bool `json:"mine,omitempty"`
}

// Recording says who is recorded in a room, as far as it concerns the asker.
type Recording struct {
	RoomID     string `json:"roomId"`
	RoomAllows bool   `json:"roomAllows"`
	Mine       bool   `json:"mine"`
	Since      *Time  `json:"since,omitempty"` // of mine
}

// TrackDevice is what there is of one device of a member. To others the device has another name.
type TrackDevice struct {
	UserID string `json:"userId"`
	RoomID string `json:"roomId"`
	Device string `json:"device"`
	From   Time   `json:"from"`
	To     Time   `json:"to"`
}

// TracksResponse lists what there is, by user and device.
type TracksResponse struct {
	Devices []TrackDevice `json:"devices"`
}

// TrackPoint is one point of a track. Numbers that are not known are absent; so is the time of a point of an imported
// track without times.
type TrackPoint struct {
	Latitude   float64  `json:"latitude"`
	Longitude  float64  `json:"longitude"`
	RecordedAt *Time    `json:"recordedAt,omitempty"`
	Accuracy   *float64 `json:"accuracy,omitempty"`
	Speed      *float64 `json:"speed,omitempty"`
	Bearing    *float64 `json:"bearing,omitempty"`
	Altitude   *float64 `json:"altitude,omitempty"`
	Precision  string   `json:"precision,omitempty"` // "approximate": the middle of a cell; absent = exact
}

// TrackSegment is a way without a gap.
type TrackSegment struct {
	Points []TrackPoint `json:"points"`
}

// TrackGap is a time of which nothing is known.
type TrackGap struct {
	From     Time    `json:"from"`
	To       Time    `json:"to"`
	Distance float64 `json:"distance"` // metres, as the crow flies
}

// TrackStop is where somebody stayed.
type TrackStop struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	From      Time    `json:"from"`
	To        Time    `json:"to"`
}

// TrackStatistics are the figures of a device's track, or of an imported one. They are made from all points, simplified
// or not; of somebody else, from what the asker may see.
type TrackStatistics struct {
	Points        int      `json:"points"`
	Distance      float64  `json:"distance"`               // metres
	ElapsedTime   float64  `json:"elapsedTime"`            // seconds, without gaps
	MovingTime    float64  `json:"movingTime"`             // seconds
	AverageSpeed  *float64 `json:"averageSpeed,omitempty"` // m/s, while moving
	MaxSpeed      *float64 `json:"maxSpeed,omitempty"`     // m/s
	ElevationGain *float64 `json:"elevationGain,omitempty"`
	ElevationLoss *float64 `json:"elevationLoss,omitempty"`
	Approximate   bool     `json:"approximate,omitempty"` // made from coarse points
}

// DeviceTrack is the track of one device. Devices are never mixed.
type DeviceTrack struct {
	Device     string          `json:"device"`
	Segments   []TrackSegment  `json:"segments"`
	Gaps       []TrackGap      `json:"gaps"`
	Stops      []TrackStop     `json:"stops"`
	Statistics TrackStatistics `json:"statistics"`
}

// TrackResponse answers what somebody's way was.
type TrackResponse struct {
	UserID    string        `json:"userId"`
	RoomID    string        `json:"roomId,omitempty"` // absent of an imported track
	Tolerance float64       `json:"tolerance"`        // metres by which points may be beside the line; 0 = all points are there
	Devices   []DeviceTrack `json:"devices"`
}

// ImportedTrack is a track that the user has brought as a GPX file.
type ImportedTrack struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	Points    int     `json:"points"`
	Segments  int     `json:"segments"`
	Distance  float64 `json:"distance"`       // metres
	From      *Time   `json:"from,omitempty"` // absent = the file has no times of any use
	To        *Time   `json:"to,omitempty"`
	CreatedAt Time    `json:"createdAt"`
}

// ImportedTrackResponse wraps an imported track.
type ImportedTrackResponse struct {
	Track ImportedTrack `json:"track"`
}

// OwnTracksResponse lists all tracks of the asker.
type OwnTracksResponse struct {
	Recorded []TrackDevice   `json:"recorded"`
	Imported []ImportedTrack `json:"imported"`
}
