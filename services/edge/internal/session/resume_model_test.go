package session

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"pgregory.net/rapid"

	"github.com/wemaps/wemaps/libs/token"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/hub"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// A model of coming back to a room while people talk there. The manager, its
// sessions and their seats are the real code; the room (its archive, which is
// always ahead, and its live messages, which lag behind) and the client are
// small models. rapid decides what happens next, also in the middle of a step of
// the real code: somebody speaks, a live message comes, a page is answered, the
// connection is lost. The client must hear everything after its lastSeq once,
// and in order.

// flaw breaks the protocol on purpose; the property must catch each.
type flaw int

const (
	sound     flaw = iota
	ungated        // live chat does not wait for the pages
	deaf           // the seat listens only after its pages have come
	unmarked       // what came in pages is not remembered when live chat follows
	unaligned      // a seat that has heard live chat gets it in the pages too
)

// way is how a client comes back.
type way int

const (
	byHandshake way = iota // auth.lastSeq: nothing comes before the missed chat
	byJoin                 // join-room with lastSeq, in a room that the connection did not enter by itself
	afterLive              // join-room with lastSeq, after the connection has heard live chat already
)

const modelRoom = "r1"

// modelWorld is the room, and all that the manager works with.
type modelWorld struct {
	t     *rapid.T
	m     *Manager
	flaw  flaw
	way   way
	log   int64 // newest message in the archive
	told  int64 // newest message that edges were told
	hears []hub.Member
	late  hub.Member // deaf: listens from the first live message after the answers on
	asked []wire.Command
	busy  bool // no interference within interference
}

func (w *modelWorld) Admit(context.Context, string, string) (token.Claims, []string, error) {
	c := token.Claims{UserID: "u1", Name: "Ann", SessionID: "s1", ExpiresAt: time.Now().Add(time.Hour)}
	if w.way == byJoin {
		return c, nil, nil
	}
	return c, []string{modelRoom}, nil
}

func (w *modelWorld) Again(context.Context, string) (token.Claims, error) {
	panic("nobody was told of")
}

func (w *modelWorld) Authorize(context.Context, string, string) (Room, error) {
	w.meanwhile()
	return Room{ID: modelRoom, Name: "Trip"}, nil
}

func (w *modelWorld) Open(string)                    {}
func (w *modelWorld) Close(string)                   {}
func (w *modelWorld) Announce(string, wire.Envelope) {}

func (w *modelWorld) Enter(_ context.Context, _, _ string, m hub.Member) error {
	w.meanwhile()
	if w.flaw == deaf {
		w.late = m
	} else {
		w.hears = append(w.hears, m)
	}
	w.meanwhile()
	return nil
}

func (w *modelWorld) Leave(_ string, m hub.Member) {
	w.hears = slices.DeleteFunc(w.hears, func(o hub.Member) bool { return o == m })
}

func (w *modelWorld) Append(service string, c wire.Command, _ func(error)) error {
	if service == wire.ServiceChat {
		w.asked = append(w.asked, c)
		if seat := w.m.reg.get("c").seat(modelRoom); w.flaw == ungated && seat != nil {
			seat.openGate(0)
		}
		if w.flaw == unaligned {
			for _, r := range w.m.resumes {
				r.live = 0
			}
		}
	}
	w.meanwhile()
	return nil
}

// modelPresence counts nobody.
type modelPresence struct{}

func (modelPresence) Dismiss(string, string)                                   {}
func (modelPresence) Enter(_, _, _, _ string, entered *atomic.Bool)            { entered.Store(true) }
func (modelPresence) Exit(string, string, string, string)                      {}
func (modelPresence) Leave(_, _, _, _ string, done func(last bool, err error)) { done(true, nil) }
func (modelPresence) Say(string, wire.Envelope, func())                        {}
func (modelPresence) Evict(string, string, string)                             {}

// meanwhile lets the room go on for a moment.
func (w *modelWorld) meanwhile() {
	if w.busy {
		return
	}
	w.busy = true
	defer func() { w.busy = false }()
	for range rapid.IntRange(0, 3).Draw(w.t, "meanwhile") {
		if rapid.Bool().Draw(w.t, "speak") {
			w.log++
		} else {
			w.tell()
		}
	}
}

// tell hands the next live message to who hears the room.
func (w *modelWorld) tell() {
	if w.told == w.log {
		return
	}
	w.told++
	m := outq.NewEvent(outq.Ordered, "", wire.EventNewMessage, modelMessage(w.told))
	for _, h := range w.hears {
		if err := h.(*Seat).SendChat(m, w.told); err != nil {
			w.t.Fatal(err)
		}
	}
	if w.late != nil && len(w.asked) == 0 {
		w.hears, w.late = append(w.hears, w.late), nil
	}
}

func modelMessage(seq int64) []byte { return fmt.Appendf(nil, `{"seq":%d}`, seq) }

// answer answers the oldest question with a page of at most n messages.
func (w *modelWorld) answer(n int64) {
	if len(w.asked) == 0 {
		return
	}
	c := w.asked[0]
	w.asked = w.asked[1:]
	var ask struct{ After int64 }
	if err := json.Unmarshal([]byte(c.Data), &ask); err != nil {
		w.t.Fatal(err)
	}
	page := wire.ChatHistory{RoomID: modelRoom, Messages: []json.RawMessage{}, HasMore: w.log > ask.After+n}
	for seq := ask.After + 1; seq <= min(w.log, ask.After+n); seq++ {
		page.Messages = append(page.Messages, modelMessage(seq))
	}
	data, err := json.Marshal(page)
	if err != nil {
		w.t.Fatal(err)
	}
	answer := wire.Envelope{Event: wire.EventChatHistory, Origin: c.Origin, Data: string(data)}
	w.m.Deliver(answer)
	if rapid.IntRange(0, 3).Draw(w.t, "again") == 0 { // by who takes over from a chat that died after its answer
		w.m.Deliver(answer)
	}
	if w.flaw == unmarked {
		for _, h := range w.hears {
			h.(*Seat).paged.Store(0)
		}
	}
}

// modelClient is the client's side of one connection.
type modelClient struct {
	t     *rapid.T
	way   way
	since int64 // heard before this connection, without a gap
	heard []int64
}

func (c *modelClient) ID() string              { return "c" }
func (c *modelClient) Close(wire.CloseCode)    {}
func (c *modelClient) Encoding() outq.Encoding { return outq.Native }

func (c *modelClient) Send(m *outq.Message) error {
	payload, _ := m.Payload(outq.Native)
	var frame struct {
		Type string          `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(payload, &frame); err != nil {
		c.t.Fatal(err)
	}
	c.event(frame.Type, frame.Data)
	return nil
}

func (c *modelClient) Reply(_, event string, data []byte) { c.event(event, data) }

func (c *modelClient) event(event string, data []byte) {
	switch event {
	case wire.EventNewMessage:
		c.message(data)
	case wire.EventChatHistory:
		var page wire.ChatHistory
		if err := json.Unmarshal(data, &page); err != nil {
			c.t.Fatal(err)
		}
		for _, m := range page.Messages {
			c.message(m)
		}
	case wire.EventError:
		c.t.Fatalf("refused: %s", data)
	}
}

func (c *modelClient) message(data []byte) {
	var m struct{ Seq int64 }
	if err := json.Unmarshal(data, &m); err != nil {
		c.t.Fatal(err)
	}
	switch {
	case slices.Contains(c.heard, m.Seq) || m.Seq <= c.since && c.way != afterLive:
		panic(violation(fmt.Sprintf("heard %d again, after %v", m.Seq, c.heard)))
	case c.way != afterLive && m.Seq != c.since+int64(len(c.heard))+1:
		panic(violation(fmt.Sprintf("heard %d after %d and %v", m.Seq, c.since, c.heard)))
	}
	c.heard = append(c.heard, m.Seq)
}

// last is the newest message up to which nothing is missing.
func (c *modelClient) last() int64 {
	seq := c.since
	for slices.Contains(c.heard, seq+1) {
		seq++
	}
	return seq
}

// connect opens a connection that goes on after since.
func (w *modelWorld) connect(since int64) (*modelClient, *Session) {
	w.way = way(rapid.IntRange(0, int(afterLive)).Draw(w.t, "way"))
	c := &modelClient{t: w.t, way: w.way, since: since}
	h := Handshake{Token: "t", Query: url.Values{}}
	if w.way == byHandshake {
		h.Query.Set("lastSeq", fmt.Sprintf(`{%q:%d}`, modelRoom, since))
	}
	s, err := w.m.Open(context.Background(), c, h)
	if err != nil {
		w.t.Fatal(err)
	}
	w.meanwhile()
	if w.way != byHandshake {
		s.Event(context.Background(), wire.EventJoinRoom, json.RawMessage(`{"roomId":"r1","lastSeq":`+strconv.FormatInt(since, 10)+`}`), "1")
	}
	return c, s
}

// violation is a broken promise.
type violation string

func (v violation) Error() string { return string(v) }

// play lets one client come and go, and holds what it hears against what was said.
func play(t *rapid.T, f flaw) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case violation:
			err = r
		default:
			panic(r)
		}
	}()
	w := &modelWorld{t: t, flaw: f, log: rapid.Int64Range(0, 12).Draw(t, "said before")}
	w.told = rapid.Int64Range(0, w.log).Draw(t, "told before")
	w.m = New(Config{EdgeID: "e1"}, Deps{Door: w, Rooms: w, Commands: w, Presence: modelPresence{}, Log: zap.NewNop(), Registry: prometheus.NewRegistry()})
	c, s := w.connect(rapid.Int64Range(0, w.told).Draw(t, "heard before"))
	for lives := 1; ; {
		switch rapid.IntRange(0, 12).Draw(t, "next") {
		case 0:
			for len(w.asked) > 0 || w.told < w.log {
				w.tell()
				w.answer(200)
			}
			if c.last() != w.log {
				panic(violation(fmt.Sprintf("of %d messages, %d were heard before, and now %v", w.log, c.since, c.heard)))
			}
			return nil
		case 1:
			if lives++; lives > 8 {
				continue
			}
			s.Closed("lost")
			w.asked, w.late = nil, nil
			w.m.mu.Lock()
			clear(w.m.resumes) // as their deadline would
			w.m.mu.Unlock()
			c, s = w.connect(c.last())
		case 2, 3, 4:
			w.log++
		case 5, 6, 7, 8:
			w.tell()
		default:
			w.answer(rapid.Int64Range(1, 4).Draw(t, "page"))
		}
	}
}

func TestResumeWhileTheRoomIsLive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		if err := play(t, sound); err != nil {
			t.Fatal(err)
		}
	})
}

// A property that no flaw can break would prove nothing.
func TestResumeModelCatchesFlaws(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]flaw{"no gate": ungated, "listens too late": deaf, "forgets what pages told": unmarked, "pages go on into live chat": unaligned} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caught := false // some need a rare turn of events: go on until it comes
			for round := 0; !caught && round < 50; round++ {
				rapid.Check(t, func(rt *rapid.T) {
					caught = play(rt, f) != nil || caught
				})
			}
			if !caught {
				t.Fatal("no run of the broken protocol was caught")
			}
		})
	}
}
