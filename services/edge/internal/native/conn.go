package native

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
	"github.com/wemaps/wemaps/services/edge/internal/poller"
	"github.com/wemaps/wemaps/services/edge/internal/wsframe"
)

// Conn is one client. Send, Reply and Close may be called from anywhere.
type Conn struct {
	srv    *Server
	line   poller.Line
	writer *outq.Writer
	id     string
	queue  outq.Queue

	// Of whoever has the line.
	in      wsframe.Reader
	session Session    // nil: not authenticated
	pending *Handshake // waits for the auth frame

	reason atomic.Pointer[wire.CloseCode] // why we closed
	seen   atomic.Uint32                  // tick of the last whole frame
	place  place                          // in the wheel
}

func (s *Server) newConn(nc net.Conn, query url.Values, deflate bool) *Conn {
	c := &Conn{srv: s, id: newID()}
	c.queue.SetLimits(s.cfg.Limits)
	enc := outq.Native
	if wantsBatches(query) {
		enc = outq.NativeBatch
	}
	if deflate {
		enc |= outq.Deflate
		c.in.Inflate = true
	}
	c.line.Attach(s.poller, nc, c)
	c.writer = s.cfg.Flusher.NewWriter(nc, &c.queue, enc, func(error) { c.line.Interrupt() })
	s.count.Add(1)
	s.wheel.add(c)
	if s.closing.Load() {
		c.goAway() // Run may have looked for connections already
	}
	return c
}

// newID makes 96 random bits: unique among all edges, now and after a restart.
func newID() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// ID names the connection.
func (c *Conn) ID() string { return c.id }

// Encoding is always Native; batches and compression are between the queue and
// the client.
func (c *Conn) Encoding() outq.Encoding { return outq.Native }

// Send queues m and never blocks. A client that lags too far behind is closed
// (4007).
func (c *Conn) Send(m *outq.Message) error {
	err := c.writer.Send(m)
	if errors.Is(err, outq.ErrOverflow) {
		c.Close(wire.CloseSlow)
	}
	return err
}

// Reply sends an event that answers ref; "" is a plain event. data is raw JSON.
func (c *Conn) Reply(ref, event string, data []byte) {
	_ = c.Send(reply(ref, event, data)) // a connection that is going needs no answer
}

// Close sends what is queued, then code. The first call counts.
func (c *Conn) Close(code wire.CloseCode) {
	if c.reason.CompareAndSwap(nil, &code) {
		c.writer.CloseAfter(outq.NewClose(uint16(code.Code), code.Reason))
		c.line.Interrupt()
	}
}

// drop closes without a word.
func (c *Conn) drop() {
	c.writer.Close()
	c.line.Interrupt()
}

func (c *Conn) goAway() { c.Close(wire.CloseGoingAway) }

// waitForAuth bounds how long a client may stay unknown.
func (c *Conn) waitForAuth(h Handshake) {
	c.pending = &h
	_ = c.line.SetDeadline(time.Now().Add(c.srv.cfg.AuthTimeout)) // a closed conn fails the read as well
}

// auth takes the first frame of a client that has not said who it is.
func (c *Conn) auth(ctx context.Context, frame []byte) {
	h := *c.pending
	c.pending = nil
	e, bad := decode(frame)
	var data struct {
		Token      string `json:"token"`
		ShareToken string `json:"shareToken"`
	}
	switch {
	case bad != nil:
		c.turnAway(e.ID, bad, wire.CloseAuthRequired)
		return
	case e.Type != eventAuth || json.Unmarshal(e.Data, &data) != nil || data.Token == "" && data.ShareToken == "":
		c.turnAway(e.ID, wire.NewError(wire.CodeTokenRequired), wire.CloseAuthRequired)
		return
	}
	_ = c.line.SetDeadline(time.Time{})
	h.Token, h.Auth = data.Token, e.Data
	c.authenticate(ctx, h)
}

// authenticate opens the session or turns the client away.
func (c *Conn) authenticate(ctx context.Context, h Handshake) {
	session, err := c.srv.cfg.Handler.Open(ctx, c, h)
	if err != nil {
		refusal := public(err)
		c.turnAway("", refusal, closeCodeOf(refusal.Code))
		return
	}
	c.session = session
}

// turnAway ends what has no session to end it.
func (c *Conn) turnAway(ref string, err *wire.Error, code wire.CloseCode) {
	_ = c.Send(errorEvent(ref, err))
	c.Close(code)
}
