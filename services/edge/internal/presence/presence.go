package presence

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"crypto/sha1" //nolint:gosec // Redis names scripts by SHA-1

	"github.com/redis/rueidis"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/roomlog"
	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/lane"
)

//go:embed presence.lua
var operations string

var script = roomlog.Lua + operations

// Config of a Presence. Zero durations get the defaults named here.
type Config struct {
	EdgeID    string
	Grace     time.Duration // a drop shorter than this is not announced; 10 s
	Lease     time.Duration // an edge silent for longer has crashed; 10 s
	Heartbeat time.Duration // 3 s
	Settle    time.Duration // how often ended graces are looked for; 500 ms
}

// Seat is a socket's place in a room.
type Seat struct{ UserID, UserName, SocketID string }

// Seats lists what is on this edge, for when Redis has to be told anew: those
// that Enter has told of, and no others.
type Seats interface {
	Seats(roomID string) []Seat
}

// Presence is safe for concurrent use.
type Presence struct {
	cfg       Config
	edge      string // of this process, not of its configuration: a successor is somebody else
	client    rueidis.Client
	lane      *lane.Lane
	seats     Seats
	log       *zap.Logger
	sha       string        // of script
	admission string        // of the script of that name
	resync    chan struct{} // Redis does not know what it should
	age       atomic.Value  // string, of the counts; "" = they are not to be relied upon
	owed      owed          // what Redis could not be told

	mu    sync.Mutex     // also keeps what is queued about a room in order
	rooms map[string]int // entries of this edge
}

// Redis names. All that the script touches of a room shares a slot.
const (
	keyGrace   = "presence:grace" // sorted set "<room> <user>" → end of grace, Unix ms
	keyAge     = "presence:age"   // since when only edges that keep counts have been about: a random word
	seenLength = "100000"         // about as many events wait at most to be counted as last seen
)

func keyCounts(room string) string    { return wire.KeyPresence(room) + ":n" }
func keyRooms(edge string) string     { return "edge:{" + edge + "}:rooms" }
func keyReaped(edge string) string    { return "edge:{" + edge + "}:reaped" }
func keySockets(userID string) string { return "sockets:{" + userID + "}" }

// New starts nothing; Run does.
func New(cfg Config, client rueidis.Client, seats Seats, log *zap.Logger) *Presence {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&cfg.Grace, 10 * time.Second}, {&cfg.Lease, 10 * time.Second}, {&cfg.Heartbeat, 3 * time.Second}, {&cfg.Settle, 500 * time.Millisecond}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	p := &Presence{cfg: cfg, edge: cfg.EdgeID + "." + word() + counting, client: client, lane: lane.New(client, nil),
		seats: seats, log: log, sha: nameOf(script), admission: nameOf(admission), resync: make(chan struct{}, 1), rooms: map[string]int{}}
	p.age.Store("")
	return p
}

// nameOf is what Redis calls a script.
func nameOf(script string) string {
	sum := sha1.Sum([]byte(script)) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}

// word is random.
func word() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return hex.EncodeToString(b[:])
}

// Run keeps the lease, announces and clears away until ctx ends; then it sends
// what is left and gives the lease back. Entries that are still there are then
// cleared away by others.
func (p *Presence) Run(ctx context.Context) error {
	if err := p.load(ctx); err != nil {
		p.again()
	}
	var wg sync.WaitGroup
	wg.Go(func() { p.lane.Run(ctx) })
	wg.Go(func() { p.beat(ctx) })
	wg.Go(func() { p.settle(ctx) })
	wg.Wait()
	bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	err := p.client.Do(bye, p.client.B().Zadd().Key(wire.KeyEdges).ScoreMember().ScoreMember(0, p.edge).Build()).Error()
	if err == nil {
		err = p.reap(bye, p.edge)
	}
	if err != nil {
		p.log.Warn("presence was not handed over; the lease will lapse", zap.Error(err))
	}
	return nil
}

func (p *Presence) load(ctx context.Context) error {
	for _, node := range p.client.Nodes() {
		err := redisx.FirstError(node.DoMulti(ctx, node.B().ScriptLoad().Script(script).Build(), node.B().ScriptLoad().Script(admission).Build()))
		if err != nil {
			return fmt.Errorf("load the presence scripts: %w", err)
		}
	}
	return nil
}

// again asks for a resync.
func (p *Presence) again() {
	select {
	case p.resync <- struct{}{}:
	default:
	}
}

func (p *Presence) call(roomID, operation string, args ...string) rueidis.Completed {
	age, _ := p.age.Load().(string)
	return p.client.B().Evalsha().Sha1(p.sha).Numkeys(4).Key(wire.KeyPresence(roomID), wire.ChannelRoom(roomID), wire.KeyRoomLog(roomID), keyCounts(roomID)).
		Arg(operation, age).Arg(args...).Build()
}

// do sends a command in order; whatever fails is made up for by a resync.
func (p *Presence) do(cmd rueidis.Completed, done func(rueidis.RedisResult)) {
	err := p.lane.Put(cmd, func(r rueidis.RedisResult) {
		if err := r.Error(); err != nil && !rueidis.IsRedisNil(err) {
			p.again()
		}
		if done != nil {
			done(r)
		}
	})
	if err != nil {
		p.again()
		if done != nil {
			done(rueidis.NewErrorResult(err))
		}
	}
}

// change sends one operation. If it fails, the room is told of anew, even one
// that this edge has no sockets in by then.
func (p *Presence) change(roomID string, announces bool, done func(rueidis.RedisResult), operation string, args ...string) {
	p.do(p.call(roomID, operation, args...), func(r rueidis.RedisResult) {
		if r.Error() != nil {
			p.owed.room(roomID, announces)
			p.again()
		}
		if done != nil {
			done(r)
		}
	})
}

// Enter tells of a socket in a room. From then on Seats must list it, which entered
// says: one that a resync told of first would not be announced.
func (p *Presence) Enter(roomID, userID, userName, socketID string, entered *atomic.Bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	entered.Store(true)
	if p.rooms[roomID]++; p.rooms[roomID] == 1 {
		p.do(p.client.B().Sadd().Key(keyRooms(p.edge)).Member(roomID).Build(), nil)
	}
	p.change(roomID, true, nil, "enter", userID, p.edge, socketID, payload(roomID, userID, userName), p.headFor(wire.EventUserOnline, userID, socketID))
}

// Say tells a room something in its order with comings and goings. failed is called
// if it could not be told.
func (p *Presence) Say(roomID string, e wire.Envelope, failed func()) {
	head, data := e.Split()
	p.do(p.call(roomID, "say", head, data), func(r rueidis.RedisResult) {
		if r.Error() != nil {
			failed()
		}
	})
}

// Exit tells that a socket is gone from a room; its user may come back.
func (p *Presence) Exit(roomID, userID, _, socketID string) {
	until := time.Now().Add(p.cfg.Grace).UnixMilli()
	p.mu.Lock()
	defer p.mu.Unlock()
	// Noted before it begins, so that no crash in between can forget it.
	p.do(p.graceUntil(float64(until), roomID, userID), nil)
	p.change(roomID, false, nil, "exit", userID, p.edge, socketID, strconv.FormatInt(until, 10))
	p.forget(roomID)
}

// Leave is Exit for good; see session.Presence.
func (p *Presence) Leave(roomID, userID, userName, socketID string, done func(last bool, err error)) {
	p.leave(roomID, userID, socketID, payload(roomID, userID, userName), p.headFor(wire.EventUserLeft, userID, socketID), func(r rueidis.RedisResult) {
		left, err := r.AsInt64()
		if err != nil {
			err = wire.NewError(wire.CodeUnavailable).Because(err).After(2 * time.Second)
		}
		done(left == 0, err)
	})
}

// Evict is Leave of a socket whose user is no member any more, of which everybody
// has been told already.
func (p *Presence) Evict(roomID, userID, socketID string) {
	p.leave(roomID, userID, socketID, "", "", nil)
}

func (p *Presence) leave(roomID, userID, socketID, data, line string, done func(rueidis.RedisResult)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.change(roomID, false, done, "leave", userID, p.edge, socketID, data, line)
	p.forget(roomID)
}

// forget uncounts an entry. The caller holds p.mu.
func (p *Presence) forget(roomID string) {
	p.rooms[roomID]--
	if p.rooms[roomID] <= 0 {
		delete(p.rooms, roomID)
		p.do(p.client.B().Srem().Key(keyRooms(p.edge)).Member(roomID).Build(), nil)
	}
}

func payload(roomID, userID, userName string) string {
	data, _ := json.Marshal(wire.UserRef{UserID: userID, UserName: userName, RoomID: roomID}) // strings always marshal
	return string(data)
}

// head is the beginning of an event's line; the script appends the payload.
func head(event string) string {
	head, _ := wire.Envelope{Event: event, Class: wire.ClassOrdered}.Split()
	return head
}

// headFor is head of an event that the user's own socket does not hear.
func (p *Presence) headFor(event, userID, socketID string) string {
	head, _ := wire.Envelope{Event: event, Class: wire.ClassOrdered, UserID: userID,
		Origin: wire.Origin{EdgeID: p.cfg.EdgeID, SocketID: socketID}}.Split()
	return head
}

func (p *Presence) seen(kind, userID string) {
	data, _ := json.Marshal(wire.SeenEvent{Type: kind, UserID: userID, At: wire.At(time.Now())}) // always marshals
	p.do(p.client.B().Xadd().Key(wire.StreamSeen).Maxlen().Almost().Threshold(seenLength).Id("*").FieldValue().
		FieldValue(wire.StreamField, string(data)).Build(), nil)
}

// settle announces those who have not come back, whichever edge they were on.
func (p *Presence) settle(ctx context.Context) {
	for run.Pause(ctx, p.cfg.Settle) {
		for p.settleSome(ctx) {
		}
	}
}

const settleBatch = 256

// settleSome tells whether there may be more.
func (p *Presence) settleSome(ctx context.Context) bool {
	now := strconv.FormatInt(time.Now().UnixMilli(), 10)
	due, err := p.client.Do(ctx, p.client.B().Zrangebyscore().Key(keyGrace).Min("-inf").Max(now).Limit(0, settleBatch).Build()).AsStrSlice()
	if err != nil || len(due) == 0 {
		return false // with Redis away it is done later
	}
	cmds := make(rueidis.Commands, 0, len(due)+1)
	for _, member := range due {
		roomID, userID, _ := strings.Cut(member, " ")
		cmds = append(cmds, p.call(roomID, "settle", userID, now, head(wire.EventUserOffline)))
	}
	if err := redisx.FirstError(p.client.DoMulti(ctx, cmds...)); err != nil {
		p.again() // the script may be unknown
		return false
	}
	return p.settled(ctx, now, due) == nil && len(due) == settleBatch
}

// settled takes members out of the graces. One that was put back meanwhile has a
// later end, and must stay: nobody would look for it any more.
func (p *Presence) settled(ctx context.Context, now string, members []string) error {
	return pastGraces.Exec(ctx, p.client, []string{keyGrace}, append([]string{now}, members...)).Error()
}

var pastGraces = rueidis.NewLuaScript(`
for i = 2, #ARGV do
  local ends = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if ends and tonumber(ends) <= tonumber(ARGV[1]) then redis.call('ZREM', KEYS[1], ARGV[i]) end
end
return 1`)
