package bus

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/hub"
)

// enterWithin bounds how long a join waits for the room's events.
const enterWithin = 3 * time.Second

// room is one that has, had, or will have sockets here.
type room struct {
	id      string
	watched string // where its viewers are in the hub
	cancel  context.CancelFunc
	ready   chan struct{} // closed when its events arrive for the first time
	gone    chan struct{} // closed when it has been given up
	caches  atomic.Pointer[snapshot]

	// Guarded by Bus.mu.
	pins   int // seats, and joins under way
	idle   time.Time
	ending bool // it was told to stop, and will be replaced if it has pins then

	once sync.Once  // closes ready
	mu   sync.Mutex // held while the room's sockets are told something
	chat chatState
}

func newRoom(id string, pins int) *room {
	return &room{id: id, watched: watched(id), pins: pins, ready: make(chan struct{}), gone: make(chan struct{})}
}

// Open pins a room, and starts to listen to it if nobody does yet.
func (b *Bus) Open(roomID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.rooms[roomID]; r != nil {
		r.pins++
		return
	}
	r := newRoom(roomID, 1)
	b.rooms[roomID] = r
	if b.base != nil {
		b.start(r)
	}
}

// start listens to a room. The caller holds Bus.mu.
func (b *Bus) start(r *room) {
	ctx, cancel := context.WithCancel(b.base)
	r.cancel = cancel
	b.wg.Go(func() { b.follow(ctx, r) })
}

// follow listens until it is told to stop.
func (b *Bus) follow(ctx context.Context, r *room) {
	channel := wire.ChannelRoom(r.id)
	redisx.Subscribe(ctx, b.listen, channel, func() {
		r.once.Do(func() { close(r.ready) })
		go b.confirmed(r) // this is the connection's own goroutine: it must not wait
	}, func(m string) { b.deliver(r, m) }, b.warn("room subscription"))
	bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = b.listen.Do(bye, b.listen.B().Sunsubscribe().Channel(channel).Build()).Error() // it ends with the connection at the latest
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.pins > 0 && b.base != nil { // somebody came while it was on its way out
		next := newRoom(r.id, r.pins)
		b.rooms[r.id] = next
		b.start(next)
	} else {
		delete(b.rooms, r.id)
	}
	close(r.gone)
}

// Enter waits until the room's events arrive, then puts m among its sockets.
func (b *Bus) Enter(ctx context.Context, roomID, userID string, m hub.Member) error {
	ctx, cancel := context.WithTimeout(ctx, enterWithin)
	defer cancel()
	r, err := b.await(ctx, roomID)
	if err != nil {
		return unavailable(err)
	}
	b.hub.Join(roomID, m)
	b.seated(r)
	if !b.gone.from(roomID) {
		return nil
	}
	// Somebody left or was removed; it may have been this user, whose seats were
	// looked for before this one was taken. The caches of this process may hear
	// of it later than the room events do.
	if err := b.authorizeFresh(ctx, roomID, userID); err != nil {
		b.hub.Leave(roomID, m)
		return err
	}
	return nil
}

var errNoRoom = errors.New("the room was not opened")

// await returns when the room's events arrive.
func (b *Bus) await(ctx context.Context, roomID string) (*room, error) {
	for {
		b.mu.RLock()
		r := b.rooms[roomID]
		ending := r != nil && r.ending
		b.mu.RUnlock()
		if r == nil {
			return nil, errNoRoom
		}
		ready := r.ready
		if ending {
			ready = nil // its successor's counts
		}
		select {
		case <-ready:
			return r, nil
		case <-r.gone:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Leave takes m out and unpins the room.
func (b *Bus) Leave(roomID string, m hub.Member) {
	b.hub.Leave(roomID, m)
	b.Close(roomID)
}

// Close unpins a room.
func (b *Bus) Close(roomID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.rooms[roomID]; r != nil {
		if r.pins--; r.pins == 0 {
			r.idle = time.Now()
		}
	}
}

// endIdle gives a room up that has not been pinned for a while.
func (b *Bus) endIdle(r *room, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.pins > 0 || r.ending || now.Sub(r.idle) < b.cfg.Linger || r.cancel == nil {
		return
	}
	r.ending = true
	r.cancel()
}
