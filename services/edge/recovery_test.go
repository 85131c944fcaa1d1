package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

// returning is what the official client would come back with.
func returning(token string, s *socket) string {
	var c struct{ PID string }
	_ = json.Unmarshal(s.all("connected")[0].Data, &c)
	s.mu.Lock()
	defer s.mu.Unlock()
	offset := ""
	for _, f := range s.heard {
		if f.Offset != "" {
			offset = f.Offset
		}
	}
	return fmt.Sprintf(`{"token":%q,"pid":%q,"offset":%q}`, token, c.PID, offset)
}

func (s *socket) pid() string {
	var c struct{ PID string }
	hear(s, "connected", func(v struct{ PID string }) bool { c = v; return true })
	return c.PID
}

// sid is what the client calls itself.
func (s *socket) sid() string {
	var c struct{ SID string }
	hear(s, "connected", func(v struct{ SID string }) bool { c = v; return true })
	return c.SID
}

// beforeConnect lists the chat that came before the reply to CONNECT.
func (s *socket) beforeConnect() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []int64
	for _, f := range s.heard {
		var m wire.Message
		switch f.Type {
		case "connected":
			return all
		case wire.EventNewMessage:
			_ = json.Unmarshal(f.Data, &m)
			all = append(all, m.Seq)
		}
	}
	return all
}

func numbers(from, to int64) []int64 {
	var all []int64
	for i := from; i <= to; i++ {
		all = append(all, i)
	}
	return all
}

// A client that comes back to another edge is told what it missed before it is
// connected, once, and goes on, while the room never stops talking.
func TestRecoveryAcrossEdges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.serveChat()
	w.room("r1", "ana", "bob")
	edges := []*edge{w.edge(nil), w.edge(nil)}
	tok := w.token("ana", time.Hour)
	ana := edges[0].socketIO(t, `{"token":"`+tok+`"}`)
	pid, sid := ana.pid(), ana.sid()
	if len(pid) != 22 {
		t.Fatalf("pid %q", pid)
	}
	stop, talked := make(chan struct{}), make(chan struct{})
	end := sync.OnceFunc(func() { close(stop); <-talked })
	defer end()
	go func() {
		defer close(talked)
		beat := time.NewTicker(2 * time.Millisecond) // no more is missed than a client is told at once
		defer beat.Stop()
		for {
			select {
			case <-stop:
				return
			case <-beat.C:
				c.take(w, wire.Command{RoomID: "r1", UserID: "bob", Data: `{"content":"x"}`})
			}
		}
	}()
	var heard []int64
	for i := range 12 {
		testenv.Eventually(t, 10*time.Second, "no chat", func() bool { return len(ana.seqs()) > len(ana.beforeConnect())+2 })
		auth := returning(tok, ana)
		// The edge may not know yet that this one has gone.
		if i%2 == 0 {
			_ = ana.conn.Close()
		}
		// What comes after the look at the offset was not heard.
		var o struct{ Offset string }
		_ = json.Unmarshal([]byte(auth), &o)
		heard = append(heard, ana.seqsUntil(o.Offset)...)
		before := c.count("r1")
		testenv.Eventually(t, 10*time.Second, "no chat", func() bool { return c.count("r1") > before+3 })
		old := ana
		ana = edges[(i+1)%2].socketIO(t, auth)
		if got := ana.pid(); got != pid || ana.sid() != sid { // also while the one before seems to be there
			t.Fatalf("round %d: connected as %q %q, want %q %q", i, got, ana.sid(), pid, sid)
		}
		_ = old.conn.Close()
		if len(ana.beforeConnect()) < 3 {
			t.Fatalf("round %d: only %v came before the connection", i, ana.beforeConnect())
		}
	}
	end()
	last := int64(c.count("r1"))
	testenv.Eventually(t, 10*time.Second, "the end is missing", func() bool { return slices.Contains(ana.seqs(), last) })
	heard = append(heard, ana.seqs()...)
	if want := numbers(heard[0], last); !slices.Equal(heard, want) {
		t.Fatalf("heard %v of %d to %d", heard, heard[0], last)
	}
}

func TestRecoveryIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.serveChat()
	w.room("r1", "ana", "bob")
	e := w.edge(func(cfg *Config) { cfg.RecoveryWindow = 300 * time.Millisecond })
	tok := w.token("ana", time.Hour)
	say := func() { c.take(w, wire.Command{RoomID: "r1", UserID: "bob", Data: `{"content":"x"}`}) }
	open := func() (*socket, string) {
		s := e.socketIO(t, `{"token":"`+tok+`"}`)
		s.pid()
		say()
		hear[wire.Message](s, wire.EventNewMessage, nil)
		return s, returning(tok, s)
	}
	kept := func(auth string) bool {
		var a struct{ PID string }
		_ = json.Unmarshal([]byte(auth), &a)
		n, err := w.redis.Do(context.Background(), w.redis.B().Exists().Key("recover:{"+a.PID+"}").Build()).AsInt64()
		return err == nil && n == 1
	}
	refused := func(t *testing.T, auth string) {
		t.Helper()
		before := c.count("r1")
		say()
		s := e.socketIO(t, auth)
		if strings.Contains(auth, s.pid()) || len(s.beforeConnect()) > 0 {
			t.Errorf("recovered with %s", auth)
		}
		say()
		hear(s, wire.EventNewMessage, func(m wire.Message) bool { return m.Seq == int64(before+2) })
		_ = s.conn.Close()
	}
	t.Run("in time it is not", func(t *testing.T) {
		s, auth := open()
		testenv.Eventually(t, 5*time.Second, "not kept", func() bool { return kept(auth) })
		_ = s.conn.Close()
		say()
		again := e.socketIO(t, auth)
		if !strings.Contains(auth, again.pid()) || again.sid() != s.sid() || len(again.beforeConnect()) != 1 {
			t.Errorf("not recovered with %s: %v", auth, again.beforeConnect())
		}
	})
	t.Run("too late", func(t *testing.T) {
		s, auth := open()
		_ = s.conn.Close()
		testenv.Eventually(t, 5*time.Second, "kept for ever", func() bool { return !kept(auth) })
		refused(t, auth)
	})
	t.Run("another user", func(t *testing.T) {
		_, auth := open()
		refused(t, strings.Replace(auth, tok, w.token("bob", time.Hour), 1))
	})
	t.Run("unknown or malformed", func(t *testing.T) {
		_, auth := open()
		var a map[string]string
		_ = json.Unmarshal([]byte(auth), &a)
		refused(t, strings.Replace(auth, a["pid"], "AAAAAAAAAAAAAAAAAAAAAA", 1))
		refused(t, strings.Replace(auth, a["offset"], "1-1", 1))
		_, auth = open()
		_ = json.Unmarshal([]byte(auth), &a)
		refused(t, strings.Replace(auth, a["offset"], "pong", 1))
		refused(t, strings.Replace(auth, `"`+a["offset"]+`"`, "7", 1))
	})
	t.Run("after a goodbye", func(t *testing.T) {
		s, auth := open()
		testenv.Eventually(t, 5*time.Second, "not kept", func() bool { return kept(auth) })
		s.write("41")
		testenv.Eventually(t, 250*time.Millisecond, "still kept", func() bool { return !kept(auth) })
		refused(t, auth)
	})
	t.Run("trimmed", func(t *testing.T) {
		s, auth := open()
		_ = s.conn.Close()
		w.do(w.redis.B().Del().Key(wire.KeyRoomLog("r1")).Build())
		refused(t, auth)
	})
	t.Run("two rooms", func(t *testing.T) {
		w.room("r2", "ana")
		_, auth := open()
		if kept(auth) {
			t.Error("kept")
		}
		refused(t, auth)
	})
}

// seqsUntil is seqs up to the event at offset.
func (s *socket) seqsUntil(offset string) []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []int64
	for _, f := range s.heard {
		if f.Type == wire.EventNewMessage {
			var m wire.Message
			_ = json.Unmarshal(f.Data, &m)
			all = append(all, m.Seq)
		}
		if f.Offset == offset {
			break
		}
	}
	return all
}
