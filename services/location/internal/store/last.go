package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/sos"
)

// Last is the last position of a member, as exactly as the member lets it be
// known: of somebody who shows nothing, nothing is stored. nil = there is none.
func (p *Positions) Last(ctx context.Context, room, user string) (*sos.Place, error) {
	raw, err := p.client.Do(ctx, p.client.B().Get().Key(wire.KeyLocation(room, user)).Build()).ToString()
	if rueidis.IsRedisNil(err) {
		return nil, nil //nolint:nilnil // as said above
	}
	if err != nil {
		return nil, fmt.Errorf("read a position: %w", err)
	}
	var l wire.Location
	if json.Unmarshal([]byte(raw), &l) != nil {
		return nil, nil //nolint:nilnil,nilerr // not one that can be understood
	}
	place := &sos.Place{Latitude: l.Latitude, Longitude: l.Longitude, Accuracy: -1, At: l.RecordedAt.Time}
	if l.Accuracy != nil {
		place.Accuracy = *l.Accuracy
	}
	return place, nil
}
