// Package places is the domain of what a room shares on the map beside people: a
// route, geofences and meeting points. It says what may be one, who may change
// them, and how many there may be. It imports the standard library and the other
// domain packages only.
package places

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wemaps/wemaps/services/location/internal/geofence"
	"github.com/wemaps/wemaps/services/location/internal/navigation"
)

// Bounds.
const (
	MaxRoutePoints   = 50_000 // of an upload
	MaxLinePoints    = 4000   // of what is left of it for sending
	LineTolerance    = 10.0   // metres; more when MaxLinePoints would not do
	MaxRouteNameRune = 100
	MaxPoints        = 20 // meeting points of a room
	MaxPointNameRune = 100
)

// Why something cannot be had.
var (
	ErrNoRoute       = errors.New("the room has no route")
	ErrPointNotFound = errors.New("no such meeting point")
	ErrTooMany       = errors.New("the room has as many meeting points as it can")
	ErrForbidden     = errors.New("only for owners and admins")
)

// InvalidError says what is wrong with a field, for people.
type InvalidError struct{ Field, Rule string }

func (e *InvalidError) Error() string { return e.Field + " " + e.Rule }

// RouteError says why an upload is no route, for people.
type RouteError struct{ Reason string }

func (e *RouteError) Error() string { return e.Reason }

// Who changes something.
type Who struct {
	ID, Name string
	Manages  bool // is owner or admin of the room
}

// Route is a way that a room wants to go together.
type Route struct {
	ID, Name  string
	Line      []navigation.Point // simplified; see LineTolerance
	Tolerance float64            // metres that Line may be off
	Length    float64            // metres, before that
	Count     int                // points, before that
	CreatedBy string
	CreatedAt time.Time
}

// Point is a place that somebody has proposed to meet at.
type Point struct {
	ID, Name                 string
	Latitude, Longitude      float64
	CreatedBy, CreatedByName string
	CreatedAt                time.Time
}

// Places is what one room has.
type Places struct {
	Room   string
	Route  *Route // nil = none
	Fences []geofence.Fence
	Points []Point
}

// Change is one change of Places.
type Change struct {
	Kind Kind
	ID   string // of what has changed
	Name string // its name
	How  How
	By   string // user id
	// Uploaded is all of a new route; it is kept beside Places, being large.
	Uploaded []navigation.Point
}

// Kind of what changes.
type Kind uint8

// All kinds.
const (
	RouteChange Kind = iota
	FenceChange
	PointChange
)

// How something changes.
type How uint8

// All ways.
const (
	Added How = iota
	Changed
	Removed
)

// Store keeps places. Update gives fn the room's and stores what it makes of
// them, one caller after the other for each room, so that bounds hold.
type Store interface {
	Places(ctx context.Context, room string) (Places, error)
	Uploaded(ctx context.Context, room, routeID string) ([]navigation.Point, error) // ErrNoRoute
	Update(ctx context.Context, room string, fn func(*Places) (Change, error)) error
}

// Service changes places.
type Service struct {
	Store Store
	NewID func() string
	Now   func() time.Time
}

// SetRoute makes points the room's route. Its name may be empty.
func (s *Service) SetRoute(ctx context.Context, room string, who Who, name string, points []navigation.Point) (Route, error) {
	if !who.Manages {
		return Route{}, ErrForbidden
	}
	name = strings.TrimSpace(name)
	if runes := []rune(name); len(runes) > MaxRouteNameRune {
		name = string(runes[:MaxRouteNameRune]) // of a file; nobody should be sent back to edit it
	}
	way, err := navigation.NewRoute("", points)
	switch {
	case len(points) > MaxRoutePoints:
		return Route{}, &RouteError{fmt.Sprintf("A route can have at most %d points", MaxRoutePoints)}
	case err != nil:
		return Route{}, &RouteError{"A route needs at least two different points"}
	}
	r := Route{ID: s.NewID(), Name: name, Length: way.Length(), Count: len(points), CreatedBy: who.ID, CreatedAt: s.Now()}
	r.Line, r.Tolerance = simplified(points)
	return r, s.Store.Update(ctx, room, func(p *Places) (Change, error) {
		p.Route = &r
		return Change{Kind: RouteChange, ID: r.ID, Name: name, How: Added, By: who.ID, Uploaded: points}, nil
	})
}

// simplified is the line for sending, and how far it may be off.
func simplified(points []navigation.Point) ([]navigation.Point, float64) {
	for tolerance := LineTolerance; ; tolerance *= 2 {
		if line := navigation.Simplify(points, tolerance); len(line) <= MaxLinePoints {
			return line, tolerance
		}
	}
}

// RemoveRoute takes the room's route away.
func (s *Service) RemoveRoute(ctx context.Context, room string, who Who) error {
	if !who.Manages {
		return ErrForbidden
	}
	return s.Store.Update(ctx, room, func(p *Places) (Change, error) {
		if p.Route == nil {
			return Change{}, ErrNoRoute
		}
		c := Change{Kind: RouteChange, ID: p.Route.ID, Name: p.Route.Name, How: Removed, By: who.ID}
		p.Route = nil
		return c, nil
	})
}

// PutFence adds a geofence, or with an ID changes the one that has it. What was
// created when by whom it fills in.
func (s *Service) PutFence(ctx context.Context, room string, who Who, f geofence.Fence) (geofence.Fence, error) {
	if !who.Manages {
		return f, ErrForbidden
	}
	if err := f.Check(); err != nil {
		return f, err
	}
	id := f.ID
	err := s.Store.Update(ctx, room, func(p *Places) (Change, error) {
		f.ID, f.UpdatedAt = id, s.Now()
		i := slices.IndexFunc(p.Fences, func(o geofence.Fence) bool { return o.ID == id })
		switch {
		case id != "" && i < 0:
			return Change{}, geofence.ErrNotFound
		case id != "":
			f.CreatedBy, f.CreatedAt = p.Fences[i].CreatedBy, p.Fences[i].CreatedAt
			p.Fences[i] = f
			return Change{Kind: FenceChange, ID: f.ID, Name: f.Name, How: Changed, By: who.ID}, nil
		case len(p.Fences) >= geofence.MaxPerRoom:
			return Change{}, geofence.ErrTooMany
		}
		f.ID, f.CreatedBy, f.CreatedAt = s.NewID(), who.ID, f.UpdatedAt
		p.Fences = append(p.Fences, f)
		return Change{Kind: FenceChange, ID: f.ID, Name: f.Name, How: Added, By: who.ID}, nil
	})
	return f, err
}

// RemoveFence takes a geofence away.
func (s *Service) RemoveFence(ctx context.Context, room string, who Who, id string) error {
	if !who.Manages {
		return ErrForbidden
	}
	return s.Store.Update(ctx, room, func(p *Places) (Change, error) {
		i := slices.IndexFunc(p.Fences, func(o geofence.Fence) bool { return o.ID == id })
		if i < 0 {
			return Change{}, geofence.ErrNotFound
		}
		c := Change{Kind: FenceChange, ID: id, Name: p.Fences[i].Name, How: Removed, By: who.ID}
		p.Fences = slices.Delete(p.Fences, i, i+1)
		return c, nil
	})
}

// Propose adds a meeting point; any member may.
func (s *Service) Propose(ctx context.Context, room string, who Who, p Point) (Point, error) {
	p.Name = strings.TrimSpace(p.Name)
	switch {
	case p.Name == "":
		return p, &InvalidError{"name", "is required"}
	case utf8.RuneCountInString(p.Name) > MaxPointNameRune:
		return p, &InvalidError{"name", fmt.Sprintf("must have at most %d characters", MaxPointNameRune)}
	case !(p.Latitude >= -90 && p.Latitude <= 90):
		return p, &InvalidError{"latitude", "must be between -90 and 90"}
	case !(p.Longitude >= -180 && p.Longitude <= 180):
		return p, &InvalidError{"longitude", "must be between -180 and 180"}
	}
	p.ID, p.CreatedBy, p.CreatedByName, p.CreatedAt = s.NewID(), who.ID, who.Name, s.Now()
	return p, s.Store.Update(ctx, room, func(all *Places) (Change, error) {
		if len(all.Points) >= MaxPoints {
			return Change{}, ErrTooMany
		}
		all.Points = append(all.Points, p)
		return Change{Kind: PointChange, ID: p.ID, Name: p.Name, How: Added, By: who.ID}, nil
	})
}

// Withdraw takes a meeting point away: who has proposed it may, and who manages.
func (s *Service) Withdraw(ctx context.Context, room string, who Who, id string) error {
	return s.Store.Update(ctx, room, func(all *Places) (Change, error) {
		i := slices.IndexFunc(all.Points, func(o Point) bool { return o.ID == id })
		switch {
		case i < 0:
			return Change{}, ErrPointNotFound
		case !who.Manages && all.Points[i].CreatedBy != who.ID:
			return Change{}, ErrForbidden
		}
		c := Change{Kind: PointChange, ID: id, Name: all.Points[i].Name, How: Removed, By: who.ID}
		all.Points = slices.Delete(all.Points, i, i+1)
		return c, nil
	})
}
