package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

// Whoever leaves a room and comes back in the same breath is there at the end: the
// others hear of both, in that order.
func TestLeavingAndComingBackAtOnce(t *testing.T) {
	both(t, func(t *testing.T, w *world, _ *edge, connect func(string) *socket) {
		w.room("r1", "ana", "bor")
		ana, bor := connect("ana"), connect("bor")
		ana.join("r1")
		bor.join("r1")
		hear(ana, wire.EventUserJoined, ofUser("bor"))
		ofBor := func() (said []string) {
			ana.mu.Lock()
			defer ana.mu.Unlock()
			for _, f := range ana.heard {
				if slices.Contains([]string{wire.EventUserJoined, wire.EventUserLeft, wire.EventUserOnline, wire.EventUserOffline}, f.Type) && strings.Contains(string(f.Data), `"bor"`) {
					said = append(said, f.Type)
				}
			}
			return said
		}
		before := len(ofBor())
		for range 5 {
			bor.emit(wire.EventLeaveRoom, wire.RoomRef{RoomID: "r1"}, "")
			bor.emit(wire.EventJoinRoom, wire.RoomRef{RoomID: "r1"}, "")
		}
		testenv.Eventually(t, 5*time.Second, "not everything was said", func() bool { return len(ofBor()) == before+15 })
		for i, round := range slices.Collect(slices.Chunk(ofBor()[before:], 3)) {
			if !slices.Equal(round, []string{wire.EventUserLeft, wire.EventUserOnline, wire.EventUserJoined}) {
				t.Errorf("in round %d ana heard %v", i, round)
			}
		}
	})
}
