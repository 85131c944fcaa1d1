package socketio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wemaps/wemaps/libs/wire"

	"github.com/wemaps/wemaps/services/edge/internal/engineio"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// testClient is the other side.
type testClient struct {
	t  *testing.T
	ws *websocket.Conn
}

func dial(t *testing.T, cfg Config, namespaces map[string]Namespace) *testClient {
	t.Helper()
	return dialQuery(t, cfg, namespaces, "&lang=de")
}

func dialQuery(t *testing.T, cfg Config, namespaces map[string]Namespace, query string) *testClient {
	t.Helper()
	flusher := outq.NewFlusher(outq.Config{Linger: 100 * time.Millisecond})
	s, err := New(cfg, flusher, namespaces)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Run(ctx) })
	flushing, stop := context.WithCancel(context.Background())
	wg.Go(func() { _ = flusher.Run(flushing) })
	h := httptest.NewServer(s)
	t.Cleanup(func() { cancel(); stop(); wg.Wait(); h.Close() })
	header := map[string][]string{"Authorization": {"Bearer from-header"}, "Origin": {"https://app.example"}, "User-Agent": {"test"}}
	ws, _, err := websocket.DefaultDialer.Dial("ws"+h.URL[len("http"):]+"/socket.io/?EIO=4&transport=websocket"+query, header)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.Close() })
	_ = ws.SetReadDeadline(time.Now().Add(10 * time.Second)) // a test that hangs says nothing
	c := &testClient{t, ws}
	if got := c.read(); !strings.HasPrefix(got, "0{") {
		t.Fatalf("handshake: %q", got)
	}
	return c
}

func (c *testClient) read() string {
	c.t.Helper()
	_, b, err := c.ws.ReadMessage()
	if err != nil {
		c.t.Fatal(err)
	}
	return string(b)
}

func (c *testClient) send(packets ...string) {
	c.t.Helper()
	for _, p := range packets {
		if err := c.ws.WriteMessage(websocket.TextMessage, []byte(p)); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *testClient) expect(want ...string) {
	c.t.Helper()
	for _, w := range want {
		start, open := strings.CutSuffix(w, "*")
		if got := c.read(); got != w && (!open || !strings.HasPrefix(got, start)) {
			c.t.Errorf("got %q, want %q", got, w)
		}
	}
}

// ended expects the end of the connection.
func (c *testClient) ended(code int) {
	c.t.Helper()
	_, b, err := c.ws.ReadMessage()
	if !websocket.IsCloseError(err, code) {
		c.t.Errorf("got %q, %v, want close code %d", b, err, code)
	}
}

// scripted is an App made of functions, and a record of what its sessions heard.
type scripted struct {
	open  func(c AppConn, h AppHandshake) error
	event func(c AppConn, name string, data json.RawMessage, ref string)
	heard chan string
}

type scriptedSession struct {
	app  *scripted
	conn AppConn
}

func (a *scripted) Open(_ context.Context, c AppConn, h AppHandshake) (AppSession, error) {
	if a.open != nil {
		if err := a.open(c, h); err != nil {
			return nil, err
		}
	}
	return scriptedSession{a, c}, nil
}

func (s scriptedSession) Event(_ context.Context, name string, data json.RawMessage, ref string) {
	if s.app.event != nil {
		s.app.event(s.conn, name, data, ref)
		return
	}
	s.app.heard <- fmt.Sprintf("%s %s %q", name, data, ref)
}

func (s scriptedSession) Closed(reason string) { s.app.heard <- "closed: " + reason }

func newApp() *scripted { return &scripted{heard: make(chan string, 100)} }

func (a *scripted) expect(t *testing.T, want ...string) {
	t.Helper()
	for _, w := range want {
		select {
		case got := <-a.heard:
			if got != w {
				t.Errorf("the app heard %q, want %q", got, w)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("the app never heard %q", w)
		}
	}
}

func dialApp(t *testing.T, a *scripted) *testClient {
	t.Helper()
	return dial(t, Config{Events: []string{"known"}, Limits: Limits{Attachments: -1}}, map[string]Namespace{"/": NewApp(a)})
}

func TestAppEvents(t *testing.T) {
	t.Parallel()
	a := newApp()
	c := dialApp(t, a)
	c.send("40", `42["known",{"a":1}]`, `4217["unknown",{"b":"ü"},"extra",3]`, `42["none"]`, `420["zero",null]`, "41")
	c.expect(`40{"sid":"*`)
	a.expect(t, `known {"a":1} ""`, `unknown {"b":"ü"} "17"`, `none null ""`, `zero null "0"`, "closed: client namespace disconnect")
	c.ended(websocket.CloseNoStatusReceived)
}

func TestAppHandshake(t *testing.T) {
	t.Parallel()
	for auth, token := range map[string]string{
		``: "from-header", `{}`: "from-header", `{"token":"mine"}`: "mine", `{"token":"Bearer mine"}`: "mine", `{"token":5}`: "from-header",
	} {
		a := newApp()
		got := make(chan AppHandshake, 1)
		a.open = func(_ AppConn, h AppHandshake) error { got <- h; return nil }
		c := dialApp(t, a)
		c.send("40" + auth)
		h := <-got
		if h.Token != token || h.RemoteIP != "127.0.0.1" || h.Origin != "https://app.example" || h.UserAgent != "test" ||
			h.Query.Get("lang") != "de" || string(h.Auth) != auth {
			t.Errorf("%s: %+v", auth, h)
		}
	}
}

func TestAppBatches(t *testing.T) {
	t.Parallel()
	const one, two = `42["location-updated",1]`, `42["location-updated",2]`
	for _, tc := range []struct {
		query, auth string
		batch       bool
	}{
		{"", ``, false}, {"", `{"batch":false}`, false}, {"", `{"batch":{}}`, false}, {"&batch=0", ``, false},
		{"&batch=1", ``, true}, {"&batch=1", `{"token":5}`, true}, {"", `{"batch":true}`, true}, {"", `{"batch":1}`, true}, {"", `{"batch":"1"}`, true},
	} {
		a := newApp()
		a.open = func(c AppConn, _ AppHandshake) error {
			for _, n := range []string{"1", "2"} {
				_ = c.Send(outq.NewEvent(outq.Position, n, wire.EventLocationUpdated, []byte(n)))
			}
			return nil
		}
		c := dialQuery(t, Config{}, map[string]Namespace{"/": NewApp(a)}, tc.query)
		c.send("40" + tc.auth)
		c.expect(`40{"sid":"*`)
		if tc.batch {
			c.expect(`42["locations-updated",{"locations":[1,2]}]`)
		} else {
			c.expect(one, two)
		}
	}
}

func TestAppRefuses(t *testing.T) {
	t.Parallel()
	a := newApp()
	a.open = func(c AppConn, _ AppHandshake) error {
		_ = c.Send(outq.NewEvent(outq.Ordered, "", "secret", nil)) // must not get out
		return errors.New(`Authentication "token" required`)       //nolint:staticcheck // the client's text
	}
	c := dialApp(t, a)
	for range maxRefusals {
		c.send("40")
		c.expect(`44{"message":"Authentication \"token\" required"}`)
	}
	c.ended(websocket.CloseNoStatusReceived)
}

type busy struct{}

func (busy) Error() string   { return "come again" }
func (busy) Temporary() bool { return true }

// The official client would not come again if it were told.
func TestWhoIsRefusedForNowLosesItsConnection(t *testing.T) {
	t.Parallel()
	a := newApp()
	a.open = func(AppConn, AppHandshake) error { return fmt.Errorf("not now: %w", busy{}) }
	c := dialApp(t, a)
	c.send("40")
	c.ended(websocket.CloseInternalServerErr)
}

// TestNothingIsLostAroundOpen is inherited mistake 6.
func TestNothingIsLostAroundOpen(t *testing.T) {
	t.Parallel()
	a := newApp()
	entered, leave := make(chan struct{}), make(chan struct{})
	a.open = func(c AppConn, _ AppHandshake) error {
		_ = c.Send(outq.NewEvent(outq.Ordered, "", "early", []byte("1")))
		close(entered)
		<-leave
		return nil
	}
	c := dialApp(t, a)
	c.send("40", `42["known",1]`, `42["known",2]`, `42["known",3]`)
	<-entered
	close(leave)
	c.expect(`40{"sid":"*`, `42["early",1]`)
	a.expect(t, `known 1 ""`, `known 2 ""`, `known 3 ""`)
}

func TestAppReply(t *testing.T) {
	t.Parallel()
	a := newApp()
	a.event = func(c AppConn, name string, data json.RawMessage, ref string) { c.Reply(ref, name+"-reply", data) }
	c := dialApp(t, a)
	c.send("40", `42["x",{"a":1}]`, `425["x",{"a":1}]`)
	c.expect(`40{"sid":"*`, `42["x-reply",{"a":1}]`, `435[{"a":1}]`, `42["x-reply",{"a":1}]`)
}

func TestAppClose(t *testing.T) {
	t.Parallel()
	for _, code := range []wire.CloseCode{wire.CloseRevoked, wire.CloseGoingAway} {
		a := newApp()
		a.event = func(c AppConn, _ string, _ json.RawMessage, _ string) { c.Close(code) }
		c := dialApp(t, a)
		c.send("40", `42["x"]`)
		c.expect(`40{"sid":"*`)
		if !code.Reconnect {
			c.expect("41")
		}
		c.ended(code.Code)
		a.expect(t, "closed: forced close")
	}
}

func TestSlowConsumerIsClosed(t *testing.T) {
	t.Parallel()
	a := newApp()
	result := make(chan error, 1)
	a.event = func(c AppConn, _ string, _ json.RawMessage, _ string) {
		m := outq.NewEvent(outq.Ordered, "", "big", json.RawMessage(`"`+strings.Repeat("x", 100_000)+`"`))
		for {
			if err := c.Send(m); err != nil {
				result <- err
				return
			}
		}
	}
	c := dialApp(t, a)
	c.send("40", `42["x"]`)
	if err := <-result; !errors.Is(err, outq.ErrOverflow) {
		t.Error(err)
	}
	for {
		_, _, err := c.ws.ReadMessage()
		if err != nil {
			if !websocket.IsCloseError(err, wire.CloseSlow.Code) {
				t.Error(err)
			}
			break
		}
	}
	a.expect(t, "closed: forced close")
}

func TestViolationsCloseTheConnection(t *testing.T) {
	t.Parallel()
	for name, packets := range map[string][]string{
		"before CONNECT": {`42["x"]`}, "second CONNECT": {"40", "40"}, "reserved": {"40", `42["disconnect"]`},
		"attachments": {"40", `451-["x",{"_placeholder":true,"num":0}]`}, "not JSON": {"40", `42["x"`},
	} {
		a := newApp()
		c := dialApp(t, a)
		c.send(packets...)
		for {
			if _, _, err := c.ws.ReadMessage(); err != nil {
				break
			}
		}
		if len(packets) > 1 {
			select {
			case got := <-a.heard:
				if got != "closed: "+engineio.ReasonParseError {
					t.Errorf("%s: %s", name, got)
				}
			case <-time.After(5 * time.Second):
				t.Errorf("%s: the app hears nothing", name)
			}
		}
	}
}

func TestConnectTimeout(t *testing.T) {
	t.Parallel()
	c := dial(t, Config{ConnectTimeout: 30 * time.Millisecond}, map[string]Namespace{"/": NewApp(newApp())})
	c.ended(websocket.CloseNoStatusReceived)
}

type recoverable struct{ scriptedSession }

func (recoverable) Recover() (pid, sid string, missed []*outq.Message) {
	return "secret", "as-before", []*outq.Message{Offset("missed", []byte(`{"a":1}`), "7-0")}
}

type recoverApp struct{ *scripted }

func (a recoverApp) Open(ctx context.Context, c AppConn, h AppHandshake) (AppSession, error) {
	s, err := a.scripted.Open(ctx, c, h)
	if err != nil {
		return nil, err
	}
	return recoverable{s.(scriptedSession)}, nil
}

func TestMissedEventsComeBeforeConnect(t *testing.T) {
	t.Parallel()
	a := recoverApp{newApp()}
	a.open = func(c AppConn, _ AppHandshake) error {
		return c.Send(outq.NewEvent(outq.Ordered, "", "live", []byte("1")))
	}
	c := dial(t, Config{}, map[string]Namespace{"/": NewApp(a)})
	c.send(`40{"pid":"secret","offset":"6-0"}`)
	c.expect(`42["missed",{"a":1},"7-0"]`)
	c.expect(`40{"sid":"as-before","pid":"secret"}`)
	c.expect(`42["live",1]`)
}

func TestAcksOfTheClient(t *testing.T) {
	t.Parallel()
	results := make(chan string, 10)
	done := func(args []json.RawMessage, attachments [][]byte, err error) {
		results <- fmt.Sprintf("%s %q %v", args, attachments, err)
	}
	sockets := make(chan *Socket, 1)
	c := dial(t, Config{}, map[string]Namespace{"/": connectFunc(func(s *Socket) { sockets <- s }), "/x": connectFunc(nil)})
	c.send("40")
	c.expect(`40{"sid":"*`)
	s := <-sockets
	ask := func(timeout time.Duration) {
		if err := s.EmitWithAck(Outgoing{Name: "q", Args: []json.RawMessage{json.RawMessage("1")}}, timeout, done); err != nil {
			t.Fatal(err)
		}
	}
	result := func(want string) {
		t.Helper()
		select {
		case got := <-results:
			if got != want {
				t.Errorf("%s, want %s", got, want)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("%s never comes", want)
		}
	}
	ask(time.Minute)
	c.expect(`420["q",1]`)
	c.send(`430["yes",2]`, `430["twice"]`)
	result(`["yes" 2] [] <nil>`)
	ask(time.Millisecond)
	c.expect(`421["q",1]`)
	result(`[] [] ` + ErrAckTimeout.Error())
	ask(time.Minute)
	c.expect(`422["q",1]`)
	c.send("41")
	result(`[] [] ` + ErrClosed.Error())
	if err := s.Emit(Outgoing{Name: "late"}); !errors.Is(err, outq.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
	if err := s.Emit(Outgoing{Name: "connect"}); !errors.Is(err, errReserved) {
		t.Errorf("reserved name: %v", err)
	}
}

// connectFunc is a namespace whose handler does nothing.
type connectFunc func(s *Socket)

func (f connectFunc) Connect(_ context.Context, s *Socket, _ Handshake) (Handler, error) {
	if f != nil {
		f(s)
	}
	return silent{}, nil
}

type silent struct{}

func (silent) Event(context.Context, Event) {}
func (silent) Closed(string)                {}
