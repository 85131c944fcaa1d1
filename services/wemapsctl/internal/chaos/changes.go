package chaos

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
)

// look is how a message looks to somebody: its text, or that it was deleted, and
// who reacted how, as of a change number.
type look struct {
	rev       int64
	content   string
	deleted   bool
	reactions string
	said      time.Time // when it got its text
}

func (l look) same(o look) bool {
	return l.content == o.content && l.deleted == o.deleted && l.reactions == o.reactions
}

func (l look) String() string {
	if l.deleted {
		return fmt.Sprintf("deleted (%d)", l.rev)
	}
	return fmt.Sprintf("%q %s (%d)", l.content, l.reactions, l.rev)
}

// lookOf is how a message looks that was told whole.
func lookOf(m wire.Message) look {
	l := look{rev: m.Rev, content: m.Content, deleted: m.DeletedAt != nil, reactions: shown(m.Reactions), said: m.Timestamp.Time}
	if m.EditedAt != nil {
		l.said = m.EditedAt.Time
	}
	return l
}

// shown writes reactions in one way.
func shown(reactions []wire.Reaction) string {
	all := make([]string, 0, len(reactions))
	for _, r := range reactions {
		all = append(all, r.Emoji+strings.Join(r.UserIDs, ","))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// changes is what one client was told about edits, deletions and reactions in
// one room. Its owner guards it.
type changes struct {
	looks map[string]look // by message id
	heard map[int64]bool  // numbers above upTo
	upTo  int64           // all up to here are known
	gapAt time.Time       // since when something is missing before what is there
	asked time.Time       // for what was missed, without an answer yet

	mine    map[string]claim // the last change of one's own that was acked, by message id
	deleted map[string]bool  // own messages that are not to be edited any more
	read    int64            // how far the client was told that it has read
}

// claim is what a client was told that it had done: to a message of its own, or
// by way of a reaction.
type claim struct {
	rev     int64
	content string
	deleted bool
	reacted map[string]bool // by emoji
}

func newChanges() changes {
	return changes{looks: map[string]look{}, heard: map[int64]bool{}, mine: map[string]claim{}, deleted: map[string]bool{}}
}

// told notes a change that was told as it was made.
func (c *changes) told(id string, l look) {
	c.now(id, l)
	if l.rev > c.upTo {
		c.heard[l.rev] = true
	}
	c.advance()
}

// now notes a message that was told whole.
func (c *changes) now(id string, l look) {
	if known, ok := c.looks[id]; !ok || l.rev >= known.rev {
		c.looks[id] = l
	}
}

func (c *changes) advance() {
	for c.heard[c.upTo+1] {
		delete(c.heard, c.upTo+1)
		c.upTo++
	}
	switch {
	case len(c.heard) == 0:
		c.gapAt = time.Time{}
	case c.gapAt.IsZero():
		c.gapAt = time.Now()
	}
}

// caughtUp notes an answer to what was missed: each changed message as it is by
// now, and how far that goes.
func (c *changes) caughtUp(h wire.ChatHistory) (ok bool) {
	for _, raw := range h.Changed {
		var m wire.Message
		if json.Unmarshal(raw, &m) != nil {
			return false
		}
		c.now(m.ID, lookOf(m))
	}
	c.upTo = max(c.upTo, h.Rev)
	for rev := range c.heard {
		if rev <= c.upTo {
			delete(c.heard, rev)
		}
	}
	c.asked = time.Time{}
	if h.HasMoreChanged {
		c.gapAt = time.Now().Add(-repairAfter)
	}
	c.advance()
	return true
}

// hearChange takes an edit, a deletion or a reaction; with a ref it answers the
// client's own.
func (p *person) hearChange(room, id, ref string, as func(old look) look) {
	b := p.books[room]
	if b == nil || p.habit == visitor {
		return
	}
	next := as(b.changes.looks[id])
	b.changes.told(id, next)
	for i, o := range p.pending {
		if ref == "" || o.clientID != ref {
			continue
		}
		p.pending = append(p.pending[:i:i], p.pending[i+1:]...)
		b.changes.claim(o, next)
		return
	}
}

// claim notes what the client was told that it had done.
func (c *changes) claim(o *outgoing, l look) {
	mine := c.mine[o.change]
	mine.rev = l.rev
	switch o.kind {
	case wire.EventEditMessage:
		mine.content = o.content
	case wire.EventDeleteMessage:
		mine.deleted = true
	case wire.EventReactToMessage:
		if l.deleted { // meanwhile, by its author
			return
		}
		if mine.reacted == nil {
			mine.reacted = map[string]bool{}
		}
		mine.reacted[o.content] = !o.remove
	}
	c.mine[o.change] = mine
}

// revise queues a change: of a message of one's own, or a reaction to any.
func (p *person) revise(room string) bool {
	b := p.books[room]
	if p.rng.IntN(3) == 0 {
		return p.react(b)
	}
	for _, a := range b.acked { // any: maps iterate in random order
		if b.changes.deleted[a.id] {
			continue
		}
		p.edits++
		o := &outgoing{room: room, kind: wire.EventEditMessage, change: a.id, clientID: "edit-" + strconv.Itoa(p.edits), content: fmt.Sprintf("%s, edit %d", a.content, p.edits), basedOn: b.changes.looks[a.id].said}
		if p.rng.IntN(5) == 0 {
			o.kind, o.clientID = wire.EventDeleteMessage, "delete-"+strconv.Itoa(p.edits)
			b.changes.deleted[a.id] = true
		}
		p.pending = append(p.pending, o)
		return true
	}
	return false
}

// react queues a reaction, or takes it back if the client made it before.
func (p *person) react(b *book) bool {
	for _, id := range b.got { // any
		if l := b.changes.looks[id]; l.deleted || b.system[id] {
			continue
		}
		emoji := wire.Reactions()[p.rng.IntN(2)]
		p.edits++
		p.pending = append(p.pending, &outgoing{room: b.room, kind: wire.EventReactToMessage, change: id, clientID: "react-" + strconv.Itoa(p.edits),
			content: emoji, remove: b.changes.mine[id].reacted[emoji]})
		return true
	}
	return false
}

// readOn queues that all is read that has been heard.
func (p *person) readOn(room string) {
	if b := p.books[room]; b.upTo > b.changes.read {
		p.edits++
		p.pending = append(p.pending, &outgoing{room: room, kind: wire.EventMarkRead, clientID: "read-" + strconv.Itoa(p.edits), seq: b.upTo})
	}
}

// hearRead takes an answer to readOn.
func (p *person) hearRead(r wire.MessageRead, ref string) {
	for i, o := range p.pending {
		if ref != "" && o.clientID == ref {
			p.books[o.room].changes.read = max(p.books[o.room].changes.read, r.Seq)
			p.pending = append(p.pending[:i:i], p.pending[i+1:]...)
			return
		}
	}
}

// askForChanges asks for the changes that came while the client was away, and for
// those that are missing.
func (p *person) askForChanges(now time.Time) error {
	for _, room := range p.rooms {
		c := &p.books[room].changes
		missing := p.resumed[room] || !c.gapAt.IsZero() && now.Sub(c.gapAt) > repairAfter
		if _, joining := p.resume[room]; joining || !missing || !c.asked.IsZero() && now.Sub(c.asked) < ackWithin {
			continue
		}
		c.asked = now
		if err := p.send(wire.EventRequestChatHistory, "changes", wire.HistoryRequest{RoomID: room, AfterRev: &c.upTo, Limit: wire.MaxHistoryLimit}); err != nil {
			return err
		}
	}
	return nil
}
