// Package publish keeps Redis, and everybody who listens there, in step with
// what auth's tables say: public keys, ended sessions, erased accounts, device
// tokens.
package publish

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/auth/internal/account"
)

const (
	// clockSkew is added to how long a revocation is remembered.
	clockSkew = time.Minute
	// grantLife is how long a device token goes on working without auth
	// confirming it. It bounds the life of a grant that came back from the dead
	// with an old copy of Redis.
	grantLife = 24 * time.Hour
	// streamMax is how many erasures the stream remembers, about.
	streamMax = 100_000
	// patience is how long a request waits for Redis; the outbox does the rest.
	patience = 500 * time.Millisecond
)

// Publisher writes to Redis.
type Publisher struct {
	client rueidis.Client
	log    *zap.Logger
	now    func() time.Time
}

// NewPublisher starts nothing.
func NewPublisher(client rueidis.Client, log *zap.Logger, now func() time.Time) *Publisher {
	return &Publisher{client: client, log: log, now: now}
}

// Revoked makes ended sessions known before their request is answered: whoever
// reads "signed out" can rely on it. The outbox repeats it if Redis is away.
func (p *Publisher) Revoked(ctx context.Context, sessions []account.Session) {
	var cmds rueidis.Commands
	for _, s := range sessions {
		cmds = append(cmds, p.revoked(s.ID, s.TokensUntil)...)
	}
	p.atOnce(ctx, cmds)
}

// Erased is Revoked for a whole account.
func (p *Publisher) Erased(ctx context.Context, userID string, tokensUntil time.Time) {
	p.atOnce(ctx, p.erased(userID, tokensUntil))
}

// Renamed makes a new name known before the request is answered.
func (p *Publisher) Renamed(ctx context.Context, userID, name string) {
	// For how long older names may be about is the outbox's to say, which may have said it already.
	key := wire.KeyName(userID)
	p.atOnce(ctx, rueidis.Commands{
		p.client.B().Set().Key(key).Value(name).Keepttl().Build(),
		p.client.B().Expire().Key(key).Seconds(int64(time.Hour.Seconds())).Nx().Build(),
		p.tell(wire.AuthEvent{Type: wire.AuthEventRenamed, UserID: userID, UserName: name}),
	})
}

func (p *Publisher) atOnce(ctx context.Context, cmds rueidis.Commands) {
	if len(cmds) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := redisx.FirstError(p.client.DoMulti(ctx, cmds...)); err != nil {
		p.log.Warn("revocation left to the outbox", zap.Error(err))
	}
}

func (p *Publisher) revoked(sessionID string, until time.Time) rueidis.Commands {
	return append(p.remember(wire.KeyRevoked(sessionID), until), p.tell(wire.AuthEvent{Type: wire.AuthEventRevoked, SessionID: sessionID}))
}

func (p *Publisher) erased(userID string, until time.Time) rueidis.Commands {
	return append(p.remember(wire.KeyErased(userID), until), p.tell(wire.AuthEvent{Type: wire.AuthEventErased, UserID: userID}))
}

func (p *Publisher) renamed(userID, name string, until time.Time) rueidis.Commands {
	return append(p.keep(wire.KeyName(userID), name, until), p.tell(wire.AuthEvent{Type: wire.AuthEventRenamed, UserID: userID, UserName: name}))
}

// remember sets a mark for as long as tokens may live that it forbids.
func (p *Publisher) remember(key string, until time.Time) rueidis.Commands {
	return p.keep(key, "1", until)
}

// keep sets a key for as long as tokens may live that it corrects.
func (p *Publisher) keep(key, value string, until time.Time) rueidis.Commands {
	life := until.Sub(p.now()) + clockSkew
	if life < time.Second {
		return nil
	}
	return rueidis.Commands{p.client.B().Set().Key(key).Value(value).PxMilliseconds(life.Milliseconds()).Build()}
}

func (p *Publisher) tell(e wire.AuthEvent) rueidis.Completed {
	return p.client.B().Spublish().Channel(wire.ChannelAuth).Message(encode(e)).Build()
}

// entry is what one row of the outbox asks for. Repeating it does no harm.
func (p *Publisher) entry(e Entry) rueidis.Commands {
	switch e.Kind {
	case KindRevoked:
		return p.revoked(e.SessionID, e.TokensUntil)
	case KindErased:
		return append(p.erased(e.UserID, e.TokensUntil), p.told(e, wire.AuthEventErased))
	case KindRenamed:
		if e.UserName == "" {
			return nil // erased since
		}
		return append(p.renamed(e.UserID, e.UserName, e.TokensUntil), p.told(e, wire.AuthEventRenamed))
	case KindDevice:
		if e.Grant == nil {
			return rueidis.Commands{p.client.B().Del().Key(wire.KeyDevice(hex.EncodeToString(e.DeviceHash))).Build()}
		}
		return p.grant(*e.Grant)
	}
	return nil
}

// told appends an event to the stream that services follow.
func (p *Publisher) told(e Entry, kind string) rueidis.Completed {
	at := wire.At(e.CreatedAt)
	return p.client.B().Xadd().Key(wire.StreamAuth).Maxlen().Almost().Threshold(strconv.Itoa(streamMax)).Id("*").FieldValue().
		FieldValue(wire.StreamField, encode(wire.AuthEvent{ID: e.ID, Type: kind, UserID: e.UserID, UserName: e.UserName, At: &at})).Build()
}

// fact is what makes Redis know a fact, without telling anybody: sockets of the
// session were closed when it ended.
func (p *Publisher) fact(f Fact) rueidis.Commands {
	switch {
	case f.Grant != nil:
		return p.grant(*f.Grant)
	case f.RevokedSession != "":
		return p.remember(wire.KeyRevoked(f.RevokedSession), f.TokensUntil)
	case f.ErasedUser != "":
		return p.remember(wire.KeyErased(f.ErasedUser), f.TokensUntil)
	case f.RenamedUser != "":
		return p.keep(wire.KeyName(f.RenamedUser), f.UserName, f.TokensUntil)
	}
	return nil
}

func (p *Publisher) grant(g Grant) rueidis.Commands {
	value := encode(wire.DeviceGrant{UserID: g.UserID, UserName: g.UserName, DeviceID: g.DeviceID, Rooms: g.Rooms})
	return rueidis.Commands{p.client.B().Set().Key(wire.KeyDevice(hex.EncodeToString(g.Hash))).Value(value).Ex(grantLife).Build()}
}

// send runs commands in pipelines of bounded size.
func (p *Publisher) send(ctx context.Context, cmds rueidis.Commands) error {
	for len(cmds) > 0 {
		n := min(len(cmds), 500)
		if err := redisx.FirstError(p.client.DoMulti(ctx, cmds[:n]...)); err != nil {
			return fmt.Errorf("publish to redis: %w", err)
		}
		cmds = cmds[n:]
	}
	return nil
}

// keys sets the public key set. It never expires: verifiers need it always.
func (p *Publisher) keys(ctx context.Context, jwks string) error {
	return p.send(ctx, rueidis.Commands{p.client.B().Set().Key(wire.KeyJWKS).Value(jwks).Build()})
}

// published is the key set in Redis; "" if there is none.
func (p *Publisher) published(ctx context.Context) (string, error) {
	jwks, err := p.client.Do(ctx, p.client.B().Get().Key(wire.KeyJWKS).Build()).ToString()
	if err != nil && !rueidis.IsRedisNil(err) {
		return "", fmt.Errorf("read published keys: %w", err)
	}
	return jwks, nil
}

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs of ours: cannot fail
	}
	return string(b)
}
