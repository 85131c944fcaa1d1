// Package recovery keeps in Redis what lets a Socket.IO client go on, on any
// edge, where it was when its connection broke.
package recovery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/roomlog"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/lane"
	"github.com/wemaps/wemaps/services/edge/internal/session"
)

// Store is safe for concurrent use.
type Store struct {
	client rueidis.Client
	window time.Duration
	lane   *lane.Lane
	log    *zap.Logger
}

// connected is how long a state outlives an edge that crashed, or a connection
// that stays up: it is written again when that ends.
const connected = 24 * time.Hour

// A state is its socket's id, a line break, and JSON. Whoever is not its owner
// any more leaves it alone.
// KEYS[1] the state; ARGV: owner, what it becomes or ”, ms to live
const script = `
local now = redis.call('GET', KEYS[1])
local mine = now and string.sub(now, 1, #ARGV[1]) == ARGV[1]
if now and not mine then return 0 end
if ARGV[2] == '' then return redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`

// New starts nothing; Run does. window is how long a client may be away.
func New(client rueidis.Client, window time.Duration, log *zap.Logger) *Store {
	return &Store{client: client, window: window, lane: lane.New(client, nil), log: log}
}

// Run writes until ctx ends, and then what is left.
func (s *Store) Run(ctx context.Context) error {
	s.lane.Run(ctx)
	return nil
}

func key(pid string) string { return "recover:{" + pid + "}" }

func encode(state session.State) string {
	raw, _ := json.Marshal(state) // strings always marshal
	return state.SocketID + "\n" + string(raw)
}

// Take implements session.Recovery.
func (s *Store) Take(ctx context.Context, pid string) (state session.State, ok bool, err error) {
	raw, err := s.client.Do(ctx, s.client.B().Get().Key(key(pid)).Build()).ToString()
	if rueidis.IsRedisNil(err) {
		return state, false, nil
	}
	if err != nil {
		return state, false, fmt.Errorf("read a state: %w", err)
	}
	for i := range raw {
		if raw[i] == '\n' {
			if err := json.Unmarshal([]byte(raw[i+1:]), &state); err != nil {
				return session.State{}, false, fmt.Errorf("decode a state: %w", err)
			}
			return state, true, nil
		}
	}
	return state, false, errors.New("decode a state: no owner")
}

// Keep implements session.Recovery.
func (s *Store) Keep(pid string, state session.State) {
	s.put(s.client.B().Set().Key(key(pid)).Value(encode(state)).Px(connected).Build())
}

// Lapse implements session.Recovery.
func (s *Store) Lapse(pid string, state session.State) { s.change(pid, state, encode(state)) }

// Drop implements session.Recovery.
func (s *Store) Drop(pid string, state session.State) { s.change(pid, state, "") }

func (s *Store) change(pid string, state session.State, value string) {
	s.put(s.client.B().Eval().Script(script).Numkeys(1).Key(key(pid)).
		Arg(state.SocketID+"\n", value, strconv.FormatInt(s.window.Milliseconds(), 10)).Build())
}

// put loses what Redis does not take: its client then connects anew.
func (s *Store) put(cmd rueidis.Completed) {
	failed := func(err error) {
		if err != nil {
			s.log.Warn("state of a client not kept", zap.Error(err))
		}
	}
	failed(s.lane.Put(cmd, func(r rueidis.RedisResult) { failed(r.Error()) }))
}

// Missed implements session.Recovery.
func (s *Store) Missed(ctx context.Context, roomID, offset string) ([]wire.Envelope, int64, bool, error) {
	return roomlog.Since(ctx, s.client, roomID, offset) //nolint:wrapcheck // says itself
}
