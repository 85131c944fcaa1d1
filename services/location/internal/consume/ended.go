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
		Dead: wire.StreamDead(wire.ServiceLocation), OnError: onError, Pace: redisx.Leisurely,
		Handle: func(ctx context.Context, entries []redisx.Entry) ([]redisx.Reject, error) {
			var ended []string
			for _, entry := range entries {
				var e wire.RoomEvent // what is none is for RoomEvents to put aside
				if wire.MayEndRoom(entry.Value) && json.Unmarshal([]byte(entry.Value), &e) == nil && (e.Type == wire.RoomEventClosed || e.Type == wire.RoomEventExpired) {
					ended = append(ended, e.RoomID)
				}
			}
			if len(ended) == 0 {
				return nil, nil
			}
			return nil, purge(ctx, ended...)
		}}
}

// ErasedUsers returns the consumer that forgets what erased users have said and
// were called in what rooms share.
func ErasedUsers(client rueidis.Client, instance string, erase func(ctx context.Context, user string) error, onError func(error)) *redisx.Consumer {
	return &redisx.Consumer{Client: client, Stream: wire.StreamAuth, Field: wire.StreamField, Group: Group + "-places", Name: instance,
		Dead: wire.StreamDead(wire.ServiceLocation), OnError: onError,
		Handle: func(ctx context.Context, entries []redisx.Entry) ([]redisx.Reject, error) {
			for _, entry := range entries {
				var e wire.AuthEvent // what is none is for others to put aside
				if json.Unmarshal([]byte(entry.Value), &e) != nil || e.Type != wire.AuthEventErased || e.UserID == "" {
					continue
				}
				if err := erase(ctx, e.UserID); err != nil {
					return nil, err
				}
			}
			return nil, nil
		}}
}
