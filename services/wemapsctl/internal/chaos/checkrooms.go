package chaos

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
)

// checkPositions waits until everybody knows everybody's last fix.
func (r *runner) checkPositions(ctx context.Context) {
	type known struct {
		fix
		name string
	}
	r.await(ctx, 20*time.Second, kindPosition, "at the end", func() (waiting []string) {
		last := map[string]map[string]known{} // by room and user
		r.eachBook(func(p *person, b *book) {
			own := p.fixes[b.room]
			if own == nil || !own.confirmed {
				waiting = append(waiting, p.account.Name+"'s last fix is not confirmed")
				return
			}
			if last[b.room] == nil {
				last[b.room] = map[string]known{}
			}
			last[b.room][p.account.ID] = known{fix{own.recorded, own.latitude}, p.account.Name}
		})
		r.eachBook(func(p *person, b *book) {
			for user, want := range last[b.room] {
				if got := b.fixes[user]; user != p.account.ID && got.latitude != want.latitude {
					waiting = append(waiting, fmt.Sprintf("%s in room %s knows %s at %.5f (of %s) and not at %.5f (of %s)", p.account.Name, b.room, want.name,
						got.latitude, got.recorded.Format("15:04:05.000"), want.latitude, want.recorded.Format("15:04:05.000")))
				}
			}
		})
		return waiting
	})
}

// checkMembership asks REST at each edge, Redis, and the sockets of visitors.
func (r *runner) checkMembership(ctx context.Context) error {
	redis, err := redisx.Open(ctx, r.world.redis.now.RedisURL(), "chaos")
	if err != nil {
		return err
	}
	defer redis.Close()
	for i, room := range r.rooms {
		var want []string
		for _, p := range r.people {
			p.mu.Lock()
			if slices.Contains(p.rooms, room.ID) {
				want = append(want, p.account.ID)
			}
			p.mu.Unlock()
		}
		slices.Sort(want)
		for edge := range replicas {
			var answer wire.RoomResponse
			if _, err := r.rest(ctx, edge, r.people[i].account.Token, "GET", "/api/rooms/"+room.ID, nil, &answer); err != nil {
				r.verdict.add(kindMembership, "", room.ID, "through edge %d: %v", edge, err)
				continue
			}
			var got []string
			for _, m := range answer.Room.Members {
				if m.Status == wire.MemberActive {
					got = append(got, m.UserID)
				}
			}
			if slices.Sort(got); !slices.Equal(got, want) {
				r.verdict.add(kindMembership, "", room.ID, "edge %d names the members %v, they are %v", edge, got, want)
			}
		}
		r.await(ctx, 10*time.Second, kindMembership, "in Redis", func() []string {
			got, err := redis.Do(ctx, redis.B().Smembers().Key(wire.KeyRoomMembers(room.ID)).Build()).AsStrSlice()
			if slices.Sort(got); err == nil && slices.Equal(got, want) {
				return nil
			}
			return []string{fmt.Sprintf("room %s has the members %v, not %v (%v)", room.ID, got, want, err)}
		})
	}
	r.checkVisitors(ctx)
	return r.checkDeadLetters(ctx, redis)
}

// checkVisitors lets those who come and go ask to join once more.
func (r *runner) checkVisitors(ctx context.Context) {
	for _, p := range r.people {
		if p.habit != visitor {
			continue
		}
		room := r.rooms[p.id%len(r.rooms)].ID
		var asked time.Time
		p.mu.Lock()
		clear(p.joined)
		clear(p.denied)
		p.mu.Unlock()
		r.await(ctx, 15*time.Second, kindMembership, "by its socket", func() []string {
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.conn != nil && time.Since(asked) > 2*time.Second {
				asked = time.Now()
				_ = p.send(wire.EventJoinRoom, "join", wire.RoomRef{RoomID: room}) // or the next time
			}
			_, out := p.left[room]
			if p.joined[room] && !out || p.denied[room] && out {
				return nil
			}
			return []string{fmt.Sprintf("%s is in room %s: %t; let in: %t, refused: %t", p.account.Name, room, !out, p.joined[room], p.denied[room])}
		})
	}
}

func (r *runner) checkDeadLetters(ctx context.Context, redis rueidis.Client) error {
	for _, service := range []string{wire.ServiceLocation, wire.ServiceChat} {
		dead, err := redis.Do(ctx, redis.B().Xrange().Key(wire.StreamDead(service)).Start("-").End("+").Build()).AsXRange()
		if err != nil {
			return fmt.Errorf("read dead letters: %w", err)
		}
		for _, d := range dead {
			r.verdict.add(kindRefusal, "", "", "dead letter of %s: %v", service, d.FieldValues)
		}
	}
	return nil
}

// checkSockets holds that the edges count each socket, and only once.
func (r *runner) checkSockets(ctx context.Context) {
	r.await(ctx, 20*time.Second, kindRecovery, "of sockets", func() []string {
		total := 0
		for edge := range replicas {
			var health wire.SocketHealth
			if _, err := r.rest(ctx, edge, "", "GET", "/socket/health", nil, &health); err != nil {
				return []string{err.Error()}
			}
			total += health.ConnectedClients
		}
		if total == len(r.people) {
			return nil
		}
		return []string{fmt.Sprintf("the edges count %d sockets for %d clients: a wrong number", total, len(r.people))}
	})
}
