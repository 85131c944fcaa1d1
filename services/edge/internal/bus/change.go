package bus

import (
	"encoding/json"

	"github.com/wemaps/wemaps/libs/wire"
)

// changeAnswers pairs changes of messages with the answers to those who made them, as chatState does for messages: the
// two come on two channels, in any order, and who edited a text must not hear of a reaction to it before the edit.
type changeAnswers struct {
	owed map[int64]wire.Envelope // answers that came before their changes, by change number
	told answers                 // changes that came before their answers
}

// change takes an edit, a deletion or a reaction. One that is missing is waited for by nobody: clients know what is newer
// by its number. The caller holds r.mu.
func (b *Bus) change(r *room, e wire.Envelope) {
	c, rev := &r.chat, revOf(e)
	b.tell(r, e)
	// What came before, or may have, is told once more; whoever made it is answered when the answer comes.
	if c.known && rev > c.seen && e.Origin.Ref != "" {
		if origin := b.origin(r, e); origin != nil {
			if _, ok := c.changes.owed[rev]; ok {
				delete(c.changes.owed, rev)
			} else {
				c.changes.told.expect(answer{e.Origin, rev})
			}
			origin.ReplyChat(e.Origin.Ref, e.Event, []byte(e.Data), 0, e.Offset)
		}
	}
	c.seen = max(c.seen, rev)
	switch {
	case !c.known:
	case rev == c.rev+1:
		c.rev = rev
	case rev > c.rev+1 && !c.filling:
		b.fill(r, c.newest())
	}
	if !c.filling {
		b.answerChanges(r, c.seen)
	}
}

// pairedChange tells whether whoever made a change hears e as the change itself.
func (b *Bus) pairedChange(r *room, e wire.Envelope) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, rev := &r.chat, revOf(e)
	if c.changes.told.take(answer{e.Origin, rev}) {
		return true
	}
	if !c.known || rev <= c.seen || rev <= c.rev || b.origin(r, e) == nil || len(c.changes.owed) == maxUnpaired {
		return false // a repeat, or somebody who does not listen
	}
	if c.changes.owed == nil {
		c.changes.owed = map[int64]wire.Envelope{}
	}
	c.changes.owed[rev] = e
	return true
}

// answerChanges answers those who made changes up to rev of which the room was told in another way. The caller holds r.mu.
func (b *Bus) answerChanges(r *room, rev int64) {
	for n, e := range r.chat.changes.owed {
		if n > rev {
			continue
		}
		delete(r.chat.changes.owed, n)
		if origin := b.origin(r, e); origin != nil {
			origin.ReplyChat(e.Origin.Ref, e.Event, []byte(e.Data), 0, "")
		}
	}
}

// revOf is a change's number, 0 if it is none.
func revOf(e wire.Envelope) int64 {
	var m struct {
		Rev int64 `json:"rev"`
	}
	_ = json.Unmarshal([]byte(e.Data), &m)
	return m.Rev
}
