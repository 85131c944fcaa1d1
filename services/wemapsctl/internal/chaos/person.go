package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/client"
)

// habit is how a person's app behaves.
type habit string

const (
	steady  habit = "steady"  // sends a message, waits for its ack, sends the next
	repeats habit = "repeats" // sends every message twice
	shuffle habit = "shuffle" // sends three at once, in reverse
	skewed  habit = "skewed"  // its clock is wrong
	visitor habit = "visitor" // joins and leaves over REST, says nothing
)

const (
	tickEvery   = 50 * time.Millisecond
	fixEvery    = time.Second
	pingEvery   = 2 * time.Second
	deadAfter   = 5 * time.Second // without a frame
	ackWithin   = 3 * time.Second // then it is sent again
	repairAfter = 8 * time.Second // a gap that the edge has not filled by then
	burstSize   = 25
	editOneIn   = 4 // of what is said; edits, deletions, reactions
	readOneIn   = 8
	stay        = 45 * time.Second // mean time until a person puts the app away
)

// person is a client: an app that reconnects, resumes, repeats what was not
// acked, and remembers everything.
type person struct {
	id       int
	habit    habit
	protocol client.Protocol
	account  client.Account
	r        *runner
	rng      *rand.Rand
	skew     time.Duration
	say      time.Duration // mean time between messages

	mu       sync.Mutex
	rooms    []string // where it is a member
	books    map[string]*book
	pending  []*outgoing
	counter  map[string]int // numbers messages by room
	fixes    map[string]*ownFix
	conn     *line // nil while it is away
	edge     int
	heard    time.Time // last frame
	nextSay  time.Time
	nextPing time.Time
	quiet    bool // no new messages, no new fixes
	busy     bool // a visitor that comes or goes
	resume   map[string]time.Time
	greet    map[string]time.Time // rooms to be joined for their positions, after a resume in the handshake
	refused  map[wire.Code]int
	repairs  int
	left     map[string]time.Time // rooms that a visitor is not in, since when
	joined   map[string]bool      // rooms that the present connection was let into
	resumed  map[string]bool      // rooms in which edits may have been missed
	edits    int                  // numbers edits
	denied   map[string]bool      // rooms that it was not
}

// outgoing is a message, a change of one, or a receipt, that is not acked yet.
type outgoing struct {
	room, clientID, content string
	kind                    string    // the event
	change                  string    // id of the message that it changes
	remove                  bool      // a reaction
	seq                     int64     // a receipt
	basedOn                 time.Time // an edit
	first, next             time.Time // sent first, to be sent again
	waiting                 int       // sent without any answer
	tries                   int       // sent at all
}

// ownFix is the newest fix that the person sent to a room.
type ownFix struct {
	n         int
	latitude  float64
	recorded  time.Time
	sent      time.Time
	confirmed bool
	refused   bool // it is not the newest
}

func newPerson(r *runner, id int, h habit, account client.Account) *person {
	p := &person{id: id, habit: h, account: account, r: r, rng: rand.New(rand.NewPCG(r.opt.Seed, uint64(id)+1)), say: r.opt.Every,
		books: map[string]*book{}, counter: map[string]int{}, fixes: map[string]*ownFix{}, resume: map[string]time.Time{}, greet: map[string]time.Time{},
		refused: map[wire.Code]int{}, left: map[string]time.Time{}, joined: map[string]bool{}, resumed: map[string]bool{}, denied: map[string]bool{}, edge: id % replicas, protocol: client.Native}
	if id%3 == 0 {
		p.protocol = client.SocketIO
	}
	if h == skewed {
		p.skew = []time.Duration{45 * time.Second, -2 * time.Minute}[id%2]
	}
	return p
}

// run connects, again and again, until ctx ends.
func (p *person) run(ctx context.Context) {
	wait := 100 * time.Millisecond
	for ctx.Err() == nil {
		began := time.Now()
		err := p.session(ctx)
		if err != nil && ctx.Err() == nil {
			p.r.trace(p, "disconnected: %v", err)
		}
		p.edge = (p.edge + 1) % replicas // as a load balancer would, that asks whether they are alive
		if errors.Is(err, errAway) {
			p.edge = p.rng.IntN(replicas)
		}
		if time.Since(began) > 5*time.Second {
			wait = 100 * time.Millisecond
		}
		if !run.Pause(ctx, wait/2+time.Duration(p.rng.Int64N(int64(wait)))) {
			return
		}
		wait = min(2*wait, 2*time.Second)
	}
}

// session is one connection from its handshake to its end.
func (p *person) session(ctx context.Context) error {
	p.mu.Lock()
	inHandshake := p.rng.IntN(2) == 0
	last := map[string]int64{}
	for _, room := range p.rooms {
		last[room] = p.books[room].upTo
	}
	p.mu.Unlock()
	if !inHandshake {
		last = nil
	}
	conn, err := connect(ctx, p.r.world.edges[p.edge], p.account.Token, p.protocol, last)
	if err != nil {
		return err
	}
	defer conn.close()
	p.mu.Lock()
	now := time.Now()
	p.conn, p.heard, p.nextPing = conn, now, now
	clear(p.resume)
	clear(p.greet)
	clear(p.joined)
	clear(p.denied)
	for _, room := range p.rooms {
		p.books[room].reconnected(inHandshake)
		p.resumed[room] = true
		if inHandshake {
			p.greet[room] = now
		} else {
			p.resume[room] = now
		}
	}
	for _, o := range p.pending {
		o.next, o.waiting = now, 0
	}
	p.mu.Unlock()
	ended := make(chan error, 1)
	go func() { ended <- p.read(conn) }()
	defer func() {
		p.mu.Lock()
		p.conn = nil
		p.mu.Unlock()
	}()
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			conn.close()
			return <-ended
		case err := <-ended:
			return err
		case now := <-ticker.C:
			if err := p.tick(now); err != nil {
				conn.close()
				<-ended
				return err
			}
		}
	}
}

func (p *person) read(l *line) error {
	for {
		packet, err := l.read()
		if err != nil {
			if errors.Is(err, errEmission) {
				p.r.verdict.add(kindRefusal, p.account.Name, "", "%v", err)
			}
			return err
		}
		p.mu.Lock()
		p.heard = time.Now()
		if packet.Kind == client.KindPing {
			err = l.write([]byte(client.Pong))
		} else {
			packet.Ref = l.ref(packet)
			p.hear(packet)
		}
		p.mu.Unlock()
		if err != nil {
			return err
		}
	}
}

var (
	errSilent = errors.New("nothing heard for too long")
	errAway   = errors.New("put away for a moment")
)

// tick does what is due.
func (p *person) tick(now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.heard) > deadAfter {
		return errSilent
	}
	if !p.quiet && p.rng.Int64N(int64(stay/tickEvery)) == 0 {
		return errAway
	}
	if now.After(p.nextPing) {
		p.nextPing = now.Add(pingEvery)
		if err := p.send(wire.EventPing, "ping", struct{}{}); err != nil {
			return err
		}
	}
	if err := p.catchUp(now); err != nil {
		return err
	}
	if p.habit == visitor {
		return nil
	}
	if err := p.askForChanges(now); err != nil {
		return err
	}
	if !p.quiet {
		p.think(now)
	}
	if err := p.sendFixes(now); err != nil {
		return err
	}
	return p.sendPending(now)
}

// catchUp joins the rooms that are to be resumed and repairs gaps.
func (p *person) catchUp(now time.Time) error {
	for _, room := range p.rooms {
		b := p.books[room]
		if due, ok := p.resume[room]; ok && !now.Before(due) {
			p.resume[room] = now.Add(ackWithin) // until joined-room comes
			if err := p.send(wire.EventJoinRoom, "join", wire.RoomRef{RoomID: room, LastSeq: &b.upTo}); err != nil {
				return err
			}
		}
		if due, ok := p.greet[room]; ok && !now.Before(due) {
			p.greet[room] = now.Add(ackWithin)
			if err := p.send(wire.EventJoinRoom, "greet", wire.RoomRef{RoomID: room}); err != nil {
				return err
			}
		}
		if !b.gapAt.IsZero() && now.Sub(b.gapAt) > repairAfter && p.habit != visitor {
			b.gapAt = now
			p.repairs++
			p.r.trace(p, "repairs a gap after %d in %s", b.upTo, room)
			if err := p.send(wire.EventRequestChatHistory, "repair", wire.HistoryRequest{RoomID: room, After: &b.upTo, Limit: wire.MaxHistoryLimit, System: true}); err != nil {
				return err
			}
		}
	}
	return nil
}

// think makes new messages when it is time, and all that were asked for are
// acked.
func (p *person) think(now time.Time) {
	if now.Before(p.nextSay) || len(p.pending) > 0 || len(p.rooms) == 0 {
		return
	}
	p.nextSay = now.Add(p.say/2 + time.Duration(p.rng.Int64N(int64(p.say))))
	room := p.rooms[p.rng.IntN(len(p.rooms))]
	if p.rng.IntN(editOneIn) == 0 && p.revise(room) {
		return
	}
	if p.rng.IntN(readOneIn) == 0 {
		p.readOn(room)
	}
	count := 1
	if p.habit == shuffle {
		count = 3
	}
	p.compose(room, count)
}

// compose queues new messages.
func (p *person) compose(room string, count int) {
	for range count {
		p.counter[room]++
		id := fmt.Sprintf("%d-%d-%s", p.id, p.counter[room], room[len(room)-6:])
		p.pending = append(p.pending, &outgoing{room: room, kind: wire.EventSendMessage, clientID: id, content: fmt.Sprintf("%s %d", p.account.Name, p.counter[room])})
	}
}

// bursts tells whether the person may send without waiting. Those who do not
// are heard in the order in which they spoke.
func (p *person) bursts() bool { return p.habit == repeats || p.habit == shuffle || p.habit == skewed }

// burst queues many messages at once, which are sent without waiting.
func (p *person) burst(count int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bursts() && len(p.rooms) > 0 && !p.quiet {
		p.compose(p.rooms[0], count)
	}
}
