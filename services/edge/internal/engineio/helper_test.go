package engineio

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// app echoes, and remembers what happened.
type app struct {
	onMessage func(c *Conn, data []byte, binary bool) error // nil: echo
	onAccept  func(c *Conn)

	mu     sync.Mutex
	closed []string
}

func (a *app) Accept(c *Conn, _ *http.Request) Receiver {
	if a.onAccept != nil {
		a.onAccept(c)
	}
	return &session{a, c}
}

func (a *app) reasons() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.closed...)
}

type session struct {
	app *app
	c   *Conn
}

func (s *session) Message(data []byte, binary bool) error {
	if s.app.onMessage != nil {
		return s.app.onMessage(s.c, data, binary)
	}
	if binary {
		return s.c.SendBinary(data)
	}
	return s.c.SendText(data)
}

func (s *session) Closed(reason string) {
	s.app.mu.Lock()
	s.app.closed = append(s.app.closed, reason)
	s.app.mu.Unlock()
}

type fixture struct {
	t      *testing.T
	server *Server
	url    string
	app    *app
	stop   func() // ends Run and waits for it
}

// start runs a server whose heartbeat does not disturb, unless cfg says otherwise.
func start(t *testing.T, cfg Config, a *app) *fixture {
	t.Helper()
	flusher := outq.NewFlusher(outq.Config{Linger: 100 * time.Millisecond})
	s, err := New(cfg, flusher, a)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	flushing, stopFlushing := context.WithCancel(context.Background())
	var wg, flush sync.WaitGroup
	wg.Go(func() { _ = s.Run(ctx) })
	flush.Go(func() { _ = flusher.Run(flushing) })
	h := httptest.NewServer(s)
	f := &fixture{t: t, server: s, url: h.URL, app: a}
	f.stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	t.Cleanup(func() {
		f.stop()
		stopFlushing()
		flush.Wait()
		h.CloseClientConnections()
		h.Close()
	})
	return f
}

func (f *fixture) do(method, query, body string) (status int, answer string) {
	f.t.Helper()
	r, err := http.NewRequest(method, f.url+"/?"+query, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

const pollingQuery = "EIO=4&transport=polling"

// poll opens a polling session and returns its query.
func (f *fixture) poll() (query string) {
	f.t.Helper()
	status, body := f.do("GET", pollingQuery, "")
	if status != 200 || !strings.HasPrefix(body, "0{") {
		f.t.Fatalf("handshake: %d %q", status, body)
	}
	var open struct{ SID string }
	if err := json.Unmarshal([]byte(body[1:]), &open); err != nil {
		f.t.Fatal(err)
	}
	return pollingQuery + "&sid=" + open.SID
}

func (f *fixture) dial(query string) *websocket.Conn {
	f.t.Helper()
	ws, _, err := websocket.DefaultDialer.Dial("ws"+f.url[len("http"):]+"/?"+query, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = ws.Close() })
	_ = ws.SetReadDeadline(time.Now().Add(10 * time.Second)) // a test that hangs says nothing
	return ws
}

// connect opens a WebSocket session.
func (f *fixture) connect() *websocket.Conn {
	f.t.Helper()
	ws := f.dial("EIO=4&transport=websocket")
	if got := f.read(ws); !strings.HasPrefix(got, `0{"sid":"`) {
		f.t.Fatalf("handshake: %q", got)
	}
	return ws
}

func (f *fixture) read(ws *websocket.Conn) string {
	f.t.Helper()
	_, b, err := ws.ReadMessage()
	if err != nil {
		f.t.Fatal(err)
	}
	return string(b)
}

func (f *fixture) write(ws *websocket.Conn, s string) {
	f.t.Helper()
	if err := ws.WriteMessage(websocket.TextMessage, []byte(s)); err != nil {
		f.t.Fatal(err)
	}
}

// expect checks an answer.
func (f *fixture) expect(what string, status int, body string, wantStatus int, want string) {
	f.t.Helper()
	if status != wantStatus || body != want {
		f.t.Errorf("%s: %d %q, want %d %q", what, status, body, wantStatus, want)
	}
}

// until polls for something that happens elsewhere.
func (f *fixture) until(what string, ok func() bool) {
	f.t.Helper()
	for end := time.Now().Add(15 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			f.t.Fatalf("never: %s", what)
		}
	}
}

// closedWith waits for the Receiver to be told, once.
func (f *fixture) closedWith(reason string) {
	f.t.Helper()
	f.until("closed", func() bool { return len(f.app.reasons()) > 0 })
	if got := f.app.reasons(); len(got) != 1 || got[0] != reason {
		f.t.Errorf("closed with %q, want one %q", got, reason)
	}
}
