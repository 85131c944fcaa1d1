package socketio

import (
	"encoding/json"
	"errors"
	"sync"
	"time"
)

// Errors of acks that this side waits for.
var (
	ErrAckTimeout = errors.New("the client did not acknowledge in time")
	ErrClosed     = errors.New("the socket is closed")
)

// Event is what a client has sent. Args and Attachments are valid until
// Handler.Event returns.
type Event struct {
	Name        string
	Args        []json.RawMessage // without the name
	Attachments [][]byte          // which placeholders in Args stand for

	socket *Socket
	id     int64
}

// AckID returns the id of the ack that the client waits for, and whether it does.
func (e Event) AckID() (id int64, wanted bool) { return e.id, e.id >= 0 }

// Ack calls the client's callback, if it gave one. Call it at most once.
func (e Event) Ack(o Outgoing) error {
	if e.id < 0 {
		return nil
	}
	return e.socket.SendAck(e.id, o)
}

// SendAck answers the event that had this id, also after Handler.Event has returned.
func (s *Socket) SendAck(id int64, o Outgoing) error { return s.send(Ack, id, nil, o) }

// AckFunc gets the client's answer, or an error: ErrAckTimeout or ErrClosed. args
// and attachments are valid until it returns. It must not block.
type AckFunc func(args []json.RawMessage, attachments [][]byte, err error)

// ackTable holds the callbacks of one socket; nil until the first one.
type ackTable struct {
	mu      sync.Mutex
	last    int64
	waiting map[int64]waiting
}

type waiting struct {
	done  AckFunc
	timer *time.Timer
}

// EmitWithAck sends an event and calls done once, if it returns nil: with the
// client's answer, or with an error after timeout or when the socket closes.
func (s *Socket) EmitWithAck(o Outgoing, timeout time.Duration, done AckFunc) error {
	s.mu.Lock()
	if s.acks == nil {
		s.acks = &ackTable{waiting: make(map[int64]waiting)}
	}
	t := s.acks
	s.mu.Unlock()
	id := t.add(done, timeout)
	if s.isClosed() {
		t.fail(ErrClosed)
		return nil
	}
	if err := s.emit(o, id); err != nil {
		if _, found := t.take(id); found {
			return err
		}
	}
	return nil
}

func (t *ackTable) add(done AckFunc, timeout time.Duration) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := t.last
	t.last++
	t.waiting[id] = waiting{done, time.AfterFunc(timeout, func() {
		if w, found := t.take(id); found {
			w.done(nil, nil, ErrAckTimeout)
		}
	})}
	return id
}

// take makes sure that only one of all who want to answer does.
func (t *ackTable) take(id int64) (waiting, bool) {
	if t == nil {
		return waiting{}, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	w, found := t.waiting[id]
	if found {
		delete(t.waiting, id)
		w.timer.Stop()
	}
	return w, found
}

// fail answers all.
func (t *ackTable) fail(err error) {
	if t == nil {
		return
	}
	t.mu.Lock()
	all := t.waiting
	t.waiting = make(map[int64]waiting)
	t.mu.Unlock()
	for _, w := range all {
		w.timer.Stop()
		w.done(nil, nil, err)
	}
}

// acked gets the client's answer; one that nobody waits for is ignored.
func (s *Socket) acked(id int64, args []json.RawMessage, attachments [][]byte) {
	s.mu.Lock()
	t := s.acks
	s.mu.Unlock()
	if w, found := t.take(id); found {
		w.done(args, attachments, nil)
	}
}
