package consume

import (
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/geofence"
	"github.com/wemaps/wemaps/services/location/internal/navigation"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
	"github.com/wemaps/wemaps/services/location/internal/publish"
)

// decide judges the fixes in order, and moves members.
func (h *Commands) decide(b *batch) {
	now := b.now.UnixMilli()
	for i := range b.commands {
		c := &b.commands[i]
		if c.member < 0 {
			if c.Type == wire.CommandAsk && c.err == nil {
				h.ask(b, c)
			}
			continue
		}
		m := &b.members[c.member]
		if c.Type != wire.CommandUpdate {
			h.heed(b, m, i)
			continue
		}
		received := c.Received.UnixMilli()
		c.level = privacy.Exact
		c.verdict = m.mark.Judge(&c.fix, received, now)
		if policy := b.rooms[c.roomAt].memory.policy(c.UserID); policy != nil {
			h.mask(b, m, i, policy)
		} else if m.mark.LeftAt != 0 {
			h.mask(b, m, i, exactly)
		}
		if c.verdict == position.Accepted {
			m.mark.Until = received + h.TTL.Milliseconds()
			m.last, m.shown = i, c.level
			h.move(b, m, c, received)
		}
	}
}

// move takes a member one fix further.
func (h *Commands) move(b *batch, m *member, c *command, received int64) {
	w := &b.rooms[c.roomAt]
	if c.seen == nil {
		c.seen = &c.fix
	}
	f := c.seen // whatever follows from a fix must follow from what the others see
	m.name, m.moved, w.moved, m.stale = c.UserName, true, true, false
	s := navigation.Sample{Point: navigation.Point{Lat: f.Latitude, Lng: f.Longitude}, At: max(m.mark.Clock(f.RecordedAt.UnixMilli()), m.nav.At+1),
		Received: received, Accuracy: f.Accuracy, Speed: f.Speed}
	n := &m.nav
	if h.Router != nil {
		if eta, ok := h.Router.Estimate(c.RoomID, c.UserID, w.plan.ID, s.At); ok {
			s.Engine = eta
		}
	}
	c.nav = n.Step(w.plan, s)
	m.save = m.save || c.nav.Save
	w.due = w.due || c.nav.Arrived != navigation.NotArrived
	if fences := w.memory.fences; len(fences) > 0 || len(m.visits) > 0 {
		var save bool
		m.visits, c.fences, save = geofence.Step(fences, m.visits, geofence.Point{Lat: f.Latitude, Lng: f.Longitude}, f.Accuracy, s.At)
		m.save = m.save || save
	}
	c.advice = n.Advise(w.memory.watches(c.UserID))
	c.then = state{n.Direct, n.Remaining, n.Progress, n.Fast, n.ETA, n.At, n.Basis, n.Arrived}
}

// collect turns the decision about one command into effects.
func (h *Commands) collect(b *batch, i int) {
	c := &b.commands[i]
	if c.err != nil {
		e := toWire(c.err, c.Type)
		h.Metrics.refused(e.Code)
		h.Effects.Refuse(&c.Command, eventOf(c.Type), e)
		return
	}
	if c.request != nil {
		h.Effects.Asked(&c.Command, *c.request)
	}
	if c.member < 0 {
		return
	}
	m := &b.members[c.member]
	if c.reason != "" {
		h.collectStop(b, m, i)
	}
	if c.Type != wire.CommandUpdate {
		h.collectWish(b, m, i)
		return
	}
	answer := publish.Answer{Fix: &c.fix, Verdict: c.verdict, Advice: c.advice}
	// Nobody needs to hear of a position that is older than the one known, that
	// the member took back meanwhile, or that this very backlog replaces.
	if c.verdict != position.Accepted || m.leave > i || m.last != i && b.now.Sub(c.Received) > behindAfter {
		h.Effects.Confirm(&c.Command, answer)
	} else {
		if m.last == i && !m.located {
			m.located = true
			h.Effects.Locate(m.key, c.room.ExpiresAt)
		}
		h.Effects.Position(&c.Command, &publish.Position{Answer: answer, Shown: c.seen, Level: c.level, Keep: m.last == i, Now: b.now, Direct: c.then.direct,
			Remaining: c.then.remaining, Progress: c.then.progress, Speed: c.then.fast, ETA: c.then.eta, Basis: c.then.basis, Arrived: c.then.arrived})
	}
	if m.leave > i {
		return
	}
	if c.nav.Arrived != navigation.NotArrived || c.nav.TellETA || len(c.fences) > 0 {
		h.tell(b, c)
	}
}

// tell collects the news of one fix.
func (h *Commands) tell(b *batch, c *command) {
	who := publish.Who{Room: c.RoomID, User: c.UserID, Name: c.UserName}
	if c.nav.Arrived != navigation.NotArrived {
		at := c.then.at
		w := &b.rooms[c.roomAt]
		h.Effects.Arrived(who, c.nav.Arrived, at, navigation.Rank(w.plan.ID, h.people(b, w), c.UserID, at))
	}
	if c.nav.TellETA {
		h.Effects.ETAChanged(who, c.then.eta, c.nav.PreviousETA, c.then.basis)
	}
	for _, e := range c.fences {
		h.Effects.Fence(who, e)
	}
}
