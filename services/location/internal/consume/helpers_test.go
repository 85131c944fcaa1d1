package consume_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/consume"
	"github.com/wemaps/wemaps/services/location/internal/publish"
	"github.com/wemaps/wemaps/services/location/internal/store"
)

const ttl = 5 * time.Minute

// world is a Redis with rooms in it, and what rooms and one edge hear.
type world struct {
	t      testing.TB
	client rueidis.Client
	addr   string

	mu      sync.Mutex
	heard   []wire.Envelope // on room channels
	replies []wire.Envelope // on the channel of edge "e1"
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, addr: testenv.Redis(t)}
	w.client = w.open("test")
	w.set(wire.KeyRoomCaches, "1")
	w.set(wire.KeySharingCaches, "1")
	w.listen(wire.ChannelReplies("e1"), &w.replies)
	return w
}

func (w *world) open(name string) rueidis.Client {
	w.t.Helper()
	client, err := redisx.Open(context.Background(), "redis://"+w.addr, name)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(client.Close)
	return client
}

func (w *world) listen(channel string, into *[]wire.Envelope) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan struct{}, 8)
	done := make(chan struct{})
	go func() {
		defer close(done)
		redisx.Subscribe(ctx, w.client, channel, func() { ready <- struct{}{} }, func(message string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			wire.EachEnvelope(message, func(e wire.Envelope, err error) {
				if err != nil {
					w.t.Errorf("published something that is no envelope: %v", err)
				}
				*into = append(*into, e)
			})
		}, func(error) {})
	}()
	w.t.Cleanup(func() { cancel(); <-done })
	<-ready
}

func (w *world) set(key, value string) {
	w.t.Helper()
	if err := w.client.Do(context.Background(), w.client.B().Set().Key(key).Value(value).Build()).Error(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) do(args ...string) rueidis.RedisResult {
	w.t.Helper()
	r := w.client.Do(context.Background(), w.client.B().Arbitrary(args...).Build())
	if err := r.Error(); err != nil && !rueidis.IsRedisNil(err) {
		w.t.Fatalf("%v: %v", args, err)
	}
	return r
}

func (w *world) pipeline(commands [][]string) {
	w.t.Helper()
	built := make(rueidis.Commands, len(commands))
	for i, args := range commands {
		built[i] = w.client.B().Arbitrary(args...).Build()
	}
	if err := redisx.FirstError(w.client.DoMulti(context.Background(), built...)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exists(key string) bool {
	n, err := w.do("EXISTS", key).AsInt64()
	if err != nil {
		w.t.Fatal(err)
	}
	return n == 1
}

// room makes a room as the room service's projection does.
func (w *world) room(id string, members ...string) {
	w.roomWith(wire.RoomCache{ID: id, Name: "Room", DestinationLat: 46, DestinationLng: 14, Status: wire.RoomStatusActive,
		ExpiresAt: wire.At(time.Now().Add(time.Hour)), Version: 1}, members...)
}

func (w *world) roomWith(cache wire.RoomCache, members ...string) {
	w.t.Helper()
	raw, err := json.Marshal(cache)
	if err != nil {
		w.t.Fatal(err)
	}
	w.set(wire.KeyRoom(cache.ID), string(raw))
	if len(members) > 0 {
		w.do(append([]string{"SADD", wire.KeyRoomMembers(cache.ID)}, members...)...)
	}
}

func (w *world) commands(client rueidis.Client) *consume.Commands {
	metrics := consume.NewMetrics(prometheus.NewRegistry())
	return consume.NewCommands(consume.Config{Rooms: store.NewRooms(client), Positions: store.NewPositions(client, ttl), Ways: store.NewWays(client),
		Effects: publish.NewBatch(client, 1, ttl, metrics.Sent), TTL: ttl, Limit: 50_000, Metrics: metrics})
}

// replica runs the streams' side of the service until stop is called.
func (w *world) replica(name string, partitions int) (stop func()) {
	w.t.Helper()
	client := w.open(name)
	ctx, cancel := context.WithCancel(context.Background())
	p := &consume.Partitions{Client: client, Partitions: partitions, Instance: name, Metrics: consume.NewMetrics(prometheus.NewRegistry()),
		New: func() *consume.Commands { return w.commands(client) }, OnError: func(err error) { w.t.Log(name, err) }}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := p.Run(ctx); err != nil {
			w.t.Errorf("partitions: %v", err)
		}
	}()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	w.t.Cleanup(stop)
	return stop
}

// send puts a command into its stream, as an edge does.
func (w *world) send(c wire.Command, partitions int) {
	w.t.Helper()
	w.do("XADD", wire.StreamCommands(wire.ServiceLocation, wire.Partition(c.RoomID, partitions)), "*", wire.CommandField, c.String())
}

// handle gives commands to h as one batch.
func handle(t testing.TB, h *consume.Commands, commands ...wire.Command) []redisx.Reject {
	t.Helper()
	entries := make([]redisx.Entry, len(commands))
	for i, c := range commands {
		entries[i] = redisx.Entry{ID: fmt.Sprintf("1-%d", i), Value: c.String()}
	}
	rejects, err := h.Handle(context.Background(), entries)
	if err != nil {
		t.Fatal(err)
	}
	return rejects
}

func (w *world) events(room string) {
	w.listen(wire.ChannelRoom(room), &w.heard)
}

// waitHeard waits until n envelopes have arrived in rooms and returns them.
func (w *world) waitHeard(n int, reason string) []wire.Envelope { return w.wait(&w.heard, n, reason) }

// waitReplies waits until n envelopes have arrived at the edge.
func (w *world) waitReplies(n int, reason string) []wire.Envelope {
	return w.wait(&w.replies, n, reason)
}

func (w *world) wait(from *[]wire.Envelope, n int, reason string) []wire.Envelope {
	w.t.Helper()
	var got []wire.Envelope
	testenv.Eventually(w.t, 15*time.Second, reason, func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		got = append(got[:0:0], *from...)
		return len(got) >= n
	})
	return got
}

// Places of tests lie on a line, a step of 11 m apart.
const (
	start = 45.5
	step  = 1e-4
)

// place is the number of the place that a position tells of.
func place(t testing.TB, data string) float64 {
	t.Helper()
	return math.Round((location(t, data).Latitude - start) / step)
}

// update is a location-update at a place, received and recorded at at.
func update(room, user string, place float64, at time.Time) wire.Command {
	return wire.Command{Type: wire.CommandUpdate, RoomID: room, UserID: user, UserName: "Name of " + user,
		Origin: wire.Origin{EdgeID: "e1", SocketID: "s-" + user, Ref: "7"}, Received: at,
		Data: fmt.Sprintf(`{"roomId":%q,"latitude":%v,"longitude":14.5,"accuracy":4.5,"speed":1.4,"recordedAt":%q}`, room, start+place*step, at.UTC().Format(wire.TimeLayout))}
}

func location(t testing.TB, data string) wire.Location {
	t.Helper()
	var l wire.Location
	if err := json.Unmarshal([]byte(data), &l); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return l
}

func socketError(t testing.TB, e wire.Envelope) wire.SocketError {
	t.Helper()
	var s wire.SocketError
	if err := json.Unmarshal([]byte(e.Data), &s); err != nil || e.Event != wire.EventError {
		t.Fatalf("not an error event: %+v (%v)", e, err)
	}
	return s
}

func (w *world) eventually(reason string, condition func() bool) {
	w.t.Helper()
	testenv.Eventually(w.t, 15*time.Second, reason, condition)
}

// calls is how often Redis has run a command, by its INFO commandstats.
func calls(stats, command string) int {
	_, rest, ok := strings.Cut(stats, "cmdstat_"+command+":calls=")
	if !ok {
		return 0
	}
	count, _, _ := strings.Cut(rest, ",")
	n, _ := strconv.Atoi(count)
	return n
}
