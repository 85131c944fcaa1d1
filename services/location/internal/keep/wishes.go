package keep

import (
	"context"
	"encoding/json"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/consume"
)

// group is the consumer group in streams that the service's other parts follow
// by themselves: what waits for Postgres must not keep positions waiting.
const group = "location-sharing"

// Store stores the wishes of a batch, in order. The owners of the partitions
// have looked at them, and let a stricter one count already.
func (p *Projection) Store(ctx context.Context, entries []redisx.Entry) (rejects []redisx.Reject, err error) {
	for _, e := range entries {
		c, err := wire.ParseCommand(e.Value)
		if err != nil {
			rejects = append(rejects, redisx.Reject{Entry: e, Reason: err.Error()})
			continue
		}
		change, err := consume.WishOf(&c)
		if err != nil {
			rejects = append(rejects, redisx.Reject{Entry: e, Reason: err.Error()})
			continue
		}
		if _, err := p.Change(ctx, &c, change); err != nil {
			return nil, err
		}
	}
	return rejects, nil
}

// RoomEvents forgets what was said in rooms that have ended.
func RoomEvents(p *Projection, instance string, onError func(error)) *redisx.Consumer {
	return &redisx.Consumer{Client: p.Client, Stream: wire.StreamRoom, Field: wire.StreamField, Group: group, Name: instance,
		Dead: wire.StreamDead(wire.ServiceLocation), OnError: onError, Pace: redisx.Leisurely,
		Handle: func(ctx context.Context, entries []redisx.Entry) ([]redisx.Reject, error) {
			for _, entry := range entries {
				var e wire.RoomEvent
				if !wire.MayEndRoom(entry.Value) || json.Unmarshal([]byte(entry.Value), &e) != nil || e.Type != wire.RoomEventClosed && e.Type != wire.RoomEventExpired {
					continue
				}
				if err := p.Archive.ForgetRoom(ctx, e.RoomID); err != nil {
					return nil, err
				}
			}
			return nil, nil
		}}
}

// AuthEvents forgets what was said by users who have erased their accounts.
func AuthEvents(p *Projection, instance string, onError func(error)) *redisx.Consumer {
	return &redisx.Consumer{Client: p.Client, Stream: wire.StreamAuth, Field: wire.StreamField, Group: group, Name: instance,
		Dead: wire.StreamDead(wire.ServiceLocation), OnError: onError,
		Handle: func(ctx context.Context, entries []redisx.Entry) ([]redisx.Reject, error) {
			for _, entry := range entries {
				var e wire.AuthEvent
				if json.Unmarshal([]byte(entry.Value), &e) != nil || e.Type != wire.AuthEventErased || e.UserID == "" {
					continue
				}
				if err := p.forget(ctx, e.UserID); err != nil {
					return nil, err
				}
			}
			return nil, nil
		}}
}

func (p *Projection) forget(ctx context.Context, user string) error {
	if err := p.Archive.ForgetUser(ctx, user); err != nil {
		return err
	}
	rooms, err := p.Client.Do(ctx, p.Client.B().Smembers().Key(wire.KeyUserRooms(user)).Build()).AsStrSlice()
	if err != nil && !rueidis.IsRedisNil(err) {
		return err
	}
	cmds := rueidis.Commands{p.Client.B().Del().Key(wire.KeyZones(user)).Build()}
	for _, room := range rooms {
		cmds = append(cmds, p.Client.B().Hdel().Key(wire.KeySharing(room)).Field(user, wire.SharingHeld(user)).Build())
	}
	return redisx.FirstError(p.Client.DoMulti(ctx, cmds...))
}
