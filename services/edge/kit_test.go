package main

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/redis/rueidis"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"github.com/wemaps/wemaps/libs/config"
	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/roomlog"
	"github.com/wemaps/wemaps/libs/servers"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/token"
	"github.com/wemaps/wemaps/libs/wire"
)

// world is a Redis with what the other services would have put there.
type world struct {
	t      *testing.T
	addr   string
	server *servers.Server
	redis  rueidis.Client
	key    ed25519.PrivateKey
	edges  []*edge
	events atomic.Int64
}

func newWorld(t *testing.T) *world {
	t.Helper()
	server := testenv.RedisServer(t)
	w := &world{t: t, addr: server.Addr(), server: server}
	client, err := redisx.Open(t.Context(), "redis://"+w.addr, "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	w.redis = client
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	w.key = key
	jwks, err := json.Marshal(token.JWKS{Keys: []token.JWK{token.NewJWK("k1", public)}})
	if err != nil {
		t.Fatal(err)
	}
	w.set(wire.KeyJWKS, string(jwks))
	w.set(wire.KeyRoomCaches, "1")
	return w
}

func (w *world) do(cmds ...rueidis.Completed) []rueidis.RedisResult {
	w.t.Helper()
	results := w.redis.DoMulti(context.Background(), cmds...)
	if err := redisx.FirstError(results); err != nil {
		w.t.Fatal(err)
	}
	return results
}

func (w *world) set(key, value string) {
	w.t.Helper()
	w.do(w.redis.B().Set().Key(key).Value(value).Build())
}

// token signs a user in; sessions are named after the user.
func (w *world) token(user string, life time.Duration) string {
	w.t.Helper()
	claims := token.JWTClaims{Name: strings.ToUpper(user), SID: "sid-" + user, RegisteredClaims: jwt.RegisteredClaims{
		Issuer: token.Issuer, Subject: user, ExpiresAt: jwt.NewNumericDate(time.Now().Add(life))}}
	tok := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	tok.Header["kid"] = "k1"
	s, err := tok.SignedString(w.key)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// room makes an active room with members.
func (w *world) room(id string, members ...string) {
	w.t.Helper()
	b := w.redis.B()
	for _, m := range members {
		w.do(b.Sadd().Key(wire.KeyRoomMembers(id)).Member(m).Build(), b.Sadd().Key(wire.KeyUserRooms(m)).Member(id).Build())
	}
	w.cacheRoom(id, wire.RoomStatusActive, time.Now().Add(time.Hour))
}

// dismiss makes users no members any more.
func (w *world) dismiss(id string, members ...string) {
	w.t.Helper()
	w.do(w.redis.B().Srem().Key(wire.KeyRoomMembers(id)).Member(members...).Build())
	w.cacheRoom(id, wire.RoomStatusActive, time.Now().Add(time.Hour))
}

func (w *world) cacheRoom(id, status string, expires time.Time) {
	w.t.Helper()
	raw, err := json.Marshal(wire.RoomCache{ID: id, Name: "Room " + id, Status: status, ExpiresAt: wire.At(expires), Version: w.events.Add(1)})
	if err != nil {
		w.t.Fatal(err)
	}
	w.set(wire.KeyRoom(id), string(raw))
}

// happened appends a room event, as the room service's relay does.
func (w *world) happened(kind, room, user string) {
	w.t.Helper()
	raw, err := json.Marshal(wire.RoomEvent{ID: w.events.Add(1), Type: kind, RoomID: room, UserID: user, UserName: strings.ToUpper(user), At: wire.At(time.Now())})
	if err != nil {
		w.t.Fatal(err)
	}
	w.do(w.redis.B().Xadd().Key(wire.StreamRoom).Id("*").FieldValue().FieldValue(wire.StreamField, string(raw)).Build())
}

func (w *world) publish(channel string, e ...wire.Envelope) {
	w.t.Helper()
	w.do(w.redis.B().Spublish().Channel(channel).Message(wire.JoinEnvelopes(e)).Build())
}

// log publishes ordered events as the services do.
func (w *world) log(room string, e ...wire.Envelope) {
	w.t.Helper()
	if err := redisx.FirstError(roomlog.Do(context.Background(), w.redis, rueidis.Commands{roomlog.Publish(w.redis, room, e...)})); err != nil {
		w.t.Error(err)
	}
}

// commands lists what was appended for a service.
func (w *world) commands(service, kind string) []wire.Command {
	w.t.Helper()
	var all []wire.Command
	for p := range wire.DefaultPartitions {
		entries, err := w.redis.Do(context.Background(), w.redis.B().Xrange().Key(wire.StreamCommands(service, p)).Start("-").End("+").Build()).AsXRange()
		if err != nil {
			w.t.Fatal(err)
		}
		for _, e := range entries {
			c, err := wire.ParseCommand(e.FieldValues[wire.CommandField])
			if err != nil {
				w.t.Fatal(err)
			}
			if c.Type == kind && !strings.HasPrefix(c.Origin.SocketID, "fill|") {
				all = append(all, c)
			}
		}
	}
	return all
}

// serve answers commands of a service until the test ends.
func (w *world) serve(service string, answer func(c wire.Command)) {
	w.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for p := range wire.DefaultPartitions {
		c := &redisx.Consumer{Client: w.redis, Stream: wire.StreamCommands(service, p), Field: wire.CommandField, Group: service, Name: "test", Exclusive: true,
			Dead: wire.StreamDead(service), OnError: func(error) {}, // the end of the test cuts it off
			Handle: func(_ context.Context, batch []redisx.Entry) ([]redisx.Reject, error) {
				for _, e := range batch {
					cmd, err := wire.ParseCommand(e.Value)
					if err != nil {
						w.t.Error(err)
						continue
					}
					answer(cmd)
				}
				return nil, nil
			}}
		wg.Go(func() { _ = c.Run(ctx) })
	}
	w.t.Cleanup(func() { stop(); wg.Wait() })
}

// edge is one running edge.
type edge struct {
	url   string
	admin string
	stop  context.CancelFunc
	ended chan error
}

// edge starts an edge; change may adapt its configuration.
func (w *world) edge(change func(*Config)) *edge {
	w.t.Helper()
	t := w.t
	backend := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusNoContent) }))
	t.Cleanup(backend.Close)
	cfg := Config{Common: config.Common{LogLevel: "info", HTTPAddr: testenv.Address(t), AdminAddr: testenv.Address(t), RedisURL: "redis://" + w.addr,
		Partitions: wire.DefaultPartitions, ShutdownTimeout: 10 * time.Second, InstanceID: "edge-" + string(rune('a'+len(w.edges)))},
		AuthURL: backend.URL, RoomURL: backend.URL, LocationURL: backend.URL, ChatURL: backend.URL,
		AuthAdminURL: backend.URL, RoomAdminURL: backend.URL, LocationAdminURL: backend.URL, ChatAdminURL: backend.URL,
		CORSOrigins: []string{"https://app.test"}, MaxSockets: 1000, HandshakeRate: 1000, AddressRate: 200, CommandBound: 100_000,
		DrainWindow: 200 * time.Millisecond, PresenceGrace: time.Second, PresenceLease: 3 * time.Second, RecoveryWindow: 2 * time.Minute}
	if change != nil {
		change(&cfg)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	app, err := New(t.Context(), cfg, zaptest.NewLogger(t, zaptest.Level(zap.WarnLevel)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	e := &edge{url: "http://" + cfg.HTTPAddr, admin: "http://" + cfg.AdminAddr, stop: stop, ended: make(chan error, 1)}
	go func() { e.ended <- app.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		select {
		case err := <-e.ended:
			if err != nil {
				t.Errorf("edge: %v", err)
			}
		case <-time.After(15 * time.Second):
			t.Error("the edge does not stop")
		}
	})
	w.edges = append(w.edges, e)
	testenv.Eventually(t, 10*time.Second, "the edge is not ready", func() bool {
		resp, err := http.Get(e.admin + "/readyz") //nolint:noctx // short
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		c, err := net.Dial("tcp", cfg.HTTPAddr)
		if err != nil {
			return false
		}
		_ = c.Close()
		return resp.StatusCode == http.StatusOK
	})
	return e
}
