package privacy_test

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func drawFix(t *rapid.T, label string) privacy.Fix {
	number := func(name string, low, high float64) float64 {
		return rapid.OneOf(rapid.Just(math.NaN()), rapid.Float64Range(low, high)).Draw(t, label+" "+name)
	}
	return privacy.Fix{Latitude: rapid.Float64Range(-90, 90).Draw(t, label+" latitude"), Longitude: rapid.Float64Range(-180, 180).Draw(t, label+" longitude"),
		Accuracy: number("accuracy", 0, 1e4), Speed: number("speed", 0, 50), Bearing: number("bearing", 0, 360), Heading: number("heading", 0, 360),
		Altitude: number("altitude", -400, 8000), BatteryLevel: number("battery", 0, 100), DeviceModel: rapid.SampledFrom([]string{"", "A", "B"}).Draw(t, label+" model"),
		At: noon.Add(time.Duration(rapid.IntRange(-3600, 3600).Draw(t, label+" time")) * time.Second)}
}

func drawTime(t *rapid.T, label string) time.Time {
	if rapid.Bool().Draw(t, label+" is set") {
		return noon.Add(time.Duration(rapid.IntRange(-3600, 3600).Draw(t, label)) * time.Second)
	}
	return time.Time{}
}

func drawZone(t *rapid.T, near privacy.Fix) privacy.Zone {
	z := privacy.Zone{ID: "z", Name: "Home", Radius: rapid.Float64Range(privacy.MinRadius, privacy.MaxRadius).Draw(t, "radius"), Seed: rapid.Uint64().Draw(t, "seed"),
		Latitude:  min(max(near.Latitude+rapid.Float64Range(-0.05, 0.05).Draw(t, "north"), -85), 85),
		Longitude: min(max(near.Longitude+rapid.Float64Range(-0.05, 0.05).Draw(t, "east"), -180), 180),
		Level:     rapid.SampledFrom([]privacy.Level{privacy.Hidden, privacy.Approximate}).Draw(t, "level of the zone")}
	if err := z.Check(); err != nil {
		t.Fatal(err)
	}
	return z
}

func drawPolicy(t *rapid.T, near privacy.Fix) *privacy.Policy {
	levels := rapid.SampledFrom([]privacy.Level{privacy.Hidden, privacy.Approximate, privacy.Exact})
	p := &privacy.Policy{Level: levels.Draw(t, "level"), Paused: rapid.Bool().Draw(t, "paused"), PausedUntil: drawTime(t, "pause ends"),
		Until: drawTime(t, "sharing ends"), Past: privacy.Past{At: drawTime(t, "past"), Level: levels.Draw(t, "level of the past")}}
	for range rapid.IntRange(0, 2).Draw(t, "zones") {
		p.Zones = append(p.Zones, drawZone(t, near))
	}
	return p
}

// allowed says in other words what a policy allows, to hold Show against it.
func allowed(p *privacy.Policy, f privacy.Fix, now time.Time) privacy.Level {
	level := p.Level
	for _, at := range []time.Time{now, f.At} {
		if p.Paused && (p.PausedUntil.IsZero() || at.Before(p.PausedUntil)) {
			level = privacy.Hidden
		}
		if !p.Until.IsZero() && !at.Before(p.Until) {
			level = privacy.Hidden
		}
	}
	if !p.Past.At.IsZero() && f.At.Before(p.Past.At) {
		level = min(level, p.Past.Level)
	}
	for _, z := range p.Zones {
		if position.Distance(z.Latitude, z.Longitude, f.Latitude, f.Longitude) <= z.Radius {
			level = min(level, z.Level)
		}
	}
	return level
}

// Nobody gets more than allowed: of two fixes whose difference must not be seen,
// the same is shown.
func TestViewersNeverGetMoreThanAllowed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := drawFix(t, "fix")
		p, now := drawPolicy(t, f), noon.Add(time.Duration(rapid.IntRange(-3600, 3600).Draw(t, "now"))*time.Second)
		got, shown := p.Show(f, now)
		switch allowed(p, f, now) {
		case privacy.Hidden:
			if shown {
				t.Fatalf("shown as %+v", got)
			}
		case privacy.Approximate:
			if !shown {
				return // by a shroud, or by doubt
			}
			if d := position.Distance(f.Latitude, f.Longitude, got.Latitude, got.Longitude); d > privacy.CoarseAccuracy {
				t.Fatalf("%.0f m away", d)
			}
			// A neighbour in the same cell, with everything else different.
			g := f
			g.Latitude, g.Longitude = got.Latitude, got.Longitude
			g.Speed, g.Bearing, g.Heading, g.Altitude, g.Accuracy = 3, 4, 5, 6, f.Accuracy
			if other, ok := privacy.Approximate.Show(g); !ok || !same(other, got) {
				t.Fatalf("in one cell: %+v and %+v", got, other)
			}
		}
	})
}

func same(a, b privacy.Fix) bool { return fmt.Sprint(a) == fmt.Sprint(b) } // NaN is not NaN, but NaN

// The middle of a cell is in the cell, everywhere on earth, and cells have about a kilometre.
func TestCells(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := drawFix(t, "fix")
		once, _ := privacy.Approximate.Show(f)
		twice, _ := privacy.Approximate.Show(once)
		if !same(once, twice) {
			t.Fatalf("%+v, then %+v", once, twice)
		}
		if once.Latitude < -90 || once.Latitude > 90 || once.Longitude < -180 || once.Longitude > 180 {
			t.Fatalf("off the earth: %+v", once)
		}
		if position.Known(once.Speed) || position.Known(once.Bearing) || position.Known(once.Heading) || position.Known(once.Altitude) {
			t.Fatalf("too much: %+v", once)
		}
	})
	// A straight way of 100 km meets a cell about every kilometre, wherever.
	for _, lat := range []float64{0, 46, -33, 69, 89} {
		cells := map[privacy.Fix]bool{}
		for m := range 10_000 {
			f, _ := privacy.Approximate.Show(privacy.Fix{Latitude: lat, Longitude: 14 + float64(10*m)/111_195/math.Cos(lat*math.Pi/180)})
			cells[privacy.Fix{Latitude: f.Latitude, Longitude: f.Longitude}] = true
		}
		if len(cells) < 90 || len(cells) > 101 {
			t.Errorf("at %v°: %d cells in 100 km", lat, len(cells))
		}
	}
}

// A phone that lies still reports places that dance. Their average is the place;
// the average of what is shown must not be.
func TestAverageTellsNothing(t *testing.T) {
	t.Parallel()
	const lat, lng = 46.0513, 14.5061
	var sumLat, sumLng float64
	const n = 10_000
	for i := range n {
		angle := float64(i)
		shown, _ := privacy.Approximate.Show(privacy.Fix{Latitude: lat + 2e-5*math.Sin(angle), Longitude: lng + 2e-5*math.Cos(angle)})
		sumLat, sumLng = sumLat+shown.Latitude, sumLng+shown.Longitude
	}
	one, _ := privacy.Approximate.Show(privacy.Fix{Latitude: lat, Longitude: lng})
	if d := position.Distance(sumLat/n, sumLng/n, one.Latitude, one.Longitude); d > 0.1 {
		t.Errorf("the average is %.1f m from the middle of the cell", d)
	}
}

// Inside a zone nobody is exact, however vague a fix is, and a policy's zones
// make it stricter only.
func TestZones(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := drawFix(t, "fix")
		f.Latitude = min(max(f.Latitude, -85), 85)
		z := drawZone(t, f)
		// Somewhere in the circle, the border included.
		away, bearing := z.Radius*rapid.Float64Range(0, 1).Draw(t, "away"), rapid.Float64Range(0, 2*math.Pi).Draw(t, "bearing")
		const metre = 1 / 111_195.08
		f.Latitude = z.Latitude + away*math.Cos(bearing)*metre
		f.Longitude = z.Longitude + away*math.Sin(bearing)*metre/math.Cos(f.Latitude*math.Pi/180)
		if position.Distance(f.Latitude, f.Longitude, z.Latitude, z.Longitude) > z.Radius {
			return // the plane is not the sphere
		}
		for _, level := range []privacy.Level{privacy.Hidden, privacy.Approximate, privacy.Exact} {
			p := &privacy.Policy{Level: level, Zones: []privacy.Zone{z}}
			if got := p.Of(&f, noon); got > min(level, z.Level) {
				t.Fatalf("%s by a zone that is %s and a member who is %s", got, z.Level, level)
			}
		}
	})
}

// Whoever collects the last exact places of many ways home finds the shroud. The
// zone's middle must be anywhere around the middle of that, evenly.
func TestBorderDoesNotTellTheMiddle(t *testing.T) {
	t.Parallel()
	const lat, lng, radius, zones = 46.05, 14.5, 300.0, 400
	const metre = 1 / 111_195.08
	within := 0
	for seed := range uint64(zones) {
		z := privacy.Zone{ID: "z", Name: "Home", Latitude: lat, Longitude: lng, Radius: radius, Seed: seed*7919 + 1}
		if err := z.Check(); err != nil {
			t.Fatal(err)
		}
		p := &privacy.Policy{Level: privacy.Exact, Zones: []privacy.Zone{z}}
		var north, east float64 // of the last exact places, from home
		const ways = 36
		for i := range ways {
			sin, cos := math.Sincos(2 * math.Pi * float64(i) / ways)
			at := func(d float64) privacy.Fix {
				return privacy.Fix{Latitude: lat + d*cos*metre, Longitude: lng + d*sin*metre/math.Cos(lat*math.Pi/180), Accuracy: math.NaN(), At: noon}
			}
			hidden, d := 0.0, 3000.0 // home is in the shroud, so each way crosses its border once
			for d-hidden > 1 {
				if middle := (hidden + d) / 2; shown(p, at(middle)) {
					d = middle
				} else {
					hidden = middle
				}
			}
			if d < radius {
				t.Fatalf("exact %.0f m from the middle of a zone of %.0f m", d, radius)
			}
			north, east = north+d*cos/ways, east+d*sin/ways
		}
		// Ways that are even around home are not even around the shroud, so the
		// average is nearer to home than the shroud's middle: a third, measured.
		if math.Hypot(north, east) < radius/10 {
			within++
		}
	}
	if within > zones/4 {
		t.Errorf("%d of %d homes are within %.0f m of where ways end", within, zones, radius/10)
	}
}

func shown(p *privacy.Policy, f privacy.Fix) bool {
	_, ok := p.Show(f, noon)
	return ok
}

func TestStopMeansStop(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	fix := func(at time.Duration) privacy.Fix { return privacy.Fix{Latitude: 46, Longitude: 14, At: noon.Add(at)} }
	s := privacy.Shared()
	if s.Policy(privacy.Zones{}) != nil {
		t.Fatal("who has said nothing has a policy")
	}
	paused := s.Apply(privacy.Change{Paused: &yes}, noon)
	shows := func(name string, s privacy.Sharing, at, now time.Duration, want bool) {
		t.Helper()
		if _, got := s.Policy(privacy.Zones{}).Show(fix(at), noon.Add(now)); got != want {
			t.Errorf("%s: shown is %t", name, got)
		}
	}
	shows("from before the pause, come late", paused, -time.Minute, time.Second, false)
	resumed := paused.Apply(privacy.Change{Paused: &no}, noon.Add(time.Hour))
	shows("measured in the pause, come after it", resumed, 30*time.Minute, time.Hour+time.Minute, false)
	shows("measured before the pause, come after it", resumed, -time.Minute, time.Hour+time.Minute, false)
	shows("measured after it", resumed, time.Hour, time.Hour, true)

	end := noon.Add(time.Hour)
	timed := s.Apply(privacy.Change{Paused: &yes, PausedUntil: &end}, noon)
	shows("a pause with an end", timed, 0, 59*time.Minute, false)
	shows("a pause that has ended", timed, time.Hour, time.Hour, true)
	shows("measured in a pause that has ended", timed, 59*time.Minute, time.Hour, false)
	if got := timed.Policy(privacy.Zones{}).Changes(noon); !got.Equal(end) {
		t.Errorf("changes at %v", got)
	}
	again := timed.Apply(privacy.Change{Level: ptr(privacy.Exact)}, noon.Add(2*time.Hour))
	if again.Paused {
		t.Error("still paused after the end of the pause")
	}
	shows("measured in a pause that is forgotten", again, 59*time.Minute, 3*time.Hour, false)

	ended := s.Apply(privacy.Change{Until: &end}, noon)
	shows("before the end", ended, 59*time.Minute, 59*time.Minute, true)
	shows("at the end", ended, 59*time.Minute, time.Hour, false)
	longer := noon.Add(4 * time.Hour)
	extended := ended.Apply(privacy.Change{Until: &longer}, noon.Add(2*time.Hour))
	shows("measured when it had ended", extended, 90*time.Minute, 2*time.Hour, false)
	shows("after it was extended", extended, 2*time.Hour, 2*time.Hour, true)

	coarse := s.Apply(privacy.Change{Level: ptr(privacy.Approximate)}, noon).Apply(privacy.Change{Level: ptr(privacy.Exact)}, noon.Add(time.Hour))
	if f := fix(time.Minute); coarse.Policy(privacy.Zones{}).Of(&f, noon.Add(time.Hour)) != privacy.Approximate {
		t.Error("a fix of the time before is exact")
	}
	if new(privacy.Policy).Wherever(noon) != privacy.Hidden {
		t.Error("who is not known is shown")
	}
}

func ptr[T any](v T) *T { return &v }

// Whatever somebody changes in whatever order: fixes from a time when less was
// shown never become more by a later change.
func TestChangesNeverUncoverThePast(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type seen struct {
			fix   privacy.Fix
			level privacy.Level
		}
		s, zones := privacy.Shared(), privacy.Zones{}
		var all []seen
		now := noon
		for i := range rapid.IntRange(1, 12).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(1, 3600).Draw(t, "seconds")) * time.Second)
			f := privacy.Fix{Latitude: 46 + rapid.Float64Range(-0.02, 0.02).Draw(t, "lat"), Longitude: 14, Accuracy: math.NaN(), At: now}
			all = append(all, seen{f, s.Policy(zones).Of(&f, now)})
			now = now.Add(time.Second)
			if rapid.Bool().Draw(t, "zone") {
				id := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "id")
				if rapid.Bool().Draw(t, "remove") {
					if next, err := zones.Remove(id, now); err == nil {
						zones = next
					}
				} else {
					next, err := zones.Put(privacy.Zone{ID: id, Name: "n", Latitude: 46, Longitude: 14, Radius: 500, Seed: uint64(i),
						Level: rapid.SampledFrom([]privacy.Level{privacy.Hidden, privacy.Approximate}).Draw(t, "zone level")}, now)
					if err != nil {
						t.Fatal(err)
					}
					zones = next
				}
			} else {
				var c privacy.Change
				if rapid.Bool().Draw(t, "level changes") {
					c.Level = ptr(rapid.SampledFrom([]privacy.Level{privacy.Hidden, privacy.Approximate, privacy.Exact}).Draw(t, "level"))
				}
				if rapid.Bool().Draw(t, "pause changes") {
					c.Paused = ptr(rapid.Bool().Draw(t, "pause"))
					c.PausedUntil = ptr(now.Add(time.Duration(rapid.IntRange(1, 7200).Draw(t, "for")) * time.Second))
				}
				if rapid.Bool().Draw(t, "end changes") {
					c.Until = ptr(now.Add(time.Duration(rapid.IntRange(1, 7200).Draw(t, "until")) * time.Second))
				}
				if err := c.Check(now); err != nil {
					t.Fatal(err)
				}
				s = s.Apply(c, now)
			}
			policy := s.Policy(zones)
			for _, o := range all {
				if got := policy.Of(&o.fix, now); got > o.level {
					t.Fatalf("a fix that was %s is %s after step %d: %+v", o.level, got, i, policy)
				}
			}
		}
	})
}

func TestBounds(t *testing.T) {
	t.Parallel()
	valid := privacy.Zone{ID: "a", Name: " Home ", Latitude: 46, Longitude: 14, Radius: 200}
	for field, set := range map[string]func(z *privacy.Zone){
		"":          func(*privacy.Zone) {},
		"name":      func(z *privacy.Zone) { z.Name = " " },
		"latitude":  func(z *privacy.Zone) { z.Latitude = math.NaN() },
		"longitude": func(z *privacy.Zone) { z.Longitude = 181 },
		"radius":    func(z *privacy.Zone) { z.Radius = 10 },
		"precision": func(z *privacy.Zone) { z.Level = privacy.Exact },
	} {
		z := valid
		set(&z)
		err := z.Check()
		var invalid *privacy.InvalidError
		if field == "" && err != nil || field != "" && (!errors.As(err, &invalid) || invalid.Field != field) {
			t.Errorf("%q: %v", field, err)
		}
	}
	zones := privacy.Zones{}
	for i := range privacy.MaxZones + 1 {
		z := valid
		z.ID = fmt.Sprint(i)
		next, err := zones.Put(z, noon)
		if (i == privacy.MaxZones) != errors.Is(err, privacy.ErrTooManyZones) {
			t.Fatalf("zone %d: %v", i, err)
		}
		zones = next
	}
	if _, err := zones.Remove("none", noon); !errors.Is(err, privacy.ErrZoneNotFound) {
		t.Error(err)
	}
	past := noon.Add(-time.Second)
	if err := (&privacy.Change{Until: &past}).Check(noon); err == nil {
		t.Error("an end that is over is accepted")
	}
	for _, name := range []string{"exact", "approximate", "hidden"} {
		if l, err := privacy.ParseLevel(name); err != nil || l.String() != name {
			t.Errorf("%s: %v %v", name, l, err)
		}
	}
	if _, err := privacy.ParseLevel("city"); err == nil {
		t.Error("any word is a level")
	}
}
