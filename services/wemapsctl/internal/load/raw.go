//go:build unix

package load

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// bench calls REST from a number of workers, each on one connection of its own
// and with as little work as possible, since the generator shares the machine
// with what it measures: net/http's client costs more than the server.
type bench struct {
	addr    string
	workers int
}

// call is one request: what to send, as whom, and what must come back.
type call struct {
	method, path, token string
	body                any
	got                 func(body []byte) error // of the answer; nil = not looked at
	status              int
}

// run makes calls until there are none left (nil), or for a time, and returns how long
// each took and how many were answered with another status.
func (b *bench) run(ctx context.Context, limit time.Duration, next func(worker, n int) *call) (took []time.Duration, failed int, why error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range b.workers {
		wg.Go(func() {
			mine, bad, err := b.work(ctx, func(n int) *call { return next(w, n) })
			mu.Lock()
			defer mu.Unlock()
			took, failed = append(took, mine...), failed+bad
			if err != nil {
				why = err
			}
		})
	}
	wg.Wait()
	return took, failed, why
}

func (b *bench) work(ctx context.Context, next func(n int) *call) (took []time.Duration, failed int, why error) {
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", b.addr)
	if err != nil {
		return nil, 0, fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close() }()
	br := bufio.NewReader(conn)
	var out bytes.Buffer
	for n := 0; ctx.Err() == nil; n++ {
		c := next(n)
		if c == nil {
			return took, failed, why
		}
		start := time.Now()
		if err := c.do(conn, br, &out, b.addr); err != nil {
			failed++
			why = err
			if !errors.Is(err, errStatus) {
				return took, failed, why // the connection is of no use any more
			}
			continue
		}
		took = append(took, time.Since(start))
	}
	return took, failed, why
}

var errStatus = errors.New("unexpected status")

func (c *call) do(conn net.Conn, br *bufio.Reader, out *bytes.Buffer, host string) error {
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return err
	}
	var body []byte
	if c.body != nil {
		var err error
		if body, err = json.Marshal(c.body); err != nil {
			return err
		}
	}
	out.Reset()
	fmt.Fprintf(out, "%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n", c.method, c.path, host, c.token)
	if body != nil {
		fmt.Fprintf(out, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	out.WriteString("\r\n")
	out.Write(body)
	if _, err := conn.Write(out.Bytes()); err != nil {
		return err
	}
	resp, err := http.ReadResponse(br, nil)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode != c.status {
		return fmt.Errorf("%w %d: %.200s", errStatus, resp.StatusCode, raw)
	}
	if c.got != nil {
		return c.got(raw)
	}
	return nil
}
