package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

// chat is a chat service that keeps its messages in memory.
type chat struct {
	mu       sync.Mutex
	messages map[string][]json.RawMessage
	changed  map[string][]json.RawMessage // by rev
	edits    map[string]wire.Envelope     // what rooms are told of them, by the id of the request
	mute     bool                         // keeps messages to itself, like a Pub/Sub that loses them
	silent   bool                         // answers nobody who asks for history
	twice    bool                         // answers them twice, as whoever was asked twice
}

func (w *world) serveChat() *chat {
	c := &chat{messages: map[string][]json.RawMessage{}, changed: map[string][]json.RawMessage{}, edits: map[string]wire.Envelope{}}
	w.serve(wire.ServiceChat, func(cmd wire.Command) {
		switch cmd.Type {
		case wire.CommandSend:
			c.take(w, cmd)
		case wire.CommandEdit:
			c.edit(w, cmd)
		case wire.CommandHistory:
			c.mu.Lock()
			silent, twice := c.silent, c.twice
			c.mu.Unlock()
			if silent {
				return
			}
			answer := wire.Envelope{Event: wire.EventChatHistory, Class: wire.ClassOrdered, Origin: cmd.Origin, Data: c.page(w, cmd)}
			w.publish(wire.ChannelReplies(cmd.Origin.EdgeID), answer)
			if twice {
				w.publish(wire.ChannelReplies(cmd.Origin.EdgeID), answer)
			}
		}
	})
	return c
}

func (c *chat) take(w *world, cmd wire.Command) {
	var m wire.SendMessage
	if err := json.Unmarshal([]byte(cmd.Data), &m); err != nil {
		w.t.Error(err)
	}
	c.mu.Lock()
	seq := int64(len(c.messages[cmd.RoomID]) + 1)
	raw, _ := json.Marshal(wire.Message{ID: strconv.FormatInt(seq, 10), RoomID: cmd.RoomID, UserID: cmd.UserID, Content: m.Content, Seq: seq})
	c.messages[cmd.RoomID] = append(c.messages[cmd.RoomID], raw)
	mute := c.mute
	c.mu.Unlock()
	if mute {
		return
	}
	e := wire.Envelope{Event: wire.EventNewMessage, Class: wire.ClassOrdered, UserID: cmd.UserID, Origin: cmd.Origin, Seq: seq, Data: string(raw)}
	w.log(cmd.RoomID, e)
	if cmd.Origin.Ref != "" {
		w.publish(wire.ChannelReplies(cmd.Origin.EdgeID), e)
	}
}

// edit changes a message, or deletes it if there is no text.
func (c *chat) edit(w *world, cmd wire.Command) {
	var e wire.EditMessage
	if err := json.Unmarshal([]byte(cmd.Data), &e); err != nil {
		w.t.Error(err)
	}
	c.mu.Lock()
	rev := int64(len(c.changed[cmd.RoomID]) + 1)
	seq, _ := strconv.ParseInt(e.MessageID, 10, 64)
	m := wire.Message{ID: e.MessageID, RoomID: cmd.RoomID, UserID: cmd.UserID, Content: e.Content, Seq: seq, Rev: rev}
	event, now := wire.EventMessageEdited, wire.At(time.Now())
	if e.Content == "" {
		event, m.DeletedAt, m.DeletedBy = wire.EventMessageDeleted, &now, cmd.UserID
	}
	raw, _ := json.Marshal(m)
	c.messages[cmd.RoomID][seq-1] = raw
	c.changed[cmd.RoomID] = append(c.changed[cmd.RoomID], raw)
	told := wire.Envelope{Event: event, Class: wire.ClassOrdered, UserID: cmd.UserID, Origin: cmd.Origin, Data: string(raw)}
	c.edits[cmd.Origin.Ref] = told
	mute := c.mute
	c.mu.Unlock()
	if !mute {
		w.log(cmd.RoomID, told)
	}
}

func (c *chat) page(w *world, cmd wire.Command) string {
	var q wire.HistoryRequest
	if err := json.Unmarshal([]byte(cmd.Data), &q); err != nil {
		w.t.Error(err)
	}
	if cmd.UserID == "" {
		w.t.Error("history was asked for by nobody")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.messages[cmd.RoomID]
	h := wire.ChatHistory{RoomID: cmd.RoomID, Messages: []json.RawMessage{}}
	if q.After == nil {
		h.Messages = append(h.Messages, all[max(0, len(all)-q.Limit):]...)
	} else {
		rest := all[min(int(*q.After), len(all)):]
		h.Messages = append(h.Messages, rest[:min(3, len(rest))]...) // small pages, to see that all are read
		h.HasMore = len(rest) > 3
	}
	h.Rev = int64(len(c.changed[cmd.RoomID]))
	if q.AfterRev != nil {
		rest := c.changed[cmd.RoomID][min(int(*q.AfterRev), int(h.Rev)):]
		if h.HasMoreChanged = len(rest) > 3; h.HasMoreChanged {
			rest, h.Rev = rest[:3], *q.AfterRev+3
		}
		h.Changed = rest
	}
	raw, _ := json.Marshal(h)
	return string(raw)
}

func (c *chat) setMute(mute bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mute = mute
}

func (c *chat) setSilent(silent bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.silent = silent
}

func (c *chat) changes(room string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.changed[room])
}

func (c *chat) count(room string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.messages[room])
}

// seqs lists the chat that a socket got, in the order it did.
func (s *socket) seqs() []int64 {
	var all []int64
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.heard {
		switch f.Type {
		case wire.EventNewMessage:
			var m wire.Message
			_ = json.Unmarshal(f.Data, &m)
			all = append(all, m.Seq)
		case wire.EventChatHistory:
			var h struct{ Messages []wire.Message }
			_ = json.Unmarshal(f.Data, &h)
			for _, m := range h.Messages {
				all = append(all, m.Seq)
			}
		}
	}
	return all
}

func (s *socket) hasExactly(from, to int64) {
	s.t.Helper()
	testenv.Eventually(s.t, 10*time.Second, "chat is missing", func() bool { return len(s.seqs()) >= int(to-from)+1 })
	s.settle()
	got, want := s.seqs(), []int64(nil)
	for i := from; i <= to; i++ {
		want = append(want, i)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		s.t.Errorf("chat %v, want %v", got, want)
	}
}

func (s *socket) say(room, id string) {
	s.t.Helper()
	s.emit(wire.EventSendMessage, wire.SendMessage{RoomID: room, Content: "hello"}, id)
}

// A message and the answer to its sender come on two channels; the sender hears
// one event, with its id.
func TestSendersHearTheirMessageOnce(t *testing.T) {
	both(t, func(t *testing.T, w *world, _ *edge, connect func(string) *socket) {
		w.serveChat()
		w.room("r1", "ana")
		ana := connect("ana")
		ana.join("r1")
		const n = 25
		for i := range n {
			ana.say("r1", strconv.Itoa(i))
		}
		ana.hasExactly(1, n)
		if ana.sio {
			acks := 0
			for i := range n {
				acks += countPrefix(ana, "43"+strconv.Itoa(i)+"[")
			}
			if acks != n {
				t.Errorf("%d callbacks were called, want %d", acks, n)
			}
			return
		}
		for i, f := range ana.all(wire.EventNewMessage) {
			if f.ID != strconv.Itoa(i) {
				t.Errorf("message %d answers %q", i, f.ID)
			}
		}
	})
}

func countPrefix(s *socket, prefix string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, f := range s.heard {
		if len(f.Type) >= len(prefix) && f.Type[:len(prefix)] == prefix {
			n++
		}
	}
	return n
}

// Whoever comes back with the last number it has gets exactly what it missed,
// then what happens from now on.
func TestResume(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serveChat()
	w.room("r1", "ana", "bor")
	a, b := w.edge(nil), w.edge(nil)
	ana := a.native(t, w.token("ana", time.Hour))
	ana.join("r1")
	for range 10 {
		ana.say("r1", "")
	}
	ana.hasExactly(1, 10)
	t.Run("join-room", func(t *testing.T) {
		bor := b.native(t, w.token("bor", time.Hour))
		for range 5 {
			ana.say("r1", "")
		}
		bor.emit(wire.EventJoinRoom, `{"roomId":"r1","lastSeq":2}`, "")
		for range 5 {
			ana.say("r1", "")
		}
		// Some may have come live between the connect and join-room: the rest is
		// what was missed.
		testenv.Eventually(t, 10*time.Second, "chat is missing", func() bool { return len(bor.seqs()) >= 18 })
		bor.settle()
		seen := map[int64]int{}
		for _, seq := range bor.seqs() {
			seen[seq]++
		}
		for seq := int64(3); seq <= 20; seq++ {
			if seen[seq] != 1 {
				t.Errorf("message %d came %d times", seq, seen[seq])
			}
		}
		if len(seen) != 18 {
			t.Errorf("%d messages, want 18", len(seen))
		}
	})
	t.Run("handshake", func(t *testing.T) {
		bor := b.socketIO(t, `{"token":"`+w.token("bor", time.Hour)+`","lastSeq":{"r1":15}}`)
		hear[struct{}](bor, "connected", nil)
		for range 3 {
			ana.say("r1", "")
		}
		bor.hasExactly(16, 23)
	})
}

// An app that says in its handshake what it has, and then joins its room, is told
// what it missed before anything new all the same.
func TestJoiningDoesNotOvertakeAResume(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.serveChat()
	w.room("r1", "ana", "bor")
	e := w.edge(nil)
	ana := e.native(t, w.token("ana", time.Hour))
	ana.join("r1")
	for range 3 {
		ana.say("r1", "")
	}
	ana.hasExactly(1, 3)
	for name, join := range map[string]string{"without a number": `{"roomId":"r1"}`, "with one": `{"roomId":"r1","lastSeq":1}`} {
		c.setSilent(true) // what was missed takes its time
		bor := e.socketIO(t, `{"token":"`+w.token("bor", time.Hour)+`","lastSeq":{"r1":1}}`)
		hear[struct{}](bor, "connected", nil)
		bor.emit(wire.EventJoinRoom, join, "")
		bor.settle()
		before := c.count("r1")
		ana.say("r1", "")
		testenv.Eventually(t, 5*time.Second, "the message did not arrive", func() bool { return len(ana.seqs()) == before+1 })
		bor.settle()
		if got := bor.seqs(); len(got) != 0 {
			t.Errorf("%s: chat %v came before what was missed", name, got)
		}
		c.setSilent(false)
	}
}

// Chat that is published while Redis' connection is away is made up for.
func TestChatHasNoGapsAfterAnOutage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.serveChat()
	w.room("r1", "ana", "bor")
	e := w.edge(nil)
	ana := e.native(t, w.token("ana", time.Hour))
	ana.join("r1")
	ana.say("r1", "")
	ana.hasExactly(1, 1)
	c.setMute(true)
	for range 8 {
		ana.say("r1", "")
	}
	testenv.Eventually(t, 5*time.Second, "the messages did not arrive", func() bool { return c.count("r1") == 9 })
	w.do(w.redis.B().ClientKill().TypePubsub().Build()) // every edge subscribes again
	ana.hasExactly(1, 9)
	ana.say("r1", "")
	testenv.Eventually(t, 5*time.Second, "the message did not arrive", func() bool { return c.count("r1") == 10 })
	c.setMute(false)
	ana.say("r1", "") // comes after one that was lost
	ana.hasExactly(1, 11)
}

// Changes of messages that are published while Redis' connection is away are made
// up for, and so is one that is not published at all as soon as the next one is;
// also if what is asked for is answered twice.
func TestChangesHaveNoGapsAfterAnOutage(t *testing.T) {
	t.Parallel()
	for name, twice := range map[string]bool{"answered once": false, "answered twice": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changesAfterAnOutage(t, twice)
		})
	}
}

func changesAfterAnOutage(t *testing.T, twice bool) {
	w := newWorld(t)
	c := w.serveChat()
	c.twice = twice
	w.room("r1", "ana", "bor")
	e := w.edge(nil)
	ana := e.native(t, w.token("ana", time.Hour))
	ana.join("r1")
	for range 9 {
		ana.say("r1", "")
	}
	ana.hasExactly(1, 9)
	change := func(id, content string) {
		t.Helper()
		before := c.changes("r1")
		ana.emit(wire.EventEditMessage, wire.EditMessage{RoomID: "r1", MessageID: id, Content: content}, "")
		testenv.Eventually(t, 5*time.Second, "the change did not arrive", func() bool { return c.changes("r1") == before+1 })
	}
	knows := func(revs ...int64) {
		t.Helper()
		testenv.Eventually(t, 5*time.Second, fmt.Sprint("changes are missing of ", revs), func() bool {
			heard := map[int64]bool{}
			for _, f := range append(ana.all(wire.EventMessageEdited), ana.all(wire.EventMessageDeleted)...) {
				var m wire.Message
				_ = json.Unmarshal(f.Data, &m)
				heard[m.Rev] = true
			}
			for _, rev := range revs {
				if !heard[rev] {
					return false
				}
			}
			return true
		})
	}
	change("1", "one")
	knows(1)
	c.setMute(true)
	for i := 2; i <= 6; i++ {
		change(strconv.Itoa(i), "changed")
	}
	change("7", "") // a deletion
	w.do(w.redis.B().ClientKill().TypePubsub().Build())
	knows(1, 2, 3, 4, 5, 6, 7)
	if gone := ana.all(wire.EventMessageDeleted); len(gone) != 1 || !strings.Contains(string(gone[0].Data), `"deletedBy":"ana"`) {
		t.Errorf("deletions %v", gone)
	}
	change("8", "nobody hears it")
	c.setMute(false)
	change("9", "the next")
	knows(8, 9)
	ana.say("r1", "")
	ana.hasExactly(1, 10)
}

// Chat that cannot say what was missed says it when it can, although nobody
// speaks in between.
func TestChatThatWasMissedComesLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.serveChat()
	w.room("r1", "ana", "bor")
	e := w.edge(nil)
	ana := e.native(t, w.token("ana", time.Hour))
	ana.join("r1")
	ana.say("r1", "")
	ana.hasExactly(1, 1)
	c.setMute(true)
	c.setSilent(true)
	ana.say("r1", "")
	testenv.Eventually(t, 5*time.Second, "the message did not arrive", func() bool { return c.count("r1") == 2 })
	w.do(w.redis.B().ClientKill().TypePubsub().Build())
	time.Sleep(8 * time.Second) // longer than all tries that a room waits for
	if n := len(ana.seqs()); n != 1 {
		t.Fatalf("%d messages came from nowhere", n)
	}
	c.setSilent(false)
	ana.hasExactly(1, 2)
}

// Chat that leaves commands unread cannot work: who sends more hears so at once,
// and positions go on.
func TestStalledChatIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room("r1", "ana")
	ana := w.edge(nil).native(t, w.token("ana", time.Hour))
	ana.say("r1", "")
	lat, lng := 1.0, 2.0
	move := func(id string) {
		ana.emit(wire.EventLocationUpdate, wire.LocationUpdate{RoomID: "r1", Latitude: &lat, Longitude: &lng}, id)
	}
	move("")
	testenv.Eventually(t, 10*time.Second, "chat is taken although nobody reads it", func() bool {
		time.Sleep(200 * time.Millisecond)
		ana.say("r1", "late")
		ana.settle()
		return len(ana.all(wire.EventError)) > 0
	})
	if got := hear(ana, wire.EventError, withCode(wire.CodeUnavailable)); got.RetryAfterMs == 0 || got.Event != wire.EventSendMessage {
		t.Errorf("refused with %+v", got)
	}
	move("here")
	ana.settle()
	for _, f := range ana.all(wire.EventError) {
		if f.ID == "here" {
			t.Errorf("a position was refused: %s", f.Data)
		}
	}
	// Whoever reads on takes chat again.
	w.serveChat()
	testenv.Eventually(t, 10*time.Second, "chat is not taken again", func() bool {
		time.Sleep(200 * time.Millisecond)
		ana.say("r1", "")
		ana.settle()
		return len(ana.seqs()) > 0
	})
}
