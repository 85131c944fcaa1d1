//go:build unix

package load

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/client"
)

// sender sends positions and chat of its sockets at an even pace, one socket
// after the other.
type sender struct {
	protocol client.Protocol
	rooms    []string
	sockets  []*socket
	warmUp   bool
	failed   int64

	data, out []byte
}

const senders = 2

// send sends at these rates per socket and second until ctx ends; it returns
// how many sends failed.
func send(ctx context.Context, protocol client.Protocol, rooms []string, sockets []*socket, positions, chats float64, warmUp bool) int64 {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed int64
	for i := range senders {
		s := &sender{protocol: protocol, rooms: rooms, warmUp: warmUp}
		for k := i; k < len(sockets); k += senders {
			s.sockets = append(s.sockets, sockets[k])
		}
		wg.Go(func() {
			s.run(ctx, positions, chats)
			mu.Lock()
			defer mu.Unlock()
			failed += s.failed
		})
	}
	wg.Wait()
	return failed
}

func (s *sender) run(ctx context.Context, positions, chats float64) {
	if len(s.sockets) == 0 {
		return
	}
	start := time.Now()
	var sentPositions, sentChats int
	n := float64(len(s.sockets))
	for ctx.Err() == nil {
		elapsed := time.Since(start).Seconds()
		due := int(elapsed*positions*n) - sentPositions
		for range due {
			s.position(s.sockets[sentPositions%len(s.sockets)])
			sentPositions++
		}
		dueChats := int(elapsed*chats*n) - sentChats
		for range dueChats {
			s.chat(s.sockets[sentChats%len(s.sockets)])
			sentChats++
		}
		run.Pause(ctx, time.Millisecond)
	}
}

func (s *sender) position(to *socket) {
	u := to.user
	b := append(s.data[:0], `{"roomId":"`...)
	b = append(b, s.rooms[u.room]...)
	b = append(b, `","latitude":46.05`...)
	b = strconv.AppendInt(b, 1000+u.positions%9000, 10)
	b = append(b, `,"longitude":14.506,"accuracy":4.5,"speed":1.42,"bearing":271.3,"altitude":298.7,"batteryLevel":81,"deviceModel":"load.`...)
	b = s.mark(b, u, u.positions)
	s.data = append(b, `"}`...)
	u.positions++
	s.write(to, wire.EventLocationUpdate)
}

func (s *sender) chat(to *socket) {
	u := to.user
	b := append(s.data[:0], `{"roomId":"`...)
	b = append(b, s.rooms[u.room]...)
	b = append(b, `","clientId":"`...)
	b = strconv.AppendInt(b, time.Now().UnixNano(), 36)
	b = append(b, `","content":"load.`...)
	b = s.mark(b, u, u.chats)
	s.data = append(b, `"}`...)
	u.chats++
	s.write(to, wire.EventSendMessage)
}

// mark appends "<sender>.<number>.<µs>"; see stream.take.
func (s *sender) mark(b []byte, u *user, number int64) []byte {
	if s.warmUp {
		number = -1
	}
	b = append(strconv.AppendInt(b, int64(u.id), 10), '.')
	b = append(strconv.AppendInt(b, number, 10), '.')
	return strconv.AppendInt(b, time.Now().UnixMicro(), 10)
}

func (s *sender) write(to *socket, event string) {
	if to.dead.Load() {
		s.failed++
		return
	}
	s.out = frame(s.out[:0], s.protocol.Encode(event, "", s.data))
	if err := to.write(s.out); err != nil {
		s.failed++
	}
}
