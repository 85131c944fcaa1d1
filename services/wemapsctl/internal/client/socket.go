package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wemaps/wemaps/libs/wire"
)

// Socket is one connection, on an independent WebSocket implementation. Send
// may be called from anywhere, Read from one goroutine.
type Socket struct {
	protocol Protocol
	conn     *websocket.Conn

	mu sync.Mutex // of writing
}

const (
	writeTimeout     = 10 * time.Second
	handshakeTimeout = 15 * time.Second
)

// Dial connects and authenticates. The native protocol has no greeting: if the
// token is refused, the first Read says so.
func Dial(ctx context.Context, base, token string, p Protocol) (*Socket, error) {
	header := http.Header{}
	if p == Native {
		header.Set("Authorization", "Bearer "+token)
	}
	dialer := websocket.Dialer{HandshakeTimeout: handshakeTimeout}
	conn, resp, err := dialer.DialContext(ctx, "ws"+strings.TrimPrefix(strings.TrimRight(base, "/"), "http")+p.Path(), header)
	if resp != nil {
		defer func() { _ = resp.Body.Close() }() // not the connection
	}
	if err != nil {
		if resp != nil {
			return nil, fmt.Errorf("connect: %w (%s)", err, resp.Status)
		}
		return nil, fmt.Errorf("connect: %w", err)
	}
	s := &Socket{protocol: p, conn: conn}
	if p == Native {
		return s, nil
	}
	if err := s.handshake(token); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("connect: %w", err)
	}
	return s, nil
}

func (s *Socket) handshake(token string) error {
	_ = s.conn.SetReadDeadline(time.Now().Add(handshakeTimeout)) // fails only on a broken connection, as the read will
	for {
		packet, err := s.next()
		if err != nil {
			return err
		}
		switch {
		case packet.Kind == KindOpen:
			if err := s.write(Connect(token)); err != nil {
				return err
			}
		case packet.Kind == KindConnected:
			return s.conn.SetReadDeadline(time.Time{})
		case packet.Kind == KindRefused, packet.Event == wire.EventError:
			return Refusal(packet.Data)
		}
	}
}

// Send sends an event.
func (s *Socket) Send(event, ref string, data any) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode %s: %w", event, err)
	}
	return s.write(s.protocol.Encode(event, ref, raw))
}

func (s *Socket) write(message []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	if err := s.conn.WriteMessage(websocket.TextMessage, message); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return nil
}

// Read returns the next event or ack; it answers pings by itself.
func (s *Socket) Read() (Packet, error) {
	for {
		packet, err := s.next()
		if err != nil {
			return Packet{}, err
		}
		switch packet.Kind {
		case KindPing:
			if err := s.write([]byte(Pong)); err != nil {
				return Packet{}, err
			}
		case KindEvent, KindAck:
			return packet, nil
		}
	}
}

func (s *Socket) next() (Packet, error) {
	_, message, err := s.conn.ReadMessage()
	var closed *websocket.CloseError
	if errors.As(err, &closed) {
		return Packet{}, fmt.Errorf("closed by the server: %d %s", closed.Code, closed.Text)
	}
	if err != nil {
		return Packet{}, fmt.Errorf("read: %w", err)
	}
	return s.protocol.Decode(message)
}

// Close closes the connection; a Read in flight fails.
func (s *Socket) Close() { _ = s.conn.Close() }
