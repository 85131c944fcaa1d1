package privacy

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of zones.
const (
	MaxZones      = 10 // per user
	MinRadius     = 50.0
	MaxRadius     = 5_000.0
	MaxZoneRunes  = 50
	minBlur       = 200.0 // metres
	mostOfDoubt   = 200.0 // metres of a fix's accuracy that count
	farthestNorth = 85.0
)

// Why a zone cannot be had.
var (
	ErrZoneNotFound = errors.New("no such privacy zone")
	ErrTooManyZones = errors.New("the user has as many privacy zones as one can have")
)

// Zone is a circle in which its owner is shown less exactly: a home, a school.
type Zone struct {
	ID, Name            string
	Latitude, Longitude float64
	Radius              float64 // metres
	Level               Level   // Hidden or Approximate
	// Seed decides where the shroud lies. It is drawn once for each zone, is told
	// to nobody, and stays when the zone is changed.
	Seed uint64

	// The shroud: the circle that counts.
	lat, lng, radius float64
}

// NewSeed draws a seed.
func NewSeed() uint64 { return rand.Uint64() }

// Check validates a zone and makes it ready for use; the error is an
// *InvalidError.
//
// If fixes were exact up to the zone's border, a handful of ways home would end
// on a circle, and the home be in its middle: that is how such zones have been
// undone (W. U. Hassan, S. Hussain, A. Bates, "Analysis of Privacy Protections in
// Fitness Tracking Social Networks", USENIX Security 2018). So what counts is a
// larger circle, the shroud, whose middle lies anywhere within a blur of the
// zone's middle, and which holds the whole zone. Its border can be seen, and all
// that it tells is that the zone's middle is somewhere within a blur, the zone's
// radius or more, of the shroud's. The last exact fix lies outside of it, and
// viewers are told to remove it when the member disappears.
func (z *Zone) Check() error {
	z.Name = strings.TrimSpace(z.Name)
	if n := utf8.RuneCountInString(z.Name); n < 1 || n > MaxZoneRunes || strings.ContainsFunc(z.Name, unicode.IsControl) {
		return &InvalidError{"name", fmt.Sprintf("must have 1 to %d characters", MaxZoneRunes)}
	}
	if err := required("latitude", z.Latitude, -farthestNorth, farthestNorth); err != nil {
		return err
	}
	if err := required("longitude", z.Longitude, -180, 180); err != nil {
		return err
	}
	if err := required("radius", z.Radius, MinRadius, MaxRadius); err != nil {
		return err
	}
	if z.Level != Hidden && z.Level != Approximate {
		return &InvalidError{"precision", "must be hidden or approximate"}
	}
	z.shroud()
	return nil
}

func (z *Zone) shroud() {
	draw := rand.New(rand.NewPCG(z.Seed, 0x7a6f6e65)) //nolint:gosec // the seed is the secret
	blur := max(z.Radius, minBlur)
	away, bearing := blur*math.Sqrt(draw.Float64()), 2*math.Pi*draw.Float64() // anywhere in the disc, evenly
	const metre = 180 / math.Pi / earthRadius                                 // degrees
	z.lat = z.Latitude + away*math.Cos(bearing)*metre
	z.lng = z.Longitude + away*math.Sin(bearing)*metre/math.Cos(z.Latitude*math.Pi/180)
	z.radius = z.Radius + blur*1.01 // the plane in which the shroud is moved is not quite the sphere
}

// holds tells whether a fix is, or may be, in the zone's shroud.
func (z *Zone) holds(f *Fix) bool {
	doubt := 0.0
	if f.Accuracy > 0 {
		doubt = min(f.Accuracy, mostOfDoubt)
	}
	return distance(z.lat, z.lng, f.Latitude, f.Longitude) <= z.radius+doubt
}
