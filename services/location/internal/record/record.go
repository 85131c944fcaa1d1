// Package record keeps who is recorded, and brings recorded fixes from Redis,
// where they wait, to Postgres.
package record

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/track"
)

// Archive is the truth; see store.Tracks.
type Archive interface {
	Append(ctx context.Context, fixes []track.Fix) (stored int, err error)
	Allow(ctx context.Context, room, by string, members []string, allow bool, now time.Time) error
	Agree(ctx context.Context, room, user string, agree bool, now time.Time) error
	Joined(ctx context.Context, joined []track.Joined) error
	Left(ctx context.Context, room, user string, at time.Time) (changed bool, err error)
	Ended(ctx context.Context, room string, at time.Time) (changed bool, err error)
	Forget(ctx context.Context, user string) error
	Recorded(ctx context.Context, room string, fn func(users []string) error) error
	RecordedRooms(ctx context.Context, after string, limit int) ([]string, error)
	Purge(ctx context.Context) error
}

// Switch turns recording on and off: first in the archive, which is what counts,
// then in Redis, from where the owners of partitions know whose fixes to keep. It
// is safe for concurrent use.
type Switch struct {
	Archive    Archive
	Client     rueidis.Client
	Partitions int
}

const (
	// cachesLife is after what time all of Redis is written again, if nothing was
	// lost, so that no mistake lasts.
	cachesLife   = 24 * time.Hour
	recordedLife = 7 * 24 * time.Hour
	lookEvery    = time.Second
	roomsPage    = 500
	purgeEvery   = time.Hour
)

// Allow lets a room record, or no longer.
func (s *Switch) Allow(ctx context.Context, room, by string, members []string, allow bool) error {
	if err := s.Archive.Allow(ctx, room, by, members, allow, time.Now().UTC()); err != nil {
		return err
	}
	return s.tell(ctx, room, by)
}

// Agree lets a member be recorded, or no longer.
func (s *Switch) Agree(ctx context.Context, room, user string, agree bool) error {
	if err := s.Archive.Agree(ctx, room, user, agree, time.Now().UTC()); err != nil {
		return err
	}
	return s.tell(ctx, room, user)
}

var setRecorded = rueidis.NewLuaScript(`
redis.call('DEL', KEYS[1])
for i = 2, #ARGV do redis.call('SADD', KEYS[1], ARGV[i]) end
redis.call('EXPIRE', KEYS[1], ARGV[1])
return 1`)

// project writes who is recorded in a room.
func (s *Switch) project(ctx context.Context, room string) error {
	return s.Archive.Recorded(ctx, room, func(users []string) error {
		args := append([]string{strconv.Itoa(int(recordedLife.Seconds()))}, users...)
		if err := setRecorded.Exec(ctx, s.Client, []string{wire.KeyRecorded(room)}, args).Error(); err != nil {
			return fmt.Errorf("tell who is recorded: %w", err)
		}
		return nil
	})
}

// tell projects a change, and lets the owner of the room's partition read it.
func (s *Switch) tell(ctx context.Context, room, by string) error {
	if err := s.project(ctx, room); err != nil {
		return err
	}
	c := wire.Command{Type: wire.CommandRefresh, RoomID: room, UserID: by, Received: time.Now(), Data: "{}"}
	add := s.Client.B().Xadd().Key(wire.StreamCommands(wire.ServiceLocation, wire.Partition(room, s.Partitions))).Id("*").
		FieldValue().FieldValue(wire.CommandField, c.String()).Build()
	if err := s.Client.Do(ctx, add).Error(); err != nil {
		return fmt.Errorf("tell the partition: %w", err)
	}
	return nil
}

// Keeper writes everything to Redis again when that has lost it, and drops what
// is too old. Any number may do so.
type Keeper struct {
	*Switch
	OnError func(error)

	purged time.Time
}

// Run blocks until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	for run.Pause(ctx, lookEvery) {
		if err := k.Look(ctx); err != nil && ctx.Err() == nil {
			k.OnError(fmt.Errorf("keep recordings: %w", err))
			run.Pause(ctx, lookEvery)
		}
	}
	return nil
}

// Look does what is due.
func (k *Keeper) Look(ctx context.Context) error {
	_, err := k.Client.Do(ctx, k.Client.B().Get().Key(wire.KeyRecordingCaches).Build()).ToString()
	switch {
	case rueidis.IsRedisNil(err):
		if err := k.rebuild(ctx); err != nil {
			return err
		}
	case err != nil:
		return fmt.Errorf("look whether Redis knows who is recorded: %w", err)
	}
	if time.Since(k.purged) < purgeEvery {
		return nil
	}
	if err := k.Archive.Purge(ctx); err != nil {
		return err
	}
	k.purged = time.Now()
	return nil
}

func (k *Keeper) rebuild(ctx context.Context) error {
	for after := ""; ; {
		rooms, err := k.Archive.RecordedRooms(ctx, after, roomsPage)
		if err != nil {
			return err
		}
		for _, room := range rooms {
			if err := k.project(ctx, room); err != nil {
				return err
			}
			after = room
		}
		if len(rooms) < roomsPage {
			break
		}
	}
	set := k.Client.B().Set().Key(wire.KeyRecordingCaches).Value("1").ExSeconds(int64(cachesLife.Seconds())).Build()
	if err := k.Client.Do(ctx, set).Error(); err != nil {
		return fmt.Errorf("write again who is recorded: %w", err)
	}
	return nil
}

// Writer stores the fixes that wait.
type Writer struct {
	Archive Archive
	Stored  func(stored, refused int) // hears of each batch
}

// Handle is a redisx.Handler for the streams of tracks. Its handling may be
// repeated: a fix that is there is not stored twice.
func (w *Writer) Handle(ctx context.Context, entries []redisx.Entry) (rejects []redisx.Reject, err error) {
	fixes := make([]track.Fix, 0, len(entries))
	for _, e := range entries {
		f, err := track.Parse(e.Value)
		if err != nil {
			rejects = append(rejects, redisx.Reject{Entry: e, Reason: err.Error()})
			continue
		}
		fixes = append(fixes, f)
	}
	stored, err := w.Archive.Append(ctx, fixes)
	if err != nil {
		return nil, errors.Join(errors.New("recorded fixes wait"), err)
	}
	w.Stored(stored, len(fixes)-stored)
	return rejects, nil
}
