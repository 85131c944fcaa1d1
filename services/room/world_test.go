package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
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
	"github.com/wemaps/wemaps/libs/servers"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/token"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/room/internal/room"
)

// world is a running service on a Postgres and a Redis of its own.
type world struct {
	t           testing.TB
	app         *App
	url         string
	server      *servers.Server
	redis       rueidis.Client
	db          *sqlx.DB
	key         ed25519.PrivateKey
	client      *http.Client
	databaseURL string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, server: testenv.RedisServer(t), databaseURL: testenv.Postgres(t, "room")}
	var err error
	if w.redis, err = redisx.Open(t.Context(), w.server.RedisURL(), "test"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.redis.Close)
	if w.db, err = pg.Open(w.databaseURL, 4); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.db.Close() })
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	w.key = private
	w.publishKeys(public)
	w.app = w.start()
	front := httptest.NewServer(w.app.server.Handler)
	t.Cleanup(front.Close)
	w.url = front.URL
	w.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}}
	t.Cleanup(w.client.CloseIdleConnections)
	return w
}

// start runs one more replica of the service.
func (w *world) start() *App {
	w.t.Helper()
	cfg := Config{
		Common: config.Common{LogLevel: "error", HTTPAddr: "127.0.0.1:0", AdminAddr: "127.0.0.1:0", RedisURL: w.server.RedisURL(),
			Partitions: 4, ShutdownTimeout: time.Second},
		Postgres: config.Postgres{DatabaseURL: w.databaseURL, MaxConns: 10}, Retention: time.Hour,
	}
	if err := cfg.Validate(); err != nil {
		w.t.Fatal(err)
	}
	app, err := New(w.t.Context(), cfg, zap.NewNop())
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx) }()
	w.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("the service ended: %v", err)
		}
	})
	return app
}

func (w *world) publishKeys(public ed25519.PublicKey) {
	w.t.Helper()
	set, err := json.Marshal(token.JWKS{Keys: []token.JWK{token.NewJWK("k1", public)}})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.redis.Do(w.t.Context(), w.redis.B().Set().Key(wire.KeyJWKS).Value(string(set)).Build()).Error(); err != nil {
		w.t.Fatal(err)
	}
}

// person is somebody signed in.
type person struct {
	w               *world
	id, name, token string
	addr            string // X-Forwarded-For, if any
}

func (w *world) person(name string) *person {
	w.t.Helper()
	p := &person{w: w, id: uuid.Must(uuid.NewV7()).String(), name: name}
	tok := jwt.NewWithClaims(jwt.SigningMethodEdDSA, token.JWTClaims{Name: name, SID: uuid.NewString(), RegisteredClaims: jwt.RegisteredClaims{
		Issuer: token.Issuer, Subject: p.id, ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Hour))}})
	tok.Header["kid"] = "k1"
	var err error
	if p.token, err = tok.SignedString(w.key); err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) people(n int) []*person {
	out := make([]*person, n)
	for i := range out {
		out[i] = w.person(fmt.Sprintf("Person %d", i))
	}
	return out
}

// answer is what came back.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   []byte
	took   time.Duration
}

func (p *person) do(method, path string, body any) answer {
	p.w.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = bytes.NewReader([]byte(b))
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			p.w.t.Fatal(err)
		}
		reader = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(p.w.t.Context(), method, p.w.url+path, reader)
	if err != nil {
		p.w.t.Fatal(err)
	}
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	if p.addr != "" {
		req.Header.Set("X-Forwarded-For", p.addr)
	}
	req.Header.Set("Content-Type", "application/json")
	start := time.Now()
	resp, err := p.w.client.Do(req)
	if err != nil {
		p.w.t.Errorf("%s %s: %v", method, path, err)
		return answer{t: p.w.t}
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		p.w.t.Errorf("%s %s: %v", method, path, err)
	}
	return answer{p.w.t, resp.StatusCode, resp.Header, b, time.Since(start)}
}

// into checks the status and decodes.
func (a answer) into(status int, dst any) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	if err := json.Unmarshal(a.body, dst); err != nil {
		a.t.Fatalf("decode %s: %v", a.body, err)
	}
	return a
}

// fails checks the status and the code of an error.
func (a answer) fails(status int, code wire.Code) answer {
	a.t.Helper()
	if got := a.code(); a.status != status || got != code {
		a.t.Fatalf("got %d %s, want %d %s: %s", a.status, got, status, code, a.body)
	}
	var body struct {
		Error   string
		Details wire.FieldDetails
	}
	if code == wire.CodeValidation && (json.Unmarshal(a.body, &body) != nil || body.Details.Field == "" || !strings.HasPrefix(body.Error, body.Details.Field+" ")) &&
		!strings.Contains(body.Error, "NUL") { // which is looked for before there are fields
		a.t.Fatalf("the field is not named: %s", a.body)
	}
	return a
}

func (a answer) code() wire.Code {
	var body wire.ErrorBody
	_ = json.Unmarshal(a.body, &body)
	return body.Code
}

func draft(name string) map[string]any {
	return map[string]any{"name": name, "destinationName": "Lake", "destinationLat": 47.25, "destinationLng": 8.5}
}

func with(m map[string]any, key string, value any) map[string]any {
	m[key] = value
	return m
}

func (p *person) create(fields map[string]any) wire.Room {
	p.w.t.Helper()
	var out wire.RoomResponse
	p.do("POST", "/api/rooms", fields).into(http.StatusCreated, &out)
	return out.Room
}

func (p *person) tryJoin(code string) answer {
	return p.do("POST", "/api/rooms/join", map[string]any{"roomCode": code})
}

func (p *person) join(code string) wire.JoinRoomResponse {
	p.w.t.Helper()
	var out wire.JoinRoomResponse
	p.tryJoin(code).into(http.StatusOK, &out)
	return out
}

func (p *person) room(id string) wire.RoomDetailResponse {
	p.w.t.Helper()
	var out wire.RoomDetailResponse
	p.do("GET", "/api/rooms/"+id, nil).into(http.StatusOK, &out)
	return out
}

func (p *person) rooms() []wire.Room {
	p.w.t.Helper()
	var out wire.RoomsResponse
	p.do("GET", "/api/rooms", nil).into(http.StatusOK, &out)
	return out.Rooms
}

func (p *person) leave(id string) {
	p.w.t.Helper()
	var out wire.MessageResponse
	p.do("POST", "/api/rooms/"+id+"/leave", nil).into(http.StatusOK, &out)
}

// race runs fn for each of n at the same moment.
func race(n int, fn func(i int)) {
	var ready, done sync.WaitGroup
	barrier := make(chan struct{})
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			<-barrier
			fn(i)
		})
	}
	ready.Wait()
	close(barrier)
	done.Wait()
}

// members reads the cached member set.
func (w *world) members(roomID string) map[string]bool {
	w.t.Helper()
	ids, err := w.redis.Do(w.t.Context(), w.redis.B().Smembers().Key(wire.KeyRoomMembers(roomID)).Build()).AsStrSlice()
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]bool{}
	for _, id := range ids {
		out[id] = true
	}
	return out
}

// cached reads the cached room; ok is false if there is none.
func (w *world) cached(roomID string) (c wire.RoomCache, ok bool) {
	w.t.Helper()
	text, err := w.redis.Do(w.t.Context(), w.redis.B().Get().Key(wire.KeyRoom(roomID)).Build()).ToString()
	if rueidis.IsRedisNil(err) {
		return c, false
	}
	if err != nil {
		w.t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		w.t.Fatal(err)
	}
	return c, true
}

// exists tells whether Redis has the key.
func (w *world) exists(key string) bool {
	there, err := w.redis.Do(w.t.Context(), w.redis.B().Exists().Key(key).Build()).AsBool()
	return err == nil && there
}

// streamed reads the domain events of a room.
func (w *world) streamed(roomID string) []wire.RoomEvent {
	w.t.Helper()
	entries, err := w.redis.Do(w.t.Context(), w.redis.B().Xrange().Key(wire.StreamRoom).Start("-").End("+").Build()).AsXRange()
	if err != nil {
		w.t.Fatal(err)
	}
	var out []wire.RoomEvent
	for _, e := range entries {
		var event wire.RoomEvent
		if err := json.Unmarshal([]byte(e.FieldValues[wire.StreamField]), &event); err != nil {
			w.t.Fatal(err)
		}
		if event.RoomID == roomID {
			out = append(out, event)
		}
	}
	return out
}

func types(events []wire.RoomEvent) string {
	out := ""
	for _, e := range events {
		out += e.Type + " "
	}
	return out
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	if _, err := w.db.ExecContext(w.t.Context(), query, args...); err != nil {
		w.t.Fatal(err)
	}
}

// joins is the change that lets p in, past the HTTP surface.
func joins(p *person) func(*room.Room) error {
	return func(r *room.Room) error {
		_, err := r.Join(uuid.Must(uuid.NewV7()).String(), room.User{ID: p.id, Name: p.name}, "", time.Now())
		return err
	}
}
