// Package message is the domain of chat: what a message is, how messages get
// their place in a room, which page of them somebody asked for, and why one is
// refused.
package message

import (
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
	Key      string // see ClientKey
	Entry    string // stream entry that stored it
	Content  string
	ReplyTo  string
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

// Draft is a checked message that has no place yet.
type Draft struct {
	RoomID   string
	UserID   string
	UserName string
	Key      string
	Entry    string
	Content  string
	ReplyTo  string
}

// ClientKey is what makes two sends the same message: the id that the client
// gave or, failing that, the stream entry, which makes at least a redelivery
// the same. The prefixes keep the two kinds apart whatever clients invent.
func ClientKey(clientID, entry string) string {
	if clientID != "" {
		return "c:" + clientID
	}
	return "s:" + entry
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

// Stored is the message that a draft has become.
type Stored struct {
	Message
	Outcome Outcome
	RoomRev int64 // the room's newest change number
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

// Assign gives drafts their places, in their order. existing holds what was
// stored before, last each room's newest seq (absent = 0), newID makes ids.
// It has no effects: nothing counts until the plan is committed.
func Assign(drafts []Draft, existing map[Identity]Message, last map[string]int64, now time.Time, newID func() string) Plan {
	p := Plan{Stored: make([]Stored, len(drafts))}
	fresh := make(map[Identity]Message, len(drafts))
	bump := make(map[string]int, len(drafts))
	for i, d := range drafts {
		id := d.Identity()
		if m, ok := existing[id]; ok {
			p.Stored[i] = Stored{Message: m, Outcome: outcome(m, d)}
			continue
		}
		if m, ok := fresh[id]; ok {
			p.Stored[i] = Stored{Message: m, Outcome: Repeated}
			continue
		}
		at, ok := bump[d.RoomID]
		if !ok {
			at = len(p.Bumps)
			bump[d.RoomID] = at
			p.Bumps = append(p.Bumps, Bump{d.RoomID, last[d.RoomID], last[d.RoomID]})
		}
		p.Bumps[at].To++
		m := Message{ID: newID(), RoomID: d.RoomID, Seq: p.Bumps[at].To, UserID: d.UserID, UserName: d.UserName,
			Key: d.Key, Entry: d.Entry, Content: d.Content, ReplyTo: d.ReplyTo, At: now}
		fresh[id] = m
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

// Ask is a question about one person and one room.
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
