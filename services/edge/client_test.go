package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

// frame is one event that a client heard.
type frame struct {
	Type string          `json:"type"`
	ID   string          `json:"id"`
	Data json.RawMessage `json:"data"`

	Offset string `json:"-"` // Socket.IO's last argument
}

// socket is a client of either protocol.
type socket struct {
	t    *testing.T
	conn *websocket.Conn
	sio  bool

	mu    sync.Mutex
	heard []frame
	ended error
	send  sync.Mutex
}

// native connects over /ws; tok "" sends none.
func (e *edge) native(t *testing.T, tok string) *socket {
	t.Helper()
	h := http.Header{}
	if tok != "" {
		h.Set("Authorization", "Bearer "+tok)
	}
	conn, resp, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(e.url, "http")+"/ws", h)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return listen(t, conn, false)
}

// socketIO connects over Socket.IO's WebSocket transport.
func (e *edge) socketIO(t *testing.T, auth string) *socket {
	t.Helper()
	conn, resp, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(e.url, "http")+"/socket.io/?EIO=4&transport=websocket", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if _, _, err := conn.ReadMessage(); err != nil { // open
		t.Fatal(err)
	}
	s := listen(t, conn, true)
	s.write("40" + auth)
	return s
}

func listen(t *testing.T, conn *websocket.Conn, sio bool) *socket {
	s := &socket{t: t, conn: conn, sio: sio}
	t.Cleanup(func() { _ = conn.Close() })
	go s.read()
	return s
}

func (s *socket) read() {
	for {
		_, raw, err := s.conn.ReadMessage()
		if err != nil {
			s.mu.Lock()
			s.ended = err
			s.mu.Unlock()
			return
		}
		var f frame
		if !s.sio {
			_ = json.Unmarshal(raw, &f) // an empty frame fails the test that looks for it
		} else if f = decodePacket(string(raw)); f.Type == "ping" {
			s.write("3")
			continue
		}
		s.mu.Lock()
		s.heard = append(s.heard, f)
		s.mu.Unlock()
	}
}

// decodePacket makes a frame of an event, a connect or a refusal.
func decodePacket(p string) frame {
	switch {
	case p == "2":
		return frame{Type: "ping"}
	case strings.HasPrefix(p, "40"):
		return frame{Type: "connected", Data: json.RawMessage(p[2:])}
	case strings.HasPrefix(p, "44"):
		return frame{Type: "refused", Data: json.RawMessage(p[2:])}
	case strings.HasPrefix(p, "42"):
		var args []json.RawMessage
		_ = json.Unmarshal([]byte(p[2:]), &args)
		f := frame{}
		_ = json.Unmarshal(args[0], &f.Type)
		if len(args) > 1 {
			f.Data = args[1]
		}
		_ = json.Unmarshal(args[len(args)-1], &f.Offset) // what is no string is none
		if len(args) == 1 {
			f.Offset = ""
		}
		return f
	}
	return frame{Type: p}
}

func (s *socket) write(text string) {
	s.send.Lock()
	defer s.send.Unlock()
	_ = s.conn.WriteMessage(websocket.TextMessage, []byte(text)) // what follows fails if it was needed
}

// emit sends an event; data is JSON, or a value that becomes JSON.
func (s *socket) emit(event string, data any, id string) {
	s.t.Helper()
	raw, ok := data.(string)
	if !ok {
		b, err := json.Marshal(data)
		if err != nil {
			s.t.Fatal(err)
		}
		raw = string(b)
	}
	switch {
	case s.sio:
		s.write(`42` + id + `["` + event + `",` + raw + `]`)
	case id != "":
		s.write(`{"v":1,"type":"` + event + `","id":"` + id + `","data":` + raw + `}`)
	default:
		s.write(`{"v":1,"type":"` + event + `","data":` + raw + `}`)
	}
}

func (s *socket) all(event string) []frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.heard), func(f frame) bool { return f.Type != event })
}

func (s *socket) closed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// closedWith waits for the end and checks its code.
func (s *socket) closedWith(code int) {
	s.t.Helper()
	testenv.Eventually(s.t, 10*time.Second, "the socket is not closed", func() bool { return s.closed() != nil })
	if !websocket.IsCloseError(s.closed(), code) {
		s.t.Errorf("closed with %v, want %d", s.closed(), code)
	}
}

// hear waits for an event that fits.
func hear[T any](s *socket, event string, fits func(T) bool) T {
	s.t.Helper()
	var found T
	testenv.Eventually(s.t, 10*time.Second, event+" was not heard", func() bool {
		for _, f := range s.all(event) {
			var v T
			if json.Unmarshal(f.Data, &v) == nil && (fits == nil || fits(v)) {
				found = v
				return true
			}
		}
		return false
	})
	return found
}

func (s *socket) join(room string) {
	s.t.Helper()
	s.emit(wire.EventJoinRoom, wire.RoomRef{RoomID: room}, "")
	hear(s, wire.EventJoinedRoom, func(j wire.JoinedRoom) bool { return j.RoomID == room })
}

// settle waits until everything that was said before has been answered.
func (s *socket) settle() {
	s.t.Helper()
	before := len(s.all(wire.EventPong))
	s.emit(wire.EventPing, "{}", "")
	testenv.Eventually(s.t, 5*time.Second, "no pong", func() bool { return len(s.all(wire.EventPong)) > before })
}
