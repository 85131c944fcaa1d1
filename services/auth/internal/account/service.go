package account

import (
	"context"
	"time"
)

// Store keeps accounts. Its methods are each one transaction.
type Store interface {
	UserByID(ctx context.Context, id string) (Credentials, error)    // ErrUserNotFound
	UserByKey(ctx context.Context, key string) (Credentials, error)  // ErrUserNotFound
	CreateUser(ctx context.Context, c Credentials, key string) error // ErrNameTaken
	Rename(ctx context.Context, userID string, name Name, now time.Time) (User, error)
	// Rehash replaces a hash unless it has changed meanwhile.
	Rehash(ctx context.Context, userID, old, new string) error
	// SetPassword replaces a hash, or answers ErrInvalidCredentials when it has
	// changed meanwhile, and ends all sessions but keep.
	SetPassword(ctx context.Context, userID, old, new, keep string, now time.Time) ([]Session, error)
	Erase(ctx context.Context, userID string, now time.Time) error

	StartSession(ctx context.Context, s Session, refreshHash []byte) error // ErrUserNotFound
	// Touch prolongs a live session: ErrUserNotFound, ErrSessionEnded.
	Touch(ctx context.Context, userID, sessionID string, now, tokensUntil time.Time) (User, error)
	// Active returns the user of a live session: ErrUserNotFound, ErrSessionEnded.
	Active(ctx context.Context, userID, sessionID string, now time.Time) (User, error)
	// Rotate looks up a refresh token, lets decide judge it, and does what it
	// says, all under a lock on the token.
	Rotate(ctx context.Context, r Rotation, decide func(RefreshState) Verdict) (User, Session, error)
	Sessions(ctx context.Context, userID string, now time.Time) ([]Session, error)
	EndSession(ctx context.Context, userID, sessionID string, now time.Time) (Session, error) // ErrSessionNotFound
	EndSessions(ctx context.Context, userID string, now time.Time) ([]Session, error)

	KnowsAddress(ctx context.Context, userID string, hash []byte) (bool, error)
	RememberAddress(ctx context.Context, userID string, hash []byte, now time.Time) error

	CreateDevice(ctx context.Context, d Device, hash []byte, most int) error
	Devices(ctx context.Context, userID string) ([]Device, error)
	RevokeDevice(ctx context.Context, userID, deviceID string) error // ErrDeviceNotFound
}

// Hasher works on passwords, inside a slot of HashQueue.
type Hasher interface {
	Hash(password string) (string, error)
	// Verify compares; an encoded of "" compares with nothing and takes just as
	// long. stale says that the hash should be made anew.
	Verify(encoded, password string) (ok, stale bool, err error)
}

// HashQueue bounds how many passwords are worked on at once.
type HashQueue interface {
	Do(ctx context.Context, fn func(Hasher) error) error
}

// Attempt is one guess at a password.
type Attempt struct {
	NameKey string
	Address string
	// Known tells whether the password was given rightly from there before.
	Known func() bool
}

// Throttle slows down guessing.
type Throttle interface {
	Wait(ctx context.Context, a Attempt) time.Duration // 0 = go ahead
	Failed(ctx context.Context, a Attempt)
	Succeeded(ctx context.Context, a Attempt)
	// Create counts a new account from a network; 0 = go ahead.
	Create(ctx context.Context, network string) time.Duration
}

// Issuer signs access tokens.
type Issuer interface {
	Issue(user User, sessionID string, now time.Time) (token string, expiresAt time.Time, err error)
}

// Announcer tells everybody at once that sessions have ended or a name is new. The outbox tells
// them again, so a failure here costs a moment and not the promise.
type Announcer interface {
	Revoked(ctx context.Context, sessions []Session)
	Erased(ctx context.Context, userID string, tokensUntil time.Time)
	Renamed(ctx context.Context, userID, name string)
}

// Config of a Service.
type Config struct {
	OpenNames  bool          // whether names without a password may sign in
	TokenTTL   time.Duration // of access tokens
	RefreshTTL time.Duration // of refresh tokens and sessions, from their last use
	Secret     []byte        // keys the hashes of addresses and the refresh chain; the same in all replicas
}

// Service holds the use cases.
type Service struct {
	Config
	store    Store
	hashes   HashQueue
	throttle Throttle
	issuer   Issuer
	announce Announcer
	name     func(string) (Name, error)
	newID    func() string
	now      func() time.Time
}

// Deps of NewService. ParseName answers *NameError; NewID makes UUIDv7s.
type Deps struct {
	Store     Store
	Hashes    HashQueue
	Throttle  Throttle
	Issuer    Issuer
	Announcer Announcer
	ParseName func(string) (Name, error)
	NewID     func() string
	Now       func() time.Time
}

// NewService starts nothing.
func NewService(cfg Config, d Deps) *Service {
	return &Service{Config: cfg, store: d.Store, hashes: d.Hashes, throttle: d.Throttle, issuer: d.Issuer,
		announce: d.Announcer, name: d.ParseName, newID: d.NewID, now: d.Now}
}
