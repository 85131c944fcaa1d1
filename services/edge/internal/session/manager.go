package session

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// Config of a Manager.
type Config struct {
	EdgeID string
	// DrainWindow is the time over which clients are asked to leave.
	DrainWindow time.Duration
}

// Deps are what a Manager works with.
type Deps struct {
	Door     Door
	Rooms    Rooms
	Commands Commands
	Presence Presence
	Recovery Recovery // nil: no client can go on where it was
	Viewers  Viewers  // nil: nobody can watch without an account
	Log      *zap.Logger
	Registry prometheus.Registerer
}

// Manager owns all sessions of an edge.
type Manager struct {
	cfg      Config
	door     Door
	rooms    Rooms
	commands Commands
	presence Presence
	recovery Recovery
	viewers  Viewers
	log      *zap.Logger
	metrics  *metrics
	reg      *registry
	count    atomic.Int64
	told     atomic.Int64 // how often ended sessions and new names were told of
	draining atomic.Bool

	mu      sync.Mutex
	resumes map[string]*resume // by conn id and room
}

// New starts nothing; Run does.
func New(cfg Config, d Deps) *Manager {
	m := &Manager{cfg: cfg, door: d.Door, rooms: d.Rooms, commands: d.Commands, presence: d.Presence, recovery: d.Recovery, viewers: d.Viewers, log: d.Log,
		reg: newRegistry(), resumes: map[string]*resume{}}
	m.metrics = newMetrics(d.Registry)
	return m
}

// Count is how many sessions are open.
func (m *Manager) Count() int { return int(m.count.Load()) }

// Open lets a client in and puts it into its user's rooms, where it hears
// everything from the return on. Nobody is told: an app announces itself with
// join-room. A refusal is a *wire.Error whose text is for the client.
func (m *Manager) Open(ctx context.Context, c Conn, h Handshake) (*Session, error) {
	s, err := m.open(ctx, c, h)
	if err != nil {
		var we *wire.Error
		if !errors.As(err, &we) {
			we = wire.NewError(wire.CodeInternal).Because(err)
		}
		m.metrics.refused.WithLabelValues("connect", string(we.Code)).Inc()
		m.log.Info("socket refused", zap.String("conn_id", c.ID()), zap.String("remote_ip", h.RemoteIP), zap.Error(we))
		return nil, we
	}
	m.metrics.sockets.WithLabelValues(protocol(c)).Inc()
	m.log.Info("socket opened", zap.String("conn_id", c.ID()), zap.String("user_id", s.user.id),
		zap.String("protocol", protocol(c)), zap.String("remote_ip", h.RemoteIP), s.knownAs())
	return s, nil
}

func (m *Manager) open(ctx context.Context, c Conn, h Handshake) (*Session, error) {
	if m.draining.Load() {
		return nil, wire.NewError(wire.CodeOverloaded).After(time.Second)
	}
	if token := shareToken(h); token != "" {
		return m.openViewer(ctx, c, token)
	}
	told := m.told.Load()
	claims, rooms, err := m.door.Admit(ctx, h.Token, c.ID())
	if err != nil {
		return nil, err
	}
	u := m.reg.enter(claims.UserID, claims.Name, wire.MaxSocketsPerUser)
	if u == nil { // Redis has lost count
		m.presence.Dismiss(claims.UserID, c.ID())
		return nil, wire.NewError(wire.CodeTooManySockets)
	}
	s := &Session{m: m, conn: c, user: u, sid: claims.SessionID, expires: claims.ExpiresAt.Unix(), opened: time.Now()}
	m.reg.add(s)
	m.count.Add(1)
	if m.told.Load() != told { // it may have been about this session, which nobody knew of
		now, err := m.door.Again(ctx, h.Token)
		if err != nil {
			s.end(false)
			return nil, err
		}
		m.reg.rename(now.UserID, now.Name)
	}
	if err := m.autoJoin(ctx, s, h, rooms); err != nil {
		s.end(false)
		return nil, err
	}
	s.saveState()
	return s, nil
}

// autoJoin seats s in those of the rooms that its user is active in.
func (m *Manager) autoJoin(ctx context.Context, s *Session, h Handshake, ids []string) error {
	for _, id := range ids {
		m.rooms.Open(id) // all at once; those that the user is no member of are closed again
	}
	authorized := ids[:0]
	var failed error
	for _, id := range ids {
		if failed == nil {
			_, err := m.rooms.Authorize(ctx, id, s.user.id)
			if err == nil {
				authorized = append(authorized, id)
				continue
			}
			if code(err) == wire.CodeUnavailable {
				failed = err
			}
		}
		m.rooms.Close(id)
	}
	seqs := lastSeqs(h)
	var state State
	var pid, offset string
	if failed == nil {
		state, pid, offset = m.recall(ctx, s, h, authorized)
	}
	for _, id := range authorized {
		seat := newSeat(s, id)
		if failed == nil {
			failed = s.sit(ctx, seat)
		} else {
			m.rooms.Close(id)
		}
		if failed != nil {
			if code(failed) != wire.CodeUnavailable {
				failed = nil // no member any more
			}
			continue
		}
		if pid != "" && m.restore(ctx, seat, state, pid, offset) {
			seat.openGate(0)
		} else if seq, ok := seqs[id]; !ok || m.resume(seat, seq, "") != nil {
			seat.openGate(0)
		}
	}
	return failed
}

// lastSeqs reads the chat numbers that a returning client has in its handshake,
// so that what it missed comes before anything else: auth {"lastSeq": {"<roomId>": 12}}.
func lastSeqs(h Handshake) map[string]int64 {
	raw := h.Auth
	if len(raw) == 0 {
		raw = []byte(`{"lastSeq":` + h.Query.Get("lastSeq") + `}`)
	}
	var p struct {
		LastSeq map[string]int64 `json:"lastSeq"`
	}
	if json.Unmarshal(raw, &p) != nil {
		return nil // an optional extra that is not understood is none
	}
	return p.LastSeq
}

// Deliver hands an answer from a service to the socket that asked. An answer
// for a socket that has gone is of use to nobody.
func (m *Manager) Deliver(e wire.Envelope) {
	if key, after, ok := resumeOf(e.Origin.SocketID); ok {
		m.resumed(key, after, e)
		return
	}
	if s := m.reg.get(e.Origin.SocketID); s != nil {
		if e.Event == wire.EventError {
			m.metrics.refused.WithLabelValues("service", errorCode(e.Data)).Inc()
		}
		s.reply(e.Origin.Ref, e.Event, []byte(e.Data))
	}
}

func errorCode(data string) string {
	var p wire.SocketError
	if json.Unmarshal([]byte(data), &p) != nil {
		return string(wire.CodeInternal)
	}
	return string(wire.Lookup(p.Code).Code)
}

// Each calls fn with a user id, session id and a way to close, for every session.
func (m *Manager) Each(fn func(userID, sessionID string, end func())) {
	m.told.Add(1)
	for _, s := range m.reg.all() {
		fn(s.user.id, s.sid, func() { s.conn.Close(wire.CloseRevoked) })
	}
}

// Rename gives a user's sessions another name from now on.
func (m *Manager) Rename(userID, name string) {
	m.told.Add(1)
	m.reg.rename(userID, name)
}

// sweepEvery is how late a token's end is noticed, at most.
const sweepEvery = 500 * time.Millisecond

// Run ends sessions whose tokens have expired, and waits that take too long,
// until ctx ends. It replaces a timer per socket.
func (m *Manager) Run(ctx context.Context) error {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-ticker.C:
			m.expireTokens(now)
			m.expireResumes(now)
		}
	}
}

func (m *Manager) expireTokens(now time.Time) {
	unix := now.Unix()
	var expired []*Session
	for i := range shardCount {
		m.reg.each(i, func(s *Session) {
			if s.expires <= unix {
				expired = append(expired, s)
			}
		})
	}
	for _, s := range expired {
		if s.viewer != nil {
			s.viewer.End(wire.NewError(wire.CodeShareNotFound))
			continue
		}
		s.conn.Close(wire.CloseAuthExpired)
	}
}

// Drain asks all clients to reconnect elsewhere, spread over the window, and
// closes each when its time has come. It returns when all have gone or ctx ends.
func (m *Manager) Drain(ctx context.Context) {
	m.draining.Store(true)
	all := m.reg.all()
	started := time.Now()
	due := func(i int) time.Duration {
		return m.cfg.DrainWindow * time.Duration(i+1) / time.Duration(len(all)+1)
	}
	for i, s := range all {
		data, _ := json.Marshal(wire.Draining{ReconnectInMs: due(i).Milliseconds()})
		_ = s.conn.Send(outq.NewEvent(outq.Ordered, "", wire.EventServerDraining, data)) // a socket that is closing knows already
	}
	for i, s := range all {
		if !run.Pause(ctx, due(i)-time.Since(started)) {
			break
		}
		s.conn.Close(wire.CloseGoingAway)
	}
	for _, s := range m.reg.all() { // those that were just being let in, and the rest after ctx has ended
		s.conn.Close(wire.CloseGoingAway)
	}
	for m.Count() > 0 && run.Pause(ctx, 5*time.Millisecond) {
	}
}
