package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

var counter atomic.Int64

func unique(name string) string { return fmt.Sprintf("%s %d", name, counter.Add(1)) }

// call makes one REST call and decodes the answer into dst, if given.
func call(t testing.TB, method, url, token string, body, dst any) int {
	t.Helper()
	status, text, err := try(method, url, token, body)
	if err != nil {
		t.Fatal(err)
	}
	if dst != nil {
		if err := json.Unmarshal(text, dst); err != nil {
			t.Fatalf("%s %s: %d %s: %v", method, url, status, text, err)
		}
	}
	return status
}

func try(method, url, token string, body any) (int, []byte, error) {
	var r io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		r = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, url, r)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, text, err
}

type user struct {
	wire.User
	token string
}

func (e *env) signIn(t testing.TB) user {
	t.Helper()
	var res wire.SignInResponse
	if status := call(t, "POST", e.URL(0)+"/api/auth/signin", "", map[string]string{"name": unique("walker")}, &res); status != 200 {
		t.Fatalf("sign-in: %d", status)
	}
	return user{res.User, res.Token}
}

func (e *env) createRoom(t testing.TB, owner user) wire.Room {
	t.Helper()
	var res wire.RoomResponse
	if status := call(t, "POST", e.URL(0)+"/api/rooms", owner.token, map[string]any{
		"name": "To the top", "destinationName": "Top", "destinationLat": 46.43, "destinationLng": 13.74, "maxMembers": 50}, &res); status != 201 {
		t.Fatalf("create room: %d", status)
	}
	return res.Room
}

func (e *env) joinRoom(t testing.TB, u user, room wire.Room) {
	t.Helper()
	if status := call(t, "POST", e.URL(0)+"/api/rooms/join", u.token, map[string]string{"roomCode": room.RoomCode}, nil); status != 200 {
		t.Fatalf("join: %d", status)
	}
}

// frame is the native protocol's.
type frame struct {
	V    int             `json:"v"`
	Type string          `json:"type"`
	ID   string          `json:"id,omitempty"`
	Data json.RawMessage `json:"data,omitempty"`
}

// client is a native socket that remembers all it heard.
type client struct {
	conn *websocket.Conn
	wmu  sync.Mutex

	mu    sync.Mutex
	heard []frame
	err   error
}

func dial(t testing.TB, url string, token string) *client {
	t.Helper()
	c, err := tryDial(url, token)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { _ = c.conn.Close() })
	return c
}

func tryDial(url, token string) (*client, error) {
	header := http.Header{}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	conn, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(url, "http")+"/ws", header)
	if err != nil {
		if res != nil {
			return nil, fmt.Errorf("%w: %s", err, res.Status)
		}
		return nil, err
	}
	c := &client{conn: conn}
	go c.read()
	return c, nil
}

func (c *client) read() {
	for {
		_, raw, err := c.conn.ReadMessage()
		var f frame
		if err == nil {
			err = json.Unmarshal(raw, &f)
		}
		c.mu.Lock()
		if err != nil {
			c.err = err
			c.mu.Unlock()
			return
		}
		c.heard = append(c.heard, f)
		c.mu.Unlock()
	}
}

func (c *client) send(t testing.TB, event, id string, data any) {
	t.Helper()
	raw, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	c.wmu.Lock()
	defer c.wmu.Unlock()
	if err := c.conn.WriteJSON(frame{V: 1, Type: event, ID: id, Data: raw}); err != nil {
		t.Errorf("send %s: %v", event, err)
	}
}

func (c *client) all(event string) []frame {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []frame
	for _, f := range c.heard {
		if f.Type == event {
			out = append(out, f)
		}
	}
	return out
}

func (c *client) closed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// await waits for an event that match accepts (nil: any) and decodes its data.
func await[T any](t testing.TB, c *client, event string, match func(T) bool) T {
	t.Helper()
	return awaitFor(t, c, 10*time.Second, event, match)
}

func awaitFor[T any](t testing.TB, c *client, within time.Duration, event string, match func(T) bool) T {
	t.Helper()
	var hit T
	testenv.Eventually(t, within, "no "+event+" came", func() bool {
		for _, f := range c.all(event) {
			var v T
			if err := json.Unmarshal(f.Data, &v); err != nil {
				t.Fatalf("%s: %v: %s", event, err, f.Data)
			}
			if match == nil || match(v) {
				hit = v
				return true
			}
		}
		return false
	})
	return hit
}

// join tries again, as an app does, when it is told that it may: until the room
// caches are there, which can take a moment on a busy machine, nobody is let in.
func (c *client) join(t testing.TB, room wire.Room) {
	t.Helper()
	const pause = 100 * time.Millisecond // with every refusal answered at once, the limit of joins would be reached
	refused := func() (n int, wait time.Duration) {
		for _, f := range c.all(wire.EventError) {
			var e wire.SocketError
			if json.Unmarshal(f.Data, &e) == nil && e.Event == wire.EventJoinRoom && (e.Code == wire.CodeUnavailable || e.Code == wire.CodeRateLimited) {
				n++
				wait = max(pause, time.Duration(e.RetryAfterMs)*time.Millisecond)
			}
		}
		return n, wait
	}
	tries := 0
	defer func() {
		if t.Failed() {
			t.Logf("asked %d times to join; the socket: %v", tries, c.closed())
			for _, f := range c.all(wire.EventError) {
				t.Logf("heard: %s", f.Data)
			}
		}
	}()
	var asked time.Time
	testenv.Eventually(t, 10*time.Second, "no joined-room came", func() bool {
		if n, wait := refused(); n >= tries && time.Since(asked) >= wait {
			tries++
			asked = time.Now()
			c.send(t, wire.EventJoinRoom, "", wire.RoomRef{RoomID: room.ID})
		}
		return slices.ContainsFunc(c.all(wire.EventJoinedRoom), func(f frame) bool {
			var j wire.JoinedRoom
			return json.Unmarshal(f.Data, &j) == nil && j.RoomID == room.ID
		})
	})
}

func fix(room wire.Room, lat, lng float64) wire.LocationUpdate {
	return wire.LocationUpdate{RoomID: room.ID, Latitude: &lat, Longitude: &lng}
}
