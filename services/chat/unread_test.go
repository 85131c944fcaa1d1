package main

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

// shown is what a member's list of rooms would tell: -1 = nothing.
func (b *bed) shown(room, user string) int64 {
	b.t.Helper()
	fields, err := b.redis.Do(b.t.Context(), b.redis.B().Hmget().Key(wire.KeyTally(room)).Field(wire.TallyAll, wire.TallyOf(user)).Build()).ToArray()
	if err != nil {
		b.t.Fatal(err)
	}
	all, err := fields[0].AsInt64()
	if err != nil {
		return -1
	}
	own, _ := fields[1].AsInt64()
	return all - own
}

func (b *bed) shows(room, user string, want int64) {
	b.t.Helper()
	testenv.Eventually(b.t, 5*time.Second, user+" has "+strconv.FormatInt(want, 10)+" unread, shown are "+strconv.FormatInt(b.shown(room, user), 10),
		func() bool { return b.shown(room, user) == want })
}

func TestUnreadCounts(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room := b.room("ann", "bob", "cat")
	replies := b.listen(wire.ChannelReplies(edgeID))
	_, stop := b.replica()
	all := func(ann, bob, cat int64) {
		t.Helper()
		b.shows(room, "ann", ann)
		b.shows(room, "bob", bob)
		b.shows(room, "cat", cat)
	}
	read := func(user string, seq int64) {
		t.Helper()
		into[wire.MessageRead](t, b.do(replies, wire.CommandRead, room, user, wire.MarkRead{Seq: seq}), wire.EventMessageRead)
	}
	b.tell(wire.RoomEvent{ID: 1, Type: wire.RoomEventCreated, RoomID: room})
	all(0, 0, 0)
	first := b.said(replies, room, "ann", "1")
	b.said(replies, room, "ann", "2")
	b.note(room, wire.SystemMessage{Key: "k", Kind: wire.SystemJoined, Text: "Cat joined", UserID: "cat"})
	b.said(replies, room, "bob", "4")
	all(1, 2, 3)
	read("bob", 4) // the newest
	all(1, 0, 3)
	read("cat", 2) // in the middle
	all(1, 0, 1)
	b.said(replies, room, "cat", "5")
	all(2, 1, 1) // one's own does not count, and says nothing of the others
	into[wire.MessageDeleted](t, b.do(replies, wire.CommandDelete, room, "ann", wire.DeleteMessage{MessageID: first.ID}), wire.EventMessageDeleted)
	all(2, 1, 1) // who has read it does not miss it
	if err := b.redis.Do(t.Context(), b.redis.B().Del().Key(wire.KeyTally(room)).Build()).Error(); err != nil {
		t.Fatal(err)
	}
	if n := b.shown(room, "ann"); n != -1 {
		t.Fatalf("%d of nothing", n)
	}
	b.said(replies, room, "ann", "6") // Redis has lost it: it is counted anew
	all(2, 2, 2)
	if err := b.redis.Do(t.Context(), b.redis.B().Del().Key(wire.KeyTally(room)).Build()).Error(); err != nil {
		t.Fatal(err)
	}
	b.do(replies, wire.CommandHistory, room, "ann", wire.HistoryRequest{Limit: 1}) // as an edge asks when somebody comes
	all(2, 2, 2)
	stop()
	b.replica() // another owner goes on
	b.said(replies, room, "bob", "7")
	all(3, 2, 3)
	read("ann", 99)
	all(0, 2, 3)
	b.tell(wire.RoomEvent{ID: 2, Type: wire.RoomEventClosed, RoomID: room})
	b.shows(room, "ann", -1)
}

// Whatever happens in a room, what its tally shows is what counting would give.
func TestUnreadCountsAreWhatCountingGives(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	people := []string{"ann", "bob", "cat"}
	room := b.room(people...)
	replies := b.listen(wire.ChannelReplies(edgeID))
	base, _ := b.replica()
	counted := func(user string) int64 {
		t.Helper()
		var u wire.UnreadResponse
		if status, body := b.call("GET", base+"/api/rooms/"+room+"/messages/unread", b.bearer(user), ""); status != 200 || json.Unmarshal(body, &u) != nil {
			t.Fatalf("%d %s", status, body)
		}
		return u.Unread
	}
	random := rand.New(rand.NewPCG(7, 7))
	mine := map[string][]string{}
	last := int64(0)
	for step := range 120 {
		user := people[random.IntN(len(people))]
		switch what := random.IntN(10); {
		case what < 5:
			m := b.said(replies, room, user, "text")
			mine[user], last = append(mine[user], m.ID), m.Seq
		case what < 7 && last > 0:
			b.do(replies, wire.CommandRead, room, user, wire.MarkRead{Seq: 1 + random.Int64N(last+1)})
		case what == 7 && len(mine[user]) > 0:
			id := mine[user][random.IntN(len(mine[user]))]
			b.do(replies, wire.CommandDelete, room, user, wire.DeleteMessage{MessageID: id})
		case what == 8:
			b.note(room, wire.SystemMessage{Key: strconv.Itoa(step), Kind: wire.SystemArrived, Text: "Arrived", UserID: user})
		case what == 9 && step%3 == 0:
			if err := b.redis.Do(t.Context(), b.redis.B().Del().Key(wire.KeyTally(room)).Build()).Error(); err != nil {
				t.Fatal(err)
			}
			b.do(replies, wire.CommandHistory, room, user, wire.HistoryRequest{Limit: 1})
		}
		if step%8 == 0 && last > 0 {
			for _, u := range people {
				b.shows(room, u, counted(u))
			}
		}
	}
}
