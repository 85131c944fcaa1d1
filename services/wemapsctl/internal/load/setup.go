//go:build unix

package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/client"
)

// user is one member of one room.
type user struct {
	client.Account
	room  int // index
	index int // within the room
	id    int // among all users, in what is sent

	// What was sent since the measurement began. Of the sender.
	positions, chats int64
}

// population is who takes part: the first rooms are busy, the others idle.
type population struct {
	rest  *client.REST
	rooms []string // ids
	users []*user  // room by room
}

const (
	setupParallel = 32
	idlePerUser   = 5  // sockets of one user, the contract's bound
	idleRoomSize  = 50 // members
)

// populate signs users in and puts them into rooms of the given sizes.
func populate(ctx context.Context, rest *client.REST, sizes []int, phase func(name string, n int, took time.Duration)) (*population, error) {
	p := &population{rest: rest, rooms: make([]string, len(sizes))}
	for room, size := range sizes {
		for index := range size {
			p.users = append(p.users, &user{room: room, index: index, id: len(p.users)})
		}
	}
	run := fmt.Sprintf("%08x", rand.Uint32())
	codes := make([]string, len(sizes))
	owners := make([]*user, len(sizes))
	var joiners []*user
	for _, u := range p.users {
		if u.index == 0 {
			owners[u.room] = u
		} else {
			joiners = append(joiners, u)
		}
	}
	for _, step := range []struct {
		name string
		n    int
		do   func(i int) error
	}{
		{"sign in", len(p.users), func(i int) (err error) {
			p.users[i].Account, err = rest.SignIn(ctx, fmt.Sprintf("load %s %d", run, i))
			return err
		}},
		{"create room", len(sizes), func(i int) error {
			room, err := rest.CreateRoom(ctx, owners[i].Account, "Load", "Somewhere", 46.05, 14.5, max(2, min(sizes[i], idleRoomSize)))
			p.rooms[i], codes[i] = room.ID, room.RoomCode
			return err
		}},
		{"join room", len(joiners), func(i int) error { return rest.JoinRoom(ctx, joiners[i].Account, codes[joiners[i].room]) }},
	} {
		start := time.Now()
		if err := parallel(ctx, setupParallel, step.n, step.do); err != nil {
			return nil, err
		}
		if step.n > 0 {
			phase(step.name, step.n, time.Since(start))
		}
	}
	return p, nil
}

// leave empties all rooms, which closes them.
func (p *population) leave(ctx context.Context) error {
	return parallel(ctx, setupParallel, len(p.users), func(i int) error {
		u := p.users[i]
		if u.Token == "" || p.rooms[u.room] == "" {
			return nil
		}
		return p.rest.LeaveRoom(ctx, u.Account, p.rooms[u.room])
	})
}

// parallel calls do for 0 to n-1 from some goroutines, and again a little later
// when the server is busy.
func parallel(ctx context.Context, workers, n int, do func(i int) error) error {
	var next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range min(workers, n) {
		g.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= n || ctx.Err() != nil {
					return ctx.Err()
				}
				err := do(i)
				for try := 0; err != nil && client.Busy(err) && try < 20; try++ {
					if !run.Pause(ctx, 100*time.Millisecond) {
						return ctx.Err()
					}
					err = do(i)
				}
				if err != nil {
					return err
				}
			}
		})
	}
	return g.Wait()
}
