// Package conformance is a server for tests of the protocols: the bare engine and
// Socket.IO, with nothing of WeMaps behind them. The official protocol suites and
// our own tests with the official client run against it.
package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/wemaps/wemaps/libs/run"

	"github.com/wemaps/wemaps/services/edge/internal/engineio"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
	"github.com/wemaps/wemaps/services/edge/internal/socketio"
)

// Config of the server.
type Config struct {
	Addr           string // host:port; port 0 picks one
	PingInterval   time.Duration
	PingTimeout    time.Duration
	MaxPayload     int // bytes
	ConnectTimeout time.Duration
	Recovery       bool // also serve events that can be recovered
}

// Server serves /engine.io/ and /socket.io/.
type Server struct {
	flusher  *outq.Flusher
	engine   *engineio.Server
	sockets  *socketio.Server
	listener net.Listener
	http     *http.Server
}

// limits are generous: the tests send large messages, and many.
var limits = &outq.Limits{Count: 100_000, Bytes: 256 << 20}

// New listens and starts nothing.
func New(cfg Config) (*Server, error) {
	s := &Server{flusher: outq.NewFlusher(outq.Config{})}
	engine := engineio.Config{
		PingInterval: cfg.PingInterval, PingTimeout: cfg.PingTimeout,
		MaxPayload: cfg.MaxPayload, Limits: limits, CORS: anyOrigin,
	}
	var err error
	if s.engine, err = engineio.New(engine, s.flusher, echo{}); err != nil {
		return nil, err
	}
	main := socketio.Namespace(namespace{})
	if cfg.Recovery {
		main = &recovering{journals: make(map[string]*journal)}
	}
	s.sockets, err = socketio.New(
		socketio.Config{Engine: engine, ConnectTimeout: cfg.ConnectTimeout}, s.flusher,
		map[string]socketio.Namespace{"/": main, "/custom": namespace{}})
	if err != nil {
		return nil, err
	}
	if s.listener, err = net.Listen("tcp", cfg.Addr); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/engine.io/", s.engine)
	mux.Handle("/socket.io/", s.sockets)
	s.http = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	return s, nil
}

// Addr is where the server listens.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Run serves until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	var g run.Group
	g.Add("flusher", s.flusher.Run)
	g.Add("engine", s.engine.Run)
	g.Add("sockets", s.sockets.Run)
	g.Add("http", func(ctx context.Context) error {
		go func() {
			<-ctx.Done()
			_ = s.http.Close() // what is open is a test's, and over
		}()
		if err := s.http.Serve(s.listener); err != http.ErrServerClosed {
			return err
		}
		return nil
	})
	return g.Run(ctx)
}

func anyOrigin(h http.Header, r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		h.Set("Access-Control-Allow-Origin", origin)
	}
	return true
}

// echo returns every message.
type echo struct{}

func (echo) Accept(c *engineio.Conn, _ *http.Request) engineio.Receiver { return echoed{c} }

type echoed struct{ c *engineio.Conn }

func (e echoed) Message(data []byte, binary bool) error {
	if binary {
		return e.c.SendBinary(data)
	}
	return e.c.SendText(data)
}

func (echoed) Closed(string) {}

// namespace says what it was told at CONNECT and answers three events.
type namespace struct{}

func (namespace) Connect(_ context.Context, s *socketio.Socket, h socketio.Handshake) (socketio.Handler, error) {
	auth := h.Auth
	if auth == nil {
		auth = json.RawMessage("{}")
	}
	return socket{s}, s.Emit(socketio.Outgoing{Name: "auth", Args: []json.RawMessage{auth}})
}

type socket struct{ s *socketio.Socket }

func (s socket) Event(_ context.Context, e socketio.Event) {
	same := socketio.Outgoing{Args: e.Args, Attachments: e.Attachments}
	switch e.Name {
	case "message":
		same.Name = "message-back"
		s.must(s.s.Emit(same))
	case "message-with-ack":
		s.must(e.Ack(same))
	case "ask": // is asked back; the answer comes as "answer"
		s.must(s.s.EmitWithAck(socketio.Outgoing{Name: "question", Args: e.Args}, askTimeout, s.answered))
	case "leave":
		s.s.Disconnect()
	case "drop": // with true: without a wish to see the client again
		s.s.Close(4000, len(e.Args) == 0)
	case "count": // sends "tick" with 0 … n-1
		n := 0
		if len(e.Args) > 0 && json.Unmarshal(e.Args[0], &n) == nil {
			go s.count(n)
		}
	}
}

const askTimeout = 2000 * time.Millisecond

func (s socket) answered(args []json.RawMessage, attachments [][]byte, err error) {
	o := socketio.Outgoing{Name: "answer", Args: args, Attachments: attachments}
	if err != nil {
		o.Args = []json.RawMessage{json.RawMessage(`"` + err.Error() + `"`)}
	}
	s.must(s.s.Emit(o))
}

// count spreads its events over the time that an upgrade takes.
func (s socket) count(n int) {
	for i := range n {
		s.must(s.s.Emit(socketio.Outgoing{Name: "tick", Args: []json.RawMessage{json.RawMessage(fmt.Sprint(i))}}))
		if i%10 == 9 {
			time.Sleep(time.Millisecond)
		}
	}
}

// must closes a client that cannot be told everything: its test shall fail.
func (s socket) must(err error) {
	if err != nil {
		s.s.Close(4001, false)
	}
}

func (socket) Closed(string) {}
