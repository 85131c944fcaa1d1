package consume

import (
	"context"
	"encoding/json"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
)

// EndedRooms returns the consumer that forgets the places of rooms that end. It
// is apart from RoomEvents: with Postgres away it waits, and positions do not.
func EndedRooms(client rueidis.Client, instance string, purge func(ctx context.Context, rooms ...string) error, onError func(error)) *redisx.Consumer {
	return &redisx.Consumer{Client: client, Stream: wire.StreamRoom, Field: wire.StreamField, Group: Group + "-places", Name: instance,
		Dead: wire.StreamDead(wire.ServiceLocation), OnError: onError,
		Handle: func(ctx context.Context, entries []redisx.Entry) ([]redisx.Reject, error) {
			var ended []string
			for _, entry := range entries {
				var e wire.RoomEvent // what is none is for RoomEvents to put aside
				if json.Unmarshal([]byte(entry.Value), &e) == nil && (e.Type == wire.RoomEventClosed || e.Type == wire.RoomEventExpired) {
					ended = append(ended, e.RoomID)
				}
			}
			if len(ended) == 0 {
				return nil, nil
			}
			return nil, purge(ctx, ended...)
		}}
}
