package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/services/location/internal/publish"
	"github.com/wemaps/wemaps/services/location/internal/sos"
)

// Calls keeps calls for help; see Places.
type Calls struct{ db *sqlx.DB }

// NewCalls starts nothing.
func NewCalls(db *sqlx.DB) *Calls { return &Calls{db: db} }

type callRow struct {
	ID             string          `db:"id"`
	RoomID         string          `db:"room_id"`
	UserID         string          `db:"user_id"`
	UserName       string          `db:"user_name"`
	Message        string          `db:"message"`
	Latitude       sql.NullFloat64 `db:"latitude"`
	Longitude      sql.NullFloat64 `db:"longitude"`
	Accuracy       sql.NullFloat64 `db:"accuracy"`
	RecordedAt     sql.NullTime    `db:"recorded_at"`
	State          string          `db:"state"`
	RaisedAt       time.Time       `db:"raised_at"`
	UpdatedAt      time.Time       `db:"updated_at"`
	EndedAt        sql.NullTime    `db:"ended_at"`
	EndedBy        string          `db:"ended_by"`
	EndedByName    string          `db:"ended_by_name"`
	Answer         string          `db:"answer"`
	Request        string          `db:"request"`
	RequestedAgain string          `db:"requested_again"`
}

const (
	callColumns = `id, room_id, user_id, user_name, message, latitude, longitude, accuracy, recorded_at, state, raised_at, updated_at,
		ended_at, ended_by, ended_by_name, answer, request, requested_again`
	selectOpenCalls = `SELECT ` + callColumns + ` FROM location.sos WHERE room_id = $1 AND state = 'open' ORDER BY raised_at, id`
	selectCalls     = `SELECT ` + callColumns + ` FROM location.sos
		WHERE room_id = $1 AND (state = 'open' OR id = $2 OR request = $3 OR requested_again = $3) ORDER BY raised_at, id`
	upsertCall = `INSERT INTO location.sos (` + callColumns + `)
		VALUES (:id, :room_id, :user_id, :user_name, :message, :latitude, :longitude, :accuracy, :recorded_at, :state, :raised_at, :updated_at,
			:ended_at, :ended_by, :ended_by_name, :answer, :request, :requested_again)
		ON CONFLICT (id) DO UPDATE SET message = excluded.message, latitude = excluded.latitude, longitude = excluded.longitude,
			accuracy = excluded.accuracy, recorded_at = excluded.recorded_at, state = excluded.state, updated_at = excluded.updated_at,
			ended_at = excluded.ended_at, ended_by = excluded.ended_by, ended_by_name = excluded.ended_by_name, answer = excluded.answer,
			requested_again = excluded.requested_again`
)

// OpenCalls implements sos.Store.
func (s *Calls) OpenCalls(ctx context.Context, room string) ([]sos.Call, error) {
	return readCalls(ctx, s.db, selectOpenCalls, room)
}

// Update implements sos.Store.
func (s *Calls) Update(ctx context.Context, room, ref string, fn func([]sos.Call) (sos.Change, error)) error {
	var id sql.NullString
	if uuid.Validate(ref) == nil {
		id = sql.NullString{String: ref, Valid: true}
	}
	return pg.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if _, err := lock(ctx, tx, room); err != nil {
			return err
		}
		calls, err := readCalls(ctx, tx, selectCalls, room, id, ref)
		if err != nil {
			return err
		}
		c, err := fn(calls)
		if err != nil {
			return err
		}
		if c.Kind != sos.Nothing {
			if _, err := tx.NamedExecContext(ctx, upsertCall, rowOfCall(&c.Call)); err != nil {
				return fmt.Errorf("write a call for help: %w", err)
			}
			if _, err := tx.ExecContext(ctx, touchPlaces, room); err != nil {
				return fmt.Errorf("update places: %w", err)
			}
		}
		return tell(ctx, tx, room, publish.CallNews(&c))
	})
}

func readCalls(ctx context.Context, q sqlx.QueryerContext, query string, args ...any) ([]sos.Call, error) {
	var rows []callRow
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("select calls for help: %w", err)
	}
	calls := make([]sos.Call, 0, len(rows))
	for i := range rows {
		calls = append(calls, rows[i].call())
	}
	return calls, nil
}

func (r *callRow) call() sos.Call {
	c := sos.Call{ID: r.ID, Room: r.RoomID, UserID: r.UserID, UserName: r.UserName, Message: r.Message, State: sos.State(r.State), RaisedAt: r.RaisedAt,
		UpdatedAt: r.UpdatedAt, EndedAt: r.EndedAt.Time, EndedBy: r.EndedBy, EndedByName: r.EndedByName, Answer: r.Answer,
		Request: r.Request, RequestedAgain: r.RequestedAgain}
	if r.Latitude.Valid {
		c.Place = &sos.Place{Latitude: r.Latitude.Float64, Longitude: r.Longitude.Float64, Accuracy: -1, At: r.RecordedAt.Time}
		if r.Accuracy.Valid {
			c.Place.Accuracy = r.Accuracy.Float64
		}
	}
	return c
}

func rowOfCall(c *sos.Call) callRow {
	r := callRow{ID: c.ID, RoomID: c.Room, UserID: c.UserID, UserName: c.UserName, Message: c.Message, State: string(c.State), RaisedAt: c.RaisedAt,
		UpdatedAt: c.UpdatedAt, EndedAt: sql.NullTime{Time: c.EndedAt, Valid: !c.EndedAt.IsZero()}, EndedBy: c.EndedBy, EndedByName: c.EndedByName,
		Answer: c.Answer, Request: c.Request, RequestedAgain: c.RequestedAgain}
	if p := c.Place; p != nil {
		known := func(v float64) sql.NullFloat64 { return sql.NullFloat64{Float64: v, Valid: true} }
		r.Latitude, r.Longitude, r.RecordedAt = known(p.Latitude), known(p.Longitude), sql.NullTime{Time: p.At, Valid: true}
		r.Accuracy = sql.NullFloat64{Float64: p.Accuracy, Valid: p.Accuracy >= 0}
	}
	return r
}
