package redisx

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/redis/rueidis"
)

// Sentinel guards a projection: data in Redis that can be written again from a database. Its key says that all of it is
// there. One that goes missing with the rest tells that Redis lost its data, and the server's run id tells of a restart,
// after which the last second may be missing. One goroutine uses it.
type Sentinel struct {
	client rueidis.Client
	key    string

	seen, known string // run ids: of the last look, and of when all was last known to be right
}

// NewSentinel makes the one whose key is given.
func NewSentinel(client rueidis.Client, key string) *Sentinel {
	return &Sentinel{client: client, key: key}
}

// setSentinel sets it only if nothing was lost since the rebuild began: the mark would be gone, too.
var setSentinel = rueidis.NewLuaScript(`
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('DEL', KEYS[2])
return 1`)

// Look tells whether everything is there, and whether Redis was restarted since the last call of Right.
func (s *Sentinel) Look(ctx context.Context) (there, restarted bool, err error) {
	replies := s.client.DoMulti(ctx, s.client.B().Exists().Key(s.key).Build(), s.client.B().Info().Section("server").Build())
	if there, err = replies[0].AsBool(); err != nil {
		return false, false, fmt.Errorf("look at the sentinel: %w", err)
	}
	info, err := replies[1].ToString()
	if err != nil {
		return false, false, fmt.Errorf("look at the server: %w", err)
	}
	_, id, _ := strings.Cut(info, "run_id:")
	s.seen, _, _ = strings.Cut(id, "\r\n")
	return there, s.known != "" && s.known != s.seen, nil
}

// Right remembers that all was right with the server that the last Look saw.
func (s *Sentinel) Right() { s.known = s.seen }

// Rebuild calls write, which writes everything, and sets the sentinel, unless Redis lost data meanwhile: then it is
// false, and the next Look tells that nothing is there.
func (s *Sentinel) Rebuild(ctx context.Context, write func(context.Context) error) (bool, error) {
	marker := "{" + s.key + "}:rebuild" // in the sentinel's slot
	mark := rand.Text()
	if err := s.client.Do(ctx, s.client.B().Set().Key(marker).Value(mark).Build()).Error(); err != nil {
		return false, fmt.Errorf("begin rebuild: %w", err)
	}
	if err := write(ctx); err != nil {
		return false, fmt.Errorf("rebuild: %w", err)
	}
	set, err := setSentinel.Exec(ctx, s.client, []string{s.key, marker}, []string{mark}).AsBool()
	if err != nil {
		return false, fmt.Errorf("end rebuild: %w", err)
	}
	return set, nil
}
