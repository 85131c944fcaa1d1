package engineio

import (
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A POST that does not come to an end is given up, and nothing of it is kept
// waiting: neither the handler nor the connection.
func TestSlowPost(t *testing.T) {
	t.Parallel()
	f := start(t, Config{SlowRequest: 100 * time.Millisecond}, &app{})
	q := f.poll()
	u, err := url.Parse(f.url)
	if err != nil {
		t.Fatal(err)
	}
	nc, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nc.Close() }()
	if _, err := io.WriteString(nc, "POST /?"+q+" HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n4never"); err != nil {
		t.Fatal(err)
	}
	_ = nc.SetReadDeadline(time.Now().Add(5 * time.Second))
	answer, err := io.ReadAll(nc)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") {
		t.Errorf("%q %v", answer, err)
	}
	f.closedWith(ReasonTransportError)
}

// Whoever has not said who they are cannot have much kept for them.
func TestEarlyMessagesAreSmall(t *testing.T) {
	t.Parallel()
	big := "4" + strings.Repeat("x", earlyPayload)
	early := func(c *Conn) { c.SetIdleTimeout(time.Minute) }
	t.Run("websocket", func(t *testing.T) {
		t.Parallel()
		f := start(t, Config{}, &app{onAccept: early})
		f.write(f.connect(), big)
		f.closedWith(ReasonTransportError)
	})
	t.Run("polling", func(t *testing.T) {
		t.Parallel()
		f := start(t, Config{}, &app{onAccept: early})
		if status, _ := f.do("POST", f.poll(), big); status != 413 {
			t.Errorf("POST: %d", status)
		}
		f.closedWith(ReasonTransportError)
	})
	t.Run("later", func(t *testing.T) {
		t.Parallel()
		f := start(t, Config{}, &app{onAccept: early, onMessage: func(c *Conn, data []byte, _ bool) error {
			c.SetIdleTimeout(0)
			return c.SendText(data)
		}})
		ws := f.connect()
		f.write(ws, "4hello")
		if got := f.read(ws); got != "4hello" {
			t.Fatalf("%.20q", got)
		}
		f.write(ws, big)
		if got := f.read(ws); got != big {
			t.Errorf("%d bytes came back", len(got))
		}
	})
}
