// Package message is the domain of chat: what a message is, how messages get
// their place in a room, which page of them somebody asked for, and why one is
// refused.
package message

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"
)

// Why a message or a history is refused. The texts stay inside.
var (
	ErrNotMember    = errors.New("not a member of the room")
	ErrRoomNotFound = errors.New("no such room")
	ErrRoomExpired  = errors.New("the room has expired")
	ErrRoomClosed   = errors.New("the room is closed")
	// ErrUnknown says that membership cannot be told right now: the caches were
	// lost and are being rebuilt. It must never be read as "not a member".
	ErrUnknown = errors.New("membership is not known right now")
	// ErrReplyNotFound says that a message replies to one that the room does not have.
	ErrReplyNotFound = errors.New("the room does not have the message that this one replies to")
	// ErrNotMentionable says that a message calls somebody who is not in the room.
	ErrNotMentionable = errors.New("somebody who is mentioned is not a member of the room")
	// ErrUnstorable says that the database refuses a value: trying again cannot help.
	ErrUnstorable = errors.New("the message cannot be stored")
	// ErrUnavailable says that the database cannot be used right now.
	ErrUnavailable = errors.New("the database is not available")
	// ErrMoved says that a room's numbering is not where this writer left it.
	ErrMoved = errors.New("another writer has numbered the room")
)

// Message is a stored message. Seq counts from 1 in each room, without gaps.
type Message struct {
	ID       string
	RoomID   string
	Seq      int64
	UserID   string
	UserName string
	Key      string // see ClientKey, RefKey, SystemKey
	Entry    string // stream entry that stored it
	Content  string
	ReplyTo  string
	Mentions []string  // user ids
	Kind     string    // of a system message, about UserID; else ""
	Data     string    // of a system message: a JSON object, or ""
	At       time.Time // ms

	Rev         int64     // room's number of the newest change; 0 = never changed
	ChangeEntry string    // stream entry of that change
	EditedAt    time.Time // ms; zero = never
	DeletedAt   time.Time // ms; zero = not deleted
	DeletedBy   string
	Reactions   []Reaction
}

// Deleted tells whether only the message's place is left.
func (m Message) Deleted() bool { return !m.DeletedAt.IsZero() }

// SaidAt is the time of the text.
func (m Message) SaidAt() time.Time {
	if m.EditedAt.IsZero() {
		return m.At
	}
	return m.EditedAt
}

// System tells whether nobody has said it: it can never be changed.
func (m Message) System() bool { return m.Kind != "" }

// Draft is a checked message that has no place yet.
type Draft struct {
	RoomID   string
	UserID   string
	UserName string
	Key      string
	Entry    string
	Content  string
	ReplyTo  string
	Mentions []string
	Kind     string
	Data     string
}

// SystemKey is the Key of a system message whose producer calls it key. Its
// prefix is one that no client can make.
func SystemKey(key string) string { return "y:" + key }

// ClientKey is what makes two sends the same message: the id that the client
// gave or, failing that, the stream entry, which makes at least a redelivery
// the same. The prefixes keep the kinds of keys apart whatever clients invent.
func ClientKey(clientID, entry string) string {
	if clientID != "" {
		return "c:" + clientID
	}
	return "s:" + entry
}

// RefKey is the key of a message without an id whose sender waits for the
// answer to ref: sent again on the same socket it is the same message. The text
// is part of it, since a client that is careless with its refs must not lose
// what it says.
func RefKey(edge, socket, ref, content string) string {
	var room [512]byte // for all but long texts
	said := room[:0]
	for _, part := range [...]string{edge, socket, ref, content} {
		said = append(append(said, part...), 0)
	}
	sum := sha256.Sum256(said)
	key := [24]byte{'r', ':'}
	base64.RawURLEncoding.Encode(key[2:], sum[:16])
	return string(key[:])
}

// ClientID is the id that the client gave, or "".
func (m Message) ClientID() string {
	if len(m.Key) > 2 && m.Key[:2] == "c:" {
		return m.Key[2:]
	}
	return ""
}

// Outcome tells how a draft came to be a message.
type Outcome uint8

const (
	// New: stored now.
	New Outcome = iota
	// Redelivered: stored before from this very stream entry. Its publication
	// may have been cut short, so it is published again.
	Redelivered
	// Repeated: another entry with the same key was first. Only its sender hears.
	Repeated
)

// Stored is the message that a draft has become, or Err.
type Stored struct {
	Message
	Outcome Outcome
	RoomRev int64 // the room's newest change number
	Err     error
}

// Identity is what a message is unique by.
type Identity struct{ RoomID, UserID, Key string }

// Identity of the draft.
func (d Draft) Identity() Identity { return Identity{d.RoomID, d.UserID, d.Key} }

// Plan is what Assign decided.
type Plan struct {
	Stored []Stored // one per draft, in their order
	Insert []Message
	Bumps  []Bump // one per room with inserts
}

// Bump moves a room's numbering.
type Bump struct {
	RoomID   string
	From, To int64
}

// Known is what Assign works with: the drafts that were stored before, the
// messages that drafts reply to, and each room's newest seq (absent = 0).
type Known struct {
	Existing map[Identity]Message
	Quoted   map[Target]Message
	Last     map[string]int64
}

// quotes is nil or the reason for refusing the message that the draft replies
// to. One that was stored before is not judged again: it was right then.
func (k Known) quotes(d Draft) error {
	if d.ReplyTo == "" {
		return nil
	}
	switch m, ok := k.Quoted[Target{d.RoomID, d.ReplyTo}]; {
	case !ok:
		return ErrReplyNotFound
	case m.Deleted():
		return ErrMessageDeleted
	}
	return nil
}

// Assign gives drafts their places, in their order, and refuses replies to what
// is not there; newID makes ids. It has no effects: nothing counts until the
// plan is committed.
func Assign(drafts []Draft, known Known, now time.Time, newID func() string) Plan {
	p := Plan{Stored: make([]Stored, len(drafts)), Insert: make([]Message, 0, len(drafts))}
	fresh := make(map[Identity]int, len(drafts)) // index in Insert
	bump := make(map[string]int, len(drafts))
	for i, d := range drafts {
		id := d.Identity()
		if m, ok := known.Existing[id]; ok {
			p.Stored[i] = Stored{Message: m, Outcome: outcome(m, d)}
			continue
		}
		if at, ok := fresh[id]; ok {
			p.Stored[i] = Stored{Message: p.Insert[at], Outcome: Repeated}
			continue
		}
		if err := known.quotes(d); err != nil {
			p.Stored[i] = Stored{Err: err}
			continue
		}
		at, ok := bump[d.RoomID]
		if !ok {
			at = len(p.Bumps)
			bump[d.RoomID] = at
			p.Bumps = append(p.Bumps, Bump{d.RoomID, known.Last[d.RoomID], known.Last[d.RoomID]})
		}
		p.Bumps[at].To++
		m := Message{ID: newID(), RoomID: d.RoomID, Seq: p.Bumps[at].To, UserID: d.UserID, UserName: d.UserName,
			Key: d.Key, Entry: d.Entry, Content: d.Content, ReplyTo: d.ReplyTo,
			Mentions: d.Mentions, Kind: d.Kind, Data: d.Data, At: now}
		fresh[id] = len(p.Insert)
		p.Insert = append(p.Insert, m)
		p.Stored[i] = Stored{Message: m, Outcome: New}
	}
	return p
}

func outcome(m Message, d Draft) Outcome {
	if m.Entry == d.Entry {
		return Redelivered
	}
	return Repeated
}

// Ask is a question about one person and one room, or with no person about the
// room alone.
type Ask struct{ RoomID, UserID string }

// Standing is the answer: whether the person is an active member, and the
// state of the room. Err is ErrUnknown when neither can be told.
type Standing struct {
	Exists bool
	Member bool
	// Moderator may delete what others wrote: an owner or admin of the room.
	Moderator bool
	Ended     error // nil, ErrRoomClosed or ErrRoomExpired
	Err       error
}

// MayWrite is nil or the reason for refusing a message.
func (s Standing) MayWrite() error {
	if err := s.MayRead(); err != nil {
		return err
	}
	return s.Ended
}

// MayNote is nil or the reason for refusing a system message. As long as the
// room is not known it is not refused: what happened there did happen.
func (s Standing) MayNote() error {
	if s.Err == nil && !s.Exists {
		return ErrRoomNotFound
	}
	return s.Ended
}

// MayRead is nil or the reason for refusing the history. A room that has ended
// can still be read by those who are in it.
func (s Standing) MayRead() error {
	switch {
	case s.Err != nil:
		return s.Err
	case !s.Exists:
		return ErrRoomNotFound
	case !s.Member:
		return ErrNotMember
	}
	return nil
}
