package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/stack"
)

func TestChatWithTheOfficialClient(t *testing.T) {
	t.Parallel()
	npmInstall(t, "js")
	e := start(t, stack.Options{})
	proxy := checkAgainstOpenAPI(t, e.URL(0))
	cmd := exec.Command("node", "--test", "--test-reporter=spec", "chat.test.mjs")
	cmd.Dir = "js"
	cmd.Env = append(os.Environ(), "WEMAPS_URL="+proxy)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// ask sends an event and decodes its answer, of whatever name.
func ask[T any](t *testing.T, c *client, event, ref string, data any) (answered string, v T) {
	t.Helper()
	c.send(t, event, ref, data)
	testenv.Eventually(t, 10*time.Second, event+" was not answered", func() bool { event, _ := answer(t, c, ref); return event != "" })
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.heard {
		if f.ID == ref {
			if err := json.Unmarshal(f.Data, &v); err != nil {
				t.Fatalf("%s: %v: %s", f.Type, err, f.Data)
			}
			answered = f.Type
		}
	}
	return answered, v
}

func (c *client) says(t *testing.T, ref string, m wire.SendMessage) wire.Message {
	t.Helper()
	event, said := ask[wire.Message](t, c, wire.EventSendMessage, ref, m)
	if event != wire.EventNewMessage {
		t.Fatalf("%s was answered with %s", ref, event)
	}
	return said
}

// Two edges, two chats, native sockets: all that can happen to a message
// reaches the other side once.
func TestChatOverTheNativeProtocol(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{Replicas: map[string]int{"edge": 2, "chat": 2}})
	ana, bor := e.signIn(t), e.signIn(t)
	room := e.createRoom(t, ana)
	a := dial(t, e.URL(0), ana.token)
	a.join(t, room)
	e.joinRoom(t, bor, room)
	joined := await(t, a, wire.EventSystemMessage, func(m wire.Message) bool { return m.Kind == wire.SystemJoined && m.UserID == bor.ID })
	b := dial(t, e.URL(1), bor.token)
	b.join(t, room)

	first := a.says(t, "first", wire.SendMessage{RoomID: room.ID, Content: "first"})
	if first.Seq != joined.Seq+1 {
		t.Errorf("seq %d after system message %d", first.Seq, joined.Seq)
	}
	reply := b.says(t, "reply", wire.SendMessage{RoomID: room.ID, Content: "reply", ReplyTo: first.ID, Mentions: []string{ana.ID}})
	if m := await[wire.Mentioned](t, a, wire.EventMentioned, nil); m.MessageID != reply.ID || m.UserID != bor.ID || !slices.Equal(m.UserIDs, []string{ana.ID}) {
		t.Errorf("%+v", m)
	}
	if event, se := ask[wire.SocketError](t, a, wire.EventSendMessage, "nothing", wire.SendMessage{RoomID: room.ID, Content: "x", ReplyTo: room.ID}); event != wire.EventError || se.Code != wire.CodeMessageNotFound {
		t.Errorf("%s %+v", event, se)
	}
	if event, _ := ask[wire.Message](t, b, wire.EventEditMessage, "edit", wire.EditMessage{RoomID: room.ID, MessageID: reply.ID, Content: "edited"}); event != wire.EventMessageEdited {
		t.Error(event)
	}
	await(t, a, wire.EventMessageEdited, func(m wire.Message) bool {
		return m.ID == reply.ID && m.Content == "edited" && slices.Equal(m.Mentions, reply.Mentions)
	})
	if event, _ := ask[wire.MessageReaction](t, a, wire.EventReactToMessage, "react", wire.ReactToMessage{RoomID: room.ID, MessageID: reply.ID, Emoji: "🎉"}); event != wire.EventMessageReaction {
		t.Error(event)
	}
	await(t, b, wire.EventMessageReaction, func(m wire.MessageReaction) bool { return m.ID == reply.ID && m.UserID == ana.ID })
	ask[wire.MessageRead](t, a, wire.EventMarkRead, "read", wire.MarkRead{RoomID: room.ID, Seq: reply.Seq})
	await(t, b, wire.EventMessageRead, func(r wire.MessageRead) bool { return r.UserID == ana.ID && r.Seq == reply.Seq })
	a.send(t, wire.EventTyping, "", wire.Typing{RoomID: room.ID, IsTyping: true})
	await(t, b, wire.EventUserTyping, func(u wire.UserTyping) bool { return u.UserID == ana.ID && u.IsTyping })
	if event, _ := ask[wire.MessageDeleted](t, a, wire.EventDeleteMessage, "delete", wire.DeleteMessage{RoomID: room.ID, MessageID: reply.ID}); event != wire.EventMessageDeleted {
		t.Errorf("the owner may not delete: %s", event)
	}
	await(t, b, wire.EventMessageDeleted, func(m wire.MessageDeleted) bool { return m.ID == reply.ID && m.DeletedBy == ana.ID })
	for _, c := range []*client{a, b} {
		for event, want := range map[string]int{wire.EventNewMessage: 2, wire.EventMessageEdited: 1, wire.EventMessageReaction: 1, wire.EventMessageDeleted: 1} {
			if n := len(c.all(event)); n != want {
				t.Errorf("%d of %s, want %d", n, event, want)
			}
		}
	}

	// b goes, misses one of each, and comes back to the other edge.
	_, page := ask[wire.ChatHistory](t, b, wire.EventRequestChatHistory, "rev", wire.HistoryRequest{RoomID: room.ID, Limit: 1})
	_ = b.conn.Close()
	a.says(t, "missed", wire.SendMessage{RoomID: room.ID, Content: "missed"})
	cene := e.signIn(t)
	e.joinRoom(t, cene, room)
	await(t, a, wire.EventSystemMessage, func(m wire.Message) bool { return m.UserID == cene.ID })
	ask[wire.Message](t, a, wire.EventEditMessage, "away", wire.EditMessage{RoomID: room.ID, MessageID: first.ID, Content: "while away"})
	last := a.says(t, "last", wire.SendMessage{RoomID: room.ID, Content: "last"})
	b = dial(t, e.URL(0), bor.token)
	b.send(t, wire.EventJoinRoom, "", wire.RoomRef{RoomID: room.ID, LastSeq: &reply.Seq})
	testenv.Eventually(t, 10*time.Second, "the missed chat does not come", func() bool { return slices.Contains(b.chat(t), last.Seq) })
	if got, want := b.chat(t), []int64{reply.Seq + 1, reply.Seq + 2, reply.Seq + 3}; !slices.Equal(got, want) {
		t.Errorf("heard seqs %d, want %d", got, want)
	}
	_, changes := ask[wire.ChatHistory](t, b, wire.EventRequestChatHistory, "changes", wire.HistoryRequest{RoomID: room.ID, After: &last.Seq, AfterRev: &page.Rev})
	if len(changes.Changed) != 1 || changes.Rev != page.Rev+1 {
		t.Errorf("missed changes %s, rev %d after %d", changes.Changed, changes.Rev, page.Rev)
	}
}

// chat is the seqs of all that was heard of chat without being asked for, in order.
func (c *client) chat(t *testing.T) (seqs []int64) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.heard {
		raw := []json.RawMessage{f.Data}
		switch {
		case f.Type == wire.EventNewMessage, f.Type == wire.EventSystemMessage:
		case f.Type == wire.EventChatHistory && f.ID == "":
			var page wire.ChatHistory
			if err := json.Unmarshal(f.Data, &page); err != nil {
				t.Fatal(err)
			}
			raw = page.Messages
		default:
			continue
		}
		for _, one := range raw {
			var m wire.Message
			if err := json.Unmarshal(one, &m); err != nil {
				t.Fatal(err)
			}
			seqs = append(seqs, m.Seq)
		}
	}
	return seqs
}

// A list of rooms is there without its unread counts while Redis is away.
func TestUnreadCountsAreAbsentWithoutRedis(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{})
	ana, bor := e.signIn(t), e.signIn(t)
	room := e.createRoom(t, ana)
	e.joinRoom(t, bor, room)
	list := func() *int64 {
		var rooms wire.RoomsResponse
		if status := call(t, "GET", e.URL(0)+"/api/rooms", bor.token, nil, &rooms); status != 200 || len(rooms.Rooms) != 1 {
			t.Fatalf("%d %+v", status, rooms)
		}
		return rooms.Rooms[0].UnreadCount
	}
	if status := call(t, "POST", e.URL(0)+"/api/rooms/"+room.ID+"/messages", ana.token, map[string]string{"content": "hello"}, nil); status != 201 {
		t.Fatal(status)
	}
	testenv.Eventually(t, 5*time.Second, "one unread message", func() bool { n := list(); return n != nil && *n == 1 })
	if err := e.redis.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	testenv.Eventually(t, 5*time.Second, "the list without counts", func() bool { return list() == nil })
	testenv.RedisServerAt(t, e.redis.Port) // empty
	var b *client
	next := time.Time{} // a room's first listener has it counted; until the caches are rebuilt nobody is let in
	testenv.Eventually(t, 20*time.Second, "the count is back", func() bool {
		if time.Now().After(next) {
			next = time.Now().Add(time.Second)
			if b == nil || b.closed() != nil {
				if b, _ = tryDial(e.URL(0), bor.token); b != nil {
					t.Cleanup(func() { _ = b.conn.Close() })
				}
			} else {
				b.send(t, wire.EventJoinRoom, "", wire.RoomRef{RoomID: room.ID})
			}
		}
		n := list()
		return n != nil && *n == 1
	})
}
