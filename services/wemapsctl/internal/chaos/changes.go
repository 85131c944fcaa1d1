package chaos

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
)

// changes is what one client was told about edits in one room. Its owner guards
// it.
type changes struct {
	text  map[string]text // by message id, of those that were changed
	heard map[int64]bool  // numbers above upTo
	upTo  int64           // all up to here are known
	gapAt time.Time       // since when something is missing before what is there
	mine  map[string]text // the last edit of one's own that was acked, by message id
	asked time.Time       // for what was missed, without an answer yet
}

type text struct {
	rev     int64
	content string
}

func newChanges() changes {
	return changes{text: map[string]text{}, heard: map[int64]bool{}, mine: map[string]text{}}
}

// edited notes a change that was told as it was made.
func (c *changes) edited(m wire.Message) {
	c.now(m)
	if m.Rev > c.upTo {
		c.heard[m.Rev] = true
	}
	c.advance()
}

func (c *changes) now(m wire.Message) {
	if m.Rev > c.text[m.ID].rev {
		c.text[m.ID] = text{m.Rev, m.Content}
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
		c.now(m)
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

// hearEdit takes an edit; with a ref it answers the client's own.
func (p *person) hearEdit(m wire.Message, ref string) {
	b := p.books[m.RoomID]
	if b == nil || p.habit == visitor {
		return
	}
	b.changes.edited(m)
	for i, o := range p.pending {
		if ref != "" && o.clientID == ref {
			b.changes.mine[m.ID] = text{m.Rev, m.Content}
			p.pending = append(p.pending[:i:i], p.pending[i+1:]...)
			return
		}
	}
}

// revise queues an edit of a message of one's own.
func (p *person) revise(room string) bool {
	b := p.books[room]
	for _, a := range b.acked { // any: maps iterate in random order
		p.edits++
		p.pending = append(p.pending, &outgoing{room: room, edit: a.id, clientID: "edit-" + strconv.Itoa(p.edits), content: fmt.Sprintf("%s, edit %d", a.content, p.edits)})
		return true
	}
	return false
}

// askForChanges asks for the edits that came while the client was away, and for
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
