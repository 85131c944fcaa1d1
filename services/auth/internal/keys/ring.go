package keys

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/wemaps/wemaps/libs/token"
	"github.com/wemaps/wemaps/services/auth/internal/account"
)

// Store keeps signing keys.
type Store interface {
	// UpdateKeys gives fn all keys, under a lock that replicas share, and
	// stores what it returns: a key to add, ids to remove.
	UpdateKeys(ctx context.Context, fn func([]Stored) (add *Stored, remove []string, err error)) ([]Stored, error)
}

// Ring signs with the current key and knows all public ones.
type Ring struct {
	schedule Schedule
	store    Store
	sealer   sealer
	now      func() time.Time

	mu      sync.RWMutex
	stored  []Stored // ordered by ActiveFrom
	private map[string]ed25519.PrivateKey
	jwks    string
	err     error // why there are no keys
}

// ErrNoKeys says that no signing keys could be loaded yet.
var ErrNoKeys = errors.New("no signing keys loaded")

// NewRing starts nothing and knows no keys before the first Rotate.
func NewRing(schedule Schedule, secret []byte, store Store, now func() time.Time) (*Ring, error) {
	s, err := newSealer(secret)
	if err != nil {
		return nil, err
	}
	return &Ring{schedule: schedule, store: store, sealer: s, now: now, err: ErrNoKeys}, nil
}

// Rotate loads the keys, making and removing what is due. A key that cannot be
// opened is an error and never replaced: AUTH_KEY_SECRET is wrong, and making
// new keys would sign everybody out.
func (r *Ring) Rotate(ctx context.Context) error {
	stored, err := r.store.UpdateKeys(ctx, func(keys []Stored) (*Stored, []string, error) {
		p := r.schedule.plan(sorted(keys), r.now())
		if !p.create {
			return nil, p.remove, nil
		}
		add, err := r.generate(p.activeFrom)
		return add, p.remove, err
	})
	if err == nil {
		err = r.install(sorted(stored))
	}
	if err != nil {
		err = fmt.Errorf("signing keys: %w", err)
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(r.private) == 0 {
			r.err = err
		}
		return err
	}
	return nil
}

func (r *Ring) generate(activeFrom time.Time) (*Stored, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate: %w", err)
	}
	var random [9]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24
	id := base64.RawURLEncoding.EncodeToString(random[:])
	return &Stored{ID: id, PublicKey: public, SealedKey: r.sealer.seal(id, private.Seed()), CreatedAt: r.now(), ActiveFrom: activeFrom}, nil
}

func (r *Ring) install(stored []Stored) error {
	r.mu.RLock()
	same := r.err == nil && slices.EqualFunc(r.stored, stored, func(a, b Stored) bool { return a.ID == b.ID && a.ActiveFrom.Equal(b.ActiveFrom) })
	r.mu.RUnlock()
	if same {
		return nil
	}
	private := make(map[string]ed25519.PrivateKey, len(stored))
	set := token.JWKS{Keys: make([]token.JWK, 0, len(stored))}
	for _, k := range stored {
		seed, err := r.sealer.open(k.ID, k.SealedKey)
		if err != nil {
			return err
		}
		if len(seed) != ed25519.SeedSize {
			return fmt.Errorf("signing key %s is no Ed25519 key", k.ID)
		}
		private[k.ID] = ed25519.NewKeyFromSeed(seed)
		set.Keys = append(set.Keys, token.NewJWK(k.ID, k.PublicKey))
	}
	jwks, err := json.Marshal(set)
	if err != nil {
		return fmt.Errorf("encode public keys: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stored, r.private, r.jwks, r.err = stored, private, string(jwks), nil
	return nil
}

// JWKS is the public key set to publish.
func (r *Ring) JWKS() (string, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.jwks, r.err
}

// Check is a readiness check.
func (r *Ring) Check(context.Context) error {
	_, err := r.JWKS()
	return err
}

// Issue signs an access token.
func (r *Ring) Issue(user account.User, sessionID string, now time.Time) (string, time.Time, error) {
	r.mu.RLock()
	current, err := signer(r.stored, now), r.err
	var id string
	var key ed25519.PrivateKey
	if current >= 0 {
		id, key = r.stored[current].ID, r.private[r.stored[current].ID]
	}
	r.mu.RUnlock()
	if err == nil && key == nil {
		err = ErrNoKeys
	}
	if err != nil {
		return "", time.Time{}, err
	}
	// Whole seconds, as JWTs have them; the jti makes two tokens of one second differ.
	expires := now.Add(r.schedule.TokenTTL).Truncate(time.Second)
	var jti [9]byte
	_, _ = rand.Read(jti[:]) // never fails since Go 1.24
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, token.JWTClaims{Name: user.Name, SID: sessionID, RegisteredClaims: jwt.RegisteredClaims{
		Issuer: token.Issuer, Subject: user.ID, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expires),
		ID: base64.RawURLEncoding.EncodeToString(jti[:])}})
	t.Header["kid"] = id
	signed, err := t.SignedString(key)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign token: %w", err)
	}
	return signed, expires, nil
}
