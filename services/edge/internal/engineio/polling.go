package engineio

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// polling is what a connection needs while its transport is HTTP.
type polling struct {
	in sync.Mutex // held by the owner: whoever calls the Receiver

	wake chan struct{} // tells the pending GET to look again

	mu      sync.Mutex // guards what follows
	pending bool       // a GET is being held
	probing bool       // an upgrade is under way
	noop    bool       // the pending GET shall return now
	final   byte       // type of the last packet; 0: not ending
	over    bool       // the last packet is out, or there is none
	drop    bool       // what is queued does not go out any more
	enc     outq.Encoding
}

// noopDelay is how long a GET that comes during an upgrade is held. The client
// should not send one, as it has been told to stop; but its request and the
// word to stop may have crossed, and without a delay they could do so again
// and again.
const noopDelay = 50 * time.Millisecond

func newPolling() *polling { return &polling{wake: make(chan struct{}, 1)} }

// signal never blocks: one token is as good as many.
func (p *polling) signal() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *polling) setEncoding(e outq.Encoding) {
	p.mu.Lock()
	p.enc = e
	p.mu.Unlock()
}

func (p *polling) encoding() outq.Encoding {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.enc
}

// finish notes how the session ends and reports whether the client can get
// nothing more. When it can, its next GET is answered with what is left: a close
// must not be lost because no GET was pending, and the POST that closes may have
// overtaken the GET that was sent before it.
func (p *polling) finish(how ending) (over bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.final = typeClose
	if how == byClient {
		p.final = typeNoop
	}
	p.drop = how == abrupt
	p.over = p.drop && !p.pending
	p.signal()
	return p.over
}

// closed waits for the owner to finish and takes over.
func (p *polling) closed(c *Conn) {
	p.in.Lock()
	defer p.in.Unlock()
	c.closed()
}

// hold makes a GET the pending one.
func (p *polling) hold() (busy, over bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over || p.pending {
		return p.pending, p.over
	}
	p.pending = true
	return false, false
}

// release lets go of a GET whose client is gone. It comes after the end, so that
// no other GET is taken for the pending one meanwhile.
func (p *polling) release() {
	p.mu.Lock()
	p.pending, p.over = false, true
	p.mu.Unlock()
}

// probe starts or ends an attempt to upgrade; the pending GET returns, as the
// client waits for it before it upgrades.
func (p *polling) probe(begin bool) {
	p.mu.Lock()
	p.probing = begin
	p.noop = begin && p.pending
	p.mu.Unlock()
	p.signal()
}

// serveGet holds the request until there is something to say.
func (c *Conn) serveGet(w http.ResponseWriter, r *http.Request) {
	p := c.poll.Load()
	if p == nil {
		c.srv.fail(w, codeBadRequest)
		return
	}
	if c.expired() {
		c.end(ReasonPingTimeout, abrupt, 0)
	}
	switch busy, over := p.hold(); {
	case over:
		c.srv.fail(w, codeUnknownSID)
		return
	case busy:
		c.end(ReasonTransportError, abrupt, 0)
		c.srv.fail(w, codeBadRequest)
		return
	}
	body := c.await(r.Context(), p)
	if body == nil {
		c.srv.fail(w, codeBadRequest)
		return
	}
	// The deadline must not outlive the answer: the client's next requests, also
	// those for other handlers, come over the same connection.
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(c.srv.cfg.SlowRequest))
	respond(w, "text/plain; charset=UTF-8", body)
	_ = control.Flush()
	_ = control.SetWriteDeadline(time.Time{})
}

// await returns the next payload, or nil when the request has no answer any more:
// its client is gone, or has upgraded.
func (c *Conn) await(ctx context.Context, p *polling) []byte {
	var delay <-chan time.Time
	for {
		body, probing := c.next(p)
		if body != nil {
			return body
		}
		if c.poll.Load() != p {
			return nil
		}
		if probing && delay == nil {
			delay = time.After(noopDelay)
		}
		select {
		case <-p.wake:
		case <-delay:
			p.probe(true)
			delay = nil
		case <-ctx.Done():
			c.end(ReasonTransportClose, abrupt, 0)
			p.release()
			c.srv.forget(c)
			return nil
		}
	}
}

// next takes what there is to say. The GET is pending no more once there is
// something: the client may send the next one before this one's handler returns.
func (c *Conn) next(p *polling) (body []byte, probing bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.poll.Load() != p { // what is queued goes to the WebSocket
		p.pending = false
		return nil, false
	}
	if p.final != typeNoop && !p.drop {
		for _, m := range outq.Batch(c.q.Take(c.srv.cfg.MaxPayload), p.enc) {
			body = appendPacket(body, m, p.enc)
		}
	}
	switch {
	case body != nil:
		// The last packet goes alone: the official client would handle it before it
		// gets round to what stands in front of it.
	case p.final != 0:
		body = append(body, p.final)
		p.over = true
		c.srv.forget(c)
	case p.noop:
		body = append(body, typeNoop)
	}
	if body != nil {
		p.pending, p.noop = false, false
	}
	return body, p.probing
}

var (
	errEnded     = errors.New("the connection has ended")
	errLastWords = errors.New("the connection has ended, but the client is still to be told")
)

// servePost takes the client's packets. It is the owner while it does.
func (c *Conn) servePost(w http.ResponseWriter, r *http.Request) {
	p := c.poll.Load()
	if p == nil {
		c.srv.fail(w, codeBadRequest)
		return
	}
	if !p.in.TryLock() { // a second POST; the order of their packets is anybody's guess
		c.end(ReasonTransportError, abrupt, 0)
		c.srv.fail(w, codeBadRequest)
		return
	}
	defer p.in.Unlock()
	defer c.recovered()
	if r.Header.Get("Content-Type") == "application/octet-stream" { // Engine.IO 3
		c.end(ReasonTransportError, abrupt, 0)
		c.srv.fail(w, codeBadRequest)
		return
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(c.srv.cfg.SlowRequest))
	body, err := readBody(w, r, c.maxPayload())
	if err != nil {
		c.end(ReasonTransportError, abrupt, 0)
		w.Header().Set("Connection", "close") // else net/http would wait for the rest of the body, for ever
		status := http.StatusBadRequest
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		w.WriteHeader(status)
		return
	}
	_ = control.SetReadDeadline(time.Time{})
	err = eachPacket(body, func(packet []byte, binary bool) error {
		if c.gone(p) {
			return errEnded
		}
		return c.packet(packet, binary)
	})
	if err != nil && !errors.Is(err, errEnded) {
		c.end(ReasonParseError, abrupt, 0)
		c.srv.fail(w, codeBadRequest)
		return
	}
	respond(w, "text/html", []byte("ok"))
}

// gone reports whether packets over p come too late.
func (c *Conn) gone(p *polling) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended || c.poll.Load() != p
}

// promote makes l the transport. Messages that wait go out on it, after those
// that the last GET has taken; packets of the last POST have been handled.
func (c *Conn) promote(l *link, flusher *outq.Flusher) error {
	p := c.poll.Load()
	p.in.Lock()
	defer p.in.Unlock()
	w := flusher.NewWriter(l.nc, c.q, p.encoding(), c.writeFailed)
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return c.lastWords(p, w)
	}
	c.probe, c.link = nil, l
	c.w.Store(w)
	c.poll.Store(nil)
	c.mu.Unlock()
	p.signal()
	w.Wake()
	return nil
}

// lastWords says the rest on a WebSocket that comes when the connection has been
// closed. A client in the middle of an upgrade does not poll any more.
func (c *Conn) lastWords(p *polling, w *outq.Writer) error {
	p.mu.Lock()
	over := p.over
	p.over = true
	p.mu.Unlock()
	c.srv.forget(c)
	c.mu.Lock()
	last := outq.NewClose(c.code, c.reason)
	c.mu.Unlock()
	if over {
		last = nil
	}
	w.CloseAfter(last)
	return errLastWords
}

// readBody returns at most limit bytes and knows beforehand when there are more.
func readBody(w http.ResponseWriter, r *http.Request, limit int) ([]byte, error) {
	if r.ContentLength > int64(limit) {
		return nil, &http.MaxBytesError{Limit: int64(limit)}
	}
	return readAll(http.MaxBytesReader(w, r.Body, int64(limit)), r.ContentLength)
}

func respond(w http.ResponseWriter, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(body) // a client that is gone is noticed by its next request, or its silence
}
