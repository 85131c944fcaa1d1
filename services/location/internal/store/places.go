package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/services/location/internal/geofence"
	"github.com/wemaps/wemaps/services/location/internal/navigation"
	"github.com/wemaps/wemaps/services/location/internal/places"
	"github.com/wemaps/wemaps/services/location/internal/publish"
)

// Places keeps routes, geofences, meeting points and calls for help in Postgres,
// with what the rooms have not been told of them yet. It is safe for concurrent
// use.
type Places struct{ db *sqlx.DB }

// NewPlaces starts nothing.
func NewPlaces(db *sqlx.DB) *Places { return &Places{db: db} }

// route, fence and point are how these are stored.
type route struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Tolerance float64   `json:"tolerance"`
	Length    float64   `json:"length"`
	Count     int       `json:"count"`
	CreatedBy string    `json:"by"`
	CreatedAt time.Time `json:"at"`
}

type fence struct {
	ID        string           `json:"id"`
	Name      string           `json:"name"`
	Kind      geofence.Kind    `json:"kind"`
	Center    geofence.Point   `json:"center"`
	Radius    float64          `json:"radius"`
	Vertices  []geofence.Point `json:"vertices"`
	Dwell     time.Duration    `json:"dwell"`
	CreatedBy string           `json:"by"`
	CreatedAt time.Time        `json:"at"`
	UpdatedAt time.Time        `json:"updated"`
}

type point struct {
	ID            string    `json:"id"`
	Name          string    `json:"name"`
	Latitude      float64   `json:"lat"`
	Longitude     float64   `json:"lng"`
	CreatedBy     string    `json:"by"`
	CreatedByName string    `json:"byName"`
	CreatedAt     time.Time `json:"at"`
}

type placesRow struct {
	Version       int64  `db:"version"`
	Route         []byte `db:"route"`
	Line          []byte `db:"line"`
	Geofences     []byte `db:"geofences"`
	MeetingPoints []byte `db:"meeting_points"`
}

const (
	selectPlaces = `SELECT version, route, line, geofences, meeting_points FROM location.places WHERE room_id = $1`
	lockPlaces   = selectPlaces + ` FOR UPDATE`
	insertPlaces = `INSERT INTO location.places (room_id, version, changed_at) VALUES ($1, 0, now()) ON CONFLICT DO NOTHING`
	updatePlaces = `UPDATE location.places SET version = version + 1, route = $2, line = $3, geofences = $4, meeting_points = $5, changed_at = now()
		WHERE room_id = $1`
	touchPlaces = `UPDATE location.places SET version = version + 1, changed_at = now() WHERE room_id = $1`
	upsertRoute = `INSERT INTO location.routes (room_id, id, points) VALUES ($1, $2, $3)
		ON CONFLICT (room_id) DO UPDATE SET id = excluded.id, points = excluded.points`
	deleteRoute  = `DELETE FROM location.routes WHERE room_id = $1`
	selectRoute  = `SELECT points FROM location.routes WHERE room_id = $1 AND id = $2`
	insertOutbox = `INSERT INTO location.outbox (room_id, envelope, note) VALUES ($1, $2, $3)`
)

// Places implements places.Store.
func (s *Places) Places(ctx context.Context, room string) (places.Places, error) {
	row, err := readPlaces(ctx, s.db, selectPlaces, room)
	if errors.Is(err, sql.ErrNoRows) {
		return places.Places{Room: room}, nil
	}
	if err != nil {
		return places.Places{}, err
	}
	return row.places(room)
}

// Uploaded implements places.Store.
func (s *Places) Uploaded(ctx context.Context, room, id string) ([]navigation.Point, error) {
	var raw []byte
	err := s.db.GetContext(ctx, &raw, selectRoute, room, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, places.ErrNoRoute // another one has come meanwhile, or none
	}
	if err != nil {
		return nil, fmt.Errorf("select a route's points: %w", err)
	}
	return unpackPoints(raw), nil
}

// Update implements places.Store.
func (s *Places) Update(ctx context.Context, room string, fn func(*places.Places) (places.Change, error)) error {
	return pg.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		row, err := lock(ctx, tx, room)
		if err != nil {
			return err
		}
		p, err := row.places(room)
		if err != nil {
			return err
		}
		c, err := fn(&p)
		if err != nil {
			return err
		}
		if err := write(ctx, tx, &p, c); err != nil {
			return err
		}
		return tell(ctx, tx, room, publish.PlacesNews(&p, c))
	})
}

// lock makes the room's row if there is none, and waits until nobody else
// changes the room.
func lock(ctx context.Context, tx *sqlx.Tx, room string) (placesRow, error) {
	if _, err := tx.ExecContext(ctx, insertPlaces, room); err != nil {
		return placesRow{}, fmt.Errorf("insert places: %w", err)
	}
	return readPlaces(ctx, tx, lockPlaces, room)
}

func readPlaces(ctx context.Context, q sqlx.QueryerContext, query, room string) (row placesRow, err error) {
	if err := sqlx.GetContext(ctx, q, &row, query, room); err != nil {
		return row, fmt.Errorf("select places: %w", err)
	}
	return row, nil
}

func (r *placesRow) places(room string) (places.Places, error) {
	p := places.Places{Room: room}
	if len(r.Route) > 0 {
		var stored route
		if err := json.Unmarshal(r.Route, &stored); err != nil {
			return p, fmt.Errorf("parse a route: %w", err)
		}
		p.Route = &places.Route{ID: stored.ID, Name: stored.Name, Tolerance: stored.Tolerance, Length: stored.Length, Count: stored.Count,
			CreatedBy: stored.CreatedBy, CreatedAt: stored.CreatedAt, Line: unpackPoints(r.Line)}
	}
	var fences []fence
	if err := json.Unmarshal(r.Geofences, &fences); err != nil {
		return p, fmt.Errorf("parse geofences: %w", err)
	}
	for _, f := range fences {
		p.Fences = append(p.Fences, geofence.Fence(f))
	}
	var points []point
	if err := json.Unmarshal(r.MeetingPoints, &points); err != nil {
		return p, fmt.Errorf("parse meeting points: %w", err)
	}
	for _, m := range points {
		p.Points = append(p.Points, places.Point(m))
	}
	return p, nil
}

func write(ctx context.Context, tx *sqlx.Tx, p *places.Places, c places.Change) error {
	fences, points := make([]fence, 0, len(p.Fences)), make([]point, 0, len(p.Points))
	for _, f := range p.Fences {
		fences = append(fences, fence(f))
	}
	for _, m := range p.Points {
		points = append(points, point(m))
	}
	rawFences, err := json.Marshal(fences)
	if err != nil {
		return fmt.Errorf("encode geofences: %w", err)
	}
	rawPoints, err := json.Marshal(points)
	if err != nil {
		return fmt.Errorf("encode meeting points: %w", err)
	}
	var rawRoute, line []byte
	if r := p.Route; r != nil {
		line = packPoints(r.Line)
		if rawRoute, err = json.Marshal(route{r.ID, r.Name, r.Tolerance, r.Length, r.Count, r.CreatedBy, r.CreatedAt}); err != nil {
			return fmt.Errorf("encode a route: %w", err)
		}
	}
	if _, err := tx.ExecContext(ctx, updatePlaces, p.Room, rawRoute, line, rawFences, rawPoints); err != nil {
		return fmt.Errorf("update places: %w", err)
	}
	if c.Kind != places.RouteChange {
		return nil
	}
	if p.Route == nil {
		_, err = tx.ExecContext(ctx, deleteRoute, p.Room)
	} else {
		_, err = tx.ExecContext(ctx, upsertRoute, p.Room, p.Route.ID, packPoints(c.Uploaded))
	}
	if err != nil {
		return fmt.Errorf("write a route's points: %w", err)
	}
	return nil
}

// tell notes what the room must hear.
func tell(ctx context.Context, tx *sqlx.Tx, room string, news publish.News) error {
	note, err := news.NoteJSON()
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, insertOutbox, room, news.Envelope.String(), note); err != nil {
		return fmt.Errorf("insert news: %w", err)
	}
	return nil
}
