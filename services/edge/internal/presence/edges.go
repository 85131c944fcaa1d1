package presence

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
)

// unregister removes an edge whose lease has not been renewed after all.
var unregister = rueidis.NewLuaScript(`
local lease = redis.call('ZSCORE', KEYS[1], ARGV[1])
if lease and tonumber(lease) <= tonumber(ARGV[2]) then return redis.call('ZREM', KEYS[1], ARGV[1]) end
return 0`)

const syncBatch = 128

// beat renews the lease, clears away after edges that have crashed, and tells
// Redis anew what it has lost.
func (p *Presence) beat(ctx context.Context) {
	doubt, silent := false, true
	ticker := time.NewTicker(p.cfg.Heartbeat)
	defer ticker.Stop()
	for first := true; ctx.Err() == nil; first = false {
		beatCtx, cancel := context.WithTimeout(ctx, p.cfg.Heartbeat)
		fresh, reaped, err := p.renew(beatCtx)
		if err == nil {
			// Cleared away by others: they announced it. Otherwise Redis has lost it all,
			// and nobody was told anything.
			doubt, silent = doubt || reaped || fresh && !first, silent && !reaped
			err = p.date(beatCtx)
		}
		if err == nil && doubt {
			if err = p.tellAll(beatCtx, silent); err == nil {
				doubt, silent = false, true
			}
		}
		if err == nil {
			err = p.reapDead(beatCtx)
		}
		cancel()
		if err != nil && ctx.Err() == nil {
			p.log.Warn("presence", zap.Error(err))
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		case <-p.resync:
			doubt = true
			run.Pause(ctx, 100*time.Millisecond) // Redis may be on its way back
		}
	}
}

// renew tells whether this edge was unknown, and whether others have cleared
// away after it.
func (p *Presence) renew(ctx context.Context) (fresh, reaped bool, err error) {
	lease := float64(time.Now().Add(p.cfg.Lease).UnixMilli())
	results := p.client.DoMulti(ctx,
		p.client.B().Zadd().Key(wire.KeyEdges).ScoreMember().ScoreMember(lease, p.edge).Build(),
		p.client.B().Getdel().Key(keyReaped(p.edge)).Build())
	if err := redisx.FirstError(results); err != nil {
		return false, false, fmt.Errorf("renew the edge's lease: %w", err)
	}
	added, err := results[0].AsInt64()
	if err != nil {
		return false, false, fmt.Errorf("renew the edge's lease: %w", err)
	}
	return added == 1, results[1].Error() == nil, nil
}

// counting ends the names of edges that keep counts; those of before end in a
// digit or a letter.
const counting = "+"

// date finds out whether the rooms' counts can be relied upon. While an edge is
// about that keeps none, which is so when this version replaces one before it,
// every operation counts the sockets themselves, and once such edges have gone
// the counts of before are of another age. An edge of before that has just come
// is noticed within a heartbeat; its users could be said to be online twice
// until then.
func (p *Presence) date(ctx context.Context) error {
	results := p.client.DoMulti(ctx,
		p.client.B().Zrange().Key(wire.KeyEdges).Min("0").Max("-1").Build(),
		p.client.B().Set().Key(keyAge).Value(word()).Nx().Build(),
		p.client.B().Get().Key(keyAge).Build())
	edges, err := results[0].AsStrSlice()
	if err != nil {
		return fmt.Errorf("read the edges: %w", err)
	}
	age, err := results[2].ToString()
	if err != nil {
		return fmt.Errorf("read the age of the counts: %w", err)
	}
	for _, edge := range edges {
		if strings.HasSuffix(edge, counting) {
			continue
		}
		p.age.Store("")
		if err := p.client.Do(ctx, p.client.B().Set().Key(keyAge).Value(word()).Build()).Error(); err != nil {
			return fmt.Errorf("begin another age of the counts: %w", err)
		}
		return nil
	}
	p.age.Store(age)
	return nil
}

// tellAll makes Redis know exactly the sockets of this edge. What fails asks for
// a resync by itself.
func (p *Presence) tellAll(ctx context.Context, silent bool) error {
	if err := p.load(ctx); err != nil {
		return err
	}
	known, err := p.client.Do(ctx, p.client.B().Smembers().Key(keyRooms(p.edge)).Build()).AsStrSlice()
	if err != nil {
		return fmt.Errorf("read this edge's rooms: %w", err)
	}
	rooms := p.owed.takeRooms() // → whether to announce those who are missing
	if rooms == nil {
		rooms = map[string]bool{}
	}
	for _, id := range known {
		rooms[id] = rooms[id] || !silent
	}
	p.mu.Lock()
	for id := range p.rooms {
		rooms[id] = rooms[id] || !silent
	}
	p.mu.Unlock()
	for id, announce := range rooms {
		p.tell(id, announce)
	}
	for socketID, userID := range p.owed.takeUncounts() {
		p.Uncount(userID, socketID)
	}
	return nil
}

// tell makes Redis know this edge's sockets in a room. Exits are queued under
// the same lock, after the seat has gone: none can be overtaken by a list that
// still has it.
func (p *Presence) tell(roomID string, announce bool) {
	until := time.Now().Add(p.cfg.Grace).UnixMilli()
	online := ""
	if announce {
		online = head(wire.EventUserOnline)
	}
	args := []string{p.edge, strconv.FormatInt(until, 10), head(wire.EventUserOffline), online}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.seats.Seats(roomID) {
		args = append(args, s.UserID, s.SocketID, payload(roomID, s.UserID, s.UserName))
	}
	p.do(p.client.B().Sadd().Key(keyRooms(p.edge)).Member(roomID).Build(), nil)
	p.change(roomID, announce, func(r rueidis.RedisResult) {
		for _, cmd := range p.graces(roomID, r) { // an error asks for a resync
			p.do(cmd, nil)
		}
	}, "sync", args...)
}

// graceUntil notes when a grace ends, unless a later end is noted: of two devices
// that go at two edges, the one that was there last may have noted its end first.
func (p *Presence) graceUntil(until float64, roomID, userID string) rueidis.Completed {
	return p.client.B().Zadd().Key(keyGrace).Gt().ScoreMember().ScoreMember(until, roomID+" "+userID).Build()
}

// graces notes the ends of all graces that the answer to a sync tells of.
func (p *Presence) graces(roomID string, r rueidis.RedisResult) (cmds rueidis.Commands) {
	answer, _ := r.AsStrSlice() // whoever has it has looked at the error
	for i := 0; i+1 < len(answer); i += 2 {
		if until, err := strconv.ParseFloat(answer[i+1], 64); err == nil {
			cmds = append(cmds, p.graceUntil(until, roomID, answer[i]))
		}
	}
	return cmds
}

// reapDead clears away after all edges whose leases have lapsed.
func (p *Presence) reapDead(ctx context.Context) error {
	now := strconv.FormatInt(time.Now().UnixMilli(), 10)
	dead, err := p.client.Do(ctx, p.client.B().Zrangebyscore().Key(wire.KeyEdges).Min("-inf").Max(now).Build()).AsStrSlice()
	if err != nil {
		return fmt.Errorf("look for lapsed leases: %w", err)
	}
	for _, edge := range dead {
		if edge == p.edge {
			continue
		}
		p.log.Warn("clearing away after an edge that has gone", zap.String("edge", edge))
		if err := p.reap(ctx, edge); err != nil {
			return err
		}
	}
	return nil
}

// reap removes all entries of an edge. Its users have had the length of a lease
// to come back, so those without a socket are offline now.
func (p *Presence) reap(ctx context.Context, edge string) error {
	mark := p.client.B().Set().Key(keyReaped(edge)).Value("1").Ex(2 * time.Minute).Build().Pin()
	results := p.client.DoMulti(ctx, mark, p.client.B().Smembers().Key(keyRooms(edge)).Build())
	if err := redisx.FirstError(results); err != nil {
		return fmt.Errorf("clear away after %s: %w", edge, err)
	}
	rooms, _ := results[1].AsStrSlice() // its error was the first one
	for len(rooms) > 0 {
		part := rooms[:min(syncBatch, len(rooms))]
		rooms = rooms[len(part):]
		if err := p.clear(ctx, edge, part); err != nil {
			return fmt.Errorf("clear away after %s: %w", edge, err)
		}
	}
	// One that was only frozen may have read the first mark already, and told Redis
	// of its sockets before they were taken away: it must tell once more.
	if err := p.client.Do(ctx, mark).Error(); err != nil {
		return fmt.Errorf("clear away after %s: %w", edge, err)
	}
	now := strconv.FormatInt(time.Now().UnixMilli(), 10)
	if err := unregister.Exec(ctx, p.client, []string{wire.KeyEdges}, []string{edge, now}).Error(); err != nil {
		return fmt.Errorf("clear away after %s: %w", edge, err)
	}
	return nil
}

func (p *Presence) clear(ctx context.Context, edge string, rooms []string) error {
	until := int64(0)
	if edge == p.edge { // going in good order: its users have had no time yet
		until = time.Now().Add(p.cfg.Grace).UnixMilli()
	}
	cmds := make(rueidis.Commands, 0, len(rooms))
	for _, id := range rooms {
		cmds = append(cmds, p.call(id, "sync", edge, strconv.FormatInt(until, 10), head(wire.EventUserOffline), ""))
	}
	results := p.client.DoMulti(ctx, cmds...)
	if err := redisx.FirstError(results); err != nil {
		p.again() // the script may be unknown
		return err
	}
	done := rueidis.Commands{}
	for i, id := range rooms {
		done = append(done, p.graces(id, results[i])...)
	}
	// Not before: whatever could not be cleared away has to be found again.
	done = append(done, p.client.B().Srem().Key(keyRooms(edge)).Member(rooms...).Build())
	return redisx.FirstError(p.client.DoMulti(ctx, done...))
}
