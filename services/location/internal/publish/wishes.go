package publish

import (
	"encoding/json"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
)

// SharingCache is a wish as Redis keeps it.
func SharingCache(s privacy.Sharing) wire.SharingCache {
	return wire.SharingCache{Version: s.Version, Precision: s.Level.String(), Paused: s.Paused, PausedUntil: unix(s.PausedUntil), Until: unix(s.Until),
		PastAt: unix(s.Past.At), PastLevel: s.Past.Level.String()}
}

// SharingOf reads a wish. What cannot be understood hides.
func SharingOf(raw string) privacy.Sharing {
	var c wire.SharingCache
	if json.Unmarshal([]byte(raw), &c) != nil {
		return privacy.Sharing{Level: privacy.Hidden}
	}
	level, _ := privacy.ParseLevel(c.Precision) // Hidden if it is none
	return privacy.Sharing{Level: level, Paused: c.Paused, PausedUntil: moment(c.PausedUntil), Until: moment(c.Until), Past: pastOf(c.PastAt, c.PastLevel), Version: c.Version}
}

// SharingChanged is what the room hears of a wish as it counts at now.
func SharingChanged(room, user, name string, s privacy.Sharing, now time.Time) wire.SharingChanged {
	p := s.Policy(privacy.Zones{})
	c := wire.SharingChanged{RoomID: room, UserID: user, UserName: name, Precision: s.Level.String(), Paused: p.Pausing(now) || p.Ended(now)}
	if next := p.Changes(now); !next.IsZero() && !p.Ended(now) {
		at := wire.At(next)
		c.Until = &at
	}
	return c
}

// ZonesCache is a user's zones as Redis keeps them.
func ZonesCache(z privacy.Zones) wire.ZonesCache {
	c := wire.ZonesCache{Version: z.Version, PastAt: unix(z.Past.At), PastLevel: z.Past.Level.String()}
	for i := range z.Zones {
		c.Zones = append(c.Zones, wire.ZoneCache{PrivacyZone: Zone(&z.Zones[i]), Seed: z.Zones[i].Seed})
	}
	return c
}

// Zone is a zone as its owner sees it.
func Zone(z *privacy.Zone) wire.PrivacyZone {
	return wire.PrivacyZone{ID: z.ID, Name: z.Name, Latitude: z.Latitude, Longitude: z.Longitude, Radius: z.Radius, Precision: z.Level.String()}
}

// ZonesOf reads zones; ok is false if they cannot be understood, so that nothing
// may be shown of their owner.
func ZonesOf(raw string) (z privacy.Zones, ok bool) {
	var c wire.ZonesCache
	if json.Unmarshal([]byte(raw), &c) != nil {
		return z, false
	}
	z = privacy.Zones{Version: c.Version, Past: pastOf(c.PastAt, c.PastLevel)}
	for _, zone := range c.Zones {
		level, _ := privacy.ParseLevel(zone.Precision) // Hidden if it is none
		zz := privacy.Zone{ID: zone.ID, Name: zone.Name, Latitude: zone.Latitude, Longitude: zone.Longitude, Radius: zone.Radius, Level: level, Seed: zone.Seed}
		if zz.Check() != nil {
			return privacy.Zones{}, false
		}
		z.Zones = append(z.Zones, zz)
	}
	return z, true
}

func pastOf(at int64, level string) privacy.Past {
	l, _ := privacy.ParseLevel(level) // Hidden if it is none
	return privacy.Past{At: moment(at), Level: l}
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
