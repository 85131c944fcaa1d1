package consume

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
)

const (
	blockFor    = 2 * time.Second
	readTimeout = 5 * time.Second
	batchSize   = 256
)

// Stream is a partition's commands, used as a queue: what is in it has not
// been handled, what has been handled is trimmed away. It is read from its
// start each time and without a consumer group, because a group hands an entry
// to whoever asks: a former owner that does not know yet that it lost the lock
// would take entries away from the new one, which the new one's trimming would
// then destroy. Reading like this has no effect that a former owner could do
// harm with; who may act on what was read is decided in Postgres alone.
type Stream struct {
	Client rueidis.Client
	Name   string
}

// Read waits up to two seconds for entries and returns the oldest ones.
func (s *Stream) Read(ctx context.Context) ([]redisx.Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	read := s.Client.B().Xread().Count(batchSize).Block(blockFor.Milliseconds()).Streams().Key(s.Name).Id("0").Build()
	streams, err := s.Client.Do(ctx, read).AsXRead()
	if rueidis.IsRedisNil(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.Name, err)
	}
	entries := make([]redisx.Entry, len(streams[s.Name]))
	for i, e := range streams[s.Name] {
		entries[i] = redisx.Entry{ID: e.ID, Value: e.FieldValues[wire.CommandField]}
	}
	return entries, nil
}

// Done removes handled entries, a batch that Read returned, after writing
// those among them that can never be handled to the dead letters.
func (s *Stream) Done(ctx context.Context, batch []redisx.Entry, rejects []redisx.Reject) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	if err := redisx.WriteDeadLetters(ctx, s.Client, wire.StreamDead(wire.ServiceChat), s.Name, rejects); err != nil {
		return err
	}
	trim := s.Client.B().Xtrim().Key(s.Name).Minid().Exact().Threshold(redisx.After(batch[len(batch)-1].ID)).Build()
	if err := s.Client.Do(ctx, trim).Error(); err != nil {
		return fmt.Errorf("trim %s: %w", s.Name, err)
	}
	return nil
}

// Length is how many commands wait.
func (s *Stream) Length(ctx context.Context) (int64, error) {
	n, err := s.Client.Do(ctx, s.Client.B().Xlen().Key(s.Name).Build()).AsInt64()
	if err != nil {
		return 0, fmt.Errorf("length of %s: %w", s.Name, err)
	}
	return n, nil
}
