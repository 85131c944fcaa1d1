package consume

import (
	"encoding/json"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/navigation"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
	"github.com/wemaps/wemaps/services/location/internal/publish"
)

// wish is what a member has said, and what follows from it.
type wish struct {
	privacy.Wish
	policy *privacy.Policy
}

var (
	nobody  = &privacy.Policy{}                     // may be shown
	exactly = &privacy.Policy{Level: privacy.Exact} // and no more to say
)

// policy of a member; nil for almost everybody.
func (r *roomMemory) policy(user string) *privacy.Policy {
	if w, ok := r.wishes[user]; ok {
		return w.policy
	}
	if !r.certain {
		return nobody
	}
	return nil
}

// said is the wish of a member, to be changed and given to say.
func (r *roomMemory) said(user string) privacy.Wish {
	if w, ok := r.wishes[user]; ok {
		return w.Wish
	}
	return privacy.Unsaid()
}

func (r *roomMemory) say(user string, w privacy.Wish) {
	if r.wishes == nil {
		r.wishes = map[string]wish{}
	}
	r.wishes[user] = wish{w, w.Policy()}
}

// heed takes over what was read. With the projection away what is known goes on
// counting.
func (r *roomMemory) heed(way Way) {
	for user, w := range way.Wishes {
		r.say(user, r.said(user).Newer(w))
	}
	r.certain = r.certain || way.Certain
}

// understand reads what a member wants.
func (c *command) understand(now time.Time) (err error) {
	switch c.Type {
	case wire.CommandPause, wire.CommandResume, wire.CommandPrecision:
		if c.change, err = WishOf(&c.Command); err == nil && c.change.Check(now) != nil {
			err = &position.InvalidError{Field: "until", Rule: "must be a time in the next 31 days"}
		}
	case wire.CommandAsk:
		var a wire.AskLocation
		if json.Unmarshal([]byte(c.Data), &a) != nil || a.UserID == "" || len(a.UserID) > wire.MaxIDBytes {
			return &position.InvalidError{Field: "userId", Rule: "is required"}
		}
		c.request = &wire.LocationRequested{RoomID: c.RoomID, UserID: a.UserID, AskedBy: c.UserID, AskedByName: c.UserName}
	}
	return err
}

// WishOf reads what a member wants of sharing; the error is a
// *position.InvalidError.
func WishOf(c *wire.Command) (change privacy.Change, err error) {
	paused := c.Type == wire.CommandPause
	switch c.Type {
	case wire.CommandPause:
		var p wire.PauseSharing
		if json.Unmarshal([]byte(c.Data), &p) != nil {
			return change, &position.InvalidError{Field: "until", Rule: "must be an RFC 3339 time"}
		}
		change.Paused = &paused
		if p.Until != nil {
			change.PausedUntil = &p.Until.Time
		}
	case wire.CommandResume:
		change.Paused = &paused
	case wire.CommandPrecision:
		var p wire.SetPrecision
		level := privacy.Hidden
		if err = json.Unmarshal([]byte(c.Data), &p); err == nil {
			level, err = privacy.ParseLevel(p.Precision)
		}
		if err != nil {
			return change, &position.InvalidError{Field: "precision", Rule: "must be exact, approximate or hidden"}
		}
		change.Level = &level
	default:
		return change, &position.InvalidError{Field: "type", Rule: "is no wish"}
	}
	return change, nil
}

// mask decides what the others see of a fix that was judged.
func (h *Commands) mask(b *batch, m *member, i int, policy *privacy.Policy) {
	c := &b.commands[i]
	at := m.mark.Clock(c.fix.RecordedAt.UnixMilli())
	v := publish.Visible(&c.fix, time.UnixMilli(at))
	c.level = policy.Of(&v, b.now)
	if at < m.mark.LeftAt {
		c.level = privacy.Hidden // measured before the member took the position back
	}
	if c.verdict != position.Accepted || c.level == privacy.Exact {
		return
	}
	if c.level == privacy.Hidden {
		c.verdict = position.Hidden
		if m.shown != privacy.Hidden {
			h.stop(b, m, i, hiddenBy(policy, b.now))
		}
		return
	}
	c.seen = publish.Masked(&c.fix, c.level)
}

// hiddenBy names the reason for which a position goes. Of zones it says nothing.
func hiddenBy(p *privacy.Policy, now time.Time) string {
	switch {
	case p.Ended(now):
		return wire.RemovedEnded
	case p.Pausing(now):
		return wire.RemovedPaused
	}
	return wire.RemovedHidden
}

// stop lets nobody see where the member is, from command i on. What navigation
// knows of the way goes as well: nothing that it finds out later may tell.
func (h *Commands) stop(b *batch, m *member, i int, reason string) {
	m.last, m.leave, m.shown, m.stale = i, i, privacy.Hidden, false
	if m.nav.Straggling {
		m.nav.Straggling, m.save = false, m.roomAt >= 0 && b.rooms[m.roomAt].room != nil
	}
	m.nav = navigation.Member{Saved: m.nav.Saved}
	b.commands[i].reason = reason
}

// heed does what a command says about a member that is no fix.
func (h *Commands) heed(b *batch, m *member, i int) {
	c := &b.commands[i]
	switch c.Type {
	case wire.CommandLeave:
		h.leave(b, m, i, wire.RemovedLeft)
		return
	case wire.CommandGone:
		var g wire.GoneMember
		if json.Unmarshal([]byte(c.Data), &g) != nil || g.Reason == "" {
			g.Reason = wire.RemovedLeft
		}
		h.leave(b, m, i, g.Reason)
		return
	}
	memory := b.rooms[c.roomAt].memory
	if memory == nil {
		return // nobody is shown there
	}
	before := memory.policy(c.UserID).Wherever(b.now)
	switch c.Type {
	case wire.CommandPause, wire.CommandResume, wire.CommandPrecision:
		w := memory.said(c.UserID)
		if w.Sharing.Apply(c.change, b.now).Policy(w.Zones).Wherever(b.now) < before {
			// Stricter: it counts from now on, and until it is stored nothing is shown.
			w.Held = w.Sharing.Version
			memory.say(c.UserID, w)
		}
	case wire.CommandShared:
		w := memory.said(c.UserID)
		if s := publish.SharingOf(c.Data); s.Version > w.Sharing.Version {
			w.Sharing = s
			memory.say(c.UserID, w)
		}
		told := publish.SharingChanged(c.RoomID, c.UserID, c.UserName, w.Sharing, b.now)
		c.told = &told
	}
	h.settle(b, m, i, before)
}

// settle removes a position that may not be seen any more as it was shown.
func (h *Commands) settle(b *batch, m *member, i int, before privacy.Level) {
	c := &b.commands[i]
	policy := b.rooms[c.roomAt].memory.policy(c.UserID)
	now := policy.Wherever(b.now)
	if lat, lng, accuracy, ok := m.mark.Place(); ok && now > privacy.Hidden && policy != nil {
		now = policy.Of(&privacy.Fix{Latitude: lat, Longitude: lng, Accuracy: accuracy, At: b.now}, b.now)
	}
	switch {
	case now == privacy.Hidden && (m.shown != privacy.Hidden || before != privacy.Hidden && c.Type != wire.CommandRefresh):
		h.stop(b, m, i, hiddenBy(policy, b.now))
	case now < m.shown:
		h.stop(b, m, i, wire.RemovedPrecision)
	}
}

// leave takes the position back for good.
func (h *Commands) leave(b *batch, m *member, i int, reason string) {
	c := &b.commands[i]
	received := c.Received.UnixMilli()
	if c.Type == wire.CommandGone && m.mark.Until-h.TTL.Milliseconds() > received {
		return // has come again since
	}
	m.mark = m.mark.Left(received)
	h.stop(b, m, i, reason)
}

// collectStop lets a position go.
func (h *Commands) collectStop(b *batch, m *member, i int) {
	c := &b.commands[i]
	if m.last == i {
		h.Effects.Forget(m.key)
	}
	h.Effects.Removed(publish.Who{Room: c.RoomID, User: c.UserID, Name: c.UserName}, c.reason)
}

// collectWish passes on what is no fix.
func (h *Commands) collectWish(b *batch, m *member, i int) {
	c := &b.commands[i]
	switch c.Type {
	case wire.CommandLeave, wire.CommandGone:
		h.Effects.Left(m.key, c.Received)
	case wire.CommandPause, wire.CommandResume, wire.CommandPrecision:
		if memory := b.rooms[c.roomAt].memory; memory != nil {
			if w := memory.said(c.UserID); w.Held >= w.Sharing.Version {
				h.Effects.Held(m.key, w.Held)
			}
		}
		h.Effects.Wish(&c.Command)
	case wire.CommandShared:
		if c.told != nil {
			h.Effects.Shared(&c.Command, *c.told)
		}
	}
}

// ask passes a question on, unless the one who is asked has been a moment ago,
// or is not to be found.
func (h *Commands) ask(b *batch, c *command) {
	w := &b.rooms[c.roomAt]
	if !c.room.Has(c.request.UserID) {
		c.err, c.request = errNoMember, nil
		return
	}
	if w.memory.policy(c.request.UserID).Wherever(b.now) == privacy.Hidden {
		c.request.State = wire.AskPaused
		return
	}
	c.request.State = wire.AskAsked
	if w.memory.asked == nil {
		w.memory.asked = map[string]time.Time{}
	}
	if left := askEvery - b.now.Sub(w.memory.asked[c.request.UserID]); left > 0 {
		c.err, c.request = &askedError{left}, nil
		return
	}
	w.memory.asked[c.request.UserID] = b.now
}

const (
	askEvery   = wire.AskEverySeconds * time.Second
	staleAfter = wire.StaleAfterSeconds * time.Second
)
