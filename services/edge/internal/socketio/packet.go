package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/wemaps/wemaps/services/edge/internal/jsonscan"
)

// Type is a packet type of Socket.IO 5.
type Type uint8

// The types, as they are on the wire (plus '0').
const (
	Connect Type = iota
	Disconnect
	EventPacket
	Ack
	ConnectError
	BinaryEvent
	BinaryAck
)

// Packet is one decoded packet. Args and Auth share the memory that was decoded.
type Packet struct {
	Type        Type
	Namespace   string
	ID          int64             // of the ack; -1: none
	Auth        json.RawMessage   // Connect: an object, or nil
	Args        []json.RawMessage // events: the name first; acks
	Attachments int               // binary types: how many follow
}

// MainNamespace is the one that a packet without a name is for.
const MainNamespace = "/"

// Bounds of what a client may send.
const (
	maxNamespace = 256
	maxAckDigits = 15 // a JavaScript number holds these exactly
)

var (
	errType        = errors.New("unknown packet type")
	errAttachments = errors.New("invalid number of attachments")
	errNamespace   = errors.New("namespace name is too long")
	errAckID       = errors.New("invalid ack id")
	errReserved    = errors.New("reserved event name")
	errEventName   = errors.New("event name is not a string")
)

// reserved reports whether name has a meaning of its own in official clients.
// Whoever could send it could imitate a state of the connection.
func reserved(name []byte) bool {
	switch string(name) {
	case "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener":
		return true
	}
	return false
}

// decode parses and checks one packet. args is memory for its arguments.
func decode(b []byte, args []json.RawMessage, limits *Limits) (Packet, error) {
	p := Packet{Namespace: MainNamespace, ID: -1}
	if len(b) == 0 || b[0] < '0' || b[0] > '6' {
		return p, errType
	}
	p.Type, b = Type(b[0]-'0'), b[1:]
	var err error
	if p.Type == BinaryEvent || p.Type == BinaryAck {
		if p.Attachments, b, err = cutAttachments(b, limits.Attachments); err != nil {
			return p, err
		}
	}
	if len(b) > 0 && b[0] == '/' {
		name, rest, _ := bytes.Cut(b, []byte{','})
		if len(name) > maxNamespace {
			return p, errNamespace
		}
		if len(name) > 1 {
			p.Namespace = string(name)
		}
		b = rest
	}
	if p.ID, b, err = cutID(b); err != nil {
		return p, err
	}
	return p, p.decodeData(b, args, limits)
}

func (p *Packet) decodeData(b []byte, args []json.RawMessage, limits *Limits) (err error) {
	switch p.Type {
	case Connect:
		if len(b) > 0 {
			p.Auth = b
			err = jsonscan.CheckObject(b, limits.Depth)
		}
		return err
	case Disconnect:
		if len(b) > 0 {
			return jsonscan.ErrPayload
		}
		return nil
	case ConnectError:
		return errType // a server never gets one
	}
	if p.Args, err = jsonscan.SplitArray(args, b, limits.Depth); err != nil {
		return err
	}
	if p.Type == Ack || p.Type == BinaryAck {
		if p.ID < 0 {
			return errAckID
		}
	} else if err := checkEventName(p.Args); err != nil {
		return err
	}
	if p.Type == BinaryEvent || p.Type == BinaryAck {
		return checkPlaceholders(p.Args, p.Attachments)
	}
	return nil
}

// checkEventName accepts numbers too, as official servers do.
func checkEventName(args []json.RawMessage) error {
	if len(args) == 0 {
		return errEventName
	}
	name := args[0]
	if name[0] != '"' {
		if name[0] == '-' || isDigit(name[0]) {
			return nil
		}
		return errEventName
	}
	if reserved(name[1:len(name)-1]) || bytes.IndexByte(name, '\\') >= 0 && reserved([]byte(unquote(name))) {
		return errReserved
	}
	return nil
}

// unquote returns the value of a valid JSON string; anything else as it is.
func unquote(raw json.RawMessage) string {
	if raw[0] == '"' && bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw)
	}
	return s
}

func cutAttachments(b []byte, limit int) (n int, rest []byte, err error) {
	digits, rest, found := bytes.Cut(b, []byte{'-'})
	if !found || len(digits) == 0 || len(digits) > 4 {
		return 0, nil, errAttachments
	}
	for _, c := range digits {
		if !isDigit(c) {
			return 0, nil, errAttachments
		}
		n = n*10 + int(c-'0')
	}
	if n > limit {
		return 0, nil, errAttachments
	}
	return n, rest, nil
}

func cutID(b []byte) (id int64, rest []byte, err error) {
	n := 0
	for n < len(b) && isDigit(b[n]) {
		id = id*10 + int64(b[n]-'0')
		if n++; n > maxAckDigits {
			return 0, nil, errAckID
		}
	}
	if n == 0 {
		id = -1
	}
	return id, b[n:], nil
}

// checkPlaceholders holds that every placeholder points to an attachment.
func checkPlaceholders(args []json.RawMessage, attachments int) error {
	for _, arg := range args {
		if err := checkPlaceholder(arg, attachments); err != nil {
			return err
		}
	}
	return nil
}

func checkPlaceholder(raw json.RawMessage, attachments int) error {
	switch raw[0] {
	case '[':
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			return jsonscan.ErrPayload
		}
		return checkPlaceholders(list, attachments)
	case '{':
		var object map[string]json.RawMessage
		if err := json.Unmarshal(raw, &object); err != nil {
			return jsonscan.ErrPayload
		}
		if string(object["_placeholder"]) == "true" {
			if n, err := strconv.ParseUint(string(object["num"]), 10, 16); err != nil || int(n) >= attachments {
				return errAttachments
			}
			return nil
		}
		for _, member := range object {
			if err := checkPlaceholder(member, attachments); err != nil {
				return err
			}
		}
	}
	return nil
}

// appendHead makes everything of a packet that comes before its JSON, with the
// Engine.IO type in front.
func appendHead(dst []byte, t Type, attachments int, namespace string, id int64) []byte {
	dst = append(dst, '4', '0'+byte(t))
	if t == BinaryEvent || t == BinaryAck {
		dst = append(strconv.AppendInt(dst, int64(attachments), 10), '-')
	}
	if namespace != MainNamespace {
		dst = append(append(dst, namespace...), ',')
	}
	if id >= 0 {
		dst = strconv.AppendInt(dst, id, 10)
	}
	return dst
}

// appendArgs makes the array of an event (name is its JSON) or an ack (nil).
func appendArgs(dst, name []byte, args []json.RawMessage) []byte {
	dst = append(append(dst, '['), name...)
	for i, arg := range args {
		if i > 0 || len(name) > 0 {
			dst = append(dst, ',')
		}
		if len(arg) == 0 {
			arg = json.RawMessage("null")
		}
		dst = append(dst, arg...)
	}
	return append(dst, ']')
}

// appendString appends s as JSON.
func appendString(dst []byte, s string) []byte {
	quoted, _ := json.Marshal(s) // a string always marshals
	return append(dst, quoted...)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
