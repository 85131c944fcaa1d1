package chaos

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/client"
)

// hear takes one event. The caller holds p.mu.
func (p *person) hear(packet client.Packet) {
	switch packet.Event {
	case wire.EventNewMessage, wire.EventSystemMessage:
		var m wire.Message
		if p.decode(packet, &m) {
			p.hearMessage(m, packet.Ref)
		}
	case wire.EventChatHistory:
		p.hearHistory(packet)
	case wire.EventMessageEdited:
		var m wire.Message
		if p.decode(packet, &m) {
			p.hearChange(m.RoomID, m.ID, packet.Ref, func(look) look { return lookOf(m) })
		}
	case wire.EventMessageDeleted:
		var m wire.MessageDeleted
		if p.decode(packet, &m) {
			p.hearChange(m.RoomID, m.ID, packet.Ref, func(look) look { return look{rev: m.Rev, deleted: true} })
		}
	case wire.EventMessageReaction:
		var m wire.MessageReaction
		if p.decode(packet, &m) {
			p.hearChange(m.RoomID, m.ID, packet.Ref, func(old look) look {
				return look{rev: m.Rev, content: old.content, said: old.said, reactions: shown(m.Reactions)}
			})
		}
	case wire.EventMessageRead:
		var m wire.MessageRead
		if p.decode(packet, &m) {
			p.hearRead(m, packet.Ref)
		}
	case wire.EventLocationUpdated:
		var l wire.Location
		if p.decode(packet, &l) {
			p.hearPosition(l, true)
		}
	case wire.EventRoomLocations:
		var snapshot wire.RoomLocations
		if !p.decode(packet, &snapshot) {
			return
		}
		for _, raw := range snapshot.Locations {
			var l wire.Location
			if json.Unmarshal(raw, &l) == nil {
				p.hearPosition(l, false)
			}
		}
	case wire.EventLocationConfirmed:
		var l wire.LocationConfirmed
		if p.decode(packet, &l) {
			p.confirmed(packet.Ref, l.Verdict)
		}
	case wire.EventJoinedRoom:
		var j wire.JoinedRoom
		if p.decode(packet, &j) {
			delete(p.resume, j.RoomID)
			delete(p.greet, j.RoomID)
			p.joined[j.RoomID], p.resumed[j.RoomID] = true, true
		}
	case wire.EventError:
		var e wire.SocketError
		if p.decode(packet, &e) {
			p.hearRefusal(e, packet.Ref)
		}
	case wire.EventRoomClosed, wire.EventMemberRemoved:
		p.r.verdict.add(kindMembership, p.account.Name, "", "heard %s: %s", packet.Event, packet.Data)
	}
}

func (p *person) decode(packet client.Packet, dst any) bool {
	if err := json.Unmarshal(packet.Data, dst); err != nil {
		p.r.verdict.add(kindRefusal, p.account.Name, "", "%s cannot be decoded: %v: %s", packet.Event, err, packet.Data)
		return false
	}
	return true
}

// forgetful is how long a former member may still be told things, by an edge
// that could not hear of the end while it was cut off.
const forgetful = 10 * time.Second

func (p *person) hearMessage(m wire.Message, ref string) {
	b := p.books[m.RoomID]
	if b == nil {
		p.r.verdict.add(kindMembership, p.account.Name, m.RoomID, "heard seq %d of a room it never was in", m.Seq)
		return
	}
	if since, out := p.left[m.RoomID]; out {
		if time.Since(since) > forgetful {
			p.r.verdict.add(kindMembership, p.account.Name, m.RoomID, "heard seq %d, %s after it left", m.Seq, time.Since(since).Round(time.Millisecond))
		}
		return
	}
	switch {
	case p.habit == visitor: // what it heard in which of its stays is not judged
		b.know(m)
		return
	case m.Kind != "":
		b.noted(m)
		return
	case ref == "":
		b.live(m)
		p.heardOwn(m)
		return
	}
	now, sentOnce := time.Now(), false
	for i, o := range p.pending {
		if o.clientID == m.ClientID {
			p.r.watch.ack(m.RoomID, o.first, now)
			p.pending = append(p.pending[:i:i], p.pending[i+1:]...)
			sentOnce = o.tries == 1
			break
		}
	}
	b.ack(m, sentOnce, now)
}

// heardOwn: whoever hears a message of their own, be it in a page, knows that it
// is stored, and need not wait for an answer that may be lost.
func (p *person) heardOwn(m wire.Message) {
	if m.UserID != p.account.ID {
		return
	}
	for i, o := range p.pending {
		if m.ClientID != "" && o.clientID == m.ClientID {
			now := time.Now()
			p.r.watch.ack(m.RoomID, o.first, now)
			p.pending = append(p.pending[:i:i], p.pending[i+1:]...)
			p.books[m.RoomID].ack(m, false, now)
			return
		}
	}
}

func (p *person) hearHistory(packet client.Packet) {
	var h wire.ChatHistory
	if !p.decode(packet, &h) || p.books[h.RoomID] == nil {
		return
	}
	if packet.Ref == "changes" {
		delete(p.resumed, h.RoomID)
		if !p.books[h.RoomID].changes.caughtUp(h) {
			p.r.verdict.add(kindRefusal, p.account.Name, h.RoomID, "a changed message that is none: %s", packet.Data)
		}
		return
	}
	messages := make([]wire.Message, 0, len(h.Messages))
	for _, raw := range h.Messages {
		var m wire.Message
		if json.Unmarshal(raw, &m) != nil {
			p.r.verdict.add(kindRefusal, p.account.Name, h.RoomID, "a message that is none: %s", raw)
			continue
		}
		messages = append(messages, m)
	}
	if packet.Ref == "" && p.habit != visitor {
		p.books[h.RoomID].page(messages)
	} else {
		for _, m := range messages { // asked for: what is known already may come again
			p.books[h.RoomID].know(m)
		}
	}
	for _, m := range messages {
		p.heardOwn(m)
	}
}

func (p *person) hearPosition(l wire.Location, live bool) {
	b := p.books[l.RoomID]
	if b == nil || l.UserID == p.account.ID {
		return
	}
	if b.position(l) && live {
		p.r.watch.position(l.RoomID, time.Now())
	}
}

// confirmed takes the answer to a fix. One that did not move the person, since a
// clock this wrong has to be recognized first, is followed by another.
func (p *person) confirmed(ref, verdict string) {
	for room, own := range p.fixes {
		if ref == fmt.Sprintf("fix-%s-%d", room, own.n) {
			own.confirmed = verdict == wire.VerdictAccepted || verdict == wire.VerdictDuplicate
			own.refused = !own.confirmed
		}
	}
}

// hearRefusal accepts refusals that ask to try again, and holds all others
// against the system: everybody here is a member and sends what is valid.
func (p *person) hearRefusal(e wire.SocketError, ref string) {
	p.refused[e.Code]++
	wait := max(time.Duration(e.RetryAfterMs)*time.Millisecond, 200*time.Millisecond)
	if p.habit == visitor && e.Code == wire.CodeNotMember { // it may be just leaving; check looks in the end
		for room := range p.books { // which one is not always said, and it has only one
			p.denied[room] = true
		}
		return
	}
	switch e.Code {
	case wire.CodeUnavailable, wire.CodeOverloaded:
		if e.RetryAfterMs <= 0 {
			p.r.verdict.add(kindRefusal, p.account.Name, e.RoomID, "%s of %q does not say when to try again", e.Code, e.Event)
		}
		if e.Event == wire.EventSendMessage {
			p.r.refusals.Add(1)
		}
	case wire.CodeRateLimited, wire.CodeTooManySockets:
	case wire.CodeMessageDeleted: // whoever reacts may come too late
		if e.Event == wire.EventReactToMessage {
			p.pending = slices.DeleteFunc(p.pending, func(o *outgoing) bool { return o.clientID == ref })
			return
		}
		fallthrough
	default:
		p.r.verdict.add(kindRefusal, p.account.Name, e.RoomID, "%q (%s) was refused: %s %s", e.Event, ref, e.Code, e.Message)
	}
	if ref == "greet" { // it is sent again
		return
	}
	if ref == "" && e.RoomID != "" && p.books[e.RoomID] != nil { // the resume of the handshake or of a join failed
		p.resume[e.RoomID] = time.Now().Add(wait)
		p.books[e.RoomID].inOrder = false // what it asks for then comes after what is new
		return
	}
	if ref == "join" {
		for room := range p.resume {
			p.resume[room] = time.Now().Add(wait)
		}
		return
	}
	for _, o := range p.pending {
		if o.clientID == ref {
			o.next, o.waiting = time.Now().Add(wait), 0
		}
	}
	if room, ok := strings.CutPrefix(ref, "fix-"); ok {
		if own := p.fixes[room[:strings.LastIndexByte(room, '-')]]; own != nil && p.quiet {
			own.sent = time.Now().Add(wait - ackWithin)
		}
	}
}
