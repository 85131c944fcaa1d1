package session

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
)

const (
	resumeWithin = 5 * time.Second // for one page; then live traffic goes on without
	resumePages  = 25
	resumePrefix = "resume|"
)

// resume is a seat that waits for the chat it missed.
type resume struct {
	seat  *Seat
	event string // the client's event that asked for it, for errors
	until time.Time
	pages int
	after int64 // what is being asked for
	live  int64 // chat from here on was sent live already; 0 = none
}

// resumeOf reads the origin that a resume's commands carry: which resume it is, and after which message it asks.
func resumeOf(socketID string) (key string, after int64, ok bool) {
	rest, ok := strings.CutPrefix(socketID, resumePrefix)
	i := strings.LastIndexByte(rest, '|')
	if !ok || i < 0 {
		return "", 0, false
	}
	after, err := strconv.ParseInt(rest[i+1:], 10, 64)
	return rest[:i], after, err == nil
}

// resume asks for the chat after seq. The seat's gate, if it is still closed,
// opens when all of it has been sent.
func (m *Manager) resume(seat *Seat, seq int64, event string) error {
	r := &resume{seat: seat, event: event, until: time.Now().Add(resumeWithin)}
	if seat.gate.Load() == nil {
		// A seat that was taken on connect listens already. Either some chat came
		// live, and the missed chat ends before it, or none can from here on.
		if r.live = seat.first.Load(); r.live == 0 {
			seat.gate.CompareAndSwap(nil, &gate{})
			r.live = seat.first.Load()
		}
	}
	key := seat.SocketID() + "|" + seat.room
	m.mu.Lock()
	_, twice := m.resumes[key]
	if !twice {
		m.resumes[key] = r
	}
	m.mu.Unlock()
	if twice {
		return wire.NewError(wire.CodeRateLimited).After(resumeWithin)
	}
	if err := m.nextPage(key, r, seq); err != nil {
		m.mu.Lock()
		delete(m.resumes, key)
		m.mu.Unlock()
		return err
	}
	return nil
}

func (m *Manager) nextPage(key string, r *resume, seq int64) error {
	s, after := r.seat.session, strconv.FormatInt(seq, 10)
	m.mu.Lock()
	r.after = seq
	m.mu.Unlock()
	data := `{"roomId":"` + r.seat.room + `","after":` + after + `,"limit":` + strconv.Itoa(wire.MaxHistoryLimit) + `,"system":true}`
	return m.commands.Append(wire.ServiceChat, s.newCommand(wire.CommandHistory, r.seat.room, resumePrefix+key+"|"+after, "", time.Now(), data),
		func(err error) {
			if m.finish(key, r) {
				r.seat.openGate(0)
				s.complain(r.event, "", r.seat.room, err)
			}
		})
}

// finish takes r out and tells whether it was still waiting.
func (m *Manager) finish(key string, r *resume) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.resumes[key] != r {
		return false
	}
	delete(m.resumes, key)
	return true
}

// resumed takes one page, or a refusal, of a seat that waits.
func (m *Manager) resumed(key string, after int64, e wire.Envelope) {
	m.mu.Lock()
	r := m.resumes[key]
	late := r == nil || r.after != after
	m.mu.Unlock()
	if late {
		return // or gone, or a second copy: a chat that died before it was done with a command is followed by one that answers again
	}
	s := r.seat.session
	if e.Event != wire.EventChatHistory {
		if m.finish(key, r) {
			s.reply("", e.Event, []byte(e.Data))
			r.seat.openGate(0)
		}
		return
	}
	page, last, err := missed(e.Data, r.live)
	if err != nil {
		if m.finish(key, r) {
			r.seat.openGate(0)
			s.complain(r.event, "", r.seat.room, err)
		}
		return
	}
	r.pages++
	more := page.HasMore && last > 0 && r.pages < resumePages && (r.live == 0 || last < r.live)
	if r.live == 0 {
		r.seat.paged.Store(last)
	}
	if len(page.Messages) > 0 || r.pages == 1 {
		page.HasMore = page.HasMore && !more && r.live == 0
		s.tellPage(page)
	}
	if more {
		m.mu.Lock()
		r.until = time.Now().Add(resumeWithin)
		m.mu.Unlock()
		if err = m.nextPage(key, r, last); err == nil {
			return
		}
		s.complain(r.event, "", r.seat.room, err)
	}
	if m.finish(key, r) {
		if r.live > 0 {
			last = 0 // what waits behind the gate was left out of the pages
		}
		r.seat.openGate(last)
	}
}

// tellPage sends a page of missed chat in its order: what was said as
// chat-history, and what nobody has said as it would have come live, since apps
// that know nothing of it must not show it as somebody's words. The last
// chat-history tells whether there is more.
func (s *Session) tellPage(page wire.ChatHistory) {
	said := wire.ChatHistory{RoomID: page.RoomID, Messages: []json.RawMessage{}}
	for i, raw := range page.Messages {
		var m struct {
			Kind string `json:"kind"`
		}
		_ = json.Unmarshal(raw, &m) // missed has decoded it
		if m.Kind == "" {
			said.Messages = append(said.Messages, page.Messages[i])
			continue
		}
		if len(said.Messages) > 0 {
			s.replyJSON("", wire.EventChatHistory, said)
			said.Messages = nil
		}
		s.reply("", wire.EventSystemMessage, raw)
	}
	page.Messages = append([]json.RawMessage{}, said.Messages...)
	s.replyJSON("", wire.EventChatHistory, page)
}

// missed decodes a page, drops what the client has had live, and tells the
// page's last sequence number.
func missed(data string, live int64) (page wire.ChatHistory, last int64, err error) {
	if err := json.Unmarshal([]byte(data), &page); err != nil {
		return page, 0, err
	}
	kept := page.Messages[:0]
	for _, raw := range page.Messages {
		var m struct {
			Seq int64 `json:"seq"`
		}
		if err := json.Unmarshal(raw, &m); err != nil {
			return page, 0, err
		}
		last = max(last, m.Seq)
		if live == 0 || m.Seq < live {
			kept = append(kept, raw)
		}
	}
	page.Messages = kept
	return page, last, nil
}

// expireResumes lets live traffic on to those whose missed chat does not come.
func (m *Manager) expireResumes(now time.Time) {
	late := map[string]*resume{}
	m.mu.Lock()
	for key, r := range m.resumes {
		if now.After(r.until) {
			late[key] = r
		}
	}
	m.mu.Unlock()
	for key, r := range late {
		if m.finish(key, r) {
			r.seat.openGate(0)
			r.seat.session.complain(r.event, "", r.seat.room, wire.NewError(wire.CodeUnavailable).After(2*time.Second))
		}
	}
}
