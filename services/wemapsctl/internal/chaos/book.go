package chaos

import (
	"time"

	"github.com/wemaps/wemaps/libs/wire"
)

// book is what one client was told about one room, over all its connections.
// Its owner guards it.
type book struct {
	client, room string
	verdict      *verdict

	got    map[int64]string // seq → message id
	system map[string]bool  // ids of what nobody has said
	upTo   int64            // all up to here are there
	gapAt  time.Time        // since when something is missing before what is there
	acked  map[string]ack   // by clientId
	fixes  map[string]fix   // newest heard, by user
	stale  int              // fixes that came after a newer one

	changes changes

	// Of the present connection.
	told    map[int64]bool
	lastNew int64 // seq of the last new-message
	lastOld int64 // seq of the last of a history page
	inOrder bool  // pages come before everything live
}

type ack struct {
	seq     int64
	id      string
	content string
	at      time.Time
}

type fix struct {
	recorded time.Time
	latitude float64
}

func newBook(client, room string, v *verdict) *book {
	b := &book{client: client, room: room, verdict: v, got: map[int64]string{}, system: map[string]bool{}, acked: map[string]ack{}, fixes: map[string]fix{}, changes: newChanges()}
	b.reconnected(false)
	return b
}

// reconnected starts a new connection. inOrder says that it asked for what it
// missed in its handshake, so that this must come before anything new.
func (b *book) reconnected(inOrder bool) {
	b.told, b.lastNew, b.lastOld, b.inOrder = map[int64]bool{}, 0, 0, inOrder
}

// ack notes the answer to the client's own message. The first answer to a
// message that was sent once is its delivery, at its place in the order. Of a
// message that was sent again the client may have heard long ago, or hear in a
// page that is under way.
func (b *book) ack(m wire.Message, sentOnce bool, now time.Time) {
	if old, ok := b.acked[m.ClientID]; ok && (old.seq != m.Seq || old.id != m.ID) {
		b.verdict.add(kindDoubled, b.client, b.room, "clientId %s acked as seq %d (%s) and as seq %d (%s)", m.ClientID, old.seq, old.id, m.Seq, m.ID)
	} else if !ok {
		b.acked[m.ClientID] = ack{m.Seq, m.ID, m.Content, now}
	}
	if sentOnce && !b.told[m.Seq] {
		b.live(m)
		return
	}
	b.know(m)
}

// live notes a new-message.
func (b *book) live(m wire.Message) {
	if b.told[m.Seq] {
		b.verdict.add(kindDoubled, b.client, b.room, "seq %d (%s) told twice on one connection", m.Seq, m.ID)
	} else if m.Seq < b.lastNew {
		b.verdict.add(kindDisorder, b.client, b.room, "seq %d (%s) told after seq %d", m.Seq, m.ID, b.lastNew)
	}
	b.lastNew = max(b.lastNew, m.Seq)
	b.note(m)
}

// noted notes a system message. In a resume it looks like a live one, so that
// its order can only be judged where all comes in order.
func (b *book) noted(m wire.Message) {
	if b.inOrder || b.told[m.Seq] {
		b.live(m)
		return
	}
	b.note(m)
}

// page notes a page of history that came for a resume.
func (b *book) page(messages []wire.Message) {
	for _, m := range messages {
		if b.told[m.Seq] {
			b.verdict.add(kindDoubled, b.client, b.room, "seq %d (%s) told twice on one connection, then in a page", m.Seq, m.ID)
		} else if m.Seq < b.lastOld || b.inOrder && m.Seq < b.lastNew {
			b.verdict.add(kindDisorder, b.client, b.room, "seq %d (%s) in a page after seq %d", m.Seq, m.ID, max(b.lastOld, b.lastNew))
		}
		b.lastOld = max(b.lastOld, m.Seq)
		b.note(m)
	}
}

// note notes a message that was told unasked.
func (b *book) note(m wire.Message) {
	b.told[m.Seq] = true
	b.know(m)
}

// know notes that a message exists.
func (b *book) know(m wire.Message) {
	if id, ok := b.got[m.Seq]; ok && id != m.ID {
		b.verdict.add(kindDisorder, b.client, b.room, "seq %d is %s and was %s", m.Seq, m.ID, id)
	}
	b.got[m.Seq] = m.ID
	b.changes.now(m.ID, lookOf(m))
	if m.Kind != "" {
		b.system[m.ID] = true
	}
	for b.got[b.upTo+1] != "" {
		b.upTo++
	}
	switch missing := len(b.got) > int(b.upTo); {
	case !missing:
		b.gapAt = time.Time{}
	case b.gapAt.IsZero():
		b.gapAt = time.Now()
	}
}

// position notes a fix and tells whether it is the newest.
func (b *book) position(l wire.Location) bool {
	if old, ok := b.fixes[l.UserID]; ok && l.RecordedAt.Before(old.recorded) {
		b.stale++
		return false
	}
	b.fixes[l.UserID] = fix{l.RecordedAt.Time, l.Latitude}
	return true
}
