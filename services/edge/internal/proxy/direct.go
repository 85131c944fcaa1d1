package proxy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	idleLife = 60 * time.Second // less than httpx's servers wait for the next request
	maxIdle  = 256
)

// direct is an http.RoundTripper for small requests to one server nearby, over
// plain HTTP/1.1. It writes the request and reads the answer on its caller's
// goroutine. http.Transport has two more goroutines for each connection, and to
// hand a request to them and back costs as much as all the rest of a round trip.
// The request's context must end: it is all that bounds the wait.
type direct struct {
	addr   string
	dialer net.Dialer

	mu    sync.Mutex
	idle  []*link // the one that was used last at the end
	sweep *time.Timer
}

// link is a connection. Whoever has it alone uses it.
type link struct {
	conn  net.Conn
	r     *bufio.Reader
	w     *bufio.Writer
	since time.Time // that it is idle
}

func newDirect(addr string) *direct {
	return &direct{addr: addr, dialer: net.Dialer{Timeout: 2 * time.Second, KeepAlive: 15 * time.Second}}
}

// RoundTrip implements http.RoundTripper.
func (d *direct) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := &sentBody{}
	if r.Body != nil && r.Body != http.NoBody {
		defer func() { _ = r.Body.Close() }()
		sent.ReadCloser = r.Body
		r = r.WithContext(r.Context()) // a copy
		r.Body = sent
	}
	resp, err := d.ask(r)
	if err != nil && sent.err != nil {
		err = sent.err
	}
	if err != nil {
		return nil, fmt.Errorf("ask a service: %w", err)
	}
	return resp, nil
}

// sentBody remembers why a body could not be sent, which Request.Write tells in
// words only.
type sentBody struct {
	io.ReadCloser
	err error
}

func (b *sentBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // readers return it as it is
		b.err = err
	}
	return n, err //nolint:wrapcheck // see RoundTrip
}

func (d *direct) ask(r *http.Request) (*http.Response, error) {
	if l := d.take(time.Now()); l != nil {
		resp, silent, err := d.exchange(l, r)
		// A server that stops closes what is idle, and may do so at this very moment.
		if err == nil || !silent || !repeatable(r) || r.Context().Err() != nil {
			return resp, err
		}
	}
	conn, err := d.dialer.DialContext(r.Context(), "tcp", d.addr)
	if err != nil {
		return nil, err //nolint:wrapcheck // see RoundTrip
	}
	resp, _, err := d.exchange(&link{conn: conn, r: bufio.NewReader(conn), w: bufio.NewWriter(conn)}, r)
	return resp, err
}

// repeatable tells whether r may be sent again when nobody knows whether it arrived.
func repeatable(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions) && (r.Body == nil || r.Body == http.NoBody)
}

// exchange sends r and reads the head of the answer, whose body gives the link
// back. silent says that not a byte has come.
func (d *direct) exchange(l *link, r *http.Request) (resp *http.Response, silent bool, err error) {
	ctx := r.Context()
	a := &answerBody{d: d, l: l, ctx: ctx, stop: context.AfterFunc(ctx, func() { _ = l.conn.SetDeadline(time.Unix(1, 0)) })}
	if err = r.Write(l.w); err == nil {
		err = l.w.Flush()
	}
	if err == nil {
		if _, err = l.r.Peek(1); err != nil {
			silent = true
		} else {
			resp, err = readAnswer(l.r, r)
		}
	}
	if err != nil {
		return nil, silent, a.end(err)
	}
	a.keep = !resp.Close
	if resp.Body == http.NoBody {
		_ = a.end(io.EOF)
		return resp, false, nil
	}
	a.ReadCloser, resp.Body = resp.Body, a
	return resp, false, nil
}

// readAnswer passes over what servers say before they answer.
func readAnswer(br *bufio.Reader, r *http.Request) (*http.Response, error) {
	for range 5 {
		resp, err := http.ReadResponse(br, r)
		if err != nil || resp.StatusCode >= http.StatusOK {
			return resp, err
		}
	}
	return nil, errors.New("no end of provisional answers")
}

// answerBody is the body of an answer. At its end the link is free for others.
type answerBody struct {
	io.ReadCloser
	d    *direct
	l    *link
	ctx  context.Context //nolint:containedctx // of the one request that this answers
	stop func() bool
	keep bool
	done bool
}

func (a *answerBody) Read(p []byte) (int, error) {
	n, err := a.ReadCloser.Read(p)
	if err != nil {
		err = a.end(err)
	}
	return n, err
}

func (a *answerBody) Close() error {
	_ = a.end(io.ErrUnexpectedEOF)
	return nil
}

// end lets go of the link, and returns err or why it came to that.
func (a *answerBody) end(err error) error {
	if a.done {
		return err
	}
	a.done = true
	inTime := a.stop()
	if err == io.EOF && inTime && a.keep && a.l.r.Buffered() == 0 { //nolint:errorlint // readers return it as it is
		a.d.put(a.l, time.Now())
		return err
	}
	_ = a.l.conn.Close()
	if !inTime && err != io.EOF { //nolint:errorlint // see above
		return a.ctx.Err()
	}
	return err
}

// take returns the link that was used last, which is most likely to be alive; nil
// if there is none.
func (d *direct) take(now time.Time) *link {
	for {
		d.mu.Lock()
		n := len(d.idle)
		if n == 0 {
			d.mu.Unlock()
			return nil
		}
		l := d.idle[n-1]
		d.idle[n-1], d.idle = nil, d.idle[:n-1]
		d.mu.Unlock()
		if now.Sub(l.since) < idleLife && alive(l.conn) {
			return l
		}
		_ = l.conn.Close()
	}
}

func (d *direct) put(l *link, now time.Time) {
	l.since = now
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.idle) >= maxIdle {
		_ = l.conn.Close()
		return
	}
	d.idle = append(d.idle, l)
	if d.sweep == nil {
		d.sweep = time.AfterFunc(idleLife, d.tidy)
	}
}

// tidy closes what has been idle for too long, and comes again while there is more.
func (d *direct) tidy() {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, old := time.Now(), 0
	for old < len(d.idle) && now.Sub(d.idle[old].since) >= idleLife {
		_ = d.idle[old].conn.Close()
		old++
	}
	d.idle = append([]*link(nil), d.idle[old:]...)
	if d.sweep = nil; len(d.idle) > 0 {
		d.sweep = time.AfterFunc(idleLife-now.Sub(d.idle[0].since), d.tidy)
	}
}
