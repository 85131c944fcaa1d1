package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/publish"
)

// Positions reads and deletes live positions; writing them is the publisher's,
// who does it in one pipeline with the broadcast. It is safe for concurrent use.
type Positions struct {
	client rueidis.Client
	ttl    time.Duration
}

// NewPositions is for positions that live for ttl.
func NewPositions(client rueidis.Client, ttl time.Duration) *Positions {
	return &Positions{client: client, ttl: ttl}
}

// Marks returns what keeps older fixes from replacing the positions of keys,
// in their order. A member without a position has the zero Mark.
func (p *Positions) Marks(ctx context.Context, keys []position.Key) ([]position.Mark, error) {
	cmds := make(rueidis.Commands, 0, len(keys))
	for _, k := range keys {
		cmds = append(cmds, p.client.B().Get().Key(wire.KeyLocation(k.Room, k.User)).Build())
	}
	marks := make([]position.Mark, len(keys))
	for i, result := range p.client.DoMulti(ctx, cmds...) {
		raw, err := result.ToString()
		if rueidis.IsRedisNil(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read position: %w", err)
		}
		if mark, ok := publish.Recalled(raw, p.ttl); ok { // else, whatever it is, the next fix replaces it
			marks[i] = mark
		}
	}
	return marks, nil
}

// Live returns the live positions of users in a room as JSON, in no order.
func (p *Positions) Live(ctx context.Context, room string, users []string) ([]json.RawMessage, error) {
	if len(users) == 0 {
		return nil, nil
	}
	keys := make([]string, len(users))
	for i, user := range users {
		keys[i] = wire.KeyLocation(room, user)
	}
	values, err := p.client.Do(ctx, p.client.B().Mget().Key(keys...).Build()).ToArray()
	if err != nil {
		return nil, fmt.Errorf("read positions: %w", err)
	}
	var live []json.RawMessage
	for _, v := range values {
		if raw, err := v.ToString(); err == nil { // else nil: this member has none
			live = append(live, json.RawMessage(raw))
		}
	}
	return live, nil
}

// Forget deletes the positions of members.
func (p *Positions) Forget(ctx context.Context, members []position.Key) error {
	cmds := make(rueidis.Commands, 0, len(members))
	for _, k := range members {
		cmds = append(cmds, p.client.B().Del().Key(wire.KeyLocation(k.Room, k.User)).Build())
	}
	if err := redisx.FirstError(p.client.DoMulti(ctx, cmds...)); err != nil {
		return fmt.Errorf("delete positions: %w", err)
	}
	return nil
}

// ForgetRoom deletes all positions of a room.
func (p *Positions) ForgetRoom(ctx context.Context, room string) error {
	users, err := p.client.Do(ctx, p.client.B().Smembers().Key(wire.KeyLocated(room)).Build()).AsStrSlice()
	if err != nil {
		return fmt.Errorf("read who is located: %w", err)
	}
	keys := []string{wire.KeyLocated(room), wire.KeyNavigation(room)}
	for _, user := range users {
		keys = append(keys, wire.KeyLocation(room, user))
	}
	if err := p.client.Do(ctx, p.client.B().Del().Key(keys...).Build()).Error(); err != nil {
		return fmt.Errorf("delete the positions of a room: %w", err)
	}
	return nil
}
