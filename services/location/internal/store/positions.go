package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/consume"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
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
func (p *Positions) Marks(ctx context.Context, keys []position.Key) ([]consume.Mark, error) {
	cmds := make(rueidis.Commands, 0, len(keys))
	for _, k := range keys {
		cmds = append(cmds, p.client.B().Get().Key(wire.KeyLocation(k.Room, k.User)).Build())
	}
	marks := make([]consume.Mark, len(keys))
	for i, result := range p.client.DoMulti(ctx, cmds...) {
		marks[i].Shown = privacy.Exact
		raw, err := result.ToString()
		if rueidis.IsRedisNil(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read position: %w", err)
		}
		if mark, shown, ok := publish.Recalled(raw, p.ttl); ok { // else, whatever it is, the next fix replaces it
			marks[i] = consume.Mark{Mark: mark, Shown: shown}
		}
	}
	return marks, nil
}

// Live returns the live positions of users in a room as JSON, in no order, as
// far as they want to be seen. What is stored was masked when it came; this
// look at their wishes makes that true for what was stored before a wish, too.
func (p *Positions) Live(ctx context.Context, room string, users []string) ([]json.RawMessage, error) {
	live, _, err := p.Seen(ctx, room, users)
	return live, err
}

// Seen is Live, and what users want to be seen of them.
func (p *Positions) Seen(ctx context.Context, room string, users []string) ([]json.RawMessage, Wishes, error) {
	if len(users) == 0 {
		return nil, Wishes{}, nil
	}
	keys := make([]string, len(users))
	for i, user := range users {
		keys[i] = wire.KeyLocation(room, user)
	}
	cmds := appendReads(p.client, rueidis.Commands{p.client.B().Mget().Key(keys...).Build()}, room, users)
	results := p.client.DoMulti(ctx, cmds...)
	values, err := results[0].ToArray()
	if err != nil {
		return nil, Wishes{}, fmt.Errorf("read positions: %w", err)
	}
	wishes, err := wishesOf(results[1:], users)
	if err != nil {
		return nil, Wishes{}, err
	}
	now := time.Now()
	var live []json.RawMessage
	for i, v := range values {
		raw, err := v.ToString()
		if err != nil || i >= len(users) {
			continue // nil: this member has none
		}
		if shown, ok := publish.Shown(raw, wishes.Policy(users[i]), now); ok {
			live = append(live, shown)
		}
	}
	return live, wishes, nil
}

// Signs are the signs of life in a room, positions aside.
type Signs struct {
	Seen   map[string]time.Time // heard of without a fix
	Online map[string]bool      // a socket is connected, or nobody has been told yet that it is not
}

// Signs reads them.
func (p *Positions) Signs(ctx context.Context, room string) (Signs, error) {
	results := p.client.DoMulti(ctx, p.client.B().Hgetall().Key(wire.KeySeen(room)).Build(), p.client.B().Hkeys().Key(wire.KeyPresence(room)).Build())
	seen, err := results[0].AsStrMap()
	if err != nil {
		return Signs{}, fmt.Errorf("read signs of life: %w", err)
	}
	present, err := results[1].AsStrSlice()
	if err != nil {
		return Signs{}, fmt.Errorf("read who is connected: %w", err)
	}
	signs := Signs{Seen: map[string]time.Time{}, Online: map[string]bool{}}
	for user, raw := range seen {
		if ms, err := strconv.ParseInt(raw, 10, 64); err == nil {
			signs.Seen[user] = time.UnixMilli(ms)
		}
	}
	for _, user := range onlineOf(present) {
		signs.Online[user] = true
	}
	return signs, nil
}

// seenLife is how long a sign of life is worth anything.
const seenLife = 24 * time.Hour

// Heard notes a sign of life without a fix.
func (p *Positions) Heard(ctx context.Context, rooms []string, user string, at time.Time) error {
	cmds := make(rueidis.Commands, 0, 2*len(rooms))
	for _, room := range rooms {
		cmds = append(cmds,
			p.client.B().Hset().Key(wire.KeySeen(room)).FieldValue().FieldValue(user, strconv.FormatInt(at.UnixMilli(), 10)).Build(),
			p.client.B().Expire().Key(wire.KeySeen(room)).Seconds(int64(seenLife/time.Second)).Build())
	}
	if err := redisx.FirstError(p.client.DoMulti(ctx, cmds...)); err != nil {
		return fmt.Errorf("note a sign of life: %w", err)
	}
	return nil
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
	keys := []string{wire.KeyLocated(room), wire.KeyNavigation(room), wire.KeySharing(room), wire.KeySeen(room)}
	for _, user := range users {
		keys = append(keys, wire.KeyLocation(room, user))
	}
	if err := p.client.Do(ctx, p.client.B().Del().Key(keys...).Build()).Error(); err != nil {
		return fmt.Errorf("delete the positions of a room: %w", err)
	}
	return nil
}
