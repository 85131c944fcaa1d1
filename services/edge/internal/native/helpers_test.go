package native

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// desk is a Handler that knows one token and sessions that write down what they
// hear.
type desk struct {
	mu       sync.Mutex
	opened   []Handshake
	sessions []*pad
	panicOn  string
}

func (d *desk) Open(_ context.Context, c *Conn, h Handshake) (Session, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.opened = append(d.opened, h)
	switch h.Token {
	case "good.token":
	case "nobody":
		return nil, wire.NewError(wire.CodeUserNotFound)
	case "broken":
		return nil, errors.New("postgres: secret detail")
	default:
		return nil, wire.NewError(wire.CodeInvalidToken)
	}
	s := &pad{desk: d, conn: c}
	d.sessions = append(d.sessions, s)
	c.Reply("", "hello", nil)
	return s, nil
}

func (d *desk) last() *pad {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.sessions) == 0 {
		return nil
	}
	return d.sessions[len(d.sessions)-1]
}

// pad echoes events, and counts to three invalid frames.
type pad struct {
	desk    *desk
	conn    *Conn
	invalid int

	mu     sync.Mutex
	reason string
}

func (p *pad) Event(_ context.Context, name string, data json.RawMessage, ref string) {
	if name == p.desk.panicOn {
		panic("as the test wants it")
	}
	p.conn.Reply(ref, name, data)
}

func (p *pad) Invalid(ref string, err error) {
	_ = p.conn.Send(errorEvent(ref, public(err)))
	if p.invalid++; p.invalid == 3 {
		p.conn.Close(wire.CloseAbuse)
	}
}

func (p *pad) Closed(reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reason += reason
}

func (p *pad) closed() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reason
}

type fixture struct {
	*desk
	server *Server
	url    string
	stop   func() // and wait until Run has returned
}

// start serves /ws until the test ends.
func start(t *testing.T, change func(*Config)) *fixture {
	t.Helper()
	flusher := outq.NewFlusher(outq.Config{Linger: 100 * time.Millisecond})
	d := &desk{panicOn: "panic"}
	cfg := Config{Flusher: flusher, Handler: d, Drain: time.Second}
	if change != nil {
		change(&cfg)
	}
	s := New(cfg)
	ts := httptest.NewServer(s)
	ctx, cancel := context.WithCancel(context.Background())
	flushing, stopFlushing := context.WithCancel(context.Background())
	var flusherDone, done sync.WaitGroup
	flusherDone.Go(func() { _ = flusher.Run(flushing) })
	done.Go(func() { _ = s.Run(ctx) })
	stop := sync.OnceFunc(func() { cancel(); done.Wait() })
	t.Cleanup(func() {
		stop()
		stopFlushing()
		flusherDone.Wait()
		ts.Close()
	})
	return &fixture{desk: d, server: s, url: "ws" + strings.TrimPrefix(ts.URL, "http") + "/ws", stop: stop}
}

var bearer = http.Header{"Authorization": {"Bearer good.token"}}

// dial connects; the connection is closed with the test.
func (f *fixture) dial(t *testing.T, header http.Header, query string, protocols ...string) (*websocket.Conn, *http.Response) {
	t.Helper()
	dialer := websocket.Dialer{Subprotocols: protocols, HandshakeTimeout: 10 * time.Second}
	conn, resp, err := dialer.Dial(f.url+query, header)
	if err != nil {
		t.Fatal("dial:", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	return conn, resp
}

// welcome connects and reads the greeting of the session.
func (f *fixture) welcome(t *testing.T) *websocket.Conn {
	t.Helper()
	conn, _ := f.dial(t, bearer, "")
	expect(t, conn, `{"v":1,"type":"hello"}`)
	return conn
}

func send(t *testing.T, conn *websocket.Conn, frame string) {
	t.Helper()
	if err := conn.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		t.Fatal("write:", err)
	}
}

func expect(t *testing.T, conn *websocket.Conn, want string) {
	t.Helper()
	kind, got, err := conn.ReadMessage()
	if err != nil || kind != websocket.TextMessage || string(got) != want {
		t.Fatalf("read %q (%v), want %q", got, err, want)
	}
}

// expectError reads an error event with that code.
func expectError(t *testing.T, conn *websocket.Conn, code wire.Code, id string) {
	t.Helper()
	var e struct {
		Type, ID string
		Data     wire.SocketError
	}
	if err := conn.ReadJSON(&e); err != nil {
		t.Fatalf("read: %v, want error %s", err, code)
	}
	if e.Type != wire.EventError || e.Data.Code != code || e.ID != id || e.Data.Message == "" {
		t.Fatalf("read %+v, want error %s with id %q", e, code, id)
	}
}

func expectClose(t *testing.T, conn *websocket.Conn, code int) {
	t.Helper()
	_, got, err := conn.ReadMessage()
	if !websocket.IsCloseError(err, code) {
		t.Fatalf("read %q, %v; want close %d", got, err, code)
	}
	if _, err := io.Copy(io.Discard, conn.NetConn()); err != nil {
		t.Errorf("after the close frame: %v", err)
	}
}

func eventually(t *testing.T, reason string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal("not within 10 s: " + reason)
}
