package door_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/servers"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/token"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/bus"
	"github.com/wemaps/wemaps/services/edge/internal/door"
	"github.com/wemaps/wemaps/services/edge/internal/hub"
	"github.com/wemaps/wemaps/services/edge/internal/presence"
)

// house is a door with all that is behind it, and a key to issue tokens with.
type house struct {
	t      *testing.T
	server *servers.Server
	client rueidis.Client
	key    ed25519.PrivateKey
	door   *door.Door
}

type nobody struct{}

func (nobody) Seats(string) []presence.Seat { return nil }

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, server: testenv.RedisServer(t)}
	var err error
	if h.client, err = redisx.Open(t.Context(), "redis://"+h.server.Addr(), "test"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.client.Close)
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	h.key = private
	raw, err := json.Marshal(token.JWKS{Keys: []token.JWK{token.NewJWK("k", public)}})
	if err != nil {
		t.Fatal(err)
	}
	h.set(wire.KeyJWKS, string(raw))
	h.set(wire.KeyRoomCaches, "1")
	log := zap.NewNop()
	p := presence.New(presence.Config{EdgeID: "a"}, h.client, nobody{}, log)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = p.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	rooms := hub.New()
	metrics := bus.NewMetrics(prometheus.NewRegistry(), rooms)
	h.door = door.New(h.client, token.NewVerifier(h.client), p, bus.New(bus.Config{EdgeID: "a"}, h.client, h.client, rooms, nil, metrics, log))
	return h
}

func (h *house) do(cmd rueidis.Completed) rueidis.RedisResult {
	h.t.Helper()
	r := h.client.Do(h.t.Context(), cmd)
	if err := r.Error(); err != nil {
		h.t.Fatal(err)
	}
	return r
}

func (h *house) set(key, value string) { h.do(h.client.B().Set().Key(key).Value(value).Build()) }

func (h *house) issue(user, session string) string {
	h.t.Helper()
	tok := jwt.NewWithClaims(jwt.SigningMethodEdDSA, token.JWTClaims{Name: "Ana", SID: session, RegisteredClaims: jwt.RegisteredClaims{
		Issuer: token.Issuer, Subject: user, ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Hour))}})
	tok.Header["kid"] = "k"
	bearer, err := tok.SignedString(h.key)
	if err != nil {
		h.t.Fatal(err)
	}
	return bearer
}

// counted is how many sockets of a user are counted.
func (h *house) counted(user string) int64 {
	h.t.Helper()
	n, err := h.do(h.client.B().Hlen().Key("sockets:{" + user + "}").Build()).AsInt64()
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

func code(err error) wire.Code {
	var we *wire.Error
	if errors.As(err, &we) {
		return we.Code
	}
	return ""
}

func TestAdmit(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.do(h.client.B().Sadd().Key(wire.KeyUserRooms("u1")).Member("r1", "r2").Build())
	h.set(wire.KeyName("u1"), "Ana Novak")
	c, rooms, err := h.door.Admit(t.Context(), h.issue("u1", "s1"), "c1")
	slices.Sort(rooms)
	if err != nil || c.UserID != "u1" || c.SessionID != "s1" || c.Name != "Ana Novak" || !slices.Equal(rooms, []string{"r1", "r2"}) {
		t.Fatalf("%+v %v %v", c, rooms, err)
	}
	if n := h.counted("u1"); n != 1 {
		t.Errorf("%d sockets are counted", n)
	}
	testenv.Eventually(t, 5*time.Second, "nobody hears that the user came", func() bool {
		n, _ := h.do(h.client.B().Xlen().Key(wire.StreamSeen).Build()).AsInt64()
		return n == 1
	})
}

func TestAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bearer := h.issue("u1", "s1")
	if c, err := h.door.Again(t.Context(), bearer); err != nil || c.UserID != "u1" || c.Name != "Ana" {
		t.Fatalf("%+v %v", c, err)
	}
	h.set(wire.KeyName("u1"), "Ana Novak")
	if c, err := h.door.Again(t.Context(), bearer); err != nil || c.Name != "Ana Novak" {
		t.Errorf("%+v %v", c, err)
	}
	h.set(wire.KeyRevoked("s1"), "1")
	if _, err := h.door.Again(t.Context(), bearer); code(err) != wire.CodeInvalidToken {
		t.Errorf("a revoked session: %v", err)
	}
}

// Whoever may not come in is told why, counts for nothing and has not been seen.
func TestRefusals(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.set(wire.KeyRevoked("ended"), "1")
	h.set(wire.KeyErased("erased"), "1")
	for i := range wire.MaxSocketsPerUser {
		h.do(h.client.B().Hset().Key("sockets:{many}").FieldValue().FieldValue(string(rune('a'+i)), "a.x").Build())
		h.do(h.client.B().Zadd().Key(wire.KeyEdges).ScoreMember().ScoreMember(float64(time.Now().Add(time.Hour).UnixMilli()), "a.x").Build())
	}
	for name, c := range map[string]struct {
		bearer, user string
		want         wire.Code
		left         int64
	}{
		"no token":         {"", "u1", wire.CodeTokenRequired, 0},
		"no good token":    {h.issue("u1", "s1") + "x", "u1", wire.CodeInvalidToken, 0},
		"session ended":    {h.issue("u1", "ended"), "u1", wire.CodeInvalidToken, 0},
		"account erased":   {h.issue("erased", "s1"), "erased", wire.CodeUserNotFound, 0},
		"too many sockets": {h.issue("many", "s1"), "many", wire.CodeTooManySockets, wire.MaxSocketsPerUser},
	} {
		if _, _, err := h.door.Admit(t.Context(), c.bearer, "c1"); code(err) != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
		testenv.Eventually(t, 5*time.Second, name+": the socket counts", func() bool { return h.counted(c.user) == c.left })
	}
	// Room caches that were lost are no reason to let anybody in without rooms.
	h.do(h.client.B().Del().Key(wire.KeyRoomCaches).Build())
	if _, _, err := h.door.Admit(t.Context(), h.issue("u1", "s1"), "c1"); code(err) != wire.CodeUnavailable {
		t.Errorf("without caches: %v", err)
	}
	testenv.Eventually(t, 5*time.Second, "the socket counts", func() bool { return h.counted("u1") == 0 })
	if n, _ := h.do(h.client.B().Xlen().Key(wire.StreamSeen).Build()).AsInt64(); n != 0 {
		t.Errorf("%d were seen", n)
	}
	// With Redis away nobody comes in, and hears so soon.
	if err := h.server.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, _, err := h.door.Admit(t.Context(), h.issue("u1", "s1"), "c1"); code(err) != wire.CodeUnavailable || time.Since(began) > 5*time.Second {
		t.Errorf("with Redis away: %v after %s", err, time.Since(began))
	}
}
