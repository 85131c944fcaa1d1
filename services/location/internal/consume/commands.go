// Package consume handles what reaches the location service: commands from
// sockets, one goroutine per partition, and the events of rooms.
package consume

import (
	"context"
	"encoding/json"
	"time"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/geofence"
	"github.com/wemaps/wemaps/services/location/internal/navigation"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
	"github.com/wemaps/wemaps/services/location/internal/publish"
)

// Rooms finds rooms and their members; see store.Rooms.
type Rooms interface {
	Find(ctx context.Context, ids []string) (rooms []*position.Room, certain bool, err error)
}

// Positions reads live positions; see store.Positions.
type Positions interface {
	Marks(ctx context.Context, keys []position.Key) ([]Mark, error)
	Live(ctx context.Context, room string, users []string) ([]json.RawMessage, error)
}

// Mark is what is known of a member from the stored position, which was shown at
// a level. A member without one may have been shown exactly before.
type Mark struct {
	position.Mark
	Shown privacy.Level
}

// Query names a room, and those of whom something must be known.
type Query struct {
	Room    string
	Members []string
}

// Ways reads what a room's navigation needs; see store.Ways.
type Ways interface {
	Load(ctx context.Context, rooms []Query) ([]Way, error)
}

// Way is what a partition keeps in memory of a room.
type Way struct {
	Route  *navigation.Route // nil = none
	Fences []geofence.Fence
	Group  navigation.Group
	Saved  map[string]publish.Saved // by user
	Online []string                 // users with a socket in the room

	Calls []json.RawMessage // open calls for help, as clients see them

	Viewers  int64                   // by share links
	Wishes   map[string]privacy.Wish // by user, of those who have said something
	Certain  bool                    // whoever is not in Wishes has said nothing
	Recorded map[string]bool         // users who have agreed that their tracks are kept
}

// Effects collects what a batch does; see publish.Batch.
type Effects interface {
	Reset()
	Position(c *wire.Command, p *publish.Position)
	Confirm(c *wire.Command, a publish.Answer)
	Refuse(c *wire.Command, event string, e *wire.Error)
	Snapshot(c *wire.Command, locations []json.RawMessage)
	Call(c *wire.Command, call json.RawMessage)
	Forget(k position.Key)
	Locate(k position.Key, until time.Time)
	Keep(room, field string, saved any, until time.Time)
	Arrived(who publish.Who, how navigation.How, at int64, rank int)
	Straggles(who publish.Who, s navigation.Straggle)
	GroupArrived(room string, users []string, at int64, plan uint64)
	ETAChanged(who publish.Who, eta, previous int64, basis navigation.Basis)
	Fence(who publish.Who, e geofence.Event)
	Removed(who publish.Who, reason string)
	Left(k position.Key, at time.Time)
	Held(k position.Key, version int64)
	Wish(c *wire.Command)
	Shared(c *wire.Command, changed wire.SharingChanged)
	Asked(c *wire.Command, to wire.LocationRequested)
	Stale(who publish.Who, seen time.Time)
	Record(c *wire.Command, f *position.Fix, level privacy.Level)
	Flush(ctx context.Context) error
}

const (
	// behindAfter is the age from which a batch is a backlog: of each member
	// only the newest fix is broadcast, since the others are of no use any more.
	behindAfter = time.Second
	retryAfter  = 2 * time.Second
	// lookEvery is how often a group is looked at as a whole, and refreshEvery
	// how often what rarely changes is read again, if nobody says that it has.
	lookEvery    = 2 * time.Second
	refreshEvery = 30 * time.Second
	uncertainFor = 500 * time.Millisecond // while nobody is shown
)

// Config is what Commands works with. Router may be nil.
type Config struct {
	Rooms     Rooms
	Positions Positions
	Ways      Ways
	Effects   Effects
	Router    Router
	TTL       time.Duration // of a position
	Limit     int           // members to be remembered at least
	Metrics   *Metrics
}

// Commands handles the commands of one partition. It serves one goroutine, and
// what it remembers is good only while its replica owns the partition.
type Commands struct {
	Config
	members *position.Board[position.Key, memory]
	rooms   *position.Board[string, *roomMemory]
	now     func() time.Time
	batch   batch // reused
}

// memory is what is remembered of one member in one room.
type memory struct {
	mark   position.Mark
	nav    navigation.Member
	visits []geofence.Visit // never changed, only replaced
	name   string

	shown   privacy.Level // how the others know the position at most
	located bool          // it is noted that there may be one
	stale   bool          // the others have been told of the silence
}

// NewCommands starts with an empty memory.
func NewCommands(c Config) *Commands {
	return &Commands{Config: c, members: position.NewBoard[position.Key, memory](c.Limit),
		rooms: position.NewBoard[string, *roomMemory](max(c.Limit/membersPerRoom, 1)), now: time.Now,
		batch: batch{index: map[position.Key]int{}, roomIndex: map[string]int{}}}
}

const membersPerRoom = 4

// Handle does a batch: everything that it reads comes in at most three round
// trips, mostly none, and everything that it does goes out in one pipeline. The
// memory changes only after that, so that a failed batch can be done again.
func (h *Commands) Handle(ctx context.Context, entries []redisx.Entry) ([]redisx.Reject, error) {
	b := &h.batch
	b.reset(h.now())
	rejects := b.parse(entries)
	if err := h.admit(ctx, b); err != nil {
		return nil, err
	}
	if err := h.visit(ctx, b); err != nil {
		return nil, err
	}
	if err := h.recall(ctx, b); err != nil {
		return nil, err
	}
	h.decide(b)
	h.Effects.Reset()
	for i := range b.commands {
		h.collect(b, i)
	}
	h.look(b)
	h.record(b)
	if err := h.Effects.Flush(ctx); err != nil {
		return nil, err
	}
	h.commit(b)
	if err := h.snapshots(ctx, b); err != nil {
		return nil, err
	}
	h.Metrics.observe(b, rejects)
	return rejects, nil
}

// commit remembers what the batch has done.
func (h *Commands) commit(b *batch) {
	for i := range b.members {
		m := &b.members[i]
		h.members.Put(m.key, m.memory)
	}
	for i := range b.rooms {
		b.rooms[i].commit()
	}
}

// snapshots answers who is where, after the batch's own positions are stored.
func (h *Commands) snapshots(ctx context.Context, b *batch) error {
	h.Effects.Reset()
	for i := range b.commands {
		c := &b.commands[i]
		if c.Type != wire.CommandSnapshot && c.Type != wire.CommandWatch || c.err != nil {
			continue
		}
		others := make([]string, 0, len(c.room.Members))
		for _, user := range c.room.Members {
			if user != c.UserID {
				others = append(others, user)
			}
		}
		live, err := h.Positions.Live(ctx, c.RoomID, others)
		if err != nil {
			return err
		}
		if c.Type == wire.CommandWatch {
			h.Effects.Snapshot(&c.Command, publish.ForViewers(c.RoomID, live))
			continue
		}
		// The contract: only when others have live positions. Who waits for an
		// answer gets one nevertheless.
		if len(live) > 0 || c.Origin.Ref != "" {
			h.Effects.Snapshot(&c.Command, live)
		}
		for _, call := range b.rooms[c.roomAt].memory.calls {
			h.Effects.Call(&c.Command, call)
		}
	}
	return h.Effects.Flush(ctx)
}
