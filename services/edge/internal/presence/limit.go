package presence

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/wire"
)

// admission counts one more socket of a user unless there are enough.
const admission = `
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], 691200)
return 1`

var admit = rueidis.NewLuaScript(admission)

// Admit is the command that counts a socket of a user over all edges, unless
// there are wire.MaxSocketsPerUser already. Its result belongs to Admitted.
func (p *Presence) Admit(userID, socketID string) rueidis.Completed {
	return p.client.B().Evalsha().Sha1(p.admission).Numkeys(1).Key(keySockets(userID)).
		Arg(socketID, p.edge, strconv.Itoa(wire.MaxSocketsPerUser)).Build()
}

// Admitted tells whether a socket was counted by Admit. After an error it may
// have been.
func (p *Presence) Admitted(ctx context.Context, userID, socketID string, result rueidis.RedisResult) (bool, error) {
	ok, err := result.AsBool()
	if re, is := rueidis.IsRedisErr(err); is && re.IsNoScript() {
		ok, err = p.admitAgain(ctx, userID, socketID)
	}
	if err != nil || ok {
		return ok, err
	}
	freed, err := p.freeDead(ctx, userID)
	if err != nil || !freed {
		return false, err
	}
	return p.admitAgain(ctx, userID, socketID)
}

func (p *Presence) admitAgain(ctx context.Context, userID, socketID string) (bool, error) {
	ok, err := admit.Exec(ctx, p.client, []string{keySockets(userID)}, []string{socketID, p.edge, strconv.Itoa(wire.MaxSocketsPerUser)}).AsBool()
	if err != nil {
		return false, fmt.Errorf("count a user's sockets: %w", err)
	}
	return ok, nil
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

// Uncount takes back what Admit has counted, or may have. While Redis is away it
// is kept: a socket that stayed counted would be in its user's way for days.
func (p *Presence) Uncount(userID, socketID string) {
	p.do(p.client.B().Hdel().Key(keySockets(userID)).Field(socketID).Build(), func(r rueidis.RedisResult) {
		if r.Error() != nil {
			p.owed.uncount(userID, socketID)
		}
	})
}

// Online tells that a user has been seen coming.
func (p *Presence) Online(userID string) { p.seen("online", userID) }

// Dismiss uncounts a socket, and tells that its user has been seen going.
func (p *Presence) Dismiss(userID, socketID string) {
	p.Uncount(userID, socketID)
	p.seen("offline", userID)
}
