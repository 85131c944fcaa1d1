package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/wemaps/wemaps/libs/wire"
)

// Protocol is how events are framed on a WebSocket.
type Protocol string

// The two protocols of the edge.
const (
	Native   Protocol = "native"
	SocketIO Protocol = "socketio"
)

// ParseProtocol reads the value of a --protocol flag.
func ParseProtocol(s string) (Protocol, error) {
	switch p := Protocol(s); p {
	case Native, SocketIO:
		return p, nil
	}
	return "", fmt.Errorf("--protocol must be %s or %s, not %q", Native, SocketIO, s)
}

// Path is where the edge speaks the protocol.
func (p Protocol) Path() string {
	if p == SocketIO {
		return "/socket.io/?EIO=4&transport=websocket"
	}
	return "/ws"
}

// Kind of a packet.
type Kind int

// Kinds of packets that a client must tell apart.
const (
	KindEvent     Kind = iota
	KindAck            // answers the client's own event
	KindOpen           // Socket.IO only: the server waits for CONNECT
	KindConnected      // Socket.IO only: events may be sent
	KindRefused        // Socket.IO only: the connection is not wanted
	KindPing           // must be answered with Pong
	KindOther
)

// Packet is one message of the server.
type Packet struct {
	Kind  Kind
	Event string
	Ref   string // of the client's event that it answers
	Data  json.RawMessage
}

// Pong answers a ping; Socket.IO only, native pings are WebSocket pings.
const Pong = "3"

// Encode frames an event. A ref asks for an answer that carries it; Socket.IO
// wants a decimal number.
func (p Protocol) Encode(event, ref string, data []byte) []byte {
	if p == SocketIO {
		b := append([]byte("42"), ref...)
		b = append(b, '[')
		b = strconv.AppendQuote(b, event)
		b = append(append(b, ','), data...)
		return append(b, ']')
	}
	b := append([]byte(`{"v":1,"type":`), strconv.Quote(event)...)
	if ref != "" {
		b = append(append(b, `,"id":`...), strconv.Quote(ref)...)
	}
	return append(append(append(b, `,"data":`...), data...), '}')
}

// Connect is what opens a Socket.IO session.
func Connect(token string) []byte { return ConnectAfter(token, nil) }

// ConnectAfter is Connect of a client that has been here, and has the chat of
// rooms up to these numbers.
func ConnectAfter(token string, last map[string]int64) []byte {
	auth, _ := json.Marshal(struct {
		Token   string           `json:"token"`
		LastSeq map[string]int64 `json:"lastSeq,omitempty"`
	}{token, last}) // strings and numbers can always be encoded
	return append([]byte("40"), auth...)
}

var errPacket = errors.New("not a packet")

// Decode reads one message.
func (p Protocol) Decode(message []byte) (Packet, error) {
	if p == SocketIO {
		return decodeSocketIO(string(message))
	}
	var f struct {
		Type string          `json:"type"`
		ID   string          `json:"id"`
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(message, &f); err != nil {
		return Packet{}, fmt.Errorf("native: %w", err)
	}
	return Packet{Kind: KindEvent, Event: f.Type, Ref: f.ID, Data: f.Data}, nil
}

func decodeSocketIO(message string) (Packet, error) {
	switch {
	case message == "2":
		return Packet{Kind: KindPing}, nil
	case strings.HasPrefix(message, "0"):
		return Packet{Kind: KindOpen, Data: json.RawMessage(message[1:])}, nil
	case strings.HasPrefix(message, "40"):
		return Packet{Kind: KindConnected, Data: json.RawMessage(message[2:])}, nil
	case strings.HasPrefix(message, "44"):
		return Packet{Kind: KindRefused, Data: json.RawMessage(message[2:])}, nil
	case strings.HasPrefix(message, "42"), strings.HasPrefix(message, "43"):
	default:
		return Packet{Kind: KindOther}, nil
	}
	array := strings.IndexByte(message, '[')
	if array < 0 {
		return Packet{}, fmt.Errorf("socket.io: %w", errPacket)
	}
	var items []json.RawMessage
	if err := json.Unmarshal([]byte(message[array:]), &items); err != nil {
		return Packet{}, fmt.Errorf("socket.io: %w", err)
	}
	packet := Packet{Kind: KindEvent, Ref: message[2:array]}
	if message[1] == '3' {
		packet.Kind = KindAck
		items = append([]json.RawMessage{json.RawMessage(`""`)}, items...)
	}
	if len(items) == 0 {
		return Packet{}, fmt.Errorf("socket.io: %w", errPacket)
	}
	if err := json.Unmarshal(items[0], &packet.Event); err != nil {
		return Packet{}, fmt.Errorf("socket.io: %w", err)
	}
	if len(items) > 1 {
		packet.Data = items[1]
	}
	return packet, nil
}

// Refusal is why the server sent an error instead of what was asked for.
func Refusal(data json.RawMessage) error {
	var e wire.SocketError
	if json.Unmarshal(data, &e) != nil || e.Message == "" {
		return fmt.Errorf("refused: %s", data)
	}
	if e.Code == "" {
		return fmt.Errorf("refused: %s", e.Message)
	}
	return fmt.Errorf("refused: %s (%s)", e.Message, e.Code)
}
