package api

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/navigation"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/publish"
)

// Journeys reads what has happened on the way; see store.Ways.
type Journeys interface {
	Journey(ctx context.Context, room string) (group navigation.Group, saved map[string]publish.Saved, err error)
}

// room finds a room that the asker may look into.
func (a *API) room(c echo.Context) (*position.Room, error) {
	ctx, id := c.Request().Context(), c.Param("id")
	if len(id) > wire.MaxIDBytes {
		return nil, position.ErrRoomNotFound
	}
	rooms, certain, err := a.Rooms.Find(ctx, []string{id})
	switch {
	case err != nil:
		return nil, err
	case rooms[0] == nil && certain:
		return nil, position.ErrRoomNotFound
	case rooms[0] == nil:
		return nil, position.ErrUnavailable
	}
	return rooms[0], rooms[0].Admit(httpx.User(c).UserID, time.Now())
}

// navigation answers how far everybody has to go, for members: who is ahead
// comes first.
func (a *API) navigation(c echo.Context) error {
	room, err := a.room(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	raw, err := a.Positions.Live(ctx, room.ID, room.Members)
	if err != nil {
		return err
	}
	group, saved, err := a.Journeys.Journey(ctx, room.ID)
	if err != nil {
		return err
	}
	live := map[string]wire.Location{}
	for _, r := range raw {
		var l wire.Location
		if json.Unmarshal(r, &l) == nil { // what is stored was written by publish
			live[l.UserID] = l
		}
	}
	out := wire.NavigationResponse{RoomID: room.ID, Members: []wire.NavigationMember{}, Spread: spread(live), GroupArrived: group.Arrived}
	for _, user := range room.Members {
		l, here := live[user]
		s, known := saved[user]
		if here || known {
			out.Members = append(out.Members, navigationMember(user, l, s, here))
		}
	}
	slices.SortStableFunc(out.Members, ahead)
	if len(out.Members) > 0 && (out.Members[0].Arrived || out.Members[0].RecordedAt != nil) {
		out.LeaderID = out.Members[0].UserID
	}
	return c.JSON(http.StatusOK, out)
}

func navigationMember(user string, l wire.Location, s publish.Saved, live bool) wire.NavigationMember {
	m := wire.NavigationMember{UserID: user, UserName: s.Name, ETABasis: wire.ETABasisNone, Arrived: s.Arrived, Straggling: s.Straggling}
	if s.ArrivedAt != 0 {
		at := wire.At(time.UnixMilli(s.ArrivedAt))
		m.ArrivedAt = &at
	}
	if !live {
		return m
	}
	m.UserName, m.RecordedAt = l.UserName, &l.RecordedAt
	m.DistanceToDestination, m.RemainingDistance, m.Progress, m.SpeedSmoothed = l.DistanceToDestination, l.RemainingDistance, l.Progress, l.SpeedSmoothed
	if m.RemainingDistance == nil {
		m.RemainingDistance = m.DistanceToDestination
	}
	if l.ETA != nil {
		m.ETA, m.ETABasis = l.ETA, l.ETABasis
	}
	return m
}

// ahead sorts the arrived in their order, then the others by what they have left.
func ahead(a, b wire.NavigationMember) int {
	rank := func(m wire.NavigationMember) int {
		switch {
		case m.ArrivedAt != nil:
			return 0
		case m.RemainingDistance != nil:
			return 1
		}
		return 2
	}
	if c := cmp.Compare(rank(a), rank(b)); c != 0 {
		return c
	}
	switch rank(a) {
	case 0:
		return a.ArrivedAt.Compare(b.ArrivedAt.Time)
	case 1:
		return cmp.Compare(*a.RemainingDistance, *b.RemainingDistance)
	}
	return cmp.Compare(a.UserID, b.UserID)
}

// spread is the distance in metres between the two members farthest apart.
func spread(live map[string]wire.Location) (farthest float64) {
	var all []wire.Location
	for _, l := range live {
		for _, o := range all {
			farthest = max(farthest, position.Distance(l.Latitude, l.Longitude, o.Latitude, o.Longitude))
		}
		all = append(all, l)
	}
	return farthest
}
