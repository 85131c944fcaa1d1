package publish

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/rueidis"
	"go.uber.org/zap"
)

// Kinds of outbox entries.
const (
	KindRevoked = "revoked" // a session has ended
	KindErased  = "erased"  // an account is gone
	KindDevice  = "device"  // look at this device token again
	KindRenamed = "renamed" // a user has a new name
)

// Entry is one row of the outbox.
type Entry struct {
	ID          int64
	Kind        string
	SessionID   string
	UserID      string
	UserName    string // of a renamed user, by now; "" when they are gone
	TokensUntil time.Time
	CreatedAt   time.Time
	DeviceHash  []byte
	Grant       *Grant // of a device token that exists
}

// Grant is a device token that exists.
type Grant struct {
	Hash                       []byte
	UserID, UserName, DeviceID string
	Rooms                      []string
}

// Fact is one thing that Redis must know: an ended session, an erased or renamed
// user, or a device token.
type Fact struct {
	RevokedSession string
	ErasedUser     string
	RenamedUser    string
	UserName       string    // of RenamedUser
	TokensUntil    time.Time // of the three above
	Grant          *Grant
}

// Source is the truth. Drain and Facts exclude each other, over all replicas,
// so that an old fact never overwrites a new one.
type Source interface {
	// Drain hands the oldest entries to fn and removes them if it succeeds.
	Drain(ctx context.Context, most int, fn func([]Entry) error) (int, error)
	// Facts hands out everything that Redis must know, in pieces.
	Facts(ctx context.Context, now time.Time, fn func([]Fact) error) error
	// Prune forgets what can matter to nobody any more.
	Prune(ctx context.Context, now time.Time) error
}

// Ring is the signing keys.
type Ring interface {
	Rotate(ctx context.Context) error
	JWKS() (string, error)
}

// How often the keeper looks after what.
const (
	checkEvery  = time.Second
	drainEvery  = 2 * time.Second // in case a notification was lost
	rotateEvery = time.Minute
	repeatEvery = 10 * time.Minute
	pruneEvery  = time.Hour
	drainBatch  = 200
)

// Keeper keeps the keys rotated, the outbox empty, and Redis complete, also
// after it lost its memory.
type Keeper struct {
	ring   Ring
	source Source
	pub    *Publisher
	log    *zap.Logger
	now    func() time.Time
	wake   chan struct{}
	// last time of each duty; only Run's goroutine uses it
	drained, rotated, repeated, pruned time.Time
}

// NewKeeper starts nothing.
func NewKeeper(ring Ring, source Source, pub *Publisher, log *zap.Logger) *Keeper {
	return &Keeper{ring: ring, source: source, pub: pub, log: log, now: pub.now, wake: make(chan struct{}, 1)}
}

// Wake says that the outbox has something.
func (k *Keeper) Wake() {
	select {
	case k.wake <- struct{}{}:
	default: // it is awake already
	}
}

// Run keeps until ctx ends. Failures are logged and tried again.
func (k *Keeper) Run(ctx context.Context) error {
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	failing := ""
	for ctx.Err() == nil {
		if err := k.check(ctx); err != nil && ctx.Err() == nil {
			// One line per outage and not one per second.
			if text := err.Error(); text != failing {
				failing = text
				k.log.Error("redis is not in step", zap.Error(err))
			}
		} else if failing != "" && err == nil {
			failing = ""
			k.log.Info("redis is in step again")
		}
		select {
		case <-ctx.Done():
		case <-k.wake:
			k.drained = time.Time{}
		case <-ticker.C:
		}
	}
	return nil
}

// check does whatever is due.
func (k *Keeper) check(ctx context.Context) error {
	return errors.Join(k.checkKeys(ctx), k.checkOutbox(ctx), k.checkOld(ctx))
}

func (k *Keeper) checkKeys(ctx context.Context) error {
	if k.due(k.rotated, rotateEvery) {
		if err := k.rotate(ctx); err != nil {
			return err
		}
	}
	published, err := k.pub.published(ctx)
	if err != nil {
		return err
	}
	jwks, err := k.ring.JWKS()
	if err != nil {
		return err
	}
	switch {
	case published == "": // Redis is new, or has lost what it knew
		return k.repeat(ctx)
	case published != jwks:
		// Another replica may have rotated since we looked: only what the
		// database says is published.
		if err := k.rotate(ctx); err != nil {
			return err
		}
		if jwks, err = k.ring.JWKS(); err != nil {
			return err
		}
		return k.pub.keys(ctx, jwks)
	case k.due(k.repeated, repeatEvery):
		return k.repeat(ctx)
	}
	return nil
}

func (k *Keeper) rotate(ctx context.Context) error {
	if err := k.ring.Rotate(ctx); err != nil {
		return err
	}
	k.rotated = k.now()
	return nil
}

// repeat publishes everything. Keys go last: they tell verifiers, and
// checkKeys, that the rest is there.
func (k *Keeper) repeat(ctx context.Context) error {
	err := k.source.Facts(ctx, k.now(), func(facts []Fact) error {
		var cmds rueidis.Commands
		for _, f := range facts {
			cmds = append(cmds, k.pub.fact(f)...)
		}
		return k.pub.send(ctx, cmds)
	})
	if err != nil {
		return fmt.Errorf("repeat: %w", err)
	}
	jwks, err := k.ring.JWKS()
	if err != nil {
		return err
	}
	if err := k.pub.keys(ctx, jwks); err != nil {
		return err
	}
	k.repeated = k.now()
	return nil
}

func (k *Keeper) checkOutbox(ctx context.Context) error {
	if !k.due(k.drained, drainEvery) {
		return nil
	}
	for {
		n, err := k.source.Drain(ctx, drainBatch, func(entries []Entry) error {
			var cmds rueidis.Commands
			for _, e := range entries {
				cmds = append(cmds, k.pub.entry(e)...)
			}
			return k.pub.send(ctx, cmds)
		})
		if err != nil {
			return fmt.Errorf("outbox: %w", err)
		}
		if n < drainBatch {
			k.drained = k.now()
			return nil
		}
	}
}

func (k *Keeper) checkOld(ctx context.Context) error {
	if !k.due(k.pruned, pruneEvery) {
		return nil
	}
	k.pruned = k.now() // a failure can wait for the next hour
	return k.source.Prune(ctx, k.now())
}

func (k *Keeper) due(last time.Time, every time.Duration) bool { return k.now().Sub(last) >= every }
