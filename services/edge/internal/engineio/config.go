package engineio

import (
	"errors"
	"net/http"
	"regexp"
	"time"

	"github.com/wemaps/wemaps/services/edge/internal/outq"
	"github.com/wemaps/wemaps/services/edge/internal/poller"
)

// Config of a Server. Zero durations and sizes get the defaults named here; nil
// functions do nothing.
type Config struct {
	// PingInterval is the time between two pings of the server; default 25 s.
	PingInterval time.Duration
	// PingTimeout is how long the answer may take; default 20 s.
	PingTimeout time.Duration
	// UpgradeTimeout is how long an upgrade may take; default 10 s.
	UpgradeTimeout time.Duration
	// MaxPayload bounds one WebSocket message and one POST, in bytes; default 1,000,000.
	MaxPayload int
	// SlowRequest is how long a client may take to send a POST, or to take the answer
	// to a GET; default 30 s.
	SlowRequest time.Duration
	// EdgeID starts every session id, so that any edge knows the owner of a foreign
	// one. 1–64 of A–Z a–z 0–9 _ -; default "0".
	EdgeID string
	// Turnstile, if not nil, is where WebSockets wait for their turn to be heard.
	Turnstile *poller.Turnstile
	// Limits bound what may wait for one client; default outq.DefaultLimits.
	Limits *outq.Limits

	// CORS sets the cross-origin headers of every answer and reports whether the
	// request's origin may come in at all; if not, the answer is code 4 (403).
	CORS func(h http.Header, r *http.Request) bool
	// Admit is asked about every new session. When it reports false it has
	// answered the request (503 with Retry-After, say).
	Admit func(w http.ResponseWriter, r *http.Request) bool
	// Forward hands a request with another edge's session id to its owner, and
	// reports whether it has answered. Session ids come from strangers: owner is
	// well-formed, but need not exist.
	Forward func(owner string, w http.ResponseWriter, r *http.Request) bool
	// Panic is told of a panic in a Receiver; that connection is closed.
	Panic func(value any, stack []byte)
}

var (
	errEdgeID  = errors.New("engineio: EdgeID must be 1–64 of A–Z a–z 0–9 _ -")
	errTimes   = errors.New("engineio: PingInterval and PingTimeout must be at least 10 ms")
	edgeIDForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

func (c Config) withDefaults() (Config, error) {
	setDefault(&c.PingInterval, 25*time.Second)
	setDefault(&c.PingTimeout, 20*time.Second)
	setDefault(&c.UpgradeTimeout, 10*time.Second)
	setDefault(&c.MaxPayload, 1_000_000)
	setDefault(&c.SlowRequest, 30*time.Second)
	if c.EdgeID == "" {
		c.EdgeID = "0"
	}
	if !edgeIDForm.MatchString(c.EdgeID) {
		return c, errEdgeID
	}
	if min(c.PingInterval, c.PingTimeout) < 10*time.Millisecond {
		return c, errTimes
	}
	return c, nil
}

func setDefault[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}
