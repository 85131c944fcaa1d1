package publish

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/roomlog"
	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/room/internal/room"
)

const (
	relayBatch = 500
	// relayPace is from the beginning of one round to that of the next, so that a lone event is told at once, and under
	// load many share a round: with its statements, and with what six followers read and acknowledge for it.
	relayPace = 20 * time.Millisecond
	// relayTick finds what nobody was notified of.
	relayTick = time.Second
	// relayTimeout bounds one attempt, so that a Redis that went away without a word is asked anew.
	relayTimeout = 5 * time.Second
)

// Outbox is what has not been told yet, oldest first.
type Outbox interface {
	Events(ctx context.Context, limit int) ([]room.Event, error)
	Done(ctx context.Context, events []room.Event) error
}

// Rooms reads committed rooms with their present members.
type Rooms interface {
	Rooms(ctx context.Context, ids []string) (map[string]*room.Room, error)
}

// Relay tells what is in the outbox: to the caches, the event stream, and the rooms' sockets. An event is taken out
// only after that, so followers may see one twice, and never not at all. Only one relay may run.
type Relay struct {
	Rooms   Rooms
	Cache   *Cache
	Client  rueidis.Client
	Metrics *Metrics
	OnError func(error)

	wake    chan struct{}
	trimmed time.Time // last
}

// NewRelay starts nothing.
func NewRelay(r Relay) *Relay {
	r.wake = make(chan struct{}, 1)
	return &r
}

// Wake makes the relay look into the outbox now. It never blocks.
func (r *Relay) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run relays until ctx ends or the outbox fails, which is when this process may have lost the right to it. Failures of
// Redis it outlasts.
func (r *Relay) Run(ctx context.Context, outbox Outbox) error {
	r.Metrics.Leader.Set(1)
	defer r.Metrics.Leader.Set(0)
	const shortest = 50 * time.Millisecond
	pause := shortest
	for ctx.Err() == nil {
		began := time.Now()
		events, err := outbox.Events(ctx, relayBatch)
		if err != nil {
			return fmt.Errorf("relay: %w", err)
		}
		if len(events) == 0 {
			r.await(ctx)
			continue
		}
		if err := r.tell(ctx, events); err != nil {
			r.Metrics.RelayFailures.Inc()
			r.OnError(fmt.Errorf("relay: %w", err))
			run.Pause(ctx, pause)
			pause = min(2*pause, relayTick/2)
			continue
		}
		pause = shortest
		if err := outbox.Done(ctx, events); err != nil {
			return fmt.Errorf("relay: %w", err)
		}
		r.Metrics.Relayed.Add(float64(len(events)))
		if len(events) < relayBatch {
			run.Pause(ctx, relayPace-time.Since(began))
		}
	}
	return nil
}

func (r *Relay) await(ctx context.Context) {
	timer := time.NewTimer(relayTick)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-r.wake:
	case <-timer.C:
	}
}

func (r *Relay) tell(ctx context.Context, events []room.Event) error {
	ctx, cancel := context.WithTimeout(ctx, relayTimeout)
	defer cancel()
	r.Metrics.RelayLag.Set(time.Since(events[0].At).Seconds())
	all := byRoom(events)
	joined, rest, err := r.Cache.joined(ctx, all)
	if err != nil {
		return fmt.Errorf("look at caches: %w", err)
	}
	ids := make([]string, len(rest))
	for i, t := range rest {
		ids[i] = t.id
	}
	var rooms map[string]*room.Room
	if len(ids) > 0 {
		if rooms, err = r.Rooms.Rooms(ctx, ids); err != nil {
			return err //nolint:wrapcheck // says itself
		}
	}
	changes := make([]room.Change, 0, len(rest))
	for _, t := range rest {
		if rm := rooms[t.id]; rm != nil {
			if t.about {
				t.users = append(t.users, userIDs(rm)...)
			}
			changes = append(changes, room.Change{Room: rm, Users: t.users, OldCodes: room.OldCodes(t.events)})
		}
	}
	// The caches first: whoever follows the stream may read them because of what it says.
	if err := r.Cache.write(ctx, changes, asRelayed); err != nil {
		return fmt.Errorf("write caches: %w", err)
	}
	if err := r.Cache.hint(ctx, joined); err != nil {
		return fmt.Errorf("write caches: %w", err)
	}
	return r.append(ctx, events, rooms)
}

// told is what a round tells of one room.
type told struct {
	id     string
	events []room.Event
	users  []string // whom something happened to
	about  bool     // the room itself: every member is concerned
	joins  bool     // and nothing else
}

// byRoom keeps the order in which the rooms come.
func byRoom(events []room.Event) []*told {
	var all []*told
	index := map[string]*told{}
	for _, e := range events {
		t := index[e.RoomID]
		if t == nil {
			t = &told{id: e.RoomID, joins: true}
			index[e.RoomID] = t
			all = append(all, t)
		}
		if e.UserID != "" {
			t.users = append(t.users, e.UserID)
		}
		t.events = append(t.events, e)
		t.about = t.about || aboutRoom(e.Type)
		t.joins = t.joins && e.Type == room.EventMemberJoined
	}
	return all
}

func (r *Relay) append(ctx context.Context, events []room.Event, rooms map[string]*room.Room) error {
	var cmds rueidis.Commands
	for _, e := range events {
		entry, err := streamed(e, rooms[e.RoomID])
		if err != nil {
			return err
		}
		cmds = append(cmds, r.Client.B().Xadd().Key(wire.StreamRoom).Id("*").
			FieldValue().FieldValue(wire.StreamField, entry).Build())
	}
	for _, e := range events {
		envelope, ok, err := heard(e, rooms[e.RoomID])
		if err != nil {
			return err
		}
		if ok {
			cmds = append(cmds, roomlog.Publish(r.Client, e.RoomID, envelope))
		}
	}
	if err := redisx.FirstError(roomlog.Do(ctx, r.Client, cmds)); err != nil {
		return fmt.Errorf("append events: %w", err)
	}
	r.trim(ctx)
	return nil
}

// trim shortens the stream now and then. That it cannot be done now is no reason to tell the events again.
func (r *Relay) trim(ctx context.Context) {
	if time.Since(r.trimmed) < trimEvery {
		return
	}
	r.trimmed = time.Now()
	t := trimmer{client: r.Client, stream: wire.StreamRoom, above: trimAbove, most: trimMost, linger: trimLinger, now: time.Now}
	dropped, err := t.trim(ctx)
	if dropped > 0 {
		r.Metrics.Dropped.Add(float64(dropped))
		err = fmt.Errorf("%d events were dropped that a follower has not handled", dropped)
	}
	if err != nil {
		r.OnError(fmt.Errorf("trim events: %w", err))
	}
}

func userIDs(r *room.Room) []string {
	ids := make([]string, 0, len(r.Members))
	for i := range r.Members {
		ids = append(ids, r.Members[i].UserID)
	}
	return ids
}
