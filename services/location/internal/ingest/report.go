// Package ingest understands the tracker apps that people have already: OwnTracks
// (HTTP mode), Traccar Client and OsmAnd, GPSLogger, and Overland. Parsers are
// pure: bytes in, a Report out, never an error, since an app that hears of one
// sends the same bytes again for ever.
package ingest

import (
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/wemaps/wemaps/services/location/internal/position"
)

// MaxFixes bounds the fixes of one request; Overland's largest batch is 1,000.
// What is beyond is ignored.
const MaxFixes = 5000

// maxName bounds the name of a device, in characters.
const maxName = 50

// Reason is why something in a request did not become a fix.
type Reason uint8

// All reasons.
const (
	Malformed Reason = iota // nothing that can be read
	Other                   // understood, and not a position: a region, a card, a goodbye
	Encrypted               // only the phone has the key
	Invalid                 // a position that cannot be, or without a fix time where one is due
	Future                  // a fix time that is more than position.MaxAhead ahead
	Surplus                 // beyond MaxFixes
	Repeated                // twice in one request
	reasons
)

// Reasons lists all.
func Reasons() []Reason {
	all := make([]Reason, reasons)
	for i := range all {
		all[i] = Reason(i) //nolint:gosec // a handful
	}
	return all
}

// String is the reason's name in metrics.
func (r Reason) String() string {
	return [...]string{"malformed", "other", "encrypted", "invalid", "future", "surplus", "repeated"}[r]
}

// Report is what one request of a phone says.
type Report struct {
	Fixes     []position.Fix // Device is what the phone calls itself, if it does
	Heartbeat bool           // the phone lives and does not say where
	Ignored   [reasons]int   // how much was not a fix, by Reason

	// SOS: the phone calls for help, from Place if that is known. Of Traccar Client,
	// which has a shortcut for it, and whoever else speaks its protocol.
	SOS   bool
	Place *position.Fix

	// Of OwnTracks only.
	Asks bool   // it told a location and shows friends that are sent in answer
	TID  string // the short name that it has on its own map
}

// alarm notes what kind of alarm comes with a fix, or with none. Of the many that
// trackers have, only this one is about a person.
func (r *Report) alarm(kind string, f *position.Fix) {
	if strings.EqualFold(kind, "sos") {
		r.SOS = true
		if f != nil {
			place := *f
			r.Place = &place
		}
	}
}

// Settle makes the fixes valid, and orders them by fix time, so that the newest
// one comes last whatever order the phone has kept them in. received is when the
// request arrived; a fix without a time counts from then.
func (r *Report) Settle(received time.Time) {
	kept := r.Fixes[:0]
	for i := range r.Fixes {
		f := r.Fixes[i]
		clean(&f)
		device := f.Device
		switch {
		case f.RecordedAt.Sub(received) > position.MaxAhead:
			r.Ignored[Future]++
		case f.Check(received) != nil:
			r.Ignored[Invalid]++
		default:
			f.Device = device // the check has a name of its own for none
			kept = append(kept, f)
		}
	}
	slices.SortStableFunc(kept, func(a, b position.Fix) int { return a.RecordedAt.Compare(b.RecordedAt) })
	unique := slices.CompactFunc(kept, func(a, b position.Fix) bool {
		return a.Device == b.Device && a.RecordedAt.Equal(b.RecordedAt)
	})
	r.Ignored[Repeated] += len(kept) - len(unique)
	if surplus := len(unique) - MaxFixes; surplus > 0 { // the newest count most
		r.Ignored[Surplus] += surplus
		unique = unique[surplus:]
	}
	r.Fixes = unique
}

// clean makes unknown what cannot be true: nobody reads what we could say about
// a battery of 130 %, and the place is right nevertheless. Nothing has an
// accuracy of zero; apps mean by it that they have none.
func clean(f *position.Fix) {
	if f.Accuracy <= 0 || f.Accuracy > position.MaxAccuracy {
		f.Accuracy = math.NaN()
	}
	for _, o := range [...]struct {
		value     *float64
		low, high float64
	}{
		{&f.Speed, 0, position.MaxSpeed},
		{&f.Bearing, 0, 360},
		{&f.Heading, 0, 360},
		{&f.BatteryLevel, 0, 100},
		{&f.Altitude, -position.MaxAltitude, position.MaxAltitude},
	} {
		if *o.value < o.low || *o.value > o.high {
			*o.value = math.NaN()
		}
	}
	f.Device = name(f.Device)
}

// name is what remains of a device's name: printable characters, not too many.
func name(s string) string {
	if len(s) > 8*maxName {
		s = s[:8*maxName]
	}
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s))
	if runes := []rune(s); len(runes) > maxName {
		s = string(runes[:maxName])
	}
	return s
}
