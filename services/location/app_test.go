package main

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/redis/rueidis"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/config"
	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/token"
	"github.com/wemaps/wemaps/libs/wire"
)

// service is the whole location service on a Redis of its own.
type service struct {
	t           testing.TB
	client      rueidis.Client
	key         ed25519.PrivateKey
	jwks        token.JWKS
	database    *testenv.Database
	base, admin string
}

func startService(t *testing.T, options ...func(*Config)) *service {
	t.Helper()
	s := &service{t: t, database: testenv.NewDatabase(t)}
	redisURL := "redis://" + testenv.Redis(t)
	client, err := redisx.Open(context.Background(), redisURL, "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	s.client = client
	httpAddr, adminAddr := testenv.Address(t), testenv.Address(t)
	s.base, s.admin = "http://"+httpAddr, "http://"+adminAddr
	cfg := Config{Common: config.Common{HTTPAddr: httpAddr, AdminAddr: adminAddr, RedisURL: redisURL, Partitions: 2,
		ShutdownTimeout: time.Second, InstanceID: "a"},
		Postgres: config.Postgres{DatabaseURL: s.database.URL("location"), MaxConns: 4}, TTL: time.Minute, TrackRetention: 720 * time.Hour, CommandBound: 1000}
	for _, option := range options {
		option(&cfg)
	}
	ctx, cancel := context.WithCancel(context.Background())
	app, err := New(ctx, cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the service ended with %v", err)
		}
	})
	return s
}

func (s *service) set(key string, value any) {
	s.t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.client.Do(context.Background(), s.client.B().Set().Key(key).Value(string(raw)).Build()).Error(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *service) publishKeysAgain() { s.set(wire.KeyJWKS, s.jwks) }

func (s *service) publishKeys() {
	s.t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.key, s.jwks = private, token.JWKS{Keys: []token.JWK{token.NewJWK("k1", public)}}
	s.set(wire.KeyJWKS, s.jwks)
}

func (s *service) token(user string) string {
	s.t.Helper()
	tok := jwt.NewWithClaims(jwt.SigningMethodEdDSA, token.JWTClaims{Name: user, SID: "s-" + user, RegisteredClaims: jwt.RegisteredClaims{
		Issuer: token.Issuer, Subject: user, ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Hour))}})
	tok.Header["kid"] = "k1"
	signed, err := tok.SignedString(s.key)
	if err != nil {
		s.t.Fatal(err)
	}
	return signed
}

func (s *service) room(id, status string, expires time.Time, members ...string) {
	s.t.Helper()
	s.set(wire.KeyRoom(id), wire.RoomCache{ID: id, DestinationLat: 46, DestinationLng: 14, Status: status, ExpiresAt: wire.At(expires)})
	if err := s.client.Do(context.Background(), s.client.B().Sadd().Key(wire.KeyRoomMembers(id)).Member(members...).Build()).Error(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *service) get(url, bearer string) (status int, body string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

func TestService(t *testing.T) {
	t.Parallel()
	s := startService(t)
	testenv.Eventually(t, 10*time.Second, "it answers, and says that it has no keys", func() bool {
		status, body := s.get(s.admin+"/readyz", "")
		return status == http.StatusServiceUnavailable && strings.Contains(body, "keys")
	})
	s.publishKeys()
	testenv.Eventually(t, 10*time.Second, "it is ready when there are keys", func() bool {
		status, _ := s.get(s.admin+"/readyz", "")
		return status == http.StatusOK
	})
	s.set(wire.KeyRoomCaches, 1)
	s.set(wire.KeySharingCaches, 1)
	future, past := time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
	s.room("r1", wire.RoomStatusActive, future, "ann", "bob")
	s.room("expired", wire.RoomStatusActive, past, "ann")
	s.room("closed", wire.RoomStatusClosed, future, "ann")
	s.room("quiet", wire.RoomStatusActive, future, "ann")

	command := wire.Command{Type: wire.CommandUpdate, RoomID: "r1", UserID: "ann", UserName: "Ann", Received: time.Now(),
		Origin: wire.Origin{EdgeID: "e", SocketID: "s"}, Data: `{"latitude":45.9,"longitude":14}`}
	if err := s.client.Do(context.Background(), s.client.B().Xadd().Key(wire.StreamCommands(wire.ServiceLocation, wire.Partition("r1", 2))).Id("*").
		FieldValue().FieldValue(wire.CommandField, command.String()).Build()).Error(); err != nil {
		t.Fatal(err)
	}
	testenv.Eventually(t, 10*time.Second, "the position can be read", func() bool {
		status, body := s.get(s.base+"/api/rooms/r1/locations", s.token("bob"))
		var got struct{ Locations []wire.Location }
		return status == http.StatusOK && json.Unmarshal([]byte(body), &got) == nil && len(got.Locations) == 1 && got.Locations[0].UserName == "Ann"
	})

	for _, tc := range []struct {
		path, bearer string
		status       int
		code         string
	}{
		{"/api/rooms/r1/locations", "", 401, "TOKEN_REQUIRED"},
		{"/api/rooms/r1/locations", "rubbish", 401, "INVALID_TOKEN"},
		{"/api/rooms/r1/locations", s.token("eve"), 403, "ACCESS_DENIED"},
		{"/api/rooms/none/locations", s.token("ann"), 404, "ROOM_NOT_FOUND"},
		{"/api/rooms/" + strings.Repeat("x", 65) + "/locations", s.token("ann"), 404, "ROOM_NOT_FOUND"},
		{"/api/rooms/expired/locations", s.token("ann"), 410, "ROOM_EXPIRED"}, // inherited mistake 9
		{"/api/rooms/closed/locations", s.token("ann"), 410, "ROOM_CLOSED"},
		{"/api/nothing", s.token("ann"), 404, "ROUTE_NOT_FOUND"},
		{"/api/rooms/quiet/locations", s.token("ann"), 200, `"locations":[]`},
	} {
		if status, body := s.get(s.base+tc.path, tc.bearer); status != tc.status || !strings.Contains(body, tc.code) {
			t.Errorf("%s: got %d %s, want %d %s", tc.path, status, body, tc.status, tc.code)
		}
	}
	_, metrics := s.get(s.admin+"/metrics", "")
	for _, want := range []string{`wemaps_location_commands_total{type="update"} 1`, "wemaps_location_partitions_owned 2", "wemaps_location_published_total 1"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %s in the metrics", want)
		}
	}
}

func TestUnknownRoomsWhileCachesAreRebuilt(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.publishKeys()
	var status int
	var body string
	testenv.Eventually(t, 10*time.Second, "it answers", func() bool {
		status, body = s.get(s.base+"/api/rooms/r1/locations", s.token("ann"))
		return status != 0
	})
	if status != http.StatusServiceUnavailable || !strings.Contains(body, "UNAVAILABLE") {
		t.Errorf("got %d %s", status, body)
	}
}

func TestConfig(t *testing.T) {
	valid := map[string]string{"HTTP_ADDR": ":1", "ADMIN_ADDR": ":2", "REDIS_URL": "redis://localhost:1", "DATABASE_URL": "postgres://localhost:1/x"}
	for name, tc := range map[string]struct{ key, value, wrong string }{
		"complete":      {"LOCATION_TTL", "5m", ""},
		"no Redis":      {"REDIS_URL", "", "REDIS_URL"},
		"no Postgres":   {"DATABASE_URL", "", "DATABASE_URL"},
		"endless":       {"LOCATION_TTL", "1000h", "LOCATION_TTL"},
		"no partitions": {"STREAM_PARTITIONS", "0", "STREAM_PARTITIONS"},
		"no tracks":     {"TRACK_RETENTION", "1m", "TRACK_RETENTION"},
		"no commands":   {"COMMAND_BOUND", "0", "COMMAND_BOUND"},
		"public":        {"PUBLIC_URL", "https://maps.example.org/", ""},
		"not a URL":     {"PUBLIC_URL", "maps.example.org", "PUBLIC_URL"},
		"an engine":     {"ROUTING_URL", "http://osrm:5000/", ""},
		"no engine":     {"ROUTING_URL", "osrm:5000", "ROUTING_URL"},
		"a secret URL":  {"PUBLIC_URL", "https://a:b@maps.example.org", "PUBLIC_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			for k, v := range valid {
				t.Setenv(k, v)
			}
			t.Setenv(tc.key, tc.value)
			var cfg Config
			err := config.Load(&cfg)
			if (err != nil) != (tc.wrong != "") || err != nil && !strings.Contains(err.Error(), tc.wrong) {
				t.Errorf("got %v", fmt.Sprint(err))
			}
		})
	}
}
