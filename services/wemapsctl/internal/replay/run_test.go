package replay

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wemaps/wemaps/libs/gpx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/client"
)

// fakeEdge speaks as much of the contract as a replay needs. It loses every
// 10th position and sends every 7th twice, which a replay must notice.
type fakeEdge struct {
	clean bool

	mu      sync.Mutex
	sockets map[string]*websocket.Conn // by user
	n       int
	left    int
}

func (f *fakeEdge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/api/auth/signin":
		var in wire.SignInRequest
		_ = json.NewDecoder(r.Body).Decode(&in)
		_ = json.NewEncoder(w).Encode(wire.SignInResponse{User: wire.User{ID: "id " + in.Name, Name: in.Name}, Token: in.Name})
	case r.URL.Path == "/api/rooms":
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(wire.RoomResponse{Room: wire.Room{ID: "r1", RoomCode: "ABC123"}})
	case strings.HasSuffix(r.URL.Path, "/leave"):
		f.mu.Lock()
		f.left++
		f.mu.Unlock()
		_, _ = io.WriteString(w, `{"message":"ok"}`)
	case r.URL.Path == "/api/rooms/join":
		_, _ = io.WriteString(w, `{}`)
	case r.URL.Path == "/ws":
		f.socket(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (f *fakeEdge) socket(w http.ResponseWriter, r *http.Request) {
	conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	name := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	for {
		_, message, err := conn.ReadMessage()
		if err != nil {
			return
		}
		packet, err := client.Native.Decode(message)
		if err != nil {
			return
		}
		f.mu.Lock()
		switch packet.Event {
		case wire.EventJoinRoom:
			f.sockets[name] = conn
			f.say(name, wire.EventJoinedRoom, []byte(`{"roomId":"r1"}`))
		case wire.EventLocationUpdate:
			f.position(name, packet.Data)
		}
		f.mu.Unlock()
	}
}

func (f *fakeEdge) position(name string, data []byte) {
	f.say(name, wire.EventLocationConfirmed, []byte(`{}`))
	var fields map[string]any
	_ = json.Unmarshal(data, &fields)
	fields["userId"], fields["distanceToDestination"] = "id "+name, 12.5
	raw, _ := json.Marshal(fields)
	f.n++
	for other := range f.sockets {
		if other == name || !f.clean && f.n%10 == 0 {
			continue
		}
		f.say(other, wire.EventLocationUpdated, raw)
		if !f.clean && f.n%7 == 0 {
			f.say(other, wire.EventLocationUpdated, raw)
		}
	}
}

func (f *fakeEdge) say(name, event string, data []byte) {
	_ = f.sockets[name].WriteMessage(websocket.TextMessage, client.Native.Encode(event, "", data))
}

func replayOn(t *testing.T, f *fakeEdge) (Summary, string) {
	t.Helper()
	f.sockets = map[string]*websocket.Conn{}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	track := NewTrack([]gpx.Point{{Lat: 46, Lon: 14, Ele: math.NaN()}, {Lat: 46.001, Lon: 14, Ele: 300}}, 40) // 10 s
	var out strings.Builder
	s, err := Run(t.Context(), []Traveller{{Name: "ann", Track: track}, {Name: "bob", Track: track, Delay: time.Second}},
		Options{Base: server.URL, Protocol: client.Native, Speed: 20, Every: 20 * time.Millisecond, Print: 100 * time.Millisecond, Out: &out})
	if err != nil {
		t.Fatal(err)
	}
	return s, out.String()
}

func TestRun(t *testing.T) {
	t.Parallel()
	f := &fakeEdge{clean: true}
	s, out := replayOn(t, f)
	if s.Sent < 20 || s.Confirmed != s.Sent || s.Delivered != s.Sent || s.Missing != 0 || s.Doubled != 0 || s.Errors != 0 || s.P50 <= 0 {
		t.Errorf("summary %+v", s)
	}
	for _, want := range []string{"room ABC123", "ann", "bob", "at the end", "46.00100", "12 m left"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if f.left != 2 {
		t.Errorf("%d members left the room at the end", f.left)
	}
}

func TestRunNoticesLossAndDoubles(t *testing.T) {
	t.Parallel()
	f := &fakeEdge{}
	s, _ := replayOn(t, f)
	lost, doubled := f.n/10, f.n/7-f.n/70
	if s.Missing+s.Superseded != lost || s.Superseded == 0 || s.Doubled != doubled || s.Delivered != s.Expected-lost {
		t.Errorf("%+v; the edge lost %d and doubled %d", s, lost, doubled)
	}
	if text := s.String(); !strings.Contains(text, "missing") || !strings.Contains(text, "p95") {
		t.Errorf("summary %s", text)
	}
}
