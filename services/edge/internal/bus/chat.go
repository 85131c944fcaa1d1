package bus

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

const (
	fillPrefix = "fill|"
	basePrefix = "base|"
	fillWithin = 2 * time.Second // for one page; then it is asked for again
	fillTries  = 3               // then a room that goes on does so with a gap
	baseWithin = 5 * time.Second // then it is asked for again
	maxWaiting = 4096            // chat that waits for a gap to be filled
)

// chatState keeps a room's chat gapless although Pub/Sub may lose messages, and
// changes of messages, while Redis or its connection is away.
type chatState struct {
	last    int64 // newest seq that the sockets here were sent; 0 = none yet
	base    int64 // newest seq when the first socket came, as soon as known
	rev     int64 // the sockets here were told of all changes up to this one, as soon as known
	seen    int64 // newest change that came
	known   bool
	asked   time.Time // for base; zero = not yet
	filling bool
	after   int64  // what is being asked for
	asking  string // the same, which the answer has to name
	tries   int
	until   time.Time
	waiting []wire.Envelope

	// A message and the answer to its sender come on two channels, in any order.
	// The sender gets one event, at the message's place in the order.
	owed     map[int64]wire.Origin // answers that came before their messages
	answered answers               // messages that came before their answers
	changes  changeAnswers
}

type answer struct {
	origin wire.Origin
	seq    int64
}

// maxUnpaired bounds either; what is beyond it has lost its other half.
const maxUnpaired = 256

// answers are those that are still to come, oldest first.
type answers []answer

func (all *answers) expect(a answer) {
	if len(*all) == maxUnpaired {
		*all = slices.Delete(*all, 0, 1)
	}
	*all = append(*all, a)
}

// take tells whether a was expected, which it is once.
func (all *answers) take(a answer) bool {
	i := slices.Index(*all, a)
	if i >= 0 {
		*all = slices.Delete(*all, i, i+1)
	}
	return i >= 0
}

// confirmed runs each time the room's subscription is confirmed: there may be
// chat that was published while there was none.
func (b *Bus) confirmed(r *room) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := &r.chat; c.last > 0 || c.known {
		b.fill(r, c.newest())
	}
}

// newest is the seq after which something may be missing.
func (c *chatState) newest() int64 {
	if c.last == 0 && c.known {
		return c.base
	}
	return c.last
}

// seated runs when a socket has come into a room: with the first, one asks where
// chat stands.
func (b *Bus) seated(r *room) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.chat.filling {
		b.disorder(r)
	}
	if r.chat.asked.IsZero() {
		b.askBase(r)
	}
}

// chat takes the room's next chat message: the same one twice is told once, and
// one that comes too early waits for those before it. The caller holds r.mu.
func (b *Bus) chat(r *room, e wire.Envelope) {
	c := &r.chat
	newest := c.newest()
	switch {
	case c.filling:
		if len(c.waiting) < maxWaiting {
			c.waiting = append(c.waiting, e)
		}
	case c.last > 0 && e.Seq <= c.last:
	case (c.last > 0 || c.known) && e.Seq > newest+1:
		c.waiting = append(c.waiting, e)
		b.fill(r, newest)
	default:
		b.tellChat(r, e)
	}
}

// tellChat is tell for chat. The caller holds r.mu.
func (b *Bus) tellChat(r *room, e wire.Envelope) {
	c := &r.chat
	c.last = e.Seq
	if origin, ok := c.owed[e.Seq]; ok {
		delete(c.owed, e.Seq)
		e.Origin = origin
	} else if e.Origin.Ref != "" && e.Origin.EdgeID == b.cfg.EdgeID {
		c.answered.expect(answer{e.Origin, e.Seq})
	}
	data := []byte(e.Data)
	msg := outq.NewEventAt(e.Event, data, e.Offset)
	origin := b.origin(r, e)
	for _, m := range b.hub.Members(r.id) {
		s, ok := m.(Seat)
		switch {
		case !ok:
			_ = m.Send(msg) // it sees to its own end
		case s == origin && e.Origin.Ref != "":
			s.ReplyChat(e.Origin.Ref, e.Event, data, e.Seq, e.Offset)
		default:
			_ = s.SendChat(msg, e.Seq)
		}
	}
	b.mention(r, e)
}

// tellChanged tells of a message that was changed without a word coming here, as
// it is now. The caller holds r.mu.
func (b *Bus) tellChanged(r *room, raw json.RawMessage) {
	var m wire.Message
	if err := json.Unmarshal(raw, &m); err != nil {
		b.log.Error("malformed message", zap.Error(err))
		return
	}
	if m.DeletedAt == nil {
		b.say(r, wire.EventMessageEdited, raw)
		return
	}
	data, _ := json.Marshal(wire.MessageDeleted{RoomID: m.RoomID, ID: m.ID, Seq: m.Seq, Rev: m.Rev, UserID: m.UserID,
		DeletedBy: m.DeletedBy, DeletedAt: *m.DeletedAt}) // always marshals
	b.say(r, wire.EventMessageDeleted, data)
}

// answer takes the answer to a message that was sent or changed from here, which goes alone unless it is paired.
func (b *Bus) answer(e wire.Envelope, paired func(*room, wire.Envelope) bool) {
	var m struct {
		RoomID string `json:"roomId"`
	}
	_ = json.Unmarshal([]byte(e.Data), &m) // without a room it is delivered alone
	if r := b.lookup(m.RoomID); r == nil || !paired(r, e) {
		b.sockets.Deliver(e)
	}
}

// paired tells whether the sender hears e as the message itself.
func (b *Bus) paired(r *room, e wire.Envelope) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := &r.chat
	if c.answered.take(answer{e.Origin, e.Seq}) {
		return b.origin(r, e) != nil
	}
	if e.Seq <= c.last || b.origin(r, e) == nil || len(c.owed) == maxUnpaired {
		return false // a repeat, or a sender that does not listen
	}
	if c.owed == nil {
		c.owed = map[int64]wire.Origin{}
	}
	c.owed[e.Seq] = e.Origin
	return true
}

// fill asks for the chat after seq; what comes meanwhile waits. The caller holds
// r.mu.
func (b *Bus) fill(r *room, seq int64) {
	r.chat.filling, r.chat.after, r.chat.tries = true, seq, 0
	b.metrics.fills.Inc()
	b.disorder(r)
	b.askFill(r)
}

// disorder runs when chat waits while other events go on: what the sockets here
// hear is not what the log says. The caller holds r.mu.
func (b *Bus) disorder(r *room) {
	for _, m := range b.hub.Members(r.id) {
		if s, ok := m.(Seat); ok {
			s.Unrecoverable()
		}
	}
}

func (b *Bus) askFill(r *room) {
	c := &r.chat
	c.tries++
	c.until = time.Now().Add(fillWithin)
	changes := ""
	c.asking = strconv.FormatInt(c.after, 10)
	if c.known {
		rev := strconv.FormatInt(c.rev, 10)
		changes = `,"afterRev":` + rev
		c.asking += "/" + rev
	}
	b.ask(r, fillPrefix, c.asking, `{"roomId":"`+r.id+`","after":`+strconv.FormatInt(c.after, 10)+`,"limit":`+strconv.Itoa(wire.MaxHistoryLimit)+`,"system":true`+changes+`}`)
}

func (b *Bus) askBase(r *room) {
	r.chat.asked = time.Now()
	b.ask(r, basePrefix, "", `{"roomId":"`+r.id+`","limit":1,"system":true}`)
}

// askAgain runs when answers may have been lost: it asks for all that is still
// waited for.
func (b *Bus) askAgain() {
	for _, r := range b.list() {
		r.mu.Lock()
		switch c := &r.chat; {
		case c.filling:
			b.askFill(r)
		case !c.asked.IsZero() && !c.known:
			b.askBase(r)
		}
		r.mu.Unlock()
	}
}

// ask asks on behalf of somebody who is there: chat answers members only. With
// nobody there the answer would be for nobody. The answer has ref, too.
func (b *Bus) ask(r *room, what, ref, data string) {
	var userID string
	for _, m := range b.hub.Members(r.id) {
		if s, ok := m.(Seat); ok {
			userID = s.UserID()
			break
		}
	}
	if userID == "" {
		r.chat = chatState{}
		return
	}
	err := b.commands.Append(wire.ServiceChat, wire.Command{Type: wire.CommandHistory, RoomID: r.id, UserID: userID, Received: time.Now(), Data: data,
		Origin: wire.Origin{EdgeID: b.cfg.EdgeID, SocketID: what + r.id, Ref: ref}}, b.warn("chat state not asked for"))
	if err != nil {
		b.log.Warn("chat state not asked for", zap.Error(err))
	}
}

// pageOf reads the answer to ask; ok is false if it was refused.
func (b *Bus) pageOf(e wire.Envelope) (page wire.ChatHistory, ok bool) {
	if e.Event != wire.EventChatHistory {
		b.log.Warn("chat state was refused", zap.String("answer", e.Data))
		return page, false
	}
	if err := json.Unmarshal([]byte(e.Data), &page); err != nil {
		b.log.Error("malformed chat history", zap.Error(err))
		return page, false
	}
	return page, true
}

// based takes the answer to askBase.
func (b *Bus) based(roomID string, e wire.Envelope) {
	page, ok := b.pageOf(e)
	r := b.lookup(roomID)
	if r == nil || !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c := &r.chat
	if c.known {
		return
	}
	for _, raw := range page.Messages {
		seq, _ := chatOf(raw)
		c.base = max(c.base, seq)
	}
	c.known, c.rev = true, page.Rev
}

// filled takes the answer to askFill.
func (b *Bus) filled(roomID string, e wire.Envelope) {
	page, ok := b.pageOf(e)
	r := b.lookup(roomID)
	if r == nil || !ok { // refused: it is asked for again in a while
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c := &r.chat
	// What was asked for twice is answered twice. The second one must not pass for the answer to what was asked next.
	if !c.filling || e.Origin.Ref != c.asking {
		return
	}
	newest := max(c.last, c.base)
	for _, raw := range page.Messages {
		if seq, event := chatOf(raw); seq > newest {
			newest = seq
			b.tellChat(r, wire.Envelope{Event: event, Seq: seq, Data: string(raw)})
		}
	}
	for _, raw := range page.Changed {
		b.tellChanged(r, raw)
	}
	before := c.rev
	if c.known {
		c.rev = max(c.rev, page.Rev)
	}
	b.answerChanges(r, c.rev)
	more := c.rev > before && (page.HasMoreChanged || c.seen > c.rev)
	if page.HasMore && len(page.Messages) > 0 || more {
		b.fill(r, newest)
		return
	}
	b.endFill(r)
}

// endFill lets waiting chat go. The caller holds r.mu.
func (b *Bus) endFill(r *room) {
	c := &r.chat
	waiting := c.waiting
	c.filling, c.waiting = false, nil
	for _, e := range waiting {
		if e.Seq > c.last {
			b.tellChat(r, e) // a gap that could not be filled stays one
		}
	}
	b.answerChanges(r, c.seen)
}

func (b *Bus) expireFill(r *room, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch c := &r.chat; {
	case !c.filling && !c.known && !c.asked.IsZero() && now.Sub(c.asked) > baseWithin:
		b.askBase(r)
	case !c.filling || now.Before(c.until):
	case c.tries < fillTries || len(c.waiting) == 0: // nobody waits: better late than never
		b.askFill(r)
	default:
		b.log.Warn("a gap in chat was not filled in time")
		b.endFill(r)
	}
}

// chatOf is a message's place, 0 if it is none, and the event that tells it.
func chatOf(raw json.RawMessage) (seq int64, event string) {
	var m struct {
		Seq  int64  `json:"seq"`
		Kind string `json:"kind"`
	}
	_ = json.Unmarshal(raw, &m) // 0: not a message
	if m.Kind != "" {
		return m.Seq, wire.EventSystemMessage
	}
	return m.Seq, wire.EventNewMessage
}
