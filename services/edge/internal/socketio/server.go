package socketio

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"sync"

	"github.com/wemaps/wemaps/services/edge/internal/engineio"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// Namespace decides who may connect.
type Namespace interface {
	// Connect is called for every CONNECT, by the connection's owner. The client
	// gets the text of an error as the message of its connect_error, and the JSON
	// of an ErrorData as its data. s, and what hangs on h, may be kept.
	Connect(ctx context.Context, s *Socket, h Handshake) (Handler, error)
}

// Handler gets what one Socket's client sends, one thing after the other.
type Handler interface {
	Event(ctx context.Context, e Event)
	// Closed is called once, last.
	Closed(reason string)
}

// Recoverer may be implemented by a Handler whose clients can come back to where
// they were (the official client's connection state recovery). Such a client puts
// pid and offset into its auth object; offset is the last argument, a string, of
// the last event that it got.
type Recoverer interface {
	// Recover is called once, after Connect. pid names the state, which only this
	// client may know; the one that the client came with tells it that it has been
	// recovered. sid is then the id that it had, and keeps; the Socket has another
	// one, since the old connection may not have ended yet; "" = the Socket's.
	// missed are packets that the client gets before it hears that it is connected.
	// Without a pid there is no recovery.
	Recover() (pid, sid string, missed []*outq.Message)
}

// ErrorData may be implemented by an error of Connect.
type ErrorData interface{ ErrorData() json.RawMessage }

// Temporary may be implemented by an error of Connect. A client with one that is
// temporary is not told: after a connect_error the official one stays away until
// its app connects it again, which existing apps do not. When its connection ends
// instead it comes back by itself, with the pauses that its app has set.
type Temporary interface{ Temporary() bool }

// Handshake is what is known of a client.
type Handshake struct {
	RemoteIP      string
	UserAgent     string
	Origin        string
	Authorization string // the header
	Query         url.Values
	Auth          json.RawMessage // the payload of CONNECT; nil: none
}

// Server is an http.Handler for one path, usually /socket.io/.
type Server struct {
	cfg        Config
	engine     *engineio.Server
	namespaces map[string]Namespace
	events     map[string]string
}

// New starts nothing. flusher writes to the WebSockets; whoever owns it runs it.
func New(cfg Config, flusher *outq.Flusher, namespaces map[string]Namespace) (*Server, error) {
	cfg = cfg.withDefaults()
	s := &Server{cfg: cfg, namespaces: namespaces, events: make(map[string]string, len(cfg.Events))}
	for _, name := range cfg.Events {
		s.events[`"`+name+`"`] = name
	}
	engine, err := engineio.New(cfg.Engine, flusher, s)
	if err != nil {
		return nil, err
	}
	s.engine = engine
	return s, nil
}

// Run keeps the heartbeats until ctx ends, and then closes all connections.
func (s *Server) Run(ctx context.Context) error { return s.engine.Run(ctx) }

// Len returns how many clients are connected.
func (s *Server) Len() int { return s.engine.Len() }

// ServeHTTP handles all requests of the path.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.engine.ServeHTTP(w, r) }

// Accept implements engineio.Acceptor.
func (s *Server) Accept(conn *engineio.Conn, r *http.Request) engineio.Receiver {
	conn.SetIdleTimeout(s.cfg.ConnectTimeout)
	return &client{srv: s, conn: conn, handshake: &Handshake{
		RemoteIP:      s.cfg.ClientIP(r),
		UserAgent:     r.UserAgent(),
		Origin:        r.Header.Get("Origin"),
		Authorization: r.Header.Get("Authorization"),
		Query:         r.URL.Query(),
	}}
}

// single reports whether a client that has connected needs its handshake no more.
func (s *Server) single() bool { return len(s.namespaces) == 1 }

// eventName avoids an allocation for the names that are known.
func (s *Server) eventName(raw json.RawMessage) string {
	if name, ok := s.events[string(raw)]; ok {
		return name
	}
	return unquote(raw)
}

// scratch is memory for one packet's arguments.
type scratch struct{ args [16]json.RawMessage }

var scratches = sync.Pool{New: func() any { return new(scratch) }}
