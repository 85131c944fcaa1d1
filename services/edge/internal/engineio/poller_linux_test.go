package engineio

import (
	"testing"
)

func (l *link) isParked() bool {
	p := l.c.srv.poller
	p.mu.Lock()
	defer p.mu.Unlock()
	return l.watched && p.parked[l.fd] == l
}

func TestLinksParkUnlessTheyAreBusy(t *testing.T) {
	t.Parallel()
	accepted := make(chan *Conn, 1)
	f := start(t, Config{}, &app{onAccept: func(c *Conn) { accepted <- c }})
	ws := f.connect()
	c := <-accepted
	talk := func(times int) {
		for range times {
			f.write(ws, "4hello")
			if got := f.read(ws); got != "4hello" {
				t.Fatalf("%q", got)
			}
		}
	}
	f.until("the silent link is parked", c.link.isParked)
	talk(1)
	f.until("a word does not keep it up", c.link.isParked)
	talk(hot)
	if c.link.isParked() || !c.link.awake.Load() {
		t.Error("a busy link is parked")
	}
	talk(hot)
	c.mu.Lock()
	c.link.kick(c.srv.wheel.now() + coolAfter.Milliseconds())
	c.mu.Unlock()
	f.until("silent again, it is parked", c.link.isParked)
	talk(2 * hot)
	f.write(ws, "1")
	f.closedWith(ReasonTransportClose)
}
