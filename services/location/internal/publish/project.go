package publish

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/roomlog"
	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/places"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/sos"
)

const (
	projectTimeout = 5 * time.Second
	lookEvery      = 500 * time.Millisecond // whether Redis has lost anything
	tellEvery      = time.Second            // whether news were left behind by a crash
	sweepEvery     = time.Hour              // whether rooms have ended unheard
	placesLife     = 48 * time.Hour         // of what Redis holds; each sweep renews it
	placesPage     = 200
	keyPlacesMark  = "{" + wire.KeyPlacesCache + "}:rebuild" // in the sentinel's slot
)

// State is all that a room has, and what it has not been told.
type State struct {
	places.Places
	Version int64
	Calls   []sos.Call // open ones
	News    []News
}

// Untold is where State comes from; see store.Places.
type Untold interface {
	// Deliver gives fn a room's state while nobody changes it, and forgets the news
	// when fn returns nil.
	Deliver(ctx context.Context, room string, fn func(context.Context, *State) error) error
	Waiting(ctx context.Context, before time.Time, limit int) ([]string, error)
	Rooms(ctx context.Context, after string, limit int) ([]string, error)
	Purge(ctx context.Context, rooms []string) error
	Erase(ctx context.Context, user string) (rooms []string, err error)
}

// Rooms finds rooms; see store.Rooms.
type Rooms interface {
	Find(ctx context.Context, ids []string) (rooms []*position.Room, certain bool, err error)
}

// Projector keeps Redis, and what rooms were told, true to Postgres: at each
// change, after a crash between the two, and when Redis has lost what it had.
// Every replica has one; they work on one room one after the other.
type Projector struct {
	Store      Untold
	Rooms      Rooms
	Client     rueidis.Client
	Partitions int // of the command streams
	NewID      func() string
	OnError    func(error)

	lastRun string // Redis' run id
}

// A newer state is never replaced by an older one, whoever comes last. ARGV: the
// version, how long all lives in seconds, then a value for each key after the
// first; "" deletes.
var setPlaces = rueidis.NewLuaScript(`
if tonumber(redis.call('GET', KEYS[1]) or '0') > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
for i = 2, #KEYS do
  if ARGV[i + 1] == '' then redis.call('DEL', KEYS[i]) else redis.call('SET', KEYS[i], ARGV[i + 1], 'EX', ARGV[2]) end
end
return 1`)

// Deliver tells a room what it has not been told yet. A failure is for Run to
// make up for: nothing is lost by it.
func (p *Projector) Deliver(ctx context.Context, room string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), projectTimeout)
	defer cancel()
	if err := p.Store.Deliver(ctx, room, p.project); err != nil {
		return fmt.Errorf("tell a room of its places: %w", err)
	}
	return nil
}

// project writes what Redis holds of a room, wakes those who keep it in memory,
// and then tells the sockets: whoever hears of a change and asks finds it, and
// whoever joins after that is told by the snapshot.
func (p *Projector) project(ctx context.Context, s *State) error {
	room := s.Room
	keys := []string{wire.KeyPlaces(room), wire.KeyRoute(room), wire.KeyGeofences(room), wire.KeySOS(room)}
	values := []string{strconv.FormatInt(s.Version, 10), strconv.Itoa(int(placesLife.Seconds())), "", "", ""}
	if s.Route != nil {
		values[2] = string(mustJSON(wire.RouteCache{ID: s.Route.ID, Points: Coordinates(s.Route.Line)}))
	}
	if len(s.Fences) > 0 {
		values[3] = string(mustJSON(wire.GeofencesResponse{Geofences: Geofences(s.Fences)}))
	}
	if len(s.Calls) > 0 {
		values[4] = string(mustJSON(wire.SOSListResponse{SOS: Calls(s.Calls)}))
	}
	if err := setPlaces.Exec(ctx, p.Client, keys, values).Error(); err != nil {
		return fmt.Errorf("write places: %w", err)
	}
	refresh := wire.Command{Type: wire.CommandRefresh, RoomID: room, UserID: refreshUser(s), Received: time.Now()}
	cmds := rueidis.Commands{p.add(wire.ServiceLocation, refresh)}
	var heard []wire.Envelope
	for _, n := range s.News {
		heard = append(heard, n.Envelope)
		if n.Note == nil {
			continue
		}
		note, err := n.Note.Command(room, time.Now())
		if err != nil {
			return fmt.Errorf("encode a note: %w", err)
		}
		cmds = append(cmds, p.add(wire.ServiceChat, note))
	}
	if err := redisx.FirstError(p.Client.DoMulti(ctx, cmds...)); err != nil {
		return fmt.Errorf("append commands: %w", err)
	}
	if len(heard) == 0 {
		return nil
	}
	if err := redisx.FirstError(roomlog.Do(ctx, p.Client, rueidis.Commands{roomlog.Publish(p.Client, room, heard...)})); err != nil {
		return fmt.Errorf("publish news: %w", err)
	}
	return nil
}

// refreshUser is anybody: commands need one.
func refreshUser(s *State) string {
	if len(s.News) > 0 && s.News[0].Envelope.UserID != "" {
		return s.News[0].Envelope.UserID
	}
	return "-"
}

func (p *Projector) add(service string, c wire.Command) rueidis.Completed {
	return p.Client.B().Xadd().Key(wire.StreamCommands(service, wire.Partition(c.RoomID, p.Partitions))).Id("*").
		FieldValue().FieldValue(wire.CommandField, c.String()).Build()
}

// Run makes up for what was left behind until ctx ends.
func (p *Projector) Run(ctx context.Context) error {
	var told, swept time.Time
	for {
		try := func(err error) {
			if err != nil && ctx.Err() == nil {
				p.OnError(err)
			}
		}
		try(p.look(ctx))
		if time.Since(told) >= tellEvery {
			told = time.Now()
			try(p.tellWaiting(ctx))
		}
		if time.Since(swept) >= sweepEvery {
			if err := p.sweep(ctx); err == nil {
				swept = time.Now()
			} else {
				try(err)
				swept = time.Now().Add(time.Minute - sweepEvery)
			}
		}
		if !run.Pause(ctx, lookEvery) {
			return nil
		}
	}
}

// tellWaiting delivers what whoever changed it has not delivered.
func (p *Projector) tellWaiting(ctx context.Context) error {
	rooms, err := p.Store.Waiting(ctx, time.Now().Add(-tellEvery), placesPage)
	if err != nil {
		return err //nolint:wrapcheck // says itself
	}
	for _, room := range rooms {
		if err := p.Deliver(ctx, room); err != nil {
			return err
		}
	}
	return nil
}

// The sentinel says that all keys are there. It may only be set if nothing was
// lost since the rebuild began.
var setPlacesSentinel = rueidis.NewLuaScript(`
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
redis.call('DEL', KEYS[2])
return 1`)

// look projects all rooms again when Redis has lost them, or was restarted and
// has perhaps forgotten its last second.
func (p *Projector) look(ctx context.Context) error {
	ask, cancel := context.WithTimeout(ctx, projectTimeout)
	defer cancel()
	replies := p.Client.DoMulti(ask, p.Client.B().Exists().Key(wire.KeyPlacesCache).Build(), p.Client.B().Info().Section("server").Build())
	there, err := replies[0].AsBool()
	if err != nil {
		return fmt.Errorf("look at the sentinel: %w", err)
	}
	info, err := replies[1].ToString()
	if err != nil {
		return fmt.Errorf("look at the server: %w", err)
	}
	_, id, _ := strings.Cut(info, "run_id:")
	id, _, _ = strings.Cut(id, "\r\n")
	if there && (p.lastRun == "" || p.lastRun == id) {
		p.lastRun = id
		return nil
	}
	if err := p.rebuild(ctx); err != nil {
		return fmt.Errorf("rebuild places: %w", err)
	}
	p.lastRun = id
	return nil
}

func (p *Projector) rebuild(ctx context.Context) error {
	mark := p.NewID()
	if err := p.Client.Do(ctx, p.Client.B().Set().Key(keyPlacesMark).Value(mark).Build()).Error(); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := p.each(ctx, func(rooms []string) error {
		for _, room := range rooms {
			if err := p.Deliver(ctx, room); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	args := []string{mark, strconv.Itoa(int(placesLife.Seconds()))}
	if err := setPlacesSentinel.Exec(ctx, p.Client, []string{wire.KeyPlacesCache, keyPlacesMark}, args).Error(); err != nil {
		return fmt.Errorf("end: %w", err)
	}
	return nil
}

func (p *Projector) each(ctx context.Context, fn func(rooms []string) error) error {
	for after := ""; ; {
		rooms, err := p.Store.Rooms(ctx, after, placesPage)
		if err != nil {
			return err //nolint:wrapcheck // says itself
		}
		if len(rooms) == 0 {
			return nil
		}
		if err := fn(rooms); err != nil {
			return err
		}
		after = rooms[len(rooms)-1]
	}
}

// sweep forgets rooms whose end nobody here has heard of, and lets the others'
// keys live on.
func (p *Projector) sweep(ctx context.Context) error {
	err := p.each(ctx, func(ids []string) error {
		rooms, certain, err := p.Rooms.Find(ctx, ids)
		if err != nil {
			return err //nolint:wrapcheck // says itself
		}
		var ended []string
		var cmds rueidis.Commands
		for i, id := range ids {
			switch r := rooms[i]; {
			case r == nil && certain, r != nil && !r.Active:
				ended = append(ended, id)
			default:
				for _, key := range placesKeys(id) {
					cmds = append(cmds, p.Client.B().Expire().Key(key).Seconds(int64(placesLife.Seconds())).Build())
				}
			}
		}
		if len(cmds) > 0 {
			if err := redisx.FirstError(p.Client.DoMulti(ctx, cmds...)); err != nil {
				return fmt.Errorf("renew places: %w", err)
			}
		}
		return p.Purge(ctx, ended...)
	})
	if err != nil {
		return fmt.Errorf("sweep places: %w", err)
	}
	renew := p.Client.B().Expire().Key(wire.KeyPlacesCache).Seconds(int64(placesLife.Seconds())).Build()
	if err := p.Client.Do(ctx, renew).Error(); err != nil {
		return fmt.Errorf("sweep places: %w", err)
	}
	return nil
}

func placesKeys(room string) []string {
	return []string{wire.KeyPlaces(room), wire.KeyRoute(room), wire.KeyGeofences(room), wire.KeySOS(room)}
}

// Purge forgets all of rooms that have ended.
func (p *Projector) Purge(ctx context.Context, rooms ...string) error {
	if len(rooms) == 0 {
		return nil
	}
	if err := p.Store.Purge(ctx, rooms); err != nil {
		return err //nolint:wrapcheck // says itself
	}
	cmds := make(rueidis.Commands, len(rooms))
	for i, room := range rooms {
		cmds[i] = p.Client.B().Del().Key(placesKeys(room)...).Build()
	}
	if err := redisx.FirstError(p.Client.DoMulti(ctx, cmds...)); err != nil {
		return fmt.Errorf("delete places: %w", err)
	}
	return nil
}

// Erase forgets what a user has said and was called. Nobody is told: the account
// is gone, and says so itself.
func (p *Projector) Erase(ctx context.Context, user string) error {
	rooms, err := p.Store.Erase(ctx, user)
	if err != nil {
		return err //nolint:wrapcheck // says itself
	}
	for _, room := range rooms {
		if err := p.Deliver(ctx, room); err != nil {
			return err
		}
	}
	return nil
}
