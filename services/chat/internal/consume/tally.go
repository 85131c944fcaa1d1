package consume

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/wemaps/wemaps/services/chat/internal/message"
	"github.com/wemaps/wemaps/services/chat/internal/publish"
)

// Tallies shows how much is unread; see store.Tallies.
type Tallies interface {
	Write(ctx context.Context, whole []*message.Tally, others map[*message.Tally][]string) (lost []*message.Tally, err error)
	Made(ctx context.Context, rooms []string) ([]time.Time, error)
}

const (
	// tallyLife is how long a tally may go on without being counted afresh:
	// messages grow too old to be read meanwhile.
	tallyLife = 10 * time.Minute
	// tallyRooms bounds the memory; past it all are counted afresh on demand.
	tallyRooms = 20_000
	// tallyTimeout bounds a round: what cannot be shown now is owed.
	tallyTimeout = 2 * time.Second
	// tallyPause is between two rounds under load, where many messages of a room
	// cost one command then. A batch of less than tallyBatch is no load.
	tallyPause = 250 * time.Millisecond
	tallyBatch = 32
)

// tallies keeps the tallies of a partition's rooms. It works after a batch's
// messages were told, and its failures cost no more than a late number.
type tallies struct {
	log     Log
	shown   Tallies
	now     func() time.Time
	onError func(error)

	known map[string]*message.Tally
	moved map[*message.Tally][]string // by whom; not shown yet
	owed  map[string]struct{}         // rooms to be counted afresh
	last  time.Time                   // the last round
}

func newTallies(log Log, d Deps) *tallies {
	return &tallies{log: log, shown: d.Tallies, now: d.Now, onError: d.OnError,
		known: map[string]*message.Tally{}, moved: map[*message.Tally][]string{}, owed: map[string]struct{}{}}
}

// doubt has the room counted afresh.
func (t *tallies) doubt(roomID string) {
	delete(t.moved, t.known[roomID])
	delete(t.known, roomID)
	t.owed[roomID] = struct{}{}
}

// current is the room's tally, if there is one that has not aged.
func (t *tallies) current(roomID string) *message.Tally {
	m := t.known[roomID]
	if m == nil || t.now().Sub(m.Made) > tallyLife {
		t.doubt(roomID)
		return nil
	}
	return m
}

func (t *tallies) said(sent []publish.Sent) {
	for i := range sent {
		s := &sent[i]
		switch s.Outcome {
		case message.Repeated:
		case message.Redelivered: // counted before, or not
			t.doubt(s.RoomID)
		case message.New:
			if s.System() { // is not counted, and so is no reason to count
				continue
			}
			if m := t.current(s.RoomID); m != nil {
				m.Said(s.UserID)
				t.move(m, s.UserID)
			}
		}
	}
}

func (t *tallies) move(m *message.Tally, user string) {
	if !slices.Contains(t.moved[m], user) {
		t.moved[m] = append(t.moved[m], user)
	}
}

func (t *tallies) changed(made []publish.Change) {
	for i := range made {
		if c := &made[i]; c.Change.Kind == message.Delete && c.Outcome != message.Repeated {
			t.doubt(c.RoomID)
		}
	}
}

// read is called after said, so that what was read last is the room's newest.
func (t *tallies) read(reads []publish.Read, last func(roomID string) int64) {
	for i := range reads {
		r := &reads[i]
		if !r.Moved {
			continue
		}
		m := t.current(r.RoomID)
		if m == nil {
			continue
		}
		if r.Seq < last(r.RoomID) {
			t.doubt(r.RoomID)
			continue
		}
		m.ReadAll(r.UserID)
		t.move(m, r.UserID)
	}
}

// asked is called with rooms that somebody looks at. Their tallies are counted
// if there are none: Redis may have lost them, or time.
func (t *tallies) asked(ctx context.Context, rooms []string) {
	if len(rooms) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, tallyTimeout)
	defer cancel()
	made, err := t.shown.Made(ctx, rooms)
	if err != nil {
		t.onError(err)
		return
	}
	for i, at := range made {
		m := t.known[rooms[i]]
		if t.now().Sub(at) > tallyLife || m != nil && m.Made.UnixMilli() != at.UnixMilli() {
			t.doubt(rooms[i])
		}
	}
}

// after is settle after a batch of so many commands.
func (t *tallies) after(ctx context.Context, batch int) {
	if batch < tallyBatch || t.now().Sub(t.last) >= tallyPause {
		t.settle(ctx)
	}
}

// settle shows what has changed. What fails is owed.
func (t *tallies) settle(ctx context.Context) {
	if len(t.owed)+len(t.moved) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, tallyTimeout)
	defer cancel()
	t.last = t.now()
	for rounds := 0; len(t.owed)+len(t.moved) > 0 && rounds < 2; rounds++ {
		if err := t.show(ctx); err != nil {
			t.onError(err)
			return
		}
	}
	if len(t.known) > tallyRooms {
		clear(t.known)
	}
}

func (t *tallies) show(ctx context.Context) error {
	var whole []*message.Tally
	if len(t.owed) > 0 {
		counted, err := t.log.Tally(ctx, slices.Collect(maps.Keys(t.owed)))
		if err != nil {
			return err
		}
		whole = slices.Collect(maps.Values(counted))
	}
	lost, err := t.shown.Write(ctx, whole, t.moved)
	for m := range t.moved {
		if err != nil {
			t.doubt(m.RoomID)
		}
	}
	clear(t.moved)
	if err != nil {
		return err
	}
	for _, m := range whole {
		t.known[m.RoomID] = m
		delete(t.owed, m.RoomID)
	}
	for _, m := range lost {
		t.doubt(m.RoomID)
	}
	return nil
}
