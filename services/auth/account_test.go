package main

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/token"
	"github.com/wemaps/wemaps/libs/wire"
)

// inherited mistake 25: /api/auth/user, although documented, was 404.
func TestUserAndMe(t *testing.T) {
	t.Parallel()
	e := setUp(t, nil)
	anna, bert := e.signIn("Anna"), e.signIn("Bert")
	var got wire.UserResponse
	e.do("GET", "/api/auth/user?id="+bert.User.ID, nil, bearer(anna.Token)).ok(200, &got)
	if got.User != bert.User {
		t.Errorf("got %+v, want %+v", got.User, bert.User)
	}
	e.do("GET", "/api/auth/user", nil, bearer(anna.Token)).ok(200, &got)
	if got.User != anna.User {
		t.Errorf("without an id, oneself: %+v", got.User)
	}
	e.do("GET", "/api/auth/me", nil, bearer(anna.Token)).ok(200, &got)
	if got.User != anna.User {
		t.Errorf("me: %+v", got.User)
	}
	for _, id := range []string{httpx.NewID(), "nobody", "%00", "1'"} {
		e.do("GET", "/api/auth/user?id="+id, nil, bearer(anna.Token)).refused(404, wire.CodeUserNotFound)
	}
	e.do("GET", "/api/auth/user?id="+bert.User.ID, nil).refused(401, wire.CodeTokenRequired)
}

func TestRename(t *testing.T) {
	t.Parallel()
	e := setUp(t, nil)
	anna, bert := e.signIn("Anna"), e.signIn("Bert")
	for _, path := range []string{"/api/auth/me", "/api/auth/user"} {
		for _, tc := range []struct {
			body   any
			status int
			code   wire.Code
		}{
			{map[string]any{}, 400, wire.CodeNoUpdates},
			{nil, 400, wire.CodeNoUpdates},
			{map[string]any{"name": nil}, 400, wire.CodeNoUpdates},
			{map[string]any{"email": "x"}, 400, wire.CodeNoUpdates},
			{map[string]any{"name": ""}, 400, wire.CodeInvalidName},
			{map[string]any{"name": " A "}, 400, wire.CodeInvalidName},
			{map[string]any{"name": strings.Repeat("x", 51)}, 400, wire.CodeInvalidName},
			{map[string]any{"name": "A\nB"}, 400, wire.CodeInvalidName},
			{map[string]any{"name": 7}, 400, wire.CodeInvalidName},
			{map[string]any{"name": " bert"}, 409, wire.CodeUsernameExists},
			{map[string]any{"name": "Cora", "id": bert.User.ID}, 403, wire.CodeForbidden},
			{`{`, 400, wire.CodeInvalidJSON},
		} {
			e.do("PUT", path, tc.body, bearer(anna.Token)).refused(tc.status, tc.code)
		}
	}
	var got wire.UserResponse
	e.do("PUT", "/api/auth/user", map[string]any{"id": anna.User.ID, "name": " Änna "}, bearer(anna.Token)).ok(200, &got)
	if got.User.Name != "Änna" || got.User.ID != anna.User.ID || got.User.UpdatedAt.Before(anna.User.UpdatedAt.Time) {
		t.Errorf("%+v", got.User)
	}
	e.do("PUT", "/api/auth/me", map[string]any{"name": "änna"}, bearer(anna.Token)).ok(200, &got) // one's own name, other case
	if claims := e.verify(anna.Token); claims.Name != "änna" {
		t.Errorf("tokens from before mean the same user: %+v", claims)
	}
	testenv.Eventually(t, 5*time.Second, "services that keep names are told", func() bool {
		entries, err := e.redis.Do(t.Context(), e.redis.B().Xrange().Key(wire.StreamAuth).Start("-").End("+").Build()).AsXRange()
		return err == nil && len(entries) == 2 && strings.Contains(entries[1].FieldValues[wire.StreamField], `"renamed"`) &&
			strings.Contains(entries[1].FieldValues[wire.StreamField], `"änna"`)
	})
	if ttl := e.ttl(wire.KeyName(anna.User.ID)); ttl < 167*time.Hour {
		t.Errorf("the name is remembered for %s", ttl)
	}
	var renewed wire.RefreshResponse
	e.do("POST", "/api/auth/refresh", nil, bearer(anna.Token)).ok(200, &renewed)
	if claims := e.verify(renewed.Token); claims.Name != "änna" {
		t.Errorf("the next token carries the new name: %+v", claims)
	}
	if in := e.signIn("Anna"); !*in.IsNewUser {
		t.Error("the old name is free again")
	}
}

func (e *env) verify(bearer string) token.Claims {
	e.t.Helper()
	claims, err := token.NewVerifier(e.redis).Verify(context.Background(), bearer)
	if err != nil {
		e.t.Fatal(err)
	}
	return claims
}

// inherited mistake 18: a known fallback secret signs valid tokens; tokens never expire.
func TestTokens(t *testing.T) {
	t.Parallel()
	e := setUp(t, nil)
	anna := e.signIn("Anna")
	claims := e.verify(anna.Token)
	if claims.UserID != anna.User.ID || claims.Name != "Anna" || claims.SessionID == "" {
		t.Errorf("%+v", claims)
	}
	if life := time.Until(claims.ExpiresAt); life > 168*time.Hour || life < 167*time.Hour || !claims.ExpiresAt.Equal(anna.ExpiresAt.Time) {
		t.Errorf("lives %s, until %s; told %s", life, claims.ExpiresAt, anna.ExpiresAt)
	}
	forge := func(method jwt.SigningMethod, key any, kid string, expires *jwt.NumericDate) string {
		forged := jwt.NewWithClaims(method, token.JWTClaims{Name: "Anna", SID: claims.SessionID,
			RegisteredClaims: jwt.RegisteredClaims{Issuer: token.Issuer, Subject: claims.UserID, ExpiresAt: expires}})
		forged.Header["kid"] = kid
		signed, err := forged.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	parsed, _, err := jwt.NewParser().ParseUnverified(anna.Token, &token.JWTClaims{})
	if err != nil {
		t.Fatal(err)
	}
	kid, _ := parsed.Header["kid"].(string)
	if parsed.Method.Alg() != "EdDSA" || kid == "" {
		t.Fatalf("header %v", parsed.Header)
	}
	_, stranger, _ := ed25519.GenerateKey(nil)
	soon := jwt.NewNumericDate(time.Now().Add(time.Hour))
	for name, forged := range map[string]string{
		"known secret": forge(jwt.SigningMethodHS256, []byte("fallback-secret"), kid, soon),
		"no signature": forge(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, kid, soon),
		"other key":    forge(jwt.SigningMethodEdDSA, stranger, kid, soon),
		"unknown key":  forge(jwt.SigningMethodEdDSA, stranger, "unknown", soon),
		"no expiry":    forge(jwt.SigningMethodEdDSA, stranger, kid, nil),
		"cut short":    anna.Token[:len(anna.Token)-4],
		"garbage":      "garbage",
	} {
		for _, call := range [][2]string{{"GET", "/api/auth/me"}, {"POST", "/api/auth/refresh"}} {
			a := e.do(call[0], call[1], nil, bearer(forged))
			if a.status != 401 || a.body["code"] != string(wire.CodeInvalidToken) {
				t.Errorf("%s on %s: %d %s", name, call[1], a.status, a.raw)
			}
		}
	}
	e.do("GET", "/api/auth/me", nil).refused(401, wire.CodeTokenRequired)
	e.do("GET", "/api/auth/me", nil, header("Authorization", "Basic YTpi")).refused(401, wire.CodeTokenRequired)
}

func TestExpiredTokenIsRefused(t *testing.T) {
	t.Parallel()
	e := setUp(t, func(c *Config) { c.TokenTTL = time.Minute })
	anna := e.signIn("Anna")
	session := e.verify(anna.Token).SessionID
	e.do("GET", "/api/auth/me", nil, bearer(e.issuedAgo(anna.User, session, 30*time.Second))).ok(200, nil)
	expired := e.issuedAgo(anna.User, session, 70*time.Second)
	e.do("GET", "/api/auth/me", nil, bearer(expired)).refused(401, wire.CodeInvalidToken)
	e.do("POST", "/api/auth/refresh", nil, bearer(expired)).refused(401, wire.CodeInvalidToken)
	var fresh wire.RefreshResponse
	e.do("POST", "/api/auth/refresh", map[string]any{"refreshToken": anna.RefreshToken}, bearer(expired)).ok(200, &fresh)
	e.do("GET", "/api/auth/me", nil, bearer(fresh.Token)).ok(200, nil)
}

func TestRefreshByBearer(t *testing.T) {
	t.Parallel()
	e := setUp(t, nil)
	anna := e.signIn("Anna")
	for _, contentType := range []string{"", "application/json", "text/plain"} { // as old apps send it: without a body
		a := e.do("POST", "/api/auth/refresh", nil, bearer(anna.Token), header("Content-Type", contentType))
		var fresh wire.RefreshResponse
		a.ok(200, &fresh)
		if fresh.Token == anna.Token || e.verify(fresh.Token).SessionID != e.verify(anna.Token).SessionID || a.body["refreshToken"] != nil {
			t.Errorf("a new token of the same session, and nothing else: %s", a.raw)
		}
	}
	e.do("POST", "/api/auth/refresh", nil).refused(401, wire.CodeTokenRequired)
	e.do("POST", "/api/auth/refresh", map[string]any{}).refused(401, wire.CodeTokenRequired)
	e.do("POST", "/api/auth/refresh", map[string]any{"refreshToken": 1}).refused(400, wire.CodeValidation)
}

func TestRefreshRotation(t *testing.T) {
	t.Parallel()
	e := setUp(t, nil)
	refresh := func(refreshToken, agent string) (wire.RefreshResponse, answer) {
		a := e.do("POST", "/api/auth/refresh", map[string]any{"refreshToken": refreshToken}, header("User-Agent", agent))
		var r wire.RefreshResponse
		_ = json.Unmarshal([]byte(a.raw), &r)
		return r, a
	}
	anna := e.signIn("Anna")
	first, a := refresh(anna.RefreshToken, "phone")
	a.ok(200, nil)
	if first.RefreshToken == anna.RefreshToken || e.verify(first.Token).UserID != anna.User.ID {
		t.Fatalf("it rotates: %s", a.raw)
	}
	// The answer got lost in a tunnel: the phone tries again, and gets the same.
	again, a := refresh(anna.RefreshToken, "phone")
	a.ok(200, nil)
	if again.RefreshToken != first.RefreshToken {
		t.Fatal("a retry must get the same successor")
	}
	second, a := refresh(first.RefreshToken, "phone")
	a.ok(200, nil)
	// The successor was used, so the first one arrived: who comes with it now has stolen it.
	_, a = refresh(anna.RefreshToken, "phone")
	a.refused(401, wire.CodeInvalidToken)
	_, a = refresh(second.RefreshToken, "phone")
	a.refused(401, wire.CodeInvalidToken)
	e.do("GET", "/api/auth/me", nil, bearer(second.Token)).refused(401, wire.CodeInvalidToken)

	// Another client within the window is no retry.
	bert := e.signIn("Bert")
	fresh, a := refresh(bert.RefreshToken, "phone")
	a.ok(200, nil)
	_, a = refresh(bert.RefreshToken, "curl")
	a.refused(401, wire.CodeInvalidToken)
	_, a = refresh(fresh.RefreshToken, "phone")
	a.refused(401, wire.CodeInvalidToken)

	// Nor is the same client after the window.
	cora := e.signIn("Cora")
	_, a = refresh(cora.RefreshToken, "phone")
	a.ok(200, nil)
	e.exec(`UPDATE auth.refresh_tokens SET spent_at = spent_at - interval '11 seconds' WHERE spent_at IS NOT NULL`)
	_, a = refresh(cora.RefreshToken, "phone")
	a.refused(401, wire.CodeInvalidToken)

	dora := e.signIn("Dora")
	e.exec(`UPDATE auth.refresh_tokens SET expires_at = now() - interval '1 second'`)
	_, a = refresh(dora.RefreshToken, "phone")
	a.refused(401, wire.CodeInvalidToken)
	e.do("GET", "/api/auth/me", nil, bearer(dora.Token)).ok(200, nil) // too late is no theft
	for _, bad := range []string{"", "x", "wm_ref_", "wm_ref_unknown", anna.Token} {
		_, a = refresh(bad, "phone")
		a.refused(401, wire.CodeInvalidToken)
	}
}

// Two tabs refresh with the same token at once: both go on, in one chain.
func TestRefreshRace(t *testing.T) {
	t.Parallel()
	e := setUp(t, nil)
	anna := e.signIn("Anna")
	var successors sync.Map
	var failed atomic.Int64
	start := make(chan struct{})
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			<-start
			a := e.do("POST", "/api/auth/refresh", map[string]any{"refreshToken": anna.RefreshToken})
			if a.status != 200 {
				failed.Add(1)
				return
			}
			successors.Store(a.body["refreshToken"], true)
		})
	}
	close(start)
	wg.Wait()
	n := 0
	successors.Range(func(any, any) bool { n++; return true })
	if n != 1 || failed.Load() != 0 {
		t.Fatalf("%d successors, %d failures", n, failed.Load())
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	e := setUp(t, nil)
	phone := e.signIn("Anna", header("User-Agent", "Phone"))
	tablet := e.signIn("Anna", header("User-Agent", "Tablet"))
	laptop := e.signIn("Anna", header("User-Agent", "Laptop"))
	bert := e.signIn("Bert")
	events := e.listen()
	var list wire.SessionsResponse
	e.do("GET", "/api/auth/sessions", nil, bearer(tablet.Token)).ok(200, &list)
	if len(list.Sessions) != 3 || list.Sessions[0].UserAgent != "Laptop" || !list.Sessions[1].Current || list.Sessions[0].Current {
		t.Fatalf("%+v", list.Sessions)
	}
	phoneSession := list.Sessions[2].ID
	for _, id := range []string{httpx.NewID(), "x"} {
		e.do("DELETE", "/api/auth/sessions/"+id, nil, bearer(tablet.Token)).refused(404, wire.CodeSessionNotFound)
	}
	e.do("DELETE", "/api/auth/sessions/"+phoneSession, nil, bearer(bert.Token)).refused(404, wire.CodeSessionNotFound)
	e.do("DELETE", "/api/auth/sessions/"+phoneSession, nil, bearer(tablet.Token)).ok(200, nil)
	e.do("GET", "/api/auth/me", nil, bearer(phone.Token)).refused(401, wire.CodeInvalidToken)
	e.do("POST", "/api/auth/refresh", nil, bearer(phone.Token)).refused(401, wire.CodeInvalidToken)
	e.do("POST", "/api/auth/refresh", map[string]any{"refreshToken": phone.RefreshToken}).refused(401, wire.CodeInvalidToken)
	if ev := <-events; ev.Type != wire.AuthEventRevoked || ev.SessionID != phoneSession {
		t.Errorf("edges hear of it: %+v", ev)
	}
	// For everybody who verifies with Redis alone, too, for as long as the token would live.
	if ttl := e.ttl(wire.KeyRevoked(phoneSession)); ttl < 167*time.Hour || ttl > 169*time.Hour {
		t.Errorf("revocation lives %s", ttl)
	}
	if _, err := token.NewVerifier(e.connect()).Verify(t.Context(), phone.Token); err == nil {
		t.Error("the verifier must refuse it")
	}

	e.do("POST", "/api/auth/signout", nil, bearer(laptop.Token)).ok(200, nil)
	e.do("GET", "/api/auth/me", nil, bearer(laptop.Token)).refused(401, wire.CodeInvalidToken)
	e.do("GET", "/api/auth/sessions", nil, bearer(tablet.Token)).ok(200, &list)
	if len(list.Sessions) != 1 {
		t.Fatalf("%+v", list.Sessions)
	}
	again := e.signIn("Anna")
	e.do("POST", "/api/auth/signout-all", nil, bearer(tablet.Token)).ok(200, nil)
	e.do("GET", "/api/auth/me", nil, bearer(tablet.Token)).refused(401, wire.CodeInvalidToken)
	e.do("GET", "/api/auth/me", nil, bearer(again.Token)).refused(401, wire.CodeInvalidToken)
	e.do("GET", "/api/auth/me", nil, bearer(bert.Token)).ok(200, nil)
	testenv.Eventually(t, 5*time.Second, "the outbox is emptied", e.outboxEmpty)
}

func (e *env) outboxEmpty() bool {
	var n int
	if err := e.db.Get(&n, `SELECT count(*) FROM auth.outbox`); err != nil {
		e.t.Fatal(err)
	}
	return n == 0
}

func (e *env) ttl(key string) time.Duration {
	ms, err := e.redis.Do(context.Background(), e.redis.B().Pttl().Key(key).Build()).AsInt64()
	if err != nil {
		e.t.Fatal(err)
	}
	return time.Duration(ms) * time.Millisecond
}

// listen hears what edges hear.
func (e *env) listen() <-chan wire.AuthEvent {
	events := make(chan wire.AuthEvent, 100)
	ready := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		hooked := rueidis.WithOnSubscriptionHook(ctx, func(rueidis.PubSubSubscription) { close(ready) })
		_ = e.redis.Receive(hooked, e.redis.B().Ssubscribe().Channel(wire.ChannelAuth).Build(), func(m rueidis.PubSubMessage) {
			var ev wire.AuthEvent
			if err := json.Unmarshal([]byte(m.Message), &ev); err != nil {
				e.t.Error(err)
			}
			events <- ev
		})
	})
	e.t.Cleanup(func() { cancel(); wg.Wait() })
	<-ready
	return events
}

func TestSetPassword(t *testing.T) {
	t.Parallel()
	e := setUp(t, nil)
	anna, other := e.signIn("Anna"), e.signIn("Anna")
	put := func(in signIn, body map[string]any) answer {
		return e.do("PUT", "/api/auth/password", body, bearer(in.Token))
	}
	put(anna, map[string]any{"newPassword": "short"}).refused(400, wire.CodeValidation)
	put(anna, map[string]any{}).refused(400, wire.CodeValidation)
	put(anna, map[string]any{"newPassword": "Secret1"}).ok(200, nil)
	e.do("GET", "/api/auth/me", nil, bearer(anna.Token)).ok(200, nil)
	e.do("GET", "/api/auth/me", nil, bearer(other.Token)).refused(401, wire.CodeInvalidToken)
	e.do("POST", "/api/auth/signin", map[string]any{"name": "Anna"}).refused(401, wire.CodePasswordRequired)
	put(anna, map[string]any{"newPassword": "Secret2"}).refused(401, wire.CodePasswordRequired)
	put(anna, map[string]any{"newPassword": "Secret2", "currentPassword": "Secret3"}).refused(401, wire.CodeInvalidCredentials)
	put(anna, map[string]any{"newPassword": "Secret2", "currentPassword": "Secret1"}).ok(200, nil)
	e.do("POST", "/api/auth/signin", map[string]any{"name": "Anna", "password": "Secret1"}).refused(401, wire.CodeInvalidCredentials)
	e.do("POST", "/api/auth/signin", map[string]any{"name": "Anna", "password": "Secret2"}).ok(200, nil)
	// A stolen token is no way around the throttle.
	e.failed(12, always("anna"), always("127.0.0.1"))
	put(anna, map[string]any{"newPassword": "Secret3", "currentPassword": "Secret2"}).refused(429, wire.CodeTooManyAttempts)
}
