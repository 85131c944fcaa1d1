package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/stack"
)

// An edge is told to stop while people on it talk and listen. They go to the other edge as they are asked to, with
// lastSeq, and everybody hears every message once and in order.
func TestAnEdgeThatStopsLosesNoMessage(t *testing.T) {
	t.Parallel()
	const before, after, most = 20, 20, 300
	e := start(t, stack.Options{Replicas: map[string]int{"edge": 2}})
	ana, bor, cene := e.signIn(t), e.signIn(t), e.signIn(t)
	room := e.createRoom(t, ana)
	e.joinRoom(t, bor, room)
	e.joinRoom(t, cene, room)
	speaker, listener, stays := newMover(e, ana, room), newMover(e, bor, room), newMover(e, cene, room)
	speaker.connect(t, 1)
	listener.connect(t, 1)
	stays.connect(t, 0)
	var want []string
	left := after // messages to be said after both have moved
	for n := 0; left > 0; n++ {
		if n == before {
			if err := e.Process["edge"][1].Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
		}
		want = append(want, strconv.Itoa(n))
		speaker.say(t, n)
		listener.follow(t)
		time.Sleep(100 * time.Millisecond) // nobody may say more than ten things a second
		if len(speaker.clients) > 1 && len(listener.clients) > 1 {
			left--
		}
		if n == most {
			t.Fatal("the edge does not send anybody away")
		}
	}
	for _, m := range []*mover{speaker, listener, stays} {
		var heard []string
		testenv.Eventually(t, 20*time.Second, "the conversation did not come to its end", func() bool {
			m.follow(t)
			heard = m.heard(t)
			return len(heard) >= len(want)
		})
		if !slices.Equal(heard, want) {
			t.Errorf("%s heard %q", m.who.Name, heard)
		}
	}
	for _, m := range []*mover{speaker, listener} {
		first := m.clients[0]
		if len(m.clients) != 2 || len(first.all(wire.EventServerDraining)) != 1 || !websocket.IsCloseError(first.closed(), websocket.CloseGoingAway) {
			t.Errorf("%s was not asked to leave: %d connections, the first ended with %v", m.who.Name, len(m.clients), first.closed())
		}
	}
	if len(stays.clients) != 1 {
		t.Error("the other edge was hurt")
	}
}

// Somebody's connection ends before the answer to a message comes. On the next one the message is among what was missed, and
// when it is sent once more under its clientId it is answered once more, to the sender alone: as the same message, with the
// id of the question. That is the one way in which a number comes twice.
func TestAMessageSentOnceMoreIsAnsweredOnceMore(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{Replicas: map[string]int{"edge": 2}})
	ana, bor := e.signIn(t), e.signIn(t)
	room := e.createRoom(t, ana)
	e.joinRoom(t, bor, room)
	speaker, listener := newMover(e, ana, room), newMover(e, bor, room)
	speaker.connect(t, 1)
	listener.connect(t, 1)
	hello := wire.SendMessage{RoomID: room.ID, Content: "hello", ClientID: "once"}
	var seqs []int64
	for range 3 {
		c := speaker.clients[len(speaker.clients)-1]
		c.send(t, wire.EventSendMessage, "once", hello)
		said := await(t, c, wire.EventNewMessage, func(m wire.Message) bool { return m.ClientID == hello.ClientID })
		seqs = append(seqs, said.Seq)
		_ = c.conn.Close()
		testenv.Eventually(t, 10*time.Second, "the socket is open", func() bool { return c.closed() != nil })
		c = dial(t, e.URL(0), ana.token)
		speaker.clients = append(speaker.clients, c)
		before := said.Seq - 1
		c.send(t, wire.EventJoinRoom, "", wire.RoomRef{RoomID: room.ID, LastSeq: &before})
		missed := await[wire.ChatHistory](t, c, wire.EventChatHistory, nil)
		if len(missed.Messages) != 1 {
			t.Errorf("%d messages missed", len(missed.Messages))
		}
	}
	if seqs[0] != seqs[1] || seqs[1] != seqs[2] {
		t.Errorf("one message has the numbers %d", seqs)
	}
	for i, c := range speaker.clients[:3] {
		if own := c.all(wire.EventNewMessage); len(own) != 1 || own[0].ID != "once" {
			t.Errorf("connection %d: %+v", i, own)
		}
	}
	if n := len(listener.clients[0].all(wire.EventNewMessage)); n != 1 {
		t.Errorf("the others heard it %d times", n)
	}
}

// mover is an app that connects to the other edge when it is sent away.
type mover struct {
	e       *env
	who     user
	room    wire.Room
	clients []*client          // the last one is the current
	again   map[string]*client // who sent a message once more, by its id
	seqs    map[int64]string   // of all that was heard, with the text
	order   []int64
}

func newMover(e *env, who user, room wire.Room) *mover {
	return &mover{e: e, who: who, room: room, again: map[string]*client{}, seqs: map[int64]string{}}
}

func (m *mover) connect(t testing.TB, edge int) {
	t.Helper()
	c := dial(t, m.e.URL(edge), m.who.token)
	m.clients = append(m.clients, c)
	c.join(t, m.room)
}

// follow moves to the other edge, if the socket has been closed, with the number of the last message heard.
func (m *mover) follow(t testing.TB) {
	t.Helper()
	if m.clients[len(m.clients)-1].closed() == nil {
		return
	}
	var last int64
	for _, seq := range m.listen(t) {
		last = max(last, seq)
	}
	c := dial(t, m.e.URL(0), m.who.token)
	m.clients = append(m.clients, c)
	c.send(t, wire.EventJoinRoom, "", wire.RoomRef{RoomID: m.room.ID, LastSeq: &last})
	await[wire.JoinedRoom](t, c, wire.EventJoinedRoom, nil)
}

// say sends a message until it is acked, as often as it takes, under one clientId.
func (m *mover) say(t testing.TB, n int) {
	t.Helper()
	text := strconv.Itoa(n)
	id := "say-" + text
	var sentBy *client
	testenv.Eventually(t, 20*time.Second, "message "+text+" was not acked", func() bool {
		m.follow(t)
		if c := m.clients[len(m.clients)-1]; c != sentBy {
			c.send(quiet{t}, wire.EventSendMessage, id, wire.SendMessage{RoomID: m.room.ID, Content: text, ClientID: id})
			if sentBy != nil {
				m.again[id] = c
			}
			sentBy = c
		}
		return slices.Contains(m.heard(t), text)
	})
}

// listen returns the numbers of all chat that was heard, in the order of arrival: what came live, and what was missed,
// which comes in pages. A number that comes twice is a failure, but for one case: a message that was sent once more, since
// its first answer went down with the connection, has one answer on the new connection, and may have come in a page before.
func (m *mover) listen(t testing.TB) []int64 {
	t.Helper()
	m.order = m.order[:0]
	clear(m.seqs)
	for _, c := range m.clients {
		answered := map[string]bool{}
		take := func(raw json.RawMessage, id string) {
			t.Helper()
			var msg wire.Message
			if err := json.Unmarshal(raw, &msg); err != nil {
				t.Fatal(err)
			}
			if text, twice := m.seqs[msg.Seq]; twice {
				if id != "" && m.again[id] == c && !answered[id] && id == "say-"+msg.Content && text == msg.Content {
					answered[id] = true
					return
				}
				t.Fatalf("%s heard number %d twice: %q and %q, the second with the id %q", m.who.Name, msg.Seq, text, msg.Content, id)
			}
			if id != "" {
				answered[id] = true
			}
			m.seqs[msg.Seq] = msg.Content
			m.order = append(m.order, msg.Seq)
		}
		c.mu.Lock()
		heard := slices.Clone(c.heard)
		c.mu.Unlock()
		for _, f := range heard {
			switch f.Type {
			case wire.EventNewMessage, wire.EventSystemMessage:
				take(f.Data, f.ID)
			case wire.EventChatHistory:
				var page wire.ChatHistory
				if err := json.Unmarshal(f.Data, &page); err != nil {
					t.Fatal(err)
				}
				for _, raw := range page.Messages {
					take(raw, "")
				}
			}
		}
	}
	return m.order
}

// heard returns what people said, in the order of arrival.
func (m *mover) heard(t testing.TB) (texts []string) {
	t.Helper()
	for _, seq := range m.listen(t) {
		if _, err := fmt.Sscanf(m.seqs[seq], "%d", new(int)); err == nil {
			texts = append(texts, m.seqs[seq])
		}
	}
	return texts
}
