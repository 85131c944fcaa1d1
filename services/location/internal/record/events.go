package record

import (
	"cmp"
	"context"
	"encoding/json"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/track"
)

// group is the consumer group of tracks in streams that the service's other parts
// follow by themselves: what waits for Postgres must not keep positions waiting.
const group = "location-tracks"

// RoomEvents ends the recordings of members who go and of rooms that end, and
// notes from when on new members see the others' tracks.
func (s *Switch) RoomEvents(instance string, onError func(error)) *redisx.Consumer {
	return &redisx.Consumer{Client: s.Client, Stream: wire.StreamRoom, Field: wire.StreamField, Group: group, Name: instance,
		Dead: wire.StreamDead(wire.ServiceLocation), OnError: onError, Pace: redisx.Leisurely,
		Handle: func(ctx context.Context, entries []redisx.Entry) ([]redisx.Reject, error) {
			var joined []track.Joined
			for _, entry := range entries {
				var e wire.RoomEvent
				if json.Unmarshal([]byte(entry.Value), &e) != nil || e.RoomID == "" {
					continue // the consumer of positions puts it with the dead letters
				}
				if e.Type == wire.RoomEventMemberJoined {
					joined = append(joined, track.Joined{Room: e.RoomID, User: e.UserID, At: e.At.Time})
					continue
				}
				if err := s.joined(ctx, &joined); err != nil { // who comes and goes has gone
					return nil, err
				}
				if err := s.room(ctx, &e); err != nil {
					return nil, err
				}
			}
			return nil, s.joined(ctx, &joined)
		}}
}

// joined notes who has come, together, and empties the list.
func (s *Switch) joined(ctx context.Context, list *[]track.Joined) error {
	if len(*list) == 0 {
		return nil
	}
	if err := s.Archive.Joined(ctx, *list); err != nil {
		return err
	}
	*list = nil
	return nil
}

func (s *Switch) room(ctx context.Context, e *wire.RoomEvent) error {
	var changed bool
	var err error
	switch e.Type {
	case wire.RoomEventMemberLeft, wire.RoomEventMemberRemoved:
		changed, err = s.Archive.Left(ctx, e.RoomID, e.UserID, e.At.Time)
	case wire.RoomEventClosed, wire.RoomEventExpired:
		changed, err = s.Archive.Ended(ctx, e.RoomID, e.At.Time)
	default:
		return nil
	}
	if err != nil || !changed {
		return err
	}
	return s.tell(ctx, e.RoomID, cmp.Or(e.UserID, e.ActorID, "-"))
}

// AuthEvents deletes the tracks of users who have erased their accounts.
func (s *Switch) AuthEvents(instance string, onError func(error)) *redisx.Consumer {
	return &redisx.Consumer{Client: s.Client, Stream: wire.StreamAuth, Field: wire.StreamField, Group: group, Name: instance,
		Dead: wire.StreamDead(wire.ServiceLocation), OnError: onError,
		Handle: func(ctx context.Context, entries []redisx.Entry) ([]redisx.Reject, error) {
			for _, entry := range entries {
				var e wire.AuthEvent
				if json.Unmarshal([]byte(entry.Value), &e) != nil || e.Type != wire.AuthEventErased || e.UserID == "" {
					continue
				}
				if err := s.Archive.Forget(ctx, e.UserID); err != nil {
					return nil, err
				}
			}
			return nil, nil
		}}
}
