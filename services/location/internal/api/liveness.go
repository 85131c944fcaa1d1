package api

import (
	"encoding/json"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
	"github.com/wemaps/wemaps/services/location/internal/store"
)

// memberLocations tells how things are with each member: who is silent is not
// the same as who does not know where, or does not want to say. What somebody
// hides is not told in another way.
func memberLocations(members []string, live []json.RawMessage, wishes store.Wishes, signs store.Signs, now time.Time) []wire.MemberLocation {
	at := map[string]wire.Location{}
	for _, raw := range live {
		var l wire.Location
		if json.Unmarshal(raw, &l) == nil { // what is stored was written by publish
			at[l.UserID] = l
		}
	}
	out := make([]wire.MemberLocation, 0, len(members))
	for _, user := range members {
		m := wire.MemberLocation{UserID: user, State: wire.LocationOff, Online: signs.Online[user]}
		policy := wishes.Policy(user)
		if policy.Wherever(now) == privacy.Hidden {
			m.State = wire.LocationHidden
			if policy.Pausing(now) || policy.Ended(now) {
				m.State = wire.LocationPaused
			}
			out = append(out, m)
			continue
		}
		seen := signs.Seen[user]
		if l, ok := at[user]; ok {
			age := max(now.Sub(l.RecordedAt.Time), 0).Seconds()
			m.Age = &age
			m.IsLive = age < wire.StaleAfterSeconds
			m.State = wire.LocationLive
			if !m.IsLive {
				m.State = wire.LocationStale
			}
			if l.Timestamp.After(seen) {
				seen = l.Timestamp.Time
			}
		} else if signs.Online[user] || now.Sub(seen) < wire.StaleAfterSeconds*time.Second {
			m.State = wire.LocationNoFix
		}
		if !seen.IsZero() {
			t := wire.At(seen)
			m.LastSeen = &t
		}
		out = append(out, m)
	}
	return out
}
