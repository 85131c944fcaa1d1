package main

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/redis/rueidis"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/config"
	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/token"
	"github.com/wemaps/wemaps/libs/wire"
)

const edgeID = "edge-1"

// bed is a test's own servers, with a room and what the room service and the
// edge would put into Redis.
type bed struct {
	t        testing.TB
	dsn      string
	adminDSN string
	redisURL string
	db       *sqlx.DB
	admin    *sqlx.DB
	redis    rueidis.Client
	key      ed25519.PrivateKey
}

func newBed(t testing.TB) *bed {
	t.Helper()
	database := testenv.NewDatabase(t)
	b := &bed{t: t, dsn: database.URL("chat"), adminDSN: database.AdminURL(), redisURL: "redis://" + testenv.Redis(t)}
	var err error
	if b.db, err = pg.Open(b.dsn, 10); err != nil {
		t.Fatal(err)
	}
	if b.admin, err = pg.Open(b.adminDSN, 2); err != nil {
		t.Fatal(err)
	}
	if b.redis, err = redisx.Open(t.Context(), b.redisURL, "test"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.redis.Close(); _ = b.db.Close(); _ = b.admin.Close() })
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	b.key = private
	keys, _ := json.Marshal(token.JWKS{Keys: []token.JWK{token.NewJWK("k1", public)}})
	b.set(wire.KeyJWKS, string(keys))
	b.set(wire.KeyRoomCaches, "1")
	return b
}

func (b *bed) set(key, value string) {
	b.t.Helper()
	if err := b.redis.Do(context.Background(), b.redis.B().Set().Key(key).Value(value).Build()).Error(); err != nil {
		b.t.Fatal(err)
	}
}

// room makes an active room with members and returns its id.
func (b *bed) room(members ...string) string {
	b.t.Helper()
	id := uuid.NewString()
	b.cacheRoom(wire.RoomCache{ID: id, Status: wire.RoomStatusActive, ExpiresAt: wire.At(time.Now().Add(time.Hour))})
	for _, m := range members {
		if err := b.redis.Do(context.Background(), b.redis.B().Sadd().Key(wire.KeyRoomMembers(id)).Member(m).Build()).Error(); err != nil {
			b.t.Fatal(err)
		}
	}
	return id
}

func (b *bed) cacheRoom(r wire.RoomCache) {
	b.t.Helper()
	raw, err := json.Marshal(r)
	if err != nil {
		b.t.Fatal(err)
	}
	b.set(wire.KeyRoom(r.ID), string(raw))
}

func (b *bed) bearer(userID string) string {
	b.t.Helper()
	claims := token.JWTClaims{Name: "name of " + userID, SID: "session", RegisteredClaims: jwt.RegisteredClaims{Issuer: token.Issuer, Subject: userID,
		ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Hour))}}
	tok := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	tok.Header["kid"] = "k1"
	signed, err := tok.SignedString(b.key)
	if err != nil {
		b.t.Fatal(err)
	}
	return signed
}

// replica runs a chat service and returns its URL and a function that stops it.
func (b *bed) replica(change ...func(*Config)) (url string, stop func()) {
	b.t.Helper()
	cfg := Config{Retention: 24 * time.Hour, Common: config.Common{HTTPAddr: testenv.Address(b.t), AdminAddr: testenv.Address(b.t), RedisURL: b.redisURL,
		Partitions: 2, ShutdownTimeout: 5 * time.Second}, Postgres: config.Postgres{DatabaseURL: b.dsn, MaxConns: 10}}
	for _, fn := range change {
		fn(&cfg)
	}
	if err := cfg.Validate(); err != nil {
		b.t.Fatal(err)
	}
	log := zap.NewNop()
	if testing.Verbose() {
		log, _ = zap.NewDevelopment(zap.IncreaseLevel(zap.WarnLevel)) // shows why a request failed
	}
	app, err := New(b.t.Context(), cfg, log)
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			b.t.Errorf("the service failed: %v", err)
		}
	})
	b.t.Cleanup(stop)
	testenv.Eventually(b.t, 10*time.Second, "the service listens", func() bool {
		conn, err := net.Dial("tcp", cfg.HTTPAddr)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	testenv.Eventually(b.t, 10*time.Second, "the days' partitions are attached, which hides rows from reads that wait for it", func() bool {
		var n int
		err := b.db.Get(&n, `SELECT count(*) FROM pg_inherits WHERE inhparent = 'chat.messages'::regclass`)
		return err == nil && n >= 4
	})
	return "http://" + cfg.HTTPAddr, stop
}

// command puts a command into its stream, as an edge does.
func (b *bed) command(c wire.Command, partitions int) {
	b.t.Helper()
	c.Received = time.Now()
	stream := wire.StreamCommands(wire.ServiceChat, wire.Partition(c.RoomID, partitions))
	if err := b.redis.Do(context.Background(), b.redis.B().Xadd().Key(stream).Id("*").FieldValue().FieldValue(wire.CommandField, c.String()).Build()).Error(); err != nil {
		b.t.Error(err)
	}
}

func (b *bed) send(roomID, userID, ref, content, clientID string) {
	b.t.Helper()
	b.command(sendCommand(roomID, userID, ref, content, clientID), 2)
}

func sendCommand(roomID, userID, ref, content, clientID string) wire.Command {
	data, _ := json.Marshal(wire.SendMessage{RoomID: roomID, Content: content, ClientID: clientID})
	return wire.Command{Type: wire.CommandSend, RoomID: roomID, UserID: userID, UserName: "name of " + userID,
		Origin: wire.Origin{EdgeID: edgeID, SocketID: "socket", Ref: ref}, Data: string(data)}
}

// ear collects the envelopes of a channel.
type ear struct {
	mu   sync.Mutex
	all  []wire.Envelope
	size int // of the biggest payload
}

func (b *bed) listen(channel string) *ear {
	b.t.Helper()
	e := &ear{}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan struct{})
	var once sync.Once
	go func() {
		defer close(done)
		redisx.Subscribe(ctx, b.redis, channel, func() { once.Do(func() { close(ready) }) }, e.hear, func(error) {})
	}()
	b.t.Cleanup(func() { cancel(); <-done })
	<-ready
	return e
}

func (e *ear) hear(payload string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.size = max(e.size, len(payload))
	wire.EachEnvelope(payload, func(env wire.Envelope, err error) {
		if err == nil {
			e.all = append(e.all, env)
		}
	})
}

func (e *ear) heard() []wire.Envelope {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]wire.Envelope(nil), e.all...)
}

// until waits for n envelopes and returns them.
func (e *ear) until(t testing.TB, n int) []wire.Envelope {
	t.Helper()
	testenv.Eventually(t, 20*time.Second, fmt.Sprintf("%d envelopes arrive", n), func() bool { return len(e.heard()) >= n })
	return e.heard()
}

// messages are the new messages heard, without repetitions, in the order of
// their first arrival.
func (e *ear) messages(t testing.TB) []wire.Message {
	t.Helper()
	seen := map[int64]string{}
	var out []wire.Message
	for _, env := range e.heard() {
		if env.Event != wire.EventNewMessage {
			continue
		}
		var m wire.Message
		if err := json.Unmarshal([]byte(env.Data), &m); err != nil {
			t.Fatal(err)
		}
		if id, ok := seen[m.Seq]; ok {
			if id != m.ID {
				t.Fatalf("seq %d belongs to two messages", m.Seq)
			}
			continue
		}
		seen[m.Seq] = m.ID
		out = append(out, m)
	}
	return out
}

func socketError(t testing.TB, e wire.Envelope) wire.SocketError {
	t.Helper()
	if e.Event != wire.EventError {
		t.Fatalf("got %s %s, want an error", e.Event, e.Data)
	}
	var se wire.SocketError
	if err := json.Unmarshal([]byte(e.Data), &se); err != nil {
		t.Fatal(err)
	}
	return se
}

func (b *bed) stored(roomID string) (contents []string) {
	b.t.Helper()
	var rows []struct {
		Seq     int64  `db:"seq"`
		Content string `db:"content"`
	}
	if err := b.db.Select(&rows, `SELECT seq, content FROM chat.messages WHERE room_id = $1 ORDER BY seq`, roomID); err != nil {
		b.t.Fatal(err)
	}
	for i, r := range rows {
		if r.Seq != int64(i+1) {
			b.t.Fatalf("row %d has seq %d: the numbering has a gap or a double", i, r.Seq)
		}
		contents = append(contents, r.Content)
	}
	return contents
}

func repeat(s string, n int) string { return strings.Repeat(s, n) }
