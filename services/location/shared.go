package main

import (
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/services/location/internal/api"
	"github.com/wemaps/wemaps/services/location/internal/consume"
	"github.com/wemaps/wemaps/services/location/internal/places"
	"github.com/wemaps/wemaps/services/location/internal/publish"
	"github.com/wemaps/wemaps/services/location/internal/sos"
	"github.com/wemaps/wemaps/services/location/internal/store"
)

// Calls for help of one user: five at once, then one in twenty seconds. Calling
// again is the same call while it is open, so that nobody needs more.
const (
	callsPerPeriod = 3
	callsPeriod    = time.Minute
	callsBurst     = 5
)

// addShared wires what rooms share beside positions: route, geofences, meeting
// points and calls for help. It returns the latter for the phones' API.
func (a *App) addShared(cfg Config, log *zap.Logger, rooms *store.Rooms, positions *store.Positions, e *echo.Echo, rest api.API, verifier httpx.Verifier) *api.Shared {
	warn := func(part string) func(error) {
		return func(err error) { log.Warn("will be tried again", zap.String("part", part), zap.Error(err)) }
	}
	stored := store.NewPlaces(a.db)
	projector := &publish.Projector{Store: stored, Rooms: rooms, Client: a.client, Partitions: cfg.Partitions, NewID: httpx.NewID, OnError: warn("places")}
	calls := &sos.Service{Store: store.NewCalls(a.db), Positions: positions, NewID: httpx.NewID, Now: time.Now,
		Limiter: &redisx.Limiter{Client: a.client, Prefix: "limit:sos:", Rate: callsPerPeriod, Period: callsPeriod, Burst: callsBurst}}
	emergencies := &consume.Emergencies{Client: a.client, Instance: cfg.InstanceID, Rooms: rooms, Calls: calls, Deliver: projector.Deliver,
		OnError: warn("sos"), Now: time.Now}
	shared := &api.Shared{API: rest, Places: &places.Service{Store: stored, NewID: httpx.NewID, Now: time.Now}, Calls: calls,
		Deliver: projector.Deliver, OnError: warn("places")}
	shared.Register(e, verifier)
	a.group.Add("places", projector.Run)
	a.group.Add("sos", emergencies.Run)
	a.group.Add("ended rooms", consume.EndedRooms(a.client, cfg.InstanceID, projector.Purge, warn("ended rooms")).Run)
	a.group.Add("erased users", consume.ErasedUsers(a.client, cfg.InstanceID, projector.Erase, warn("erased users")).Run)
	return shared
}
