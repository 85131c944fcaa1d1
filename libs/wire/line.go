package wire

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ErrMalformedLine says that a command or envelope cannot be decoded.
var ErrMalformedLine = errors.New("malformed line")

// Command types.
const (
	CommandUpdate   = "update"   // location: a fix
	CommandLeave    = "leave"    // location: the position goes at once
	CommandSnapshot = "snapshot" // location: who is where
	CommandSend     = "send"     // chat: a message
	CommandHistory  = "history"  // chat: a page of messages
	CommandEdit     = "edit"     // chat: another text for a message
	CommandDelete   = "delete"   // chat: only its place stays of a message
	CommandReact    = "react"    // chat: a reaction comes or goes
	CommandRead     = "read"     // chat: how far a member has read
)

// Origin names the socket that caused a command, and the client's own
// reference for it.
type Origin struct {
	EdgeID   string
	SocketID string
	Ref      string
}

// Command is one entry of a command stream. It is written as tab-separated
// fields with the JSON last: cheap to cut, and readable in redis-cli.
type Command struct {
	Type     string
	RoomID   string
	UserID   string
	UserName string
	Origin   Origin
	Received time.Time // by the edge, ms
	Data     string    // JSON as validated by the edge
}

// Class says what may be done with an envelope when a socket is behind.
type Class byte

const (
	ClassOrdered   Class = 'o' // keep, in order
	ClassPosition  Class = 'p' // newest per user is enough
	ClassTransient Class = 't' // may be dropped
)

// Envelope is one event on its way to sockets. If Ack is set the socket named
// by Origin gets the ack event instead of the event itself.
type Envelope struct {
	Event  string
	Class  Class
	UserID string
	Origin Origin
	Seq    int64
	Ack    string // JSON for the origin, or empty
	Offset string // place in the room's log, or empty; see KeyRoomLog
	Data   string // JSON for everybody
}

const (
	commandFields  = 9
	envelopeFields = 10
)

// String encodes the command as a line.
func (c Command) String() string {
	var b strings.Builder
	b.Grow(len(c.Data) + len(c.RoomID) + len(c.UserID) + 96)
	for _, f := range [...]string{c.Type, c.RoomID, c.UserID, c.UserName, c.Origin.EdgeID, c.Origin.SocketID, c.Origin.Ref,
		strconv.FormatInt(c.Received.UnixMilli(), 10)} {
		writeField(&b, f)
	}
	writeLast(&b, c.Data)
	return b.String()
}

// ParseCommand decodes a line; the error wraps ErrMalformedLine.
func ParseCommand(line string) (Command, error) {
	var f [commandFields]string
	if err := cut(line, f[:]); err != nil {
		return Command{}, err
	}
	ms, err := strconv.ParseInt(f[7], 10, 64)
	if err != nil {
		return Command{}, fmt.Errorf("%w: receive time %q", ErrMalformedLine, f[7])
	}
	return Command{Type: f[0], RoomID: f[1], UserID: f[2], UserName: f[3],
		Origin: Origin{f[4], f[5], f[6]}, Received: time.UnixMilli(ms).UTC(), Data: f[8]}, nil
}

// AppendTo encodes the envelope as a line, without a line break.
func (e Envelope) AppendTo(b *strings.Builder) {
	e.appendHead(b)
	writeField(b, e.Offset)
	writeLast(b, e.Data)
}

// Split is the envelope's line in two: head, offset, a tab and tail are the
// line. Whoever numbers the envelope needs to understand neither.
func (e Envelope) Split() (head, tail string) {
	var b strings.Builder
	b.Grow(len(e.Ack) + 128)
	e.appendHead(&b)
	head = b.String()
	if strings.ContainsAny(e.Data, "\t\n") {
		b.Reset()
		writeLast(&b, e.Data)
		return head, b.String()
	}
	return head, e.Data
}

func (e Envelope) appendHead(b *strings.Builder) {
	seq := ""
	if e.Seq != 0 {
		seq = strconv.FormatInt(e.Seq, 10)
	}
	for _, f := range [...]string{e.Event, string(rune(e.Class)), e.UserID, e.Origin.EdgeID, e.Origin.SocketID, e.Origin.Ref, seq, e.Ack} {
		writeField(b, f)
	}
}

// String encodes the envelope as a line.
func (e Envelope) String() string {
	var b strings.Builder
	b.Grow(len(e.Data) + len(e.Ack) + 128)
	e.AppendTo(&b)
	return b.String()
}

// JoinEnvelopes puts several envelopes into one message, in order.
func JoinEnvelopes(envelopes []Envelope) string {
	var b strings.Builder
	for i, e := range envelopes {
		if i > 0 {
			b.WriteByte('\n')
		}
		e.AppendTo(&b)
	}
	return b.String()
}

// ParseEnvelope decodes a line; the error wraps ErrMalformedLine.
func ParseEnvelope(line string) (Envelope, error) {
	var f [envelopeFields]string
	if err := cut(line, f[:]); err != nil {
		return Envelope{}, err
	}
	e := Envelope{Event: f[0], UserID: f[2], Origin: Origin{f[3], f[4], f[5]}, Ack: f[7], Offset: f[8], Data: f[9]}
	if len(f[1]) != 1 {
		return Envelope{}, fmt.Errorf("%w: class %q", ErrMalformedLine, f[1])
	}
	e.Class = Class(f[1][0])
	if f[6] != "" {
		seq, err := strconv.ParseInt(f[6], 10, 64)
		if err != nil {
			return Envelope{}, fmt.Errorf("%w: seq %q", ErrMalformedLine, f[6])
		}
		e.Seq = seq
	}
	return e, nil
}

// EachEnvelope calls fn for every envelope of a message; a malformed one is
// reported and does not hide its neighbours.
func EachEnvelope(message string, fn func(Envelope, error)) {
	for message != "" {
		line, rest, _ := strings.Cut(message, "\n")
		fn(ParseEnvelope(line))
		message = rest
	}
}

func cut(line string, f []string) error {
	last := len(f) - 1
	for i := range last {
		field, rest, ok := strings.Cut(line, "\t")
		if !ok {
			return fmt.Errorf("%w: %d of %d fields", ErrMalformedLine, i+1, len(f))
		}
		f[i], line = field, rest
	}
	f[last] = line
	return nil
}

// writeField replaces what would break the framing: no field other than JSON
// may legitimately hold control characters, so a space loses nothing.
func writeField(b *strings.Builder, s string) {
	writeLast(b, s)
	b.WriteByte('\t')
}

func writeLast(b *strings.Builder, s string) {
	if strings.IndexByte(s, '\t') < 0 && strings.IndexByte(s, '\n') < 0 {
		b.WriteString(s)
		return
	}
	for i := 0; i < len(s); i++ {
		if s[i] == '\t' || s[i] == '\n' {
			b.WriteByte(' ')
		} else {
			b.WriteByte(s[i])
		}
	}
}
