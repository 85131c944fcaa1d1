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

// Appender writes commands to the streams of their partitions; see
// inlet.Commands.
type Appender interface {
	Append(ctx context.Context, commands []wire.Command) error
}

// RoomEvents returns the consumer that deletes positions when members go and
// rooms end, and tells the owners of their partitions, after whose word nothing
// of a former member is shown. Deleting twice does no harm, so replicas share the
// stream freely.
func RoomEvents(client rueidis.Client, instance string, positions Forgetter, commands Appender, onError func(error)) *redisx.Consumer {
	return &redisx.Consumer{Client: client, Stream: wire.StreamRoom, Field: wire.StreamField, Group: Group, Name: instance,
		Dead: wire.StreamDead(wire.ServiceLocation), OnError: onError,
		Handle: func(ctx context.Context, entries []redisx.Entry) ([]redisx.Reject, error) {
			return handleEvents(ctx, positions, commands, entries)
		}}
}

func handleEvents(ctx context.Context, positions Forgetter, commands Appender, entries []redisx.Entry) (rejects []redisx.Reject, err error) {
	var gone []position.Key
	var told []wire.Command
	for _, entry := range entries {
		var e wire.RoomEvent
		if err := json.Unmarshal([]byte(entry.Value), &e); err != nil || e.RoomID == "" {
			rejects = append(rejects, redisx.Reject{Entry: entry, Reason: "not a room event"})
			continue
		}
		switch e.Type {
		case wire.RoomEventMemberLeft, wire.RoomEventMemberRemoved:
			gone = append(gone, position.Key{Room: e.RoomID, User: e.UserID})
			reason := wire.RemovedLeft
			if e.Type == wire.RoomEventMemberRemoved {
				reason = wire.RemovedFromRoom
			}
			data, _ := json.Marshal(wire.GoneMember{Reason: reason}) // strings always marshal
			told = append(told, wire.Command{Type: wire.CommandGone, RoomID: e.RoomID, UserID: e.UserID, UserName: e.UserName, Received: e.At.Time, Data: string(data)})
		case wire.RoomEventClosed, wire.RoomEventExpired:
			if err := positions.ForgetRoom(ctx, e.RoomID); err != nil {
				return nil, err
			}
		}
	}
	if len(gone) == 0 {
		return rejects, nil
	}
	if err := positions.Forget(ctx, gone); err != nil {
		return nil, err
	}
	return rejects, commands.Append(ctx, told)
}
