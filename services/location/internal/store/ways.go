package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/consume"
	"github.com/wemaps/wemaps/services/location/internal/geofence"
	"github.com/wemaps/wemaps/services/location/internal/navigation"
	"github.com/wemaps/wemaps/services/location/internal/publish"
)

// Ways reads what a room's navigation needs: its route, its geofences, what has
// happened so far, and who is connected. It is safe for concurrent use.
type Ways struct{ client rueidis.Client }

// NewWays starts nothing.
func NewWays(client rueidis.Client) *Ways { return &Ways{client: client} }

const readsPerRoom = 7 // and the wishes

// Load reads several rooms in one round trip. What cannot be understood counts
// as absent: a route that a newer version has written must not stop positions.
func (w *Ways) Load(ctx context.Context, rooms []consume.Query) ([]consume.Way, error) {
	var cmds rueidis.Commands
	for _, q := range rooms {
		cmds = append(cmds,
			w.client.B().Get().Key(wire.KeyRoute(q.Room)).Build(),
			w.client.B().Get().Key(wire.KeyGeofences(q.Room)).Build(),
			w.client.B().Hgetall().Key(wire.KeyNavigation(q.Room)).Build(),
			w.client.B().Hkeys().Key(wire.KeyPresence(q.Room)).Build(),
			w.client.B().Zcount().Key(wire.KeyViewers(q.Room)).Min(strconv.FormatInt(time.Now().UnixMilli(), 10)).Max("+inf").Build(),
			w.client.B().Get().Key(wire.KeySOS(q.Room)).Build(),
			w.client.B().Smembers().Key(wire.KeyRecorded(q.Room)).Build())
		cmds = appendReads(w.client, cmds, q.Room, q.Members)
	}
	results := w.client.DoMulti(ctx, cmds...)
	ways := make([]consume.Way, len(rooms))
	for i, q := range rooms {
		r := results[:readsPerRoom]
		for _, result := range r {
			if err := result.Error(); err != nil && !rueidis.IsRedisNil(err) {
				return nil, fmt.Errorf("read a room's navigation: %w", err)
			}
		}
		route, _ := r[0].ToString()
		fences, _ := r[1].ToString()
		saved, _ := r[2].AsStrMap()
		present, _ := r[3].AsStrSlice()
		viewers, _ := r[4].AsInt64()
		calls, _ := r[5].ToString()
		recorded, _ := r[6].AsStrSlice()
		wishes, err := wishesOf(results[readsPerRoom:], q.Members)
		if err != nil {
			return nil, err
		}
		results = results[readsPerRoom+wishReads(len(q.Members)):]
		ways[i] = consume.Way{Route: routeOf(route), Fences: fencesOf(fences), Online: onlineOf(present), Viewers: viewers, Recorded: setOf(recorded),
			Wishes: wishes.Said, Certain: wishes.Certain, Calls: callsOf(calls)}
		ways[i].Group, ways[i].Saved = savedOf(saved)
	}
	return ways, nil
}

// Journey reads what has happened in a room on the way.
func (w *Ways) Journey(ctx context.Context, room string) (navigation.Group, map[string]publish.Saved, error) {
	raw, err := w.client.Do(ctx, w.client.B().Hgetall().Key(wire.KeyNavigation(room)).Build()).AsStrMap()
	if err != nil {
		return navigation.Group{}, nil, fmt.Errorf("read a room's navigation: %w", err)
	}
	group, saved := savedOf(raw)
	return group, saved, nil
}

func routeOf(raw string) *navigation.Route {
	var c wire.RouteCache
	if raw == "" || json.Unmarshal([]byte(raw), &c) != nil || len(c.Points) > wire.MaxRoutePoints {
		return nil
	}
	points := make([]navigation.Point, len(c.Points))
	for i, p := range c.Points {
		points[i] = navigation.Point{Lat: p[1], Lng: p[0]}
	}
	route, err := navigation.NewRoute(c.ID, points)
	if err != nil {
		return nil
	}
	return route
}

func fencesOf(raw string) []geofence.Fence {
	var all wire.GeofencesResponse
	if raw == "" || json.Unmarshal([]byte(raw), &all) != nil {
		return nil
	}
	fences := make([]geofence.Fence, 0, len(all.Geofences))
	for _, g := range all.Geofences {
		f := geofence.Fence{ID: g.ID, Name: g.Name, Kind: geofence.Kind(g.Kind), Radius: g.Radius, Dwell: time.Duration(g.DwellSeconds) * time.Second}
		if g.Center != nil {
			f.Center = geofence.Point{Lat: g.Center[1], Lng: g.Center[0]}
		}
		for _, v := range g.Vertices {
			f.Vertices = append(f.Vertices, geofence.Point{Lat: v[1], Lng: v[0]})
		}
		if f.Check() == nil {
			fences = append(fences, f)
		}
	}
	return fences
}

func callsOf(raw string) []json.RawMessage {
	var all struct {
		SOS []json.RawMessage `json:"sos"`
	}
	if raw == "" || json.Unmarshal([]byte(raw), &all) != nil {
		return nil
	}
	return all.SOS
}

func savedOf(raw map[string]string) (group navigation.Group, saved map[string]publish.Saved) {
	saved = make(map[string]publish.Saved, len(raw))
	for field, value := range raw {
		if field == wire.NavigationGroup {
			_ = json.Unmarshal([]byte(value), &group) // the zero group looks again
			continue
		}
		var s publish.Saved
		if json.Unmarshal([]byte(value), &s) == nil {
			saved[field] = s
		}
	}
	return group, saved
}

// setOf is nil for nobody: that is what most rooms have, and asking it is free.
func setOf(users []string) map[string]bool {
	if len(users) == 0 {
		return nil
	}
	set := make(map[string]bool, len(users))
	for _, user := range users {
		set[user] = true
	}
	return set
}

// onlineOf lists the users of presence fields, "s <user> <edge> <socket>", and
// those in the grace period, "g <user>": nobody has been told that they are gone.
func onlineOf(fields []string) []string {
	var users []string
	for _, field := range fields {
		kind, rest, _ := strings.Cut(field, " ")
		if kind == "s" || kind == "g" {
			user, _, _ := strings.Cut(rest, " ")
			users = append(users, user)
		}
	}
	return users
}
