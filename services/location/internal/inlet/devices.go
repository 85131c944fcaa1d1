package inlet

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/ingest"
)

const (
	maxGrants  = 20_000              // device tokens that are remembered in parsed form
	maxRooms   = 50                  // of one user that phones report to, the newest first
	maxShown   = 500                 // friends that a phone has ever had, before their short names are given anew
	friendsTTL = 30 * 24 * time.Hour // how long a phone may be silent and find its friends under the same short names
)

// ErrUnknownDevice says that there is no such device token.
var ErrUnknownDevice = errors.New("unknown device token")

// ErrNotReady says that it is not known at the moment what device tokens there
// are: Redis has lost them, and auth is about to write them again.
var ErrNotReady = errors.New("device tokens are not known at the moment")

// Devices reads what concerns the phones of apps that are not ours. It is safe
// for concurrent use.
type Devices struct {
	client rueidis.Client

	mu     sync.RWMutex
	grants map[string]parsedGrant
}

type parsedGrant struct {
	raw   string
	grant wire.DeviceGrant
}

// NewDevices returns an empty memory.
func NewDevices(client rueidis.Client) *Devices {
	return &Devices{client: client, grants: map[string]parsedGrant{}}
}

// Grant is what a device token allows. Errors: ErrUnknownDevice, ErrNotReady.
func (d *Devices) Grant(ctx context.Context, token string) (wire.DeviceGrant, error) {
	if token == "" || len(token) > 200 {
		return wire.DeviceGrant{}, ErrUnknownDevice
	}
	sum := sha256.Sum256([]byte(token))
	hash := hex.EncodeToString(sum[:])
	results := d.client.DoMultiCache(ctx,
		rueidis.CT(d.client.B().Get().Key(wire.KeyDevice(hash)).Cache(), redisx.CacheTTL),
		rueidis.CT(d.client.B().Get().Key(wire.KeyJWKS).Cache(), redisx.CacheTTL))
	raw, err := results[0].ToString()
	switch {
	case rueidis.IsRedisNil(err):
		// Auth writes its keys after its grants: with keys there is no such token.
		if results[1].Error() != nil {
			return wire.DeviceGrant{}, ErrNotReady
		}
		return wire.DeviceGrant{}, ErrUnknownDevice
	case err != nil:
		return wire.DeviceGrant{}, fmt.Errorf("read device token: %w", err)
	}
	g, err := d.parse(hash, raw)
	if err != nil {
		return wire.DeviceGrant{}, err
	}
	erased := d.client.DoCache(ctx, d.client.B().Get().Key(wire.KeyErased(g.UserID)).Cache(), redisx.CacheTTL).Error()
	if erased == nil {
		return wire.DeviceGrant{}, ErrUnknownDevice
	}
	return g, nil
}

func (d *Devices) parse(hash, raw string) (wire.DeviceGrant, error) {
	d.mu.RLock()
	known, ok := d.grants[hash]
	d.mu.RUnlock()
	if ok && known.raw == raw {
		return known.grant, nil
	}
	known = parsedGrant{raw: raw}
	if err := json.Unmarshal([]byte(raw), &known.grant); err != nil {
		return wire.DeviceGrant{}, fmt.Errorf("parse device grant: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.grants) >= maxGrants {
		clear(d.grants)
	}
	d.grants[hash] = known
	return known.grant, nil
}

// Rooms are the rooms that a device may report to: those that it is bound to,
// else those its user is probably in. Who asks must look at the members.
func (d *Devices) Rooms(ctx context.Context, g wire.DeviceGrant) ([]string, error) {
	ids := slices.Clone(g.Rooms)
	if len(ids) == 0 {
		var err error
		ids, err = d.client.DoCache(ctx, d.client.B().Smembers().Key(wire.KeyUserRooms(g.UserID)).Cache(), redisx.CacheTTL).AsStrSlice()
		if err != nil && !rueidis.IsRedisNil(err) {
			return nil, fmt.Errorf("read a user's rooms: %w", err)
		}
		ids = slices.Clone(ids)
	}
	slices.SortFunc(ids, func(a, b string) int { return strings.Compare(b, a) }) // ids grow with time
	ids = slices.Compact(ids)
	return ids[:min(len(ids), maxRooms)], nil
}

// Asked takes the question where a user is, if somebody in one of rooms has it.
func (d *Devices) Asked(ctx context.Context, user string, rooms []string) bool {
	cmds := make(rueidis.Commands, 0, len(rooms))
	for _, room := range rooms {
		cmds = append(cmds, d.client.B().Del().Key(wire.KeyAsked(room, user)).Build())
	}
	asked := false
	for _, r := range d.client.DoMulti(ctx, cmds...) {
		n, err := r.AsInt64()
		asked = asked || err == nil && n > 0
	}
	return asked
}

// Shown is what a phone was told of its friends, by user id.
func (d *Devices) Shown(ctx context.Context, device string) (map[string]ingest.Shown, error) {
	raw, err := d.client.Do(ctx, d.client.B().Hgetall().Key(wire.KeyFriends(device)).Build()).AsStrMap()
	if err != nil {
		return nil, fmt.Errorf("read what a phone was told: %w", err)
	}
	shown := make(map[string]ingest.Shown, len(raw))
	if len(raw) > maxShown {
		return shown, d.forget(ctx, device)
	}
	for user, s := range raw {
		var v ingest.Shown
		if json.Unmarshal([]byte(s), &v) == nil {
			shown[user] = v
		}
	}
	return shown, nil
}

func (d *Devices) forget(ctx context.Context, device string) error {
	if err := d.client.Do(ctx, d.client.B().Del().Key(wire.KeyFriends(device)).Build()).Error(); err != nil {
		return fmt.Errorf("forget what a phone was told: %w", err)
	}
	return nil
}

// Remember notes what a phone was told.
func (d *Devices) Remember(ctx context.Context, device string, changed map[string]ingest.Shown) error {
	key := wire.KeyFriends(device)
	set := d.client.B().Hset().Key(key).FieldValue()
	for user, s := range changed {
		raw, err := json.Marshal(s)
		if err != nil {
			return fmt.Errorf("encode what a phone was told: %w", err)
		}
		set = set.FieldValue(user, string(raw))
	}
	results := d.client.DoMulti(ctx, set.Build(), d.client.B().Expire().Key(key).Seconds(int64(friendsTTL/time.Second)).Build())
	if err := redisx.FirstError(results); err != nil {
		return fmt.Errorf("remember what a phone was told: %w", err)
	}
	return nil
}
