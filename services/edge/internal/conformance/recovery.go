package conformance

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/wemaps/wemaps/services/edge/internal/outq"
	"github.com/wemaps/wemaps/services/edge/internal/socketio"
)

// recovering is the namespace with one more event: "journal" n sends "tock" with
// 0 … n-1, whether or not the client is there to hear it.
type recovering struct {
	namespace

	mu       sync.Mutex
	journals map[string]*journal
}

// journal is what one client was told, and on which socket it is told more.
type journal struct {
	mu      sync.Mutex
	entries []*outq.Message
	socket  *socketio.Socket
	sid     string // of the first of its sockets
}

func (n *recovering) Connect(ctx context.Context, s *socketio.Socket, h socketio.Handshake) (socketio.Handler, error) {
	var came struct{ PID, Offset string }
	_ = json.Unmarshal(h.Auth, &came) // a client without them is new
	handler, err := n.namespace.Connect(ctx, s, h)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	j, pid := n.journals[came.PID], came.PID
	if j == nil || came.Offset == "" { // who was told nothing has nothing to go on from, as with the official server
		j, pid = &journal{sid: s.ID()}, rand.Text()
		n.journals[pid] = j
	}
	next, _ := strconv.Atoi(came.Offset)
	return &recoverer{Handler: handler, journal: j, pid: pid, missed: j.follow(s, next)}, nil
}

// follow returns the entries from next on; all later ones go to s.
func (j *journal) follow(s *socketio.Socket, next int) []*outq.Message {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.socket = s
	return append([]*outq.Message(nil), j.entries[min(next, len(j.entries)):]...)
}

func (j *journal) write(n int) {
	for i := range n {
		j.mu.Lock()
		m := socketio.Offset("tock", []byte(fmt.Sprint(i)), fmt.Sprint(len(j.entries)+1))
		j.entries = append(j.entries, m)
		_ = j.socket.Push(m) // a client that is gone hears of it when it comes back
		j.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
}

type recoverer struct {
	socketio.Handler
	journal *journal
	pid     string
	missed  []*outq.Message
}

func (r *recoverer) Recover() (pid, sid string, missed []*outq.Message) {
	return r.pid, r.journal.sid, r.missed
}

func (r *recoverer) Event(ctx context.Context, e socketio.Event) {
	n := 0
	if e.Name == "journal" && len(e.Args) > 0 && json.Unmarshal(e.Args[0], &n) == nil {
		go r.journal.write(n)
		return
	}
	r.Handler.Event(ctx, e)
}
