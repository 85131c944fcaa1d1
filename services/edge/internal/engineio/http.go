package engineio

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// refusal is an error of the protocol, as clients see it.
type refusal struct {
	code   int
	status int
	text   string
}

var (
	codeUnknownTransport = refusal{0, http.StatusBadRequest, "Transport unknown"}
	codeUnknownSID       = refusal{1, http.StatusBadRequest, "Session ID unknown"}
	codeBadMethod        = refusal{2, http.StatusBadRequest, "Bad handshake method"}
	codeBadRequest       = refusal{3, http.StatusBadRequest, "Bad request"}
	codeForbidden        = refusal{4, http.StatusForbidden, "Forbidden"}
	codeUnsupported      = refusal{5, http.StatusBadRequest, "Unsupported protocol version"}
)

func (s *Server) fail(w http.ResponseWriter, e refusal) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(e.status)
	_, _ = fmt.Fprintf(w, `{"code":%d,"message":"%s"}`, e.code, e.text) // the client may be gone
}

const (
	transportPolling   = "polling"
	transportWebSocket = "websocket"
)

// ServeHTTP handles the handshake, GETs, POSTs and upgrades of all sessions.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.cfg.CORS != nil && !s.cfg.CORS(w.Header(), r) {
		s.fail(w, codeForbidden)
		return
	}
	if r.Method == http.MethodOptions {
		preflight(w, r)
		return
	}
	query := r.URL.Query()
	transport := query.Get("transport")
	if transport != transportPolling && transport != transportWebSocket || query.Has("j") {
		s.fail(w, codeUnknownTransport)
		return
	}
	if websocket.IsWebSocketUpgrade(r) != (transport == transportWebSocket) {
		s.fail(w, codeBadRequest)
		return
	}
	if query.Get("sid") == "" {
		s.handshake(w, r, query)
		return
	}
	s.session(w, r, query)
}

// preflight answers a browser's question; the origin itself is Config.CORS's.
func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
	if wanted := r.Header.Get("Access-Control-Request-Headers"); wanted != "" {
		h.Set("Access-Control-Allow-Headers", wanted)
		h.Add("Vary", "Access-Control-Request-Headers")
	}
	h.Set("Access-Control-Max-Age", "600")
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) handshake(w http.ResponseWriter, r *http.Request, query url.Values) {
	switch {
	case r.Method != http.MethodGet:
		s.fail(w, codeBadMethod)
		return
	case query.Get("EIO") != "4":
		s.fail(w, codeUnsupported)
		return
	case s.cfg.Admit != nil && !s.cfg.Admit(w, r):
		return
	case query.Get("transport") == transportWebSocket:
		s.handshakeWebSocket(w, r)
		return
	}
	p := newPolling()
	p.in.Lock() // an end during Accept waits until there is a Receiver to tell
	defer p.in.Unlock()
	c := s.open(r, func(c *Conn) { c.poll.Store(p) })
	if c == nil {
		unavailable(w)
		return
	}
	respond(w, "text/plain; charset=UTF-8", s.appendOpen(nil, c.id, true))
}

func unavailable(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(http.StatusServiceUnavailable)
}

func (s *Server) handshakeWebSocket(w http.ResponseWriter, r *http.Request) {
	ws, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	nc := ws.NetConn()
	l := s.newLink(nc)
	l.phase = open
	c := s.open(r, func(c *Conn) {
		l.c, c.link = c, l
		writer := s.flusher.NewWriter(nc, c.q, outq.SocketIO, c.writeFailed)
		c.w.Store(writer)
		_ = c.q.Push(outq.NewRaw(s.appendOpen(nil, c.id, false), false)) // nothing refuses the first message
		writer.Wake()
	})
	if c == nil {
		_ = nc.Close()
		return
	}
	go l.line.Run()
}

// session handles a request of a session that exists, here or elsewhere.
func (s *Server) session(w http.ResponseWriter, r *http.Request, query url.Values) {
	sid := query.Get("sid")
	if owner, ok := Owner(sid); ok && owner != s.cfg.EdgeID &&
		s.cfg.Forward != nil && s.cfg.Forward(owner, w, r) {
		return
	}
	c := s.lookup(sid)
	switch {
	case c == nil:
		s.fail(w, codeUnknownSID)
	case query.Get("transport") == transportWebSocket:
		s.upgrade(w, r, c)
	case r.Method == http.MethodGet:
		c.serveGet(w, r)
	case r.Method == http.MethodPost:
		c.servePost(w, r)
	default:
		s.fail(w, codeBadMethod)
	}
}

// upgrade opens a second transport for c. A connection that has upgraded, or is
// about to, is left alone: the newcomer is closed.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request, c *Conn) {
	ws, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	l := s.newLink(ws.NetConn())
	l.c = c
	c.mu.Lock()
	refused := c.ended || c.link != nil || c.probe != nil
	if !refused {
		c.probe = l
	}
	c.mu.Unlock()
	if refused || l.nc.SetDeadline(time.Now().Add(s.cfg.UpgradeTimeout)) != nil {
		_, _ = l.nc.Write(closeFrame) // politeness only: the close follows either way
		_ = l.nc.Close()
		return
	}
	go l.line.Run()
}

var closeFrame = outq.NewClose(websocket.ClosePolicyViolation, "session has upgraded").Frame(outq.SocketIO)

// trustedSize is how much memory an announced length gets before its bytes come.
const trustedSize = 64 << 10

// readAll is io.ReadAll into memory of about the right size; size -1 is unknown.
func readAll(r io.Reader, size int64) ([]byte, error) {
	var b bytes.Buffer
	if size > 0 {
		b.Grow(int(min(size, trustedSize)) + bytes.MinRead)
	}
	_, err := b.ReadFrom(r)
	return b.Bytes(), err
}
