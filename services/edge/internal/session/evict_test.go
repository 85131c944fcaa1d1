package session

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/hub"
)

// evictingRooms has somebody removed from the room in the moment in which they
// have taken their seat.
type evictingRooms struct{ closed int }

func (*evictingRooms) Authorize(context.Context, string, string) (Room, error) {
	return Room{ID: "r"}, nil
}
func (*evictingRooms) Open(string)                    {}
func (r *evictingRooms) Close(string)                 { r.closed++ }
func (*evictingRooms) Leave(string, hub.Member)       {}
func (*evictingRooms) Announce(string, wire.Envelope) {}
func (*evictingRooms) Enter(_ context.Context, _, _ string, m hub.Member) error {
	m.(*Seat).Evict()
	return nil
}

type notedPresence struct {
	modelPresence
	notes []string
}

func (p *notedPresence) Enter(_, _, _, _ string, entered *atomic.Bool) {
	entered.Store(true)
	p.notes = append(p.notes, "enter")
}
func (p *notedPresence) Exit(string, string, string, string) { p.notes = append(p.notes, "exit") }
func (p *notedPresence) Evict(string, string, string)        { p.notes = append(p.notes, "evict") }

// Presence must not hear of the arrival of a seat that is gone: nobody would take
// it back. Nor of the going of one that never came.
func TestAnEvictedSeatDoesNotArrive(t *testing.T) {
	t.Parallel()
	presence, rooms := &notedPresence{}, &evictingRooms{}
	w := &modelWorld{}
	m := New(Config{EdgeID: "e1"}, Deps{Door: w, Rooms: rooms, Commands: w, Presence: presence, Log: zap.NewNop(), Registry: prometheus.NewRegistry()})
	w.way = byHandshake // the door knows of a room
	s, err := m.Open(context.Background(), &modelClient{}, Handshake{Token: "t"})
	if err != nil {
		t.Fatal(err)
	}
	s.end(false)
	if len(presence.notes) != 0 || rooms.closed != 1 {
		t.Errorf("presence was told %v; the room was closed %d times", slices.Clone(presence.notes), rooms.closed)
	}
}
