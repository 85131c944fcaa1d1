package consume

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
)

// share divides the partitions evenly among the replicas that are alive, so
// that a second replica gets work at once and not only when the first dies. It
// is advice: replicas that see each other differently for a moment are kept
// apart by the leases.
type share struct {
	client     rueidis.Client
	key        string // sorted set: replica → last sign of life, Unix ms
	name       string
	partitions int
	onError    func(error)
	mine       map[int]bool
}

// claim gives a sign of life and returns which partitions are ours. With Redis
// away it returns what it last did.
func (s *share) claim(ctx context.Context) map[int]bool {
	now := time.Now()
	results := s.client.DoMulti(ctx,
		s.client.B().Zadd().Key(s.key).ScoreMember().ScoreMember(float64(now.UnixMilli()), s.name).Build(),
		s.client.B().Zremrangebyscore().Key(s.key).Min("-inf").Max(strconv.FormatInt(now.Add(-leaseTTL).UnixMilli(), 10)).Build(),
		s.client.B().Zrange().Key(s.key).Min("0").Max("-1").Build())
	if err := redisx.FirstError(results); err != nil {
		if ctx.Err() == nil {
			s.onError(fmt.Errorf("share partitions: %w", err))
		}
		return s.mine
	}
	replicas, err := results[2].AsStrSlice()
	if err != nil {
		s.onError(fmt.Errorf("share partitions: %w", err))
		return s.mine
	}
	s.mine = divide(replicas, s.name, s.partitions)
	return s.mine
}

// leave makes the others take over at their next claim.
func (s *share) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	// If this fails the sign of life expires by itself.
	_ = s.client.Do(ctx, s.client.B().Zrem().Key(s.key).Member(s.name).Build()).Error()
}

// divide deals partitions to replicas in turn, in the order of their names.
func divide(replicas []string, name string, partitions int) map[int]bool {
	slices.Sort(replicas)
	mine := map[int]bool{}
	at := slices.Index(replicas, name)
	if at < 0 {
		return mine
	}
	for partition := at; partition < partitions; partition += len(replicas) {
		mine[partition] = true
	}
	return mine
}
