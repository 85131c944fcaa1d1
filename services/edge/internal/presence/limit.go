package presence

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/wire"
)

// admit counts one more socket of a user unless there are enough.
var admit = rueidis.NewLuaScript(`
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], 691200)
return 1`)

// Admit counts a socket of a user over all edges; false when there are
// wire.MaxSocketsPerUser already.
func (p *Presence) Admit(ctx context.Context, userID, socketID string) (bool, error) {
	for attempt := 0; ; attempt++ {
		ok, err := admit.Exec(ctx, p.client, []string{keySockets(userID)},
			[]string{socketID, p.edge, strconv.Itoa(wire.MaxSocketsPerUser)}).AsBool()
		if err != nil {
			return false, fmt.Errorf("count a user's sockets: %w", err)
		}
		if ok {
			p.seen("online", userID)
			return true, nil
		}
		if attempt > 0 {
			return false, nil
		}
		freed, err := p.freeDead(ctx, userID)
		if err != nil || !freed {
			return false, err
		}
	}
}

// freeDead uncounts sockets of edges that are no more.
func (p *Presence) freeDead(ctx context.Context, userID string) (bool, error) {
	now := strconv.FormatInt(time.Now().UnixMilli(), 10)
	results := p.client.DoMulti(ctx,
		p.client.B().Zrangebyscore().Key(wire.KeyEdges).Min(now).Max("+inf").Build(),
		p.client.B().Hgetall().Key(keySockets(userID)).Build())
	edges, err := results[0].AsStrSlice()
	if err != nil {
		return false, fmt.Errorf("read the edges: %w", err)
	}
	sockets, err := results[1].AsStrMap()
	if err != nil {
		return false, fmt.Errorf("read a user's sockets: %w", err)
	}
	alive := map[string]bool{p.edge: true}
	for _, e := range edges {
		alive[e] = true
	}
	var dead []string
	for socketID, edge := range sockets {
		if !alive[edge] {
			dead = append(dead, socketID)
		}
	}
	if len(dead) == 0 {
		return false, nil
	}
	if err := p.client.Do(ctx, p.client.B().Hdel().Key(keySockets(userID)).Field(dead...).Build()).Error(); err != nil {
		return false, fmt.Errorf("uncount a user's sockets: %w", err)
	}
	return true, nil
}

// Dismiss uncounts a socket that Admit has counted.
func (p *Presence) Dismiss(userID, socketID string) {
	p.do(p.client.B().Hdel().Key(keySockets(userID)).Field(socketID).Build(), nil)
	p.seen("offline", userID)
}
