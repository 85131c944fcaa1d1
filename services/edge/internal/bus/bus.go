package bus

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/roomlog"
	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/hub"
	"github.com/wemaps/wemaps/services/edge/internal/lane"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// Config of a Bus.
type Config struct {
	EdgeID string
	// Linger is how long a room is listened to after its last socket here has
	// left; 0 = 5 s.
	Linger time.Duration
}

// Seat is a hub member as the bus knows it: a socket's place in one room.
type Seat interface {
	hub.Member
	// SendChat is Send for chat message number seq; ReplyChat answers its sender.
	SendChat(m *outq.Message, seq int64) error
	// place is the event's in the room's log, or "".
	ReplyChat(ref, event string, data []byte, seq int64, place string)
	UserID() string
	SocketID() string
	Reply(ref, event string, data []byte, place string)
	// Unrecoverable says that the room's events came out of the log's order.
	Unrecoverable()
	// Evict ends the seat, after it was taken out of the hub.
	Evict()
}

// Sockets are those of this edge.
type Sockets interface {
	// Deliver hands an answer to the socket that asked.
	Deliver(e wire.Envelope)
	// Each visits all of them; end closes one as revoked.
	Each(fn func(userID, sessionID string, end func()))
	// Rename gives a user another name from now on.
	Rename(userID, name string)
}

// Bus is safe for concurrent use.
type Bus struct {
	cfg      Config
	client   rueidis.Client // caches, commands
	listen   rueidis.Client // Pub/Sub, so that a flood of events delays no command
	hub      *hub.Hub
	commands *Commands
	announce *lane.Lane
	metrics  *Metrics
	log      *zap.Logger
	sockets  Sockets

	whole atomic.Bool // the caches were seen to be there

	mu    sync.RWMutex
	rooms map[string]*room
	gone  departures
	base  context.Context // of the room's goroutines; nil before and after Run
	wg    sync.WaitGroup
}

// New starts nothing; Run does. listen should be a client of its own.
func New(cfg Config, client, listen rueidis.Client, h *hub.Hub, commands *Commands, m *Metrics, log *zap.Logger) *Bus {
	if cfg.Linger == 0 {
		cfg.Linger = 5 * time.Second
	}
	return &Bus{cfg: cfg, client: client, listen: listen, hub: h, commands: commands, metrics: m, log: log,
		announce: lane.New(client, nil), rooms: map[string]*room{}, gone: departures{rooms: map[string]time.Time{}}}
}

// Attach names the sockets; it must be called once, before Run.
func (b *Bus) Attach(s Sockets) { b.sockets = s }

// Run listens and sends until ctx ends.
func (b *Bus) Run(ctx context.Context) error {
	listening, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	b.mu.Lock()
	b.base = listening
	for _, r := range b.rooms { // sockets were quicker
		b.start(r)
	}
	b.mu.Unlock()

	var in sync.WaitGroup
	in.Go(func() { b.followReplies(listening) })
	in.Go(func() { b.followAuth(listening) })
	in.Go(func() { b.followDomain(listening) })
	in.Go(func() { b.followShares(listening) })
	in.Go(func() { b.keepViewers(listening) })
	in.Go(func() { b.tidy(listening) })
	in.Go(func() { b.commands.watch(listening) })
	in.Go(func() { b.commands.pace(listening) })

	var out sync.WaitGroup
	for _, l := range b.commands.lanes() {
		out.Go(func() { l.Run(ctx) })
	}
	out.Go(func() { b.announce.Run(ctx) })

	<-ctx.Done()
	out.Wait() // what was accepted goes out first
	b.mu.Lock()
	b.base = nil
	b.mu.Unlock()
	stop()
	in.Wait()
	b.wg.Wait()
	return nil
}

// Announce publishes to all sockets in a room, on every edge. With an origin,
// the origin's socket is left out.
func (b *Bus) Announce(roomID string, e wire.Envelope) {
	if e.Class != wire.ClassOrdered { // not worth remembering
		b.put(e.Event, b.client.B().Spublish().Channel(wire.ChannelRoom(roomID)).Message(e.String()).Build(), false)
		return
	}
	b.put(e.Event, roomlog.Publish(b.client, roomID, e), true)
}

// put sends one announcement. The first one ever, and the first after a restart
// of Redis, has to bring the script along.
func (b *Bus) put(event string, cmd rueidis.Completed, again bool) {
	failed := func(err error) {
		b.log.Warn("announcement lost", zap.String("event", event), zap.Error(err))
	}
	err := b.announce.Put(cmd, func(r rueidis.RedisResult) {
		switch err := r.Error(); {
		case err == nil:
		case again && roomlog.Unknown(err):
			if err := b.announce.Put(roomlog.Script(b.client), nil); err != nil {
				failed(err)
				return
			}
			b.put(event, cmd, false)
		default:
			failed(err)
		}
	})
	if err != nil {
		failed(err)
	}
}

// tidy ends rooms that nobody has listened to for a while, and waits for chat
// that do not end.
func (b *Bus) tidy(ctx context.Context) {
	for run.Pause(ctx, time.Second) {
		now := time.Now()
		b.gone.forget(now)
		for _, r := range b.list() {
			b.expireFill(r, now)
			b.endIdle(r, now)
		}
	}
}

// list is the rooms of this moment.
func (b *Bus) list() []*room {
	b.mu.RLock()
	defer b.mu.RUnlock()
	all := make([]*room, 0, len(b.rooms))
	for _, r := range b.rooms {
		all = append(all, r)
	}
	return all
}

func (b *Bus) lookup(roomID string) *room {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.rooms[roomID]
}

func (b *Bus) warn(what string) func(error) {
	return func(err error) { b.log.Warn(what, zap.Error(err)) }
}

// subscribe listens on a channel that is not a room's. ready is told, on a
// goroutine of its own, whether messages may have been missed.
func (b *Bus) subscribe(ctx context.Context, channel string, ready func(gap bool), message func(string)) {
	var again atomic.Bool
	redisx.Subscribe(ctx, b.listen, channel, func() {
		gap := again.Swap(true)
		go ready(gap)
	}, message, b.warn("subscription"))
}
