// Package token verifies bearer tokens. Auth issues EdDSA JWTs and publishes
// its public keys and its revocations in Redis; every other process verifies
// with them and never holds a secret.
package token

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/wire"
)

// Issuer is the `iss` of every token.
const Issuer = "wemaps"

// redisTimeout bounds what a verification may wait for Redis. Nearly always the
// answer is in process memory.
const redisTimeout = 300 * time.Millisecond

// Claims is what a token says.
type Claims struct {
	UserID    string
	Name      string // of the user by now, or as the token has it when Redis is away
	SessionID string
	ExpiresAt time.Time
}

// JWTClaims is the JSON form of Claims.
type JWTClaims struct {
	Name string `json:"name"`
	SID  string `json:"sid"`
	jwt.RegisteredClaims
}

// JWK is one public key (RFC 8037).
type JWK struct {
	Kty string `json:"kty"` // OKP
	Crv string `json:"crv"` // Ed25519
	Kid string `json:"kid"`
	X   string `json:"x"` // base64url
	Use string `json:"use,omitempty"`
	Alg string `json:"alg,omitempty"`
}

// JWKS is the value of auth:jwks.
type JWKS struct {
	Keys []JWK `json:"keys"`
}

// NewJWK is the public form of a key.
func NewJWK(kid string, key ed25519.PublicKey) JWK {
	return JWK{Kty: "OKP", Crv: "Ed25519", Kid: kid, X: base64.RawURLEncoding.EncodeToString(key), Use: "sig", Alg: "EdDSA"}
}

// ErrNoKeys says that no public keys are known: nobody can be let in.
var ErrNoKeys = errors.New("no public keys known")

// Verifier verifies tokens. It is safe for concurrent use.
type Verifier struct {
	client rueidis.Client
	parser *jwt.Parser

	began  time.Time
	looked atomic.Int64 // when the keys were last found to be current, ms since began

	mu       sync.RWMutex
	raw      string // the JWKS that keys was made of
	keys     map[string]ed25519.PublicKey
	verified map[string]Claims // tokens whose signature was found good with keys
}

// maxVerified bounds the memory of good tokens (about 300 bytes each). A
// signature costs 70 µs of CPU to check, a look at the map less than one.
const maxVerified = 4096

// NewVerifier starts nothing; keys are read at the first use.
func NewVerifier(client rueidis.Client) *Verifier {
	v := &Verifier{client: client, began: time.Now(), parser: jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
		jwt.WithIssuer(Issuer), jwt.WithExpirationRequired(), jwt.WithLeeway(5*time.Second))}
	v.looked.Store(-trusted.Milliseconds())
	return v
}

// Check is a readiness check: a process without keys can let nobody in.
func (v *Verifier) Check(ctx context.Context) error {
	_, err := v.load(ctx)
	return err
}

// Verify checks signature, time and revocation. Its errors are *wire.Error:
// TOKEN_REQUIRED, INVALID_TOKEN, SESSION_REVOKED is reported as INVALID_TOKEN
// with that detail, USER_NOT_FOUND for an erased account, UNAVAILABLE when no
// keys are known yet.
//
// With Redis away, keys that were read once stay good and revocation cannot be
// checked: tokens go on working, since signing everybody out would be worse
// than honouring a revoked token for the length of an outage.
func (v *Verifier) Verify(ctx context.Context, bearer string) (Claims, error) {
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	c, err := v.Signed(ctx, bearer)
	if err != nil {
		return Claims{}, err
	}
	return c.Judge(v.client.DoMultiCache(ctx, v.reads(c)...))
}

// Signed is the first half of Verify: whether we have issued the token, and its
// time has not run out. Nearly always it needs this process's memory only.
func (v *Verifier) Signed(ctx context.Context, bearer string) (Claims, error) {
	if bearer == "" {
		return Claims{}, wire.NewError(wire.CodeTokenRequired)
	}
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	keys, err := v.load(ctx)
	if err != nil {
		return Claims{}, wire.NewError(wire.CodeUnavailable).Because(err).After(2 * time.Second)
	}
	c, known := v.recall(bearer)
	if !known {
		if c, err = v.parse(bearer, keys); err != nil {
			return Claims{}, wire.NewError(wire.CodeInvalidToken).Because(err)
		}
		v.remember(bearer, c, keys)
	}
	return c, nil
}

// Reads are the commands whose results Judge wants, for who reads something else
// in the same round trip, and will not ask again.
func (v *Verifier) Reads(c Claims) rueidis.Commands {
	cached := v.reads(c)
	cmds := make(rueidis.Commands, len(cached))
	for i, r := range cached {
		cmds[i] = rueidis.Completed(r.Cmd)
	}
	return cmds
}

func (v *Verifier) reads(c Claims) []rueidis.CacheableTTL {
	const ttl = 5 * time.Minute
	return []rueidis.CacheableTTL{
		rueidis.CT(v.client.B().Get().Key(wire.KeyErased(c.UserID)).Cache(), ttl),
		rueidis.CT(v.client.B().Get().Key(wire.KeyRevoked(c.SessionID)).Cache(), ttl),
		rueidis.CT(v.client.B().Get().Key(wire.KeyName(c.UserID)).Cache(), ttl),
	}
}

// recall returns the claims of a token that was verified before and has not
// expired since.
func (v *Verifier) recall(bearer string) (Claims, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	c, ok := v.verified[bearer]
	return c, ok && time.Now().Before(c.ExpiresAt)
}

func (v *Verifier) remember(bearer string, c Claims, keys map[string]ed25519.PublicKey) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !maps.EqualFunc(v.keys, keys, func(a, b ed25519.PublicKey) bool { return a.Equal(b) }) {
		return // the keys changed meanwhile
	}
	if len(v.verified) >= maxVerified {
		for old := range v.verified { // any: maps iterate in random order
			delete(v.verified, old)
			if len(v.verified) < maxVerified*3/4 {
				break
			}
		}
	}
	v.verified[bearer] = c
}

func (v *Verifier) parse(bearer string, keys map[string]ed25519.PublicKey) (Claims, error) {
	var jc JWTClaims
	if _, err := v.parser.ParseWithClaims(bearer, &jc, func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		key, ok := keys[kid]
		if !ok {
			return nil, fmt.Errorf("unknown key %q", kid)
		}
		return key, nil
	}); err != nil {
		return Claims{}, err
	}
	if jc.Subject == "" || jc.SID == "" {
		return Claims{}, errors.New("token without user or session")
	}
	return Claims{UserID: jc.Subject, Name: jc.Name, SessionID: jc.SID, ExpiresAt: jc.ExpiresAt.Time}, nil
}

// Judge is the second half of Verify: it holds claims against what happened since
// the token was issued.
func (c Claims) Judge(results []rueidis.RedisResult) (Claims, error) {
	if results[0].Error() == nil { // a value, not nil and not a failure
		e := wire.NewError(wire.CodeUserNotFound)
		e.Status = http.StatusUnauthorized
		e.Details = map[string]string{"reason": "the account was erased"}
		return c, e
	}
	if results[1].Error() == nil {
		e := wire.NewError(wire.CodeInvalidToken)
		e.Details = map[string]string{"reason": string(wire.CodeSessionRevoked)}
		return c, e
	}
	if name, err := results[2].ToString(); err == nil {
		c.Name = name
	}
	return c, nil
}

// trusted is how long keys are believed without another look at the client's
// cache, whose lock all share: while thousands connect, that was a twentieth of
// what the edge did.
const trusted = 50 * time.Millisecond

// load returns the keys by id: from client-side cached Redis, or the last ones
// known when Redis is away.
func (v *Verifier) load(ctx context.Context) (map[string]ed25519.PublicKey, error) {
	now := time.Since(v.began).Milliseconds()
	if now-v.looked.Load() < trusted.Milliseconds() {
		v.mu.RLock()
		defer v.mu.RUnlock()
		return v.keys, nil
	}
	raw, err := v.client.DoCache(ctx, v.client.B().Get().Key(wire.KeyJWKS).Cache(), 5*time.Minute).ToString()
	v.mu.RLock()
	known, same := v.keys, raw == v.raw
	v.mu.RUnlock()
	if err != nil || same {
		if len(known) == 0 {
			if err == nil || rueidis.IsRedisNil(err) {
				err = ErrNoKeys
			}
			return nil, err
		}
		if err == nil {
			v.looked.Store(now)
		}
		return known, nil
	}
	keys, err := parseJWKS(raw)
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	v.raw, v.keys, v.verified = raw, keys, map[string]Claims{}
	v.mu.Unlock()
	return keys, nil
}

func parseJWKS(raw string) (map[string]ed25519.PublicKey, error) {
	var set JWKS
	if err := json.Unmarshal([]byte(raw), &set); err != nil {
		return nil, fmt.Errorf("parse %s: %w", wire.KeyJWKS, err)
	}
	keys := map[string]ed25519.PublicKey{}
	for _, k := range set.Keys {
		x, err := base64.RawURLEncoding.DecodeString(k.X)
		if err != nil || len(x) != ed25519.PublicKeySize || k.Crv != "Ed25519" {
			return nil, fmt.Errorf("parse %s: key %q is not an Ed25519 key", wire.KeyJWKS, k.Kid)
		}
		keys[k.Kid] = x
	}
	if len(keys) == 0 {
		return nil, ErrNoKeys
	}
	return keys, nil
}
