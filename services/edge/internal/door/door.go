// Package door lets users in. What has to be asked of Redis about one who
// connects is asked in one round trip: whether the session was ended or the
// account erased, by what name the user goes, whether there are too many
// sockets, and which rooms to sit in. While thousands come at once, waiting
// is most of what a connect is.
//
// So a socket is counted before it is known whether it may come in. One that may
// not is uncounted at once, and nobody is told of it.
package door

import (
	"context"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/token"
	"github.com/wemaps/wemaps/libs/wire"
)

// timeout bounds what a connect waits for Redis here.
const timeout = 3 * time.Second

// Tokens knows whose token it is; see token.Verifier.
type Tokens interface {
	Signed(ctx context.Context, bearer string) (token.Claims, error)
	Reads(c token.Claims) rueidis.Commands
}

// Sockets counts those of a user over all edges; see presence.Presence.
type Sockets interface {
	Admit(userID, socketID string) rueidis.Completed
	Admitted(ctx context.Context, userID, socketID string, result rueidis.RedisResult) (bool, error)
	Uncount(userID, socketID string)
	Online(userID string)
}

// Rooms knows who is where; see bus.Bus.
type Rooms interface {
	Active(userID string) rueidis.Commands
	ActiveIn(results []rueidis.RedisResult) ([]string, error)
}

// Door is safe for concurrent use.
type Door struct {
	client  rueidis.Client
	tokens  Tokens
	sockets Sockets
	rooms   Rooms
}

// New starts nothing.
func New(client rueidis.Client, tokens Tokens, sockets Sockets, rooms Rooms) *Door {
	return &Door{client: client, tokens: tokens, sockets: sockets, rooms: rooms}
}

// Admit finds out whose token it is, counts a socket of theirs, and lists the
// rooms they are probably in. Errors are *wire.Error: those of a token,
// TOO_MANY_SOCKETS, UNAVAILABLE.
func (d *Door) Admit(ctx context.Context, bearer, socketID string) (token.Claims, []string, error) {
	c, err := d.tokens.Signed(ctx, bearer)
	if err != nil {
		return token.Claims{}, nil, err //nolint:wrapcheck // is a *wire.Error
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	reads := d.tokens.Reads(c)
	judged := len(reads)
	results := d.client.DoMulti(ctx, append(append(reads, d.sockets.Admit(c.UserID, socketID)), d.rooms.Active(c.UserID)...)...)

	now, err := c.Judge(results[:judged])
	if err != nil {
		d.sockets.Uncount(c.UserID, socketID)
		return token.Claims{}, nil, err //nolint:wrapcheck // is a *wire.Error
	}
	admitted, err := d.sockets.Admitted(ctx, c.UserID, socketID, results[judged])
	if err == nil && !admitted {
		return token.Claims{}, nil, wire.NewError(wire.CodeTooManySockets)
	}
	var rooms []string
	if err == nil {
		rooms, err = d.rooms.ActiveIn(results[judged+1:])
	}
	if err != nil {
		d.sockets.Uncount(c.UserID, socketID)
		return token.Claims{}, nil, wire.NewError(wire.CodeUnavailable).Because(err).After(2 * time.Second)
	}
	d.sockets.Online(c.UserID)
	return now, rooms, nil
}

// Again judges a token that Admit has judged before. Errors are those of a token.
func (d *Door) Again(ctx context.Context, bearer string) (token.Claims, error) {
	c, err := d.tokens.Signed(ctx, bearer)
	if err != nil {
		return token.Claims{}, err //nolint:wrapcheck // is a *wire.Error
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return c.Judge(d.client.DoMulti(ctx, d.tokens.Reads(c)...)) //nolint:wrapcheck // is a *wire.Error
}
