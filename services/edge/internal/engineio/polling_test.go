package engineio

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

const unknownSID = `{"code":1,"message":"Session ID unknown"}`

func TestPollingEchoes(t *testing.T) {
	t.Parallel()
	f := start(t, Config{}, &app{})
	q := f.poll()
	status, body := f.do("POST", q, "4hello\x1ebAQIDBA==\x1e4wörld")
	f.expect("POST", status, body, 200, "ok")
	status, body = f.do("GET", q, "")
	f.expect("GET", status, body, 200, "4hello\x1ebAQIDBA==\x1e4wörld")
}

// get starts a GET and waits until it is pending.
func (f *fixture) get(q string) <-chan string {
	f.t.Helper()
	answer := make(chan string, 1)
	go func() {
		status, body := f.do("GET", q, "")
		answer <- fmt.Sprint(status, " ", body)
	}()
	c := f.conn(q)
	f.until("GET is pending", func() bool {
		p := c.poll.Load()
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.pending
	})
	return answer
}

func (f *fixture) conn(q string) *Conn {
	f.t.Helper()
	_, sid, _ := strings.Cut(q, "&sid=")
	c := f.server.lookup(sid)
	if c == nil {
		f.t.Fatal("no such session")
	}
	return c
}

func TestPendingGetGetsTheNextMessage(t *testing.T) {
	t.Parallel()
	f := start(t, Config{}, &app{})
	q := f.poll()
	answer := f.get(q)
	f.do("POST", q, "4late")
	if got := <-answer; got != "200 4late" {
		t.Errorf("%q", got)
	}
}

func TestSecondGetClosesTheSession(t *testing.T) {
	t.Parallel()
	f := start(t, Config{}, &app{})
	q := f.poll()
	first := f.get(q)
	if status, _ := f.do("GET", q, ""); status != 400 {
		t.Errorf("second: %d", status)
	}
	if got := <-first; got != "200 1" {
		t.Errorf("first: %q", got)
	}
	status, body := f.do("GET", q, "")
	f.expect("third", status, body, 400, unknownSID)
	f.closedWith(ReasonTransportError)
}

func TestCancelledGetClosesTheSession(t *testing.T) {
	t.Parallel()
	f := start(t, Config{}, &app{})
	q := f.poll()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r, _ := http.NewRequestWithContext(ctx, http.MethodGet, f.url+"/?"+q, nil)
		if res, err := http.DefaultClient.Do(r); err == nil {
			_ = res.Body.Close()
		}
	}()
	c := f.conn(q)
	f.until("GET is pending", func() bool { p := c.poll.Load(); p.mu.Lock(); defer p.mu.Unlock(); return p.pending })
	cancel()
	<-done
	f.closedWith(ReasonTransportClose)
	status, body := f.do("GET", q, "")
	f.expect("next", status, body, 400, unknownSID)
}

func TestCloseByPost(t *testing.T) {
	t.Parallel()
	t.Run("while a GET is pending", func(t *testing.T) {
		t.Parallel()
		f := start(t, Config{}, &app{})
		q := f.poll()
		answer := f.get(q)
		f.do("POST", q, "1")
		if got := <-answer; got != "200 6" {
			t.Errorf("%q", got)
		}
		f.closedWith(ReasonTransportClose)
	})
	t.Run("before the GET that it has overtaken", func(t *testing.T) {
		t.Parallel()
		f := start(t, Config{}, &app{})
		q := f.poll()
		f.do("POST", q, "1")
		status, body := f.do("GET", q, "")
		f.expect("overtaken", status, body, 200, "6")
		status, body = f.do("GET", q, "")
		f.expect("next", status, body, 400, unknownSID)
		f.closedWith(ReasonTransportClose)
	})
}

func TestServerCloseDeliversWhatIsQueued(t *testing.T) {
	t.Parallel()
	f := start(t, Config{}, &app{onMessage: func(c *Conn, data []byte, _ bool) error {
		_ = c.SendText([]byte("bye"))
		c.Close(1000, ReasonForcedClose)
		return nil
	}})
	q := f.poll()
	status, body := f.do("POST", q, "4x\x1e4ignored")
	f.expect("POST", status, body, 200, "ok")
	status, body = f.do("GET", q, "")
	f.expect("GET", status, body, 200, "4bye")
	status, body = f.do("GET", q, "")
	f.expect("GET", status, body, 200, "1")
	f.closedWith(ReasonForcedClose)
}

func TestBadPosts(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body   string
		status int
	}{
		"unknown type": {"abc", 400}, "empty": {"", 400}, "empty packet": {"4a\x1e", 400}, "bad base64": {"b!", 400},
		"not UTF-8": {"4\xff", 400}, "ping": {"2", 200}, "too big": {"4" + strings.Repeat("x", 1000), 413},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, Config{MaxPayload: 1000}, &app{})
			q := f.poll()
			if status, _ := f.do("POST", q, tc.body); status != tc.status {
				t.Errorf("POST: %d, want %d", status, tc.status)
			}
			status, body := f.do("GET", q, "")
			f.expect("then", status, body, 400, unknownSID)
			f.until("closed", func() bool { return len(f.app.reasons()) == 1 })
		})
	}
}

func TestSecondPostClosesTheSession(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	f := start(t, Config{}, &app{onMessage: func(*Conn, []byte, bool) error {
		close(entered)
		<-leave
		return nil
	}})
	q := f.poll()
	done := make(chan struct{})
	go func() { defer close(done); f.do("POST", q, "4slow") }()
	<-entered
	if status, _ := f.do("POST", q, "4fast"); status != 400 {
		t.Errorf("second: %d", status)
	}
	if got := f.app.reasons(); len(got) > 0 {
		t.Errorf("told of the end (%q) while a message is being handled", got)
	}
	close(leave)
	<-done
	f.closedWith(ReasonTransportError)
}

func TestOverflowIsReported(t *testing.T) {
	t.Parallel()
	var last error
	f := start(t, Config{Limits: &outq.Limits{Count: 3, Bytes: 1000}}, &app{onMessage: func(c *Conn, data []byte, _ bool) error {
		for range 5 {
			last = c.SendText(data)
		}
		c.Close(4007, "slow consumer")
		return nil
	}})
	q := f.poll()
	f.do("POST", q, "4x")
	if !errors.Is(last, outq.ErrOverflow) {
		t.Errorf("%v", last)
	}
	status, body := f.do("GET", q, "")
	f.expect("GET", status, body, 200, "1")
}

func TestPollingHeartbeat(t *testing.T) {
	t.Parallel()
	f := start(t, Config{PingInterval: 60 * time.Millisecond, PingTimeout: time.Second}, &app{})
	q := f.poll()
	for range 3 {
		status, body := f.do("GET", q, "")
		f.expect("GET", status, body, 200, "2")
		f.do("POST", q, "3")
	}
	f.closedWith(ReasonPingTimeout)
}

// FuzzEachPacket holds that no body panics and that text packets survive.
func FuzzEachPacket(f *testing.F) {
	f.Add([]byte("4hello\x1ebAQIDBA==\x1e2"))
	f.Add([]byte("\x1e\x1eb"))
	f.Fuzz(func(t *testing.T, body []byte) {
		var parts []string
		err := eachPacket(append([]byte(nil), body...), func(p []byte, binary bool) error {
			if !binary {
				parts = append(parts, string(p))
			}
			return nil
		})
		if err == nil && !strings.Contains(string(body), "b") && strings.Join(parts, "\x1e") != string(body) {
			t.Errorf("%q became %q", body, parts)
		}
	})
}
