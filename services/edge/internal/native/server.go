package native

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/services/edge/internal/outq"
	"github.com/wemaps/wemaps/services/edge/internal/poller"
)

// Handshake is what a client brought along.
type Handshake struct {
	Token     string
	RemoteIP  string
	UserAgent string
	Origin    string
	Query     url.Values      // without tokens
	Auth      json.RawMessage // data of the auth frame, if there was one
}

// Session is what stands behind an authenticated connection. Its methods are
// called by one goroutine at a time.
type Session interface {
	// Event takes what the client sent, in order; data is the callee's to keep,
	// ref is "" if the client gave none.
	Event(ctx context.Context, name string, data json.RawMessage, ref string)
	// Invalid takes what was no event, tells the client, and closes at too many.
	Invalid(ref string, err error)
	// Closed is called once, last.
	Closed(reason string)
}

// Handler decides who may connect. What the client sees of an error is its
// *wire.Error; any other error is an internal one.
type Handler interface {
	Open(ctx context.Context, c *Conn, h Handshake) (Session, error)
}

// Config of a Server. Zero durations and sizes get the defaults named here.
type Config struct {
	Flusher *outq.Flusher
	Handler Handler
	Log     *zap.Logger
	// CheckOrigin answers false to a browser from elsewhere; nil allows all.
	CheckOrigin func(r *http.Request) bool
	// Admit may refuse a handshake; it has answered then. nil admits all.
	Admit func(w http.ResponseWriter, r *http.Request) bool
	// RemoteIP finds the client's address; default is that of the TCP connection.
	RemoteIP func(r *http.Request) string
	// Limits of what may wait for one client; nil means outq.DefaultLimits.
	Limits *outq.Limits
	// Turnstile, if not nil, is where connections wait for their turn to be heard.
	Turnstile *poller.Turnstile

	MaxFrame    int           // of a client's message; default 16 KiB
	AuthTimeout time.Duration // until the auth frame; default 5 s
	PingEvery   time.Duration // default 25 s
	DeadAfter   time.Duration // without a frame; default 60 s
	Drain       time.Duration // how long Run waits for clients to go; default 3 s
}

func (c Config) withDefaults() Config {
	setDefault(&c.MaxFrame, 16<<10)
	setDefault(&c.AuthTimeout, 5*time.Second)
	setDefault(&c.PingEvery, 25*time.Second)
	setDefault(&c.DeadAfter, 60*time.Second)
	setDefault(&c.Drain, 3*time.Second)
	if c.RemoteIP == nil {
		c.RemoteIP = peerIP
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	return c
}

func setDefault[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

func peerIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// Server is the http.Handler of /ws.
type Server struct {
	cfg      Config
	upgrader websocket.Upgrader
	wheel    *wheel
	poller   *poller.Poller
	ctx      context.Context // of all events; ends with Run
	cancel   context.CancelFunc
	count    atomic.Int64
	closing  atomic.Bool
	empty    chan struct{} // the last connection went while closing
}

// New starts nothing.
func New(cfg Config) *Server {
	cfg = cfg.withDefaults()
	s := &Server{cfg: cfg, wheel: newWheel(cfg.PingEvery, cfg.DeadAfter), poller: poller.New(cfg.Turnstile), empty: make(chan struct{}, 1)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.upgrader = websocket.Upgrader{
		// Buffers are for the handshake only; both directions are ours afterwards.
		ReadBufferSize:  256,
		WriteBufferSize: 256,
		WriteBufferPool: &sync.Pool{},
		Subprotocols:    []string{Subprotocol},
		CheckOrigin:     func(*http.Request) bool { return true }, // was asked before
		Error:           refuseUpgrade,
	}
	return s
}

// Run pings, and closes who does not answer, until ctx ends; then it closes all
// connections with 1001 and waits until they are gone.
func (s *Server) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	polling, stop := context.WithCancel(context.WithoutCancel(ctx))
	wg.Go(func() { s.poller.Run(polling) })
	defer func() { stop(); wg.Wait() }() // after the last connection
	s.wheel.run(ctx)
	s.closing.Store(true)
	for _, c := range s.wheel.all() {
		c.goAway()
	}
	late := time.NewTimer(s.cfg.Drain)
	defer late.Stop()
	for s.count.Load() > 0 {
		select {
		case <-s.empty:
		case <-late.C:
			s.cancel()
			for _, c := range s.wheel.all() {
				c.drop()
			}
		}
	}
	s.cancel()
	return nil
}

// Len is the number of open connections, authenticated or not.
func (s *Server) Len() int { return int(s.count.Load()) }
