package main

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/auth/internal/account"
	"github.com/wemaps/wemaps/services/auth/internal/keys"
	"github.com/wemaps/wemaps/services/auth/internal/store"
)

// issuedAgo is a token of the service's real key, issued some time ago.
func (e *env) issuedAgo(user wire.User, sessionID string, ago time.Duration) string {
	e.t.Helper()
	e.exec(`UPDATE auth.signing_keys SET active_from = active_from - interval '1 day'`)
	ring, err := keys.NewRing(keys.Schedule{Rotation: e.cfg.KeyRotation, TokenTTL: e.cfg.TokenTTL}, testSecret, store.New(e.db), time.Now)
	if err != nil {
		e.t.Fatal(err)
	}
	if err := ring.Rotate(e.t.Context()); err != nil {
		e.t.Fatal(err)
	}
	signed, _, err := ring.Issue(account.User{ID: user.ID, Name: user.Name}, sessionID, time.Now().Add(-ago))
	if err != nil {
		e.t.Fatal(err)
	}
	return signed
}

func TestEraseAndExport(t *testing.T) {
	t.Parallel()
	e := setUp(t, nil)
	anna := e.signUp("Anna", "Secret1")
	bert := e.signIn("Bert")
	var device wire.CreateDeviceTokenResponse
	e.do("POST", "/api/auth/device-tokens", map[string]any{"name": "OwnTracks"}, bearer(anna.Token)).ok(201, &device)
	deviceKey := wire.KeyDevice(sha(device.Token))
	testenv.Eventually(t, 5*time.Second, "the device token is published", func() bool { return e.get(deviceKey) != "" })

	var export wire.AccountExport
	a := e.do("GET", "/api/auth/me/export", nil, bearer(anna.Token))
	a.ok(200, &export)
	if export.User != anna.User || !export.HasPassword || len(export.Sessions) != 1 || len(export.DeviceTokens) != 1 || strings.Contains(a.raw, "argon2") {
		t.Errorf("export: %s", a.raw)
	}
	events := e.listen()
	e.do("DELETE", "/api/auth/me", nil, bearer(anna.Token)).refused(401, wire.CodePasswordRequired)
	e.do("DELETE", "/api/auth/me", map[string]any{"password": "Wrong1x"}, bearer(anna.Token)).refused(401, wire.CodeInvalidCredentials)
	e.do("DELETE", "/api/auth/me", map[string]any{"password": "Secret1"}, bearer(anna.Token)).ok(200, nil)
	if ev := <-events; ev.Type != wire.AuthEventErased || ev.UserID != anna.User.ID {
		t.Errorf("edges hear of it: %+v", ev)
	}
	e.do("GET", "/api/auth/me", nil, bearer(anna.Token)).refused(401, wire.CodeUserNotFound)
	e.do("POST", "/api/auth/refresh", nil, bearer(anna.Token)).refused(401, wire.CodeUserNotFound)
	e.do("POST", "/api/auth/refresh", map[string]any{"refreshToken": anna.RefreshToken}).refused(401, wire.CodeInvalidToken)
	e.do("GET", "/api/auth/user?id="+anna.User.ID, nil, bearer(bert.Token)).refused(404, wire.CodeUserNotFound)
	testenv.Eventually(t, 5*time.Second, "the device token is gone", func() bool { return e.get(deviceKey) == "" })
	if ttl := e.ttl(wire.KeyErased(anna.User.ID)); ttl < 167*time.Hour {
		t.Errorf("erasure is remembered for %s", ttl)
	}
	entries, err := e.redis.Do(t.Context(), e.redis.B().Xrange().Key(wire.StreamAuth).Start("-").End("+").Build()).AsXRange()
	if err != nil || len(entries) != 1 {
		t.Fatalf("%v, %v", entries, err)
	}
	var ev wire.AuthEvent
	if err := json.Unmarshal([]byte(entries[0].FieldValues[wire.StreamField]), &ev); err != nil || ev.UserID != anna.User.ID || ev.ID == 0 || ev.At == nil {
		t.Errorf("stream: %+v, %v", ev, err)
	}
	// Nothing of the person is left, and the name is anybody's.
	for _, table := range []string{"sessions", "device_tokens", "known_addresses"} {
		var n int
		if err := e.db.Get(&n, `SELECT count(*) FROM auth.`+table+` WHERE user_id = $1`, anna.User.ID); err != nil || n != 0 {
			t.Errorf("%d rows left in %s, %v", n, table, err)
		}
	}
	if in := e.signIn("Anna"); !*in.IsNewUser || in.User.ID == anna.User.ID {
		t.Error("the name is free, and whoever takes it is somebody else")
	}
	e.do("DELETE", "/api/auth/me", nil, bearer(bert.Token)).ok(200, nil) // an open name has nothing to confirm with
}

func sha(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func TestDeviceTokens(t *testing.T) {
	t.Parallel()
	e := setUp(t, nil)
	anna, bert := e.signIn("Anna"), e.signIn("Bert")
	post := func(body any) answer { return e.do("POST", "/api/auth/device-tokens", body, bearer(anna.Token)) }
	for _, bad := range []map[string]any{{}, {"name": " "}, {"name": strings.Repeat("x", 51)}, {"name": "a\nb"},
		{"name": "Phone", "rooms": []string{"x"}}, {"name": "Phone", "rooms": "x"}, {"name": "Phone", "rooms": make([]string, 21)}} {
		post(bad).refused(400, wire.CodeValidation)
	}
	room := httpx.NewID()
	var bound, free wire.CreateDeviceTokenResponse
	post(map[string]any{"name": " Phone ", "rooms": []string{room}}).ok(201, &bound)
	post(map[string]any{"name": "Watch"}).ok(201, &free)
	if !strings.HasPrefix(bound.Token, "wm_dev_") || len(bound.Token) < 50 || bound.DeviceToken.Name != "Phone" {
		t.Fatalf("%+v", bound)
	}
	grant := func(token string) (g wire.DeviceGrant, there bool) {
		raw := e.get(wire.KeyDevice(sha(token)))
		if raw == "" {
			return g, false
		}
		if err := json.Unmarshal([]byte(raw), &g); err != nil {
			t.Fatal(err)
		}
		return g, true
	}
	testenv.Eventually(t, 5*time.Second, "tokens are published", func() bool { _, there := grant(free.Token); return there })
	if g, _ := grant(bound.Token); g.UserID != anna.User.ID || g.UserName != "Anna" || g.DeviceID != bound.DeviceToken.ID || len(g.Rooms) != 1 || g.Rooms[0] != room {
		t.Errorf("grant %+v", g)
	}
	if g, _ := grant(free.Token); g.Rooms == nil || len(g.Rooms) != 0 {
		t.Errorf("grant %+v", g)
	}
	a := e.do("GET", "/api/auth/device-tokens", nil, bearer(anna.Token))
	var list wire.DeviceTokensResponse
	a.ok(200, &list)
	if len(list.DeviceTokens) != 2 || list.DeviceTokens[0].Name != "Watch" || strings.Contains(a.raw, "wm_dev_") {
		t.Errorf("shown once: %s", a.raw)
	}
	var stored int
	if err := e.db.Get(&stored, `SELECT count(*) FROM auth.device_tokens d WHERE d::text LIKE '%wm_dev_%'`); err != nil || stored != 0 {
		t.Errorf("stored hashed: %d, %v", stored, err)
	}
	e.do("PUT", "/api/auth/me", map[string]any{"name": "Anne"}, bearer(anna.Token)).ok(200, nil)
	testenv.Eventually(t, 5*time.Second, "grants carry the new name", func() bool { g, _ := grant(free.Token); return g.UserName == "Anne" })

	e.do("DELETE", "/api/auth/device-tokens/"+free.DeviceToken.ID, nil, bearer(bert.Token)).refused(404, wire.CodeDeviceTokenNotFound)
	e.do("DELETE", "/api/auth/device-tokens/x", nil, bearer(anna.Token)).refused(404, wire.CodeDeviceTokenNotFound)
	e.do("DELETE", "/api/auth/device-tokens/"+free.DeviceToken.ID, nil, bearer(anna.Token)).ok(200, nil)
	testenv.Eventually(t, 5*time.Second, "the revoked token is gone", func() bool { _, there := grant(free.Token); return !there })
	e.do("DELETE", "/api/auth/device-tokens/"+free.DeviceToken.ID, nil, bearer(anna.Token)).refused(404, wire.CodeDeviceTokenNotFound)
	for range 19 {
		post(map[string]any{"name": "More"}).ok(201, nil)
	}
	post(map[string]any{"name": "More"}).refused(400, wire.CodeValidation)
}

// Redis loses everything: keys, revocations, erasures and grants come back by themselves.
func TestRedisLosesItsMemory(t *testing.T) {
	t.Parallel()
	e := setUp(t, nil)
	anna, gone, bert := e.signIn("Anna"), e.signIn("Anna"), e.signIn("Bert")
	var device wire.CreateDeviceTokenResponse
	e.do("POST", "/api/auth/device-tokens", map[string]any{"name": "Phone"}, bearer(anna.Token)).ok(201, &device)
	session := e.verify(gone.Token).SessionID
	e.do("POST", "/api/auth/signout", nil, bearer(gone.Token)).ok(200, nil)
	e.do("DELETE", "/api/auth/me", nil, bearer(bert.Token)).ok(200, nil)
	testenv.Eventually(t, 5*time.Second, "the outbox is emptied", e.outboxEmpty)
	if err := e.redis.Do(t.Context(), e.redis.B().Flushall().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{wire.KeyJWKS, wire.KeyRevoked(session), wire.KeyErased(bert.User.ID), wire.KeyDevice(sha(device.Token))} {
		testenv.Eventually(t, 5*time.Second, key+" comes back", func() bool { return e.get(key) != "" })
	}
	e.do("GET", "/api/auth/me", nil, bearer(anna.Token)).ok(200, nil)
	e.do("GET", "/api/auth/me", nil, bearer(gone.Token)).refused(401, wire.CodeInvalidToken)
	e.do("GET", "/api/auth/me", nil, bearer(bert.Token)).refused(401, wire.CodeUserNotFound)
}

// Revocations of a time without Redis arrive when it is back.
func TestRevocationWithoutRedis(t *testing.T) {
	t.Parallel()
	e := setUp(t, nil)
	anna := e.signIn("Anna")
	session := e.verify(anna.Token).SessionID
	// The handler's own attempt is as good as lost; the row in the outbox is what counts.
	e.exec(`UPDATE auth.sessions SET ended_at = now() WHERE id = $1`, session)
	e.exec(`INSERT INTO auth.outbox (kind, session_id, tokens_until) SELECT 'revoked', id, tokens_until FROM auth.sessions WHERE id = $1`, session)
	testenv.Eventually(t, 5*time.Second, "the relay is woken and publishes", func() bool { return e.get(wire.KeyRevoked(session)) != "" })
}

// Replicas share keys, whoever starts first, and tokens of one are good at the other.
func TestReplicas(t *testing.T) {
	t.Parallel()
	e := setUp(t, nil)
	first := e.url
	_, second := e.start()
	var n int
	if err := e.db.Get(&n, `SELECT count(*) FROM auth.signing_keys`); err != nil || n != 1 {
		t.Fatalf("%d keys, %v", n, err)
	}
	e.url = second
	anna := e.signIn("Anna")
	e.url = first
	e.do("GET", "/api/auth/me", nil, bearer(anna.Token)).ok(200, nil)
	e.do("POST", "/api/auth/signout", nil, bearer(anna.Token)).ok(200, nil)
	e.url = second
	e.do("GET", "/api/auth/me", nil, bearer(anna.Token)).refused(401, wire.CodeInvalidToken)
}

// Two processes that find an empty table at the same moment agree on one key.
func TestFirstKeyRace(t *testing.T) {
	t.Parallel()
	e := setUp(t, nil)
	e.exec(`DELETE FROM auth.signing_keys`)
	st := store.New(e.db)
	done := make(chan error, 2)
	for range 2 {
		ring, err := keys.NewRing(keys.Schedule{Rotation: time.Hour, TokenTTL: time.Hour}, testSecret, st, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		go func() { done <- ring.Rotate(context.Background()) }()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	var stored []struct {
		Public []byte `db:"public_key"`
		Sealed []byte `db:"sealed_key"`
	}
	if err := e.db.Select(&stored, `SELECT public_key, sealed_key FROM auth.signing_keys`); err != nil || len(stored) != 1 {
		t.Fatalf("%d keys, %v", len(stored), err)
	}
	if len(stored[0].Sealed) < ed25519.SeedSize+12+16 || strings.Contains(string(stored[0].Sealed), string(stored[0].Public)) {
		t.Error("the private key must be sealed")
	}
}

// inherited mistake 18: there is no fallback. Without the right secret the
// service is not ready, and makes no keys of its own.
func TestWrongKeySecret(t *testing.T) {
	t.Parallel()
	e := setUp(t, nil)
	anna := e.signIn("Anna")
	cfg := e.cfg
	other := []byte("abcdefghijklmnopqrstuvwxyz012345")
	cfg.KeySecret, cfg.LogLevel = base64.StdEncoding.EncodeToString(other), "fatal"
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	app, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx) }()
	testenv.Eventually(t, 5*time.Second, "readiness names the secret", func() bool {
		return strings.Contains(app.admin.Failing(ctx)["signing_keys"], "AUTH_KEY_SECRET")
	})
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	var n int
	if err := e.db.Get(&n, `SELECT count(*) FROM auth.signing_keys`); err != nil || n != 1 {
		t.Fatalf("%d keys, %v", n, err)
	}
	e.do("GET", "/api/auth/me", nil, bearer(anna.Token)).ok(200, nil)
}

func TestConfig(t *testing.T) {
	t.Parallel()
	good := Config{KeySecret: base64.StdEncoding.EncodeToString(testSecret), TokenTTL: time.Hour, RefreshTTL: time.Hour, KeyRotation: time.Hour, NewAccounts: 1, HashWorkers: 1, HashQueue: 1}
	good.Partitions, good.ShutdownTimeout, good.MaxConns = 4, time.Second, 2
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Config){
		"AUTH_KEY_SECRET":   func(c *Config) { c.KeySecret = "secret" },
		"AUTH_TOKEN_TTL":    func(c *Config) { c.TokenTTL = 0 },
		"AUTH_REFRESH_TTL":  func(c *Config) { c.RefreshTTL = -1 },
		"AUTH_KEY_ROTATION": func(c *Config) { c.KeyRotation = time.Minute },
		"AUTH_NEW_ACCOUNTS": func(c *Config) { c.NewAccounts = 0 },
		"AUTH_HASH_WORKERS": func(c *Config) { c.HashWorkers = 0 },
		"AUTH_HASH_QUEUE":   func(c *Config) { c.HashQueue = 0 },
		"AUTH_HASH_NICE":    func(c *Config) { c.HashNice = 20 },
	} {
		bad := good
		change(&bad)
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
