package consume

import (
	"context"
	"encoding/json"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/position"
)

// Forgetter deletes positions; see store.Positions.
type Forgetter interface {
	Forget(ctx context.Context, members []position.Key) error
	ForgetRoom(ctx context.Context, room string) error
}

// RoomEvents returns the consumer that deletes positions when members go and
// rooms end. Deleting twice does no harm, so replicas share the stream freely.
func RoomEvents(client rueidis.Client, instance string, positions Forgetter, onError func(error)) *redisx.Consumer {
	return &redisx.Consumer{Client: client, Stream: wire.StreamRoom, Field: wire.StreamField, Group: Group, Name: instance,
		Dead: wire.StreamDead(wire.ServiceLocation), OnError: onError,
		Handle: func(ctx context.Context, entries []redisx.Entry) ([]redisx.Reject, error) {
			return handleEvents(ctx, positions, entries)
		}}
}

func handleEvents(ctx context.Context, positions Forgetter, entries []redisx.Entry) (rejects []redisx.Reject, err error) {
	var gone []position.Key
	for _, entry := range entries {
		var e wire.RoomEvent
		if err := json.Unmarshal([]byte(entry.Value), &e); err != nil || e.RoomID == "" {
			rejects = append(rejects, redisx.Reject{Entry: entry, Reason: "not a room event"})
			continue
		}
		switch e.Type {
		case wire.RoomEventMemberLeft, wire.RoomEventMemberRemoved:
			gone = append(gone, position.Key{Room: e.RoomID, User: e.UserID})
		case wire.RoomEventClosed, wire.RoomEventExpired:
			if err := positions.ForgetRoom(ctx, e.RoomID); err != nil {
				return nil, err
			}
		}
	}
	if len(gone) == 0 {
		return rejects, nil
	}
	return rejects, positions.Forget(ctx, gone)
}
