package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wemaps/wemaps/services/wemapsctl/internal/client"
)

// line is one connection, whichever protocol it speaks. It has one reader and
// one sender.
type line struct {
	conn     *websocket.Conn
	protocol client.Protocol
	sent     []string // Socket.IO: refs, by the number that asks for an ack
}

const (
	handshakeWithin = 5 * time.Second
	sendWithin      = 2 * time.Second
)

// connect opens a connection to an edge. last, if not nil, asks for the chat
// that came after these numbers.
func connect(ctx context.Context, base, token string, protocol client.Protocol, last map[string]int64) (*line, error) {
	target := "ws" + strings.TrimPrefix(base, "http") + protocol.Path()
	if last != nil && protocol == client.Native { // the other has it in its auth object
		raw, err := json.Marshal(last)
		if err != nil {
			return nil, err
		}
		target += "?lastSeq=" + url.QueryEscape(string(raw))
	}
	header := http.Header{}
	if protocol == client.Native {
		header.Set("Authorization", "Bearer "+token)
	}
	dialer := websocket.Dialer{HandshakeTimeout: handshakeWithin}
	conn, response, err := dialer.DialContext(ctx, target, header) //nolint:bodyclose // a body that was switched to WebSocket is the connection
	if err != nil {
		if response != nil {
			_ = response.Body.Close()
			return nil, fmt.Errorf("connect: %w (%s)", err, response.Status)
		}
		return nil, fmt.Errorf("connect: %w", err)
	}
	l := &line{conn: conn, protocol: protocol}
	if protocol == client.Native {
		return l, nil
	}
	if err := l.open(token, last); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("connect: %w", err)
	}
	return l, nil
}

// open is the beginning of a Socket.IO connection: the server's greeting, our
// CONNECT; its answer comes as a packet, perhaps after events.
func (l *line) open(token string, last map[string]int64) error {
	if err := l.conn.SetReadDeadline(time.Now().Add(handshakeWithin)); err != nil {
		return err
	}
	_, raw, err := l.conn.ReadMessage()
	if err != nil {
		return err
	}
	packet, err := l.protocol.Decode(raw)
	if err != nil {
		return err
	}
	if packet.Kind != client.KindOpen {
		return fmt.Errorf("a greeting that is none: %q", raw)
	}
	if err := l.write(client.ConnectAfter(token, last)); err != nil {
		return err
	}
	return l.conn.SetReadDeadline(time.Time{})
}

func (l *line) write(frame []byte) error {
	_ = l.conn.SetWriteDeadline(time.Now().Add(sendWithin))
	return l.conn.WriteMessage(websocket.TextMessage, frame)
}

// encode frames an event; ref comes back with its answer. The caller makes sure
// that nobody reads or encodes meanwhile.
func (l *line) encode(event, ref string, data any) ([]byte, error) {
	raw, err := json.Marshal(data)
	if err != nil {
		return nil, err
	}
	if l.protocol == client.SocketIO && ref != "" {
		l.sent = append(l.sent, ref)
		ref = strconv.Itoa(len(l.sent) - 1)
	}
	return l.protocol.Encode(event, ref, raw), nil
}

var (
	errRefused  = errors.New("refused")
	errEmission = errors.New("an answer is not followed by its event")
)

// read returns what comes next: events, and answers with the ref that they
// answer. A Socket.IO server answers twice, by the ack and by an event right
// after it, since apps wait for one or the other: both must say the same.
func (l *line) read() (client.Packet, error) {
	var answered *client.Packet
	for {
		_, raw, err := l.conn.ReadMessage()
		if err != nil {
			return client.Packet{}, err
		}
		packet, err := l.protocol.Decode(raw)
		if err != nil {
			return client.Packet{}, fmt.Errorf("a frame that is none: %q: %w", raw, err)
		}
		switch packet.Kind {
		case client.KindPing:
			if answered != nil {
				return client.Packet{}, errEmission
			}
			return packet, nil
		case client.KindRefused:
			return client.Packet{}, fmt.Errorf("%w: %s", errRefused, packet.Data)
		case client.KindAck:
			if answered != nil {
				return client.Packet{}, errEmission
			}
			answered = &packet
		case client.KindEvent:
			if answered == nil {
				return packet, nil
			}
			if !bytes.Equal(answered.Data, packet.Data) {
				return client.Packet{}, fmt.Errorf("%w: %s, then %s %s", errEmission, answered.Data, packet.Event, packet.Data)
			}
			packet.Ref = answered.Ref
			return packet, nil
		}
	}
}

// ref is the ref that was given to encode. The caller makes sure that nobody
// encodes meanwhile.
func (l *line) ref(packet client.Packet) string {
	if l.protocol != client.SocketIO || packet.Ref == "" {
		return packet.Ref
	}
	if i, err := strconv.Atoi(packet.Ref); err == nil && i >= 0 && i < len(l.sent) {
		return l.sent[i]
	}
	return ""
}

func (l *line) close() { _ = l.conn.Close() }
