package keys

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wemaps/wemaps/services/auth/internal/account"
)

// memory is a Store whose lock is a mutex; the real one is tested with Postgres.
type memory struct {
	mu   sync.Mutex
	keys []Stored
}

func (m *memory) UpdateKeys(_ context.Context, fn func([]Stored) (*Stored, []string, error)) ([]Stored, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	add, remove, err := fn(slices.Clone(m.keys))
	if err != nil {
		return nil, err
	}
	m.keys = slices.DeleteFunc(m.keys, func(k Stored) bool { return slices.Contains(remove, k.ID) })
	if add != nil {
		m.keys = append(m.keys, *add)
	}
	return slices.Clone(m.keys), nil
}

func secret(b byte) []byte {
	s := make([]byte, SecretBytes)
	s[0], s[1] = b, b+1
	return s
}

// Three replicas live through 125 days of rotations: each token can be verified
// with the key set that was published an hour before it was signed.
func TestRotation(t *testing.T) {
	t.Parallel()
	store := &memory{}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	schedule := Schedule{Rotation: 30 * 24 * time.Hour, TokenTTL: 168 * time.Hour}
	var replicas []*Ring
	for range 3 {
		r, err := NewRing(schedule, secret(1), store, func() time.Time { return now })
		if err != nil {
			t.Fatal(err)
		}
		replicas = append(replicas, r)
	}
	if err := replicas[0].Check(t.Context()); !errors.Is(err, ErrNoKeys) {
		t.Fatalf("not ready before keys are loaded, got %v", err)
	}
	if _, _, err := replicas[0].Issue(account.User{}, "s", now); !errors.Is(err, ErrNoKeys) {
		t.Fatalf("no token without keys, got %v", err)
	}
	type issued struct {
		kid     string
		expires time.Time
	}
	var living []issued
	published := ""
	seen := map[string]bool{}
	const step = 30 * time.Minute
	for i := range 125 * 48 {
		for _, r := range replicas {
			if err := r.Rotate(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		current := store.keys[signer(sorted(store.keys), now)].ID
		seen[current] = true
		if i > 2 && !strings.Contains(published, current) {
			t.Fatalf("at %s the key %s signs but was not published before", now, current)
		}
		jwks, err := replicas[i%3].JWKS()
		if err != nil {
			t.Fatal(err)
		}
		living = append(living, issued{current, now.Add(schedule.TokenTTL)})
		for len(living) > 0 && living[0].expires.Before(now) {
			living = living[1:]
		}
		if !strings.Contains(jwks, living[0].kid) {
			t.Fatalf("at %s tokens of key %s live but it is no longer published", now, living[0].kid)
		}
		if len(store.keys) > 3 {
			t.Fatalf("%d keys are kept", len(store.keys))
		}
		published = jwks
		now = now.Add(step)
	}
	if len(seen) != 5 {
		t.Fatalf("%d keys signed in 125 days of 30-day rotations, want 5", len(seen))
	}
}

func TestWrongSecretMakesNoKeys(t *testing.T) {
	t.Parallel()
	store := &memory{}
	right, _ := NewRing(Schedule{time.Hour, time.Hour}, secret(1), store, time.Now)
	if err := right.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	wrong, _ := NewRing(Schedule{time.Hour, time.Hour}, secret(9), store, time.Now)
	err := wrong.Rotate(t.Context())
	if err == nil || !strings.Contains(err.Error(), "AUTH_KEY_SECRET") || len(store.keys) != 1 {
		t.Fatalf("err %v, %d keys", err, len(store.keys))
	}
	if wrong.Check(t.Context()) == nil {
		t.Fatal("must not be ready")
	}
}

func TestSealIsBoundToID(t *testing.T) {
	t.Parallel()
	s, err := newSealer(secret(1))
	if err != nil {
		t.Fatal(err)
	}
	sealed := s.seal("a", []byte("private"))
	if got, err := s.open("a", sealed); err != nil || string(got) != "private" {
		t.Fatalf("%q, %v", got, err)
	}
	if _, err := s.open("b", sealed); err == nil {
		t.Fatal("a row under another id must not open")
	}
	if _, err := s.open("a", sealed[:5]); err == nil {
		t.Fatal("a damaged row must not open")
	}
}

// inherited mistake 18: a known fallback secret signed valid tokens.
func TestParseSecret(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "secret", "fallback-secret", base64.StdEncoding.EncodeToString(make([]byte, 16)), base64.StdEncoding.EncodeToString(make([]byte, 32))} {
		if _, err := ParseSecret(bad); err == nil {
			t.Errorf("%q must be refused", bad)
		}
	}
	if _, err := ParseSecret(base64.StdEncoding.EncodeToString(secret(1))); err != nil {
		t.Error(err)
	}
}
