package engineio

import (
	"time"

	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// heartbeat is guarded by Conn.mu. Times are of the wheel.
type heartbeat struct {
	due     int64 // awaiting: the pong's deadline; else the next ping's nominal time
	idleBy  int64 // see Conn.SetIdleTimeout; 0: none
	waiting bool  // for a pong
}

// ping is shared by all connections.
var ping = outq.NewRaw([]byte{typePing}, false)

// beat is called by the wheel and returns when to look again.
//
// The schedule is nominal: a pong is due PingTimeout after the ping should have
// been sent, not after it was, so that the client's own clock, which counts from
// the handshake, never finds a session alive that it has given up. Only when this
// process slept does the schedule move.
func (c *Conn) beat(now int64) (again int64) {
	interval, timeout := c.srv.cfg.PingInterval.Milliseconds(), c.srv.cfg.PingTimeout.Milliseconds()
	c.mu.Lock()
	h := &c.beats
	if c.link != nil && !c.ended {
		c.link.line.Kick()
	}
	switch {
	case h.idleBy != 0 && now >= h.idleBy:
		c.mu.Unlock()
		c.Close(0, ReasonIdle)
		return 0
	case h.waiting && now >= h.due:
		c.mu.Unlock()
		c.end(ReasonPingTimeout, abrupt, 0)
		return 0
	case !h.waiting && now >= h.due:
		nominal := h.due
		if now-nominal > timeout/2 {
			nominal = now
		}
		h.waiting, h.due = true, nominal+timeout
		c.mu.Unlock()
		_ = c.Send(ping) // when the queue refuses, the pong does not come
		c.mu.Lock()
	}
	again = h.due
	// The pong will come long before its deadline, and the next ping may be due
	// before it too; or soon after the pong, when that is late.
	if h.waiting {
		next := h.due - timeout + interval
		if next <= now {
			next = now + interval
		}
		again = min(again, next)
	}
	if h.idleBy != 0 {
		again = min(again, h.idleBy)
	}
	c.mu.Unlock()
	return again
}

// pong notes the client's answer.
func (c *Conn) pong() {
	now := c.srv.wheel.now()
	c.mu.Lock()
	if h := &c.beats; h.waiting {
		sent := h.due - c.srv.cfg.PingTimeout.Milliseconds()
		h.waiting, h.due = false, max(sent+c.srv.cfg.PingInterval.Milliseconds(), now)
	}
	c.mu.Unlock()
}

// expired reports whether the pong's deadline has passed, which a request may find
// out before the wheel does.
func (c *Conn) expired() bool {
	now := c.srv.wheel.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.beats.waiting && now >= c.beats.due
}

// earlyPayload bounds what a client may send that still has an idle timeout, in
// bytes: nobody knows who it is, and there may be thousands of it.
const earlyPayload = 32 << 10

// maxPayload bounds one WebSocket message and one POST at present.
func (c *Conn) maxPayload() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.beats.idleBy != 0 {
		return min(earlyPayload, c.srv.cfg.MaxPayload)
	}
	return c.srv.cfg.MaxPayload
}

// SetIdleTimeout closes the connection after d unless it is called again; 0 lifts
// the bound. While there is one, messages must not be longer than 32 KiB. It must
// be called by the Receiver or in Accept.
func (c *Conn) SetIdleTimeout(d time.Duration) {
	by := int64(0)
	if d > 0 {
		by = c.srv.wheel.now() + d.Milliseconds()
	}
	c.mu.Lock()
	c.beats.idleBy = by
	c.mu.Unlock()
}
