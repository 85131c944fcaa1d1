package chaos

import (
	"fmt"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
)

func (p *person) sendPending(now time.Time) error {
	due := make([]*outgoing, 0, len(p.pending))
	for _, o := range p.pending {
		if !now.Before(o.next) {
			due = append(due, o)
		}
	}
	for i := range due {
		o := due[i]
		if p.habit == shuffle {
			o = due[len(due)-1-i]
		}
		if o.first.IsZero() {
			o.first = now
		}
		if o.waiting++; o.waiting > 3 {
			return fmt.Errorf("no answer to %s", o.clientID)
		}
		o.next = now.Add(ackWithin)
		times := 1
		if p.habit == repeats {
			times = 2
		}
		for range times {
			o.tries++
			if err := p.sendOne(o); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *person) sendOne(o *outgoing) error {
	switch o.kind {
	case wire.EventEditMessage:
		base := wire.At(o.basedOn)
		return p.send(o.kind, o.clientID, wire.EditMessage{RoomID: o.room, MessageID: o.change, Content: o.content, BasedOn: &base})
	case wire.EventDeleteMessage:
		return p.send(o.kind, o.clientID, wire.DeleteMessage{RoomID: o.room, MessageID: o.change})
	case wire.EventReactToMessage:
		return p.send(o.kind, o.clientID, wire.ReactToMessage{RoomID: o.room, MessageID: o.change, Emoji: o.content, Remove: o.remove})
	case wire.EventMarkRead:
		return p.send(o.kind, o.clientID, wire.MarkRead{RoomID: o.room, Seq: o.seq})
	}
	return p.send(wire.EventSendMessage, o.clientID, wire.SendMessage{RoomID: o.room, Content: o.content, ClientID: o.clientID})
}

func (p *person) sendFixes(now time.Time) error {
	for _, room := range p.rooms {
		own := p.fixes[room]
		if own == nil {
			own = &ownFix{}
			p.fixes[room] = own
		}
		switch {
		case (!p.quiet || own.refused) && now.Sub(own.sent) >= fixEvery:
			own.n++
			own.latitude, own.recorded, own.confirmed, own.refused = float64(p.id)/10+float64(own.n)*1e-5, now.Add(p.skew), false, false
		case p.quiet && !own.confirmed && now.Sub(own.sent) >= ackWithin:
			// The last one again: its confirmation may be lost.
		default:
			continue
		}
		own.sent = now
		at, lng := wire.At(own.recorded), 14.5
		if err := p.send(wire.EventLocationUpdate, fmt.Sprintf("fix-%s-%d", room, own.n), wire.LocationUpdate{RoomID: room, Latitude: &own.latitude, Longitude: &lng, RecordedAt: &at}); err != nil {
			return err
		}
	}
	return nil
}

func (p *person) send(event, ref string, data any) error {
	frame, err := p.conn.encode(event, ref, data)
	if err != nil {
		return err
	}
	return p.conn.write(frame)
}
