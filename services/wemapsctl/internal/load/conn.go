//go:build unix

package load

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/wemaps/wemaps/services/wemapsctl/internal/client"
)

// socket is one connection. Its descriptor is kept out of Go's poller: with
// thousands of sockets, waking a goroutine for each frame would cost the
// generator more than the server spends on sending it.
type socket struct {
	fd     int
	parser parser
	user   *user
	slow   bool // never reads

	dead atomic.Bool
	why  error // of the reader
}

var errRefused = errors.New("refused")

// perSource is the most connections from one source address: the port range
// has about 28,000.
const perSource = 20_000

// dialer connects to one edge.
type dialer struct {
	protocol client.Protocol
	addr     string // host:port
	target   string // the same with an IP address, so that no connection costs a look-up
	path     string
}

func newDialer(base string, protocol client.Protocol) (*dialer, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" || u.Host == "" {
		return nil, fmt.Errorf("--url must be http://host:port, not %q", base)
	}
	addr := u.Host
	if u.Port() == "" {
		addr = net.JoinHostPort(u.Hostname(), "80")
	}
	target, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("--url: %w", err)
	}
	return &dialer{protocol: protocol, addr: addr, target: target.String(), path: protocol.Path()}, nil
}

// dial connects as u, the n-th connection of all, and returns when the server
// has answered something that needs an authenticated session.
func (d *dialer) dial(ctx context.Context, u *user, n int) (*socket, error) {
	nd := net.Dialer{Timeout: 10 * time.Second}
	if source := n / perSource; source > 0 {
		nd.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+source))}
	}
	conn, err := nd.DialContext(ctx, "tcp", d.target)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close() }() // a duplicate lives on
	if err := conn.SetDeadline(time.Now().Add(15 * time.Second)); err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	s := &socket{user: u, parser: parser{protocol: d.protocol}}
	if err := d.handshake(conn, s); err != nil {
		return nil, err
	}
	if s.fd, err = takeFD(conn); err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return s, nil
}

func (d *dialer) handshake(conn net.Conn, s *socket) error {
	key := make([]byte, 16)
	_, _ = rand.Read(key) // never fails
	request := "GET " + d.path + " HTTP/1.1\r\nHost: " + d.addr + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + base64.StdEncoding.EncodeToString(key) + "\r\n"
	if d.protocol == client.Native {
		request += "Authorization: Bearer " + s.user.Token + "\r\n"
	}
	if _, err := io.WriteString(conn, request+"\r\n"); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	br := bufio.NewReaderSize(conn, 1024)
	resp, err := http.ReadResponse(br, nil)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("%w: %s", errRefused, resp.Status)
	}
	hello := d.protocol.Encode("ping", "", []byte("{}"))
	if d.protocol == client.SocketIO {
		hello = client.Connect(s.user.Token)
	}
	if _, err := conn.Write(frame(nil, hello)); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	buf := make([]byte, 1024)
	for !s.parser.ready {
		n, err := br.Read(buf)
		if err != nil {
			return fmt.Errorf("connect: %w", err)
		}
		s.parser.feed(buf[:n])
		if s.parser.closed || s.parser.counts.errors > 0 {
			return fmt.Errorf("%w (close code %d)", errRefused, s.parser.code)
		}
	}
	if rest, _ := br.Peek(br.Buffered()); len(rest) > 0 {
		s.parser.feed(rest)
	}
	return nil
}

// frame appends a masked text frame. The mask is zero: it protects proxies from
// payloads, and there is no proxy here.
func frame(b, payload []byte) []byte { return append(header(b, 0x81, len(payload)), payload...) }

func header(b []byte, first byte, n int) []byte {
	switch {
	case n < 126:
		b = append(b, first, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, first, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, first, 0x80|127), uint64(n))
	}
	return append(b, 0, 0, 0, 0)
}

// write sends b without waiting: a socket whose buffer is full is a broken one
// at the rates that members send with.
func (s *socket) write(b []byte) error {
	n, err := syscall.Write(s.fd, b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return nil
}

// drain reads what has arrived.
func (s *socket) drain(buf []byte) {
	for !s.dead.Load() {
		n, err := syscall.Read(s.fd, buf)
		switch {
		case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR):
			return
		case err != nil:
			s.die(err)
			return
		case n == 0:
			s.die(io.EOF)
			return
		}
		s.parser.feed(buf[:n])
		for ; s.parser.pong > 0; s.parser.pong-- {
			if err := s.pong(); err != nil {
				s.die(err)
			}
		}
		if s.parser.closed {
			s.die(fmt.Errorf("closed by the server: %d", s.parser.code))
		}
		if n < len(buf) {
			return
		}
	}
}

func (s *socket) die(err error) {
	s.why = err
	s.dead.Store(true)
}

func (s *socket) pong() error {
	if s.parser.protocol == client.SocketIO {
		return s.write(frame(nil, []byte(client.Pong)))
	}
	return s.write(header(nil, 0x8A, 0))
}

func (s *socket) close() { _ = syscall.Close(s.fd) }
