package message

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Why a change is refused. The texts stay inside.
var (
	ErrMessageNotFound = errors.New("no such message in the room")
	ErrMessageDeleted  = errors.New("the message was deleted")
	ErrNotAuthor       = errors.New("somebody else's message")
	ErrMessageChanged  = errors.New("the message has another text by now")
	ErrSystemMessage   = errors.New("a system message is nobody's to change")
)

// ChangeKind is what a change does.
type ChangeKind uint8

// The kinds of change.
const (
	Edit ChangeKind = iota + 1
	Delete
	React
	Unreact
)

// Change is a checked wish to change a message.
type Change struct {
	Kind      ChangeKind
	RoomID    string
	MessageID string
	UserID    string
	UserName  string
	Entry     string    // stream entry that it came with
	Content   string    // of an Edit
	BasedOn   time.Time // of an Edit: the time of the text that it replaces; zero = any
	Emoji     string    // of React and Unreact
	Moderator bool      // whether the user may delete what others wrote
}

// Target is what a message is found by.
type Target struct{ RoomID, ID string }

// Target of the change.
func (c Change) Target() Target { return Target{c.RoomID, c.MessageID} }

// Reaction is one kind of reaction to a message and who chose it, first come
// first.
type Reaction struct {
	Emoji   string
	UserIDs []string
}

// Changed is what became of a change: Err, or the message as it is after it.
// New: applied now. Redelivered: applied before. Repeated: it was so already.
type Changed struct {
	Message
	Change  Change
	Outcome Outcome
	Err     error
}

// ChangePlan is what Apply decided.
type ChangePlan struct {
	Changed []Changed // one per change, in their order
	Update  []Message // the messages that differ, each as it is after the last change
	Bumps   []Bump    // one per room with updates, of its change number
}

// Apply makes changes, in their order. Each that has an effect takes the next
// change number of its room, without gaps. found holds the messages as they
// are, revs each room's newest change number (absent = 0). It has no effects:
// nothing counts until the plan is committed.
func Apply(changes []Change, found map[Target]Message, revs map[string]int64, now time.Time) ChangePlan {
	p := ChangePlan{Changed: make([]Changed, len(changes))}
	current := make(map[Target]Message, len(changes))
	bump := map[string]int{}
	var order []Target
	for i, c := range changes {
		t := c.Target()
		m, touched := current[t]
		if !touched {
			var ok bool
			if m, ok = found[t]; !ok {
				p.Changed[i] = Changed{Change: c, Err: ErrMessageNotFound}
				continue
			}
		}
		next, outcome, err := c.apply(m, now)
		if err == nil && outcome == New {
			at, ok := bump[c.RoomID]
			if !ok {
				at = len(p.Bumps)
				bump[c.RoomID] = at
				p.Bumps = append(p.Bumps, Bump{c.RoomID, revs[c.RoomID], revs[c.RoomID]})
			}
			p.Bumps[at].To++
			next.Rev, next.ChangeEntry = p.Bumps[at].To, c.Entry
			if !touched {
				order = append(order, t)
			}
			current[t] = next
		}
		p.Changed[i] = Changed{Message: next, Change: c, Outcome: outcome, Err: err}
	}
	for _, t := range order {
		p.Update = append(p.Update, current[t])
	}
	return p
}

// apply judges the author before it looks for a redelivery: a refused change
// must be refused again when a later one was applied.
func (c Change) apply(m Message, now time.Time) (Message, Outcome, error) {
	own := m.UserID == c.UserID
	switch {
	case m.System():
		return m, New, ErrSystemMessage
	case c.Kind == Edit && !own, c.Kind == Delete && !own && !c.Moderator:
		return m, New, ErrNotAuthor
	case !newer(c.Entry, m.ChangeEntry):
		return m, Redelivered, nil
	case c.Kind == Delete && m.Deleted():
		return m, Repeated, nil
	case m.Deleted():
		return m, New, ErrMessageDeleted
	}
	switch c.Kind {
	case Edit:
		if m.Content == c.Content {
			return m, Repeated, nil
		}
		// One that was sent again, and then came late as well, must not undo what
		// its author has written since.
		if !c.BasedOn.IsZero() && !c.BasedOn.Equal(m.SaidAt()) {
			return m, New, ErrMessageChanged
		}
		m.Content, m.EditedAt = c.Content, now
	case Delete:
		// Nothing of what was said may stay.
		m.Content, m.Mentions, m.Reactions, m.DeletedAt, m.DeletedBy = "", nil, nil, now, c.UserID
	case React, Unreact:
		reactions, changed := toggled(m.Reactions, c.Emoji, c.UserID, c.Kind == React)
		if !changed {
			return m, Repeated, nil
		}
		m.Reactions = reactions
	}
	return m, New, nil
}

// toggled returns a copy with or without the user's reaction; false if it was so.
func toggled(reactions []Reaction, emoji, userID string, on bool) ([]Reaction, bool) {
	i := slices.IndexFunc(reactions, func(r Reaction) bool { return r.Emoji == emoji })
	has := i >= 0 && slices.Contains(reactions[i].UserIDs, userID)
	if has == on {
		return reactions, false
	}
	out := slices.Clone(reactions)
	if i < 0 {
		return append(out, Reaction{emoji, []string{userID}}), true
	}
	users := slices.Clone(out[i].UserIDs)
	if on {
		users = append(users, userID)
	} else {
		users = slices.DeleteFunc(users, func(u string) bool { return u == userID })
	}
	if len(users) == 0 {
		return slices.Delete(out, i, i+1), true
	}
	out[i].UserIDs = users
	return out, true
}

// newer tells whether stream entry a came after b; "" came before all.
func newer(a, b string) bool {
	if b == "" {
		return true
	}
	ams, aseq := entryNumbers(a)
	bms, bseq := entryNumbers(b)
	return ams > bms || ams == bms && aseq > bseq
}

func entryNumbers(entry string) (ms, seq uint64) {
	first, second, _ := strings.Cut(entry, "-")
	ms, _ = strconv.ParseUint(first, 10, 64)
	seq, _ = strconv.ParseUint(second, 10, 64)
	return ms, seq
}
