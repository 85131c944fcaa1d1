package engineio

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wemaps/wemaps/services/edge/internal/outq"
	"github.com/wemaps/wemaps/services/edge/internal/poller"
)

// Acceptor makes the Receiver of a new connection. It may send, and it may close:
// the Receiver is then told. r must not be kept.
type Acceptor interface {
	Accept(c *Conn, r *http.Request) Receiver
}

// Server is an http.Handler for the whole path of one Engine.IO endpoint.
type Server struct {
	cfg      Config
	acceptor Acceptor
	flusher  *outq.Flusher
	upgrader websocket.Upgrader
	wheel    *wheel
	poller   *poller.Poller
	alive    sync.WaitGroup // connections whose Closed has not returned
	count    atomic.Int64

	mu     sync.Mutex
	conns  map[string]*Conn
	closed bool
}

// New starts nothing. flusher writes to the WebSockets; whoever owns it runs it.
func New(cfg Config, flusher *outq.Flusher, acceptor Acceptor) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{
		cfg: cfg, acceptor: acceptor, flusher: flusher,
		wheel:  newWheel(min(cfg.PingInterval, cfg.PingTimeout)),
		poller: poller.New(cfg.Turnstile), conns: make(map[string]*Conn),
	}
	s.upgrader = websocket.Upgrader{
		HandshakeTimeout: cfg.UpgradeTimeout,
		// Only the handshake is gorilla's: what it would keep per connection is made small.
		ReadBufferSize: 128, WriteBufferSize: 128, WriteBufferPool: &sync.Pool{},
		CheckOrigin: func(*http.Request) bool { return true }, // Config.CORS has answered
		Error: func(w http.ResponseWriter, _ *http.Request, _ int, _ error) {
			s.fail(w, codeBadRequest)
		},
	}
	return s, nil
}

// shutdownGrace bounds how long Run waits for Receivers after ctx has ended.
const shutdownGrace = 5 * time.Second

// Run keeps the heartbeats until ctx ends; then it closes all connections and
// waits until their Receivers have heard of it. New sessions get 503 from then on.
func (s *Server) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	polling, stop := context.WithCancel(context.WithoutCancel(ctx))
	wg.Go(func() { s.poller.Run(polling) })
	defer func() { stop(); wg.Wait() }() // after the last connection
	ticker := time.NewTicker(time.Duration(s.wheel.tick) * time.Millisecond)
	defer ticker.Stop()
	var due []*Conn
	for {
		select {
		case <-ctx.Done():
			s.shutdown()
			return nil
		case <-ticker.C:
		}
		now := s.wheel.now()
		due = s.wheel.due(due[:0], now)
		for _, c := range due {
			if again := c.beat(now); again > 0 {
				s.wheel.add(c, again)
			}
		}
		clear(due)
	}
}

func (s *Server) shutdown() {
	s.mu.Lock()
	s.closed = true
	all := make([]*Conn, 0, len(s.conns))
	for _, c := range s.conns {
		all = append(all, c)
	}
	s.mu.Unlock()
	for _, c := range all {
		c.Close(websocket.CloseGoingAway, ReasonShutdown)
	}
	done := make(chan struct{})
	go func() { s.alive.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(shutdownGrace):
	}
}

// Len returns how many clients are connected.
func (s *Server) Len() int { return int(s.count.Load()) }

// open registers a new connection and makes its Receiver; nil when the server
// has closed.
func (s *Server) open(r *http.Request, prepare func(c *Conn)) *Conn {
	c := &Conn{srv: s, id: newSID(s.cfg.EdgeID), q: outq.NewQueue(s.cfg.Limits)}
	c.beats.due = s.wheel.now() + s.cfg.PingInterval.Milliseconds()
	prepare(c)
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.conns[c.id] = c
	s.alive.Add(1)
	s.mu.Unlock()
	s.count.Add(1)
	c.recv = s.acceptor.Accept(c, r)
	c.mu.Lock()
	first := c.beats.due
	if c.beats.idleBy != 0 {
		first = min(first, c.beats.idleBy)
	}
	c.mu.Unlock()
	s.wheel.add(c, first)
	return c
}

func (s *Server) lookup(sid string) *Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns[sid]
}

// forget makes the session id unknown.
func (s *Server) forget(c *Conn) {
	s.mu.Lock()
	delete(s.conns, c.id)
	s.mu.Unlock()
}

// forgetLater leaves a polling client the time to fetch its last packet.
func (s *Server) forgetLater(c *Conn) {
	time.AfterFunc(s.cfg.PingTimeout, func() { s.forget(c) })
}
