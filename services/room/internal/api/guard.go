package api

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/services/room/internal/room"
)

// A person mistypes a code a few times, and behind one address there may be a whole company. There are 2.2 thousand
// million codes: with a thousand rooms open, an address that guesses as fast as it may finds one in 250 days.
const (
	guessesPerUser    = 10
	guessesPerAddress = 60
	guessPeriod       = 10 * time.Minute
	// guardTimeout keeps a Redis that is away from holding up joins.
	guardTimeout = 150 * time.Millisecond
)

// Guard counts wrong codes by user and by address. It implements room.Guard. Right codes cost nothing, however many
// people join at once.
type Guard struct {
	client         rueidis.Client
	users, address redisx.Limiter
	onError        func(error)
}

// NewGuard starts nothing.
func NewGuard(client rueidis.Client, onError func(error)) *Guard {
	return &Guard{
		client:  client,
		users:   redisx.Limiter{Client: client, Prefix: "limit:room:guess:user:", Rate: guessesPerUser, Period: guessPeriod, Burst: guessesPerUser},
		address: redisx.Limiter{Client: client, Prefix: "limit:room:guess:addr:", Rate: guessesPerAddress, Period: guessPeriod, Burst: guessesPerAddress},
		onError: onError,
	}
}

// Check implements room.Guard. Redis away means no limit: it guards, and must not become the outage.
func (g *Guard) Check(ctx context.Context, userID, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, guardTimeout)
	defer cancel()
	// Nearly nobody has guessed wrong lately: two plain reads in one round trip see that.
	replies := g.client.DoMulti(ctx, g.client.B().Exists().Key(g.users.Prefix+userID).Build(), g.client.B().Exists().Key(g.address.Prefix+addr).Build())
	for i, l := range []*redisx.Limiter{&g.users, &g.address} {
		guessed, err := replies[i].AsBool()
		if err != nil {
			g.onError(err)
			return nil
		}
		if !guessed {
			continue
		}
		wait, err := l.Peek(ctx, []string{userID, addr}[i])
		if err != nil {
			g.onError(err)
			return nil
		}
		if wait > 0 {
			return &room.LimitedError{Wait: wait}
		}
	}
	return nil
}

// Miss implements room.Guard.
func (g *Guard) Miss(ctx context.Context, userID, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, guardTimeout)
	defer cancel()
	for i, l := range []*redisx.Limiter{&g.users, &g.address} {
		wait, err := l.Allow(ctx, []string{userID, addr}[i])
		if err != nil {
			g.onError(err)
			return nil
		}
		if wait > 0 { // others were guessing beside this one
			return &room.LimitedError{Wait: wait}
		}
	}
	return nil
}

// clientAddr is where a request came from: the last hop of X-Forwarded-For, which the edge writes. What lies before it
// is the client's own claim. IPv6 addresses count by their /64, which is what one customer gets.
func clientAddr(r *http.Request) string {
	addr := r.Header.Get("X-Forwarded-For")
	if i := strings.LastIndexByte(addr, ','); i >= 0 {
		addr = addr[i+1:]
	}
	addr = strings.TrimSpace(addr)
	ip := net.ParseIP(addr)
	if ip == nil {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			host = r.RemoteAddr
		}
		if ip = net.ParseIP(host); ip == nil {
			return "unknown"
		}
	}
	if ip.To4() == nil {
		ip = ip.Mask(net.CIDRMask(64, 128))
	}
	return ip.String()
}
