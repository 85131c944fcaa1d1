package ingest

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/wemaps/wemaps/services/location/internal/position"
)

const (
	// MaxFriends bounds an answer: about 250 bytes each.
	MaxFriends = 100
	// cardAgain is when a card that has not changed is sent again: an answer that
	// got lost must not leave a friend without a name for ever.
	cardAgain = 6 * time.Hour
	maxCard   = 100 // characters of a name

	tidLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
)

// Friend is another member as the viewer may see them: what is given here has
// passed the member's own privacy settings already.
type Friend struct {
	UserID, Name        string
	Latitude, Longitude float64
	Accuracy            float64 // metres; this and the next may be NaN
	Speed               float64 // m/s
	Bearing             float64 // degrees
	BatteryLevel        float64 // per cent
	RecordedAt          time.Time
}

// Shown is what a phone has been told of a friend. The short name belongs to the
// friend for good: the app knows people by it.
type Shown struct {
	TID  string    `json:"tid"`
	Name string    `json:"name"`
	At   time.Time `json:"at"` // when the card was sent
}

type card struct {
	Type string `json:"_type"`
	TID  string `json:"tid"`
	Name string `json:"name"`
	Tst  int64  `json:"tst"`
}

type location struct {
	Type string  `json:"_type"`
	TID  string  `json:"tid"`
	Lat  float64 `json:"lat"`
	Lon  float64 `json:"lon"`
	Tst  int64   `json:"tst"`
	Acc  *int    `json:"acc,omitempty"`
	Vel  *int    `json:"vel,omitempty"` // km/h
	Cog  *int    `json:"cog,omitempty"`
	Batt *int    `json:"batt,omitempty"`
}

type command struct {
	Type   string `json:"_type"`
	Action string `json:"action"`
}

// Answer is the JSON array that OwnTracks gets: a card, if it is new, and a
// location for each friend, and the question where the phone is, if somebody
// asked. shown is what the phone knows, own is its own short name; changed is
// what must be remembered of this answer.
func Answer(friends []Friend, shown map[string]Shown, own string, ask bool, now time.Time) (body []byte, changed map[string]Shown) {
	friends = slices.Clone(friends)
	slices.SortFunc(friends, func(a, b Friend) int { // the newest ones, and always in one order
		return cmp.Or(b.RecordedAt.Compare(a.RecordedAt), cmp.Compare(a.UserID, b.UserID))
	})
	friends = friends[:min(len(friends), MaxFriends)]
	slices.SortFunc(friends, func(a, b Friend) int { return cmp.Compare(a.UserID, b.UserID) })

	taken := map[string]bool{tidKey(own): true, "NA": true}
	for _, s := range shown {
		taken[tidKey(s.TID)] = true
	}
	changed = map[string]Shown{}
	objects := []any{} // never null: some versions of the app stop at it
	for _, f := range friends {
		f.Name = cardName(f.Name)
		s, known := shown[f.UserID]
		before := s
		if !known || tidKey(s.TID) == tidKey(own) {
			s.TID = shortName(f.Name, taken)
			taken[s.TID] = true
		}
		if s.TID != before.TID || s.Name != f.Name || now.Sub(s.At) >= cardAgain {
			s.Name, s.At = f.Name, now
			changed[f.UserID] = s
			objects = append(objects, card{"card", s.TID, f.Name, f.RecordedAt.Unix()})
		}
		objects = append(objects, location{Type: "location", TID: s.TID, Lat: f.Latitude, Lon: f.Longitude, Tst: f.RecordedAt.Unix(),
			Acc: whole(f.Accuracy), Vel: whole(f.Speed / kmh), Cog: whole(f.Bearing), Batt: whole(f.BatteryLevel)})
	}
	if ask {
		objects = append(objects, command{"cmd", "reportLocation"})
	}
	body, err := json.Marshal(objects)
	if err != nil { // a place that is no number; it cannot come out of a store
		return []byte("[]"), nil
	}
	return body, changed
}

// whole rounds, since the apps read whole numbers; nil if unknown.
func whole(v float64) *int {
	if !position.Known(v) || math.IsInf(v, 0) {
		return nil
	}
	n := int(math.Round(v))
	return &n
}

func cardName(s string) string {
	if runes := []rune(s); len(runes) > maxCard {
		return string(runes[:maxCard])
	}
	return s
}

func tidKey(tid string) string { return strings.ToUpper(tid) }

// shortName is two characters that nobody else has: initials, else the first
// one with any other, else whatever is free.
func shortName(full string, taken map[string]bool) string {
	letters := []rune{}
	initials := []rune{}
	for _, word := range strings.FieldsFunc(strings.ToUpper(full), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		runes := []rune(word)
		initials = append(initials, runes[0])
		letters = append(letters, runes...)
	}
	var wishes []string
	if n := len(initials); n >= 2 {
		wishes = append(wishes, string([]rune{initials[0], initials[n-1]}))
	}
	for _, second := range append(letters[min(1, len(letters)):], []rune(tidLetters)...) {
		if len(letters) > 0 {
			wishes = append(wishes, string([]rune{letters[0], second}))
		}
	}
	for _, a := range tidLetters {
		for _, b := range tidLetters {
			wishes = append(wishes, string([]rune{a, b}))
		}
	}
	for _, w := range wishes {
		if !taken[w] {
			return w
		}
	}
	return wishes[0] // more than a thousand friends are never shown
}
