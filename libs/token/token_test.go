package token_test

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/token"
	"github.com/wemaps/wemaps/libs/wire"
)

type issuer struct {
	kid string
	key ed25519.PrivateKey
}

func newIssuer(t *testing.T, kid string) issuer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return issuer{kid, key}
}

func (i issuer) jwk() token.JWK { return token.NewJWK(i.kid, i.key.Public().(ed25519.PublicKey)) }

func (i issuer) issue(t *testing.T, change func(*token.JWTClaims)) string {
	t.Helper()
	c := token.JWTClaims{Name: "Ana", SID: "s1", RegisteredClaims: jwt.RegisteredClaims{
		Issuer: token.Issuer, Subject: "u1", ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Hour))}}
	if change != nil {
		change(&c)
	}
	tok := jwt.NewWithClaims(jwt.SigningMethodEdDSA, c)
	tok.Header["kid"] = i.kid
	s, err := tok.SignedString(i.key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func publish(t *testing.T, client rueidis.Client, keys ...token.JWK) {
	t.Helper()
	raw, err := json.Marshal(token.JWKS{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Do(t.Context(), client.B().Set().Key(wire.KeyJWKS).Value(string(raw)).Build()).Error(); err != nil {
		t.Fatal(err)
	}
}

func code(err error) wire.Code {
	var we *wire.Error
	if errors.As(err, &we) {
		return we.Code
	}
	return ""
}

func TestVerify(t *testing.T) {
	t.Parallel()
	server := testenv.RedisServer(t)
	client, err := redisx.Open(t.Context(), "redis://"+server.Addr(), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	v := token.NewVerifier(client)
	ours, theirs := newIssuer(t, "k1"), newIssuer(t, "k1")
	good := ours.issue(t, nil)
	if _, err := v.Verify(t.Context(), good); code(err) != wire.CodeUnavailable || v.Check(t.Context()) == nil {
		t.Fatalf("without keys nobody may be let in, and the process is not ready: %v", err)
	}
	publish(t, client, ours.jwk())
	testenv.Eventually(t, 5*time.Second, "keys never arrived", func() bool { return v.Check(t.Context()) == nil })
	claims, err := v.Verify(t.Context(), good)
	if err != nil || claims.UserID != "u1" || claims.Name != "Ana" || claims.SessionID != "s1" {
		t.Fatalf("%+v, %v", claims, err)
	}
	// inherited mistake 18: a known secret signs valid tokens, tokens never expire
	hmac := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "u1", "sid": "s1", "iss": token.Issuer, "exp": time.Now().Add(time.Hour).Unix()})
	hmac.Header["kid"] = "k1"
	withPublicKeyAsSecret, err := hmac.SignedString([]byte(ours.key.Public().(ed25519.PublicKey)))
	if err != nil {
		t.Fatal(err)
	}
	none, err := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{"sub": "u1", "sid": "s1"}).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"somebody else's key": theirs.issue(t, nil),
		"HMAC":                withPublicKeyAsSecret,
		"no signature":        none,
		"expired":             ours.issue(t, func(c *token.JWTClaims) { c.ExpiresAt = jwt.NewNumericDate(time.Now().Add(-time.Minute)) }),
		"without expiry":      ours.issue(t, func(c *token.JWTClaims) { c.ExpiresAt = nil }),
		"other issuer":        ours.issue(t, func(c *token.JWTClaims) { c.Issuer = "else" }),
		"without session":     ours.issue(t, func(c *token.JWTClaims) { c.SID = "" }),
		"garbage":             "a.b.c",
	} {
		if _, err := v.Verify(t.Context(), bad); code(err) != wire.CodeInvalidToken {
			t.Errorf("%s: got %v, want INVALID_TOKEN", name, err)
		}
	}
	if _, err := v.Verify(t.Context(), ""); code(err) != wire.CodeTokenRequired {
		t.Errorf("no token: %v", err)
	}

	// A new key is known at once, by invalidation and not by polling.
	next := newIssuer(t, "k2")
	publish(t, client, ours.jwk(), next.jwk())
	testenv.Eventually(t, 2*time.Second, "the new key is not accepted", func() bool { _, err := v.Verify(t.Context(), next.issue(t, nil)); return err == nil })

	// A key that is withdrawn takes its tokens with it, also those verified before.
	old := next.issue(t, nil)
	if _, err := v.Verify(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	publish(t, client, ours.jwk())
	testenv.Eventually(t, 2*time.Second, "a withdrawn key's token is still accepted", func() bool { _, err := v.Verify(t.Context(), old); return code(err) == wire.CodeInvalidToken })
	soon := ours.issue(t, func(c *token.JWTClaims) { c.ExpiresAt = jwt.NewNumericDate(time.Now().Add(-3 * time.Second)) })
	if _, err := v.Verify(t.Context(), soon); err != nil {
		t.Fatalf("within the leeway: %v", err)
	}
	testenv.Eventually(t, 4*time.Second, "a token outlives its expiry", func() bool { _, err := v.Verify(t.Context(), soon); return code(err) == wire.CodeInvalidToken })

	set := func(key string) {
		t.Helper()
		if err := client.Do(t.Context(), client.B().Set().Key(key).Value("1").Build()).Error(); err != nil {
			t.Fatal(err)
		}
	}
	set(wire.KeyRevoked("s1"))
	testenv.Eventually(t, time.Second, "a revoked session is still let in", func() bool { _, err := v.Verify(t.Context(), good); return code(err) == wire.CodeInvalidToken })
	other := ours.issue(t, func(c *token.JWTClaims) { c.SID = "s2" })
	if _, err := v.Verify(t.Context(), other); err != nil {
		t.Fatalf("another session ended, too: %v", err)
	}
	set(wire.KeyErased("u1"))
	testenv.Eventually(t, time.Second, "an erased user is still let in", func() bool {
		_, err := v.Verify(t.Context(), other)
		var we *wire.Error
		return errors.As(err, &we) && we.Code == wire.CodeUserNotFound && we.HTTPStatus() == http.StatusUnauthorized
	})

	// With Redis away, known keys go on working.
	fresh := ours.issue(t, func(c *token.JWTClaims) { c.Subject, c.SID = "u2", "s3" })
	if err := server.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), fresh); err != nil {
		t.Fatalf("with Redis away: %v", err)
	}
}

func BenchmarkVerify(b *testing.B) {
	server := testenv.RedisServer(b)
	client, err := redisx.Open(b.Context(), "redis://"+server.Addr(), "bench")
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	raw, err := json.Marshal(token.JWKS{Keys: []token.JWK{token.NewJWK("k", key.Public().(ed25519.PublicKey))}})
	if err != nil {
		b.Fatal(err)
	}
	if err := client.Do(b.Context(), client.B().Set().Key(wire.KeyJWKS).Value(string(raw)).Build()).Error(); err != nil {
		b.Fatal(err)
	}
	tok := jwt.NewWithClaims(jwt.SigningMethodEdDSA, token.JWTClaims{SID: "s", RegisteredClaims: jwt.RegisteredClaims{
		Issuer: token.Issuer, Subject: "u", ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Hour))}})
	tok.Header["kid"] = "k"
	bearer, err := tok.SignedString(key)
	if err != nil {
		b.Fatal(err)
	}
	v := token.NewVerifier(client)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(b.Context(), bearer); err != nil {
			b.Fatal(err)
		}
	}
}
