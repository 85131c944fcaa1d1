//go:build unix

package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/client"
)

const (
	restWorkers = 32
	restRooms   = 3 // of each user whose rooms are read
)

// restRows measures create, join, get and list at 32 concurrent requests, each for a while.
func (s *suite) restRows(ctx context.Context) error {
	b := &bench{addr: s.addr, workers: restWorkers}
	rest := client.NewREST(s.cfg.Base, restWorkers)
	creators, err := signIn(ctx, rest, restWorkers)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var codes []string
	rate := func(name string, calls func(worker, n int) *call) error {
		before, ledger := usages(s.cfg.Processes), openLedger(s.cfg.Processes)
		start := time.Now()
		took, failed, why := b.run(ctx, s.each, calls)
		seconds := time.Since(start).Seconds()
		if others := ledger.strangers(openLedger(s.cfg.Processes)); others > disturbed && name != "join" { // a room is joined once
			if err := s.again(ctx, others); err != nil {
				return err
			}
			before, start = usages(s.cfg.Processes), time.Now()
			took, failed, why = b.run(ctx, s.each, calls)
			seconds = time.Since(start).Seconds()
		}
		if failed > 0 {
			return fmt.Errorf("%s: %d failed: %w", name, failed, why)
		}
		l := summarize(took)
		s.put("rest "+name, float64(len(took))/seconds)
		s.put("rest "+name+" p99", l.P99)
		s.say("%-10s %6.0f/s  p50 %.2f  p99 %.2f ms  %s", name, float64(len(took))/seconds, l.P50, l.P99, costs(s.cfg.Processes, before, len(took)))
		return nil
	}
	if err := rate("create", func(w, _ int) *call {
		c := newRoom(creators[w])
		c.got = func(raw []byte) error {
			var res wire.RoomResponse
			if err := json.Unmarshal(raw, &res); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			codes = append(codes, res.Room.RoomCode)
			return nil
		}
		return c
	}); err != nil {
		return err
	}
	// Each room has eight seats, one of them taken.
	joiners, err := signIn(ctx, rest, restWorkers)
	if err != nil {
		return err
	}
	if err := rate("join", func(w, n int) *call {
		// Worker w joins rooms of its own stripe of seven workers' common rooms, so that no room gets more than seven.
		room := (w/7)*(len(codes)/5) + n
		if n >= len(codes)/5 {
			return nil
		}
		return &call{method: "POST", path: "/api/rooms/join", token: joiners[w].Token, body: map[string]string{"roomCode": codes[room]}, status: http.StatusOK}
	}); err != nil {
		return err
	}
	return s.readRows(ctx, rest, rate)
}

func (s *suite) readRows(ctx context.Context, rest *client.REST, rate func(string, func(worker, n int) *call) error) error {
	readers, err := signIn(ctx, rest, restWorkers)
	if err != nil {
		return err
	}
	ids := make([][]string, restWorkers)
	if err := parallel(ctx, restWorkers, restWorkers, func(i int) error {
		for range restRooms {
			room, err := rest.CreateRoom(ctx, readers[i], "Load", "Somewhere", 46.05, 14.5, 8)
			if err != nil {
				return err
			}
			ids[i] = append(ids[i], room.ID)
		}
		return nil
	}); err != nil {
		return err
	}
	return errors.Join(
		rate("get", func(w, n int) *call {
			return &call{method: "GET", path: "/api/rooms/" + ids[w][n%restRooms], token: readers[w].Token, status: http.StatusOK}
		}),
		rate("list", func(w, _ int) *call {
			return &call{method: "GET", path: "/api/rooms", token: readers[w].Token, status: http.StatusOK}
		}))
}

// together has 32 users join one room of 50 at once, a few times over.
func (s *suite) together(ctx context.Context) error {
	rest := client.NewREST(s.cfg.Base, restWorkers)
	users, err := signIn(ctx, rest, restWorkers+1)
	if err != nil {
		return err
	}
	var worst []time.Duration
	for range 5 {
		room, err := rest.CreateRoom(ctx, users[restWorkers], "Load", "Somewhere", 46.05, 14.5, 50)
		if err != nil {
			return err
		}
		b := &bench{addr: s.addr, workers: restWorkers}
		var ready sync.WaitGroup
		ready.Add(restWorkers)
		took, failed, why := b.run(ctx, time.Minute, func(w, n int) *call {
			if n > 0 {
				return nil
			}
			ready.Done() // behind a barrier, connected
			ready.Wait()
			return &call{method: "POST", path: "/api/rooms/join", token: users[w].Token, body: map[string]string{"roomCode": room.RoomCode}, status: http.StatusOK}
		})
		if failed > 0 {
			return fmt.Errorf("join together: %d of %d refused: %w", failed, restWorkers, why)
		}
		worst = append(worst, took...)
	}
	l := summarize(worst)
	s.put("together max", l.Max)
	s.say("32 users join one room at once, five times: all in, p50 %.1f  max %.1f ms", l.P50, l.Max)
	return nil
}

func newRoom(a client.Account) *call {
	return &call{method: "POST", path: "/api/rooms", token: a.Token, status: http.StatusCreated, body: map[string]any{
		"name": "Load", "destinationName": "Somewhere", "destinationLat": 46.05, "destinationLng": 14.5, "maxMembers": 8}}
}

func signIn(ctx context.Context, rest *client.REST, n int) ([]client.Account, error) {
	accounts := make([]client.Account, n)
	run := fmt.Sprintf("load %08x", rand.Uint32())
	return accounts, parallel(ctx, setupParallel, n, func(i int) (err error) {
		accounts[i], err = rest.SignIn(ctx, fmt.Sprintf("%s r%d", run, i))
		return err
	})
}
