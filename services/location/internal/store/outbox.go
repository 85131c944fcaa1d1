package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/publish"
)

const (
	selectOutbox  = `SELECT id, envelope, note FROM location.outbox WHERE room_id = $1 ORDER BY id LIMIT 200`
	deleteOutbox  = `DELETE FROM location.outbox WHERE id = ANY($1)`
	selectWaiting = `SELECT DISTINCT room_id FROM location.outbox WHERE at <= $1 LIMIT $2`
	selectRooms   = `SELECT room_id FROM location.places WHERE room_id > $1 ORDER BY room_id LIMIT $2`
	deletePlaces  = `DELETE FROM location.places WHERE room_id = ANY($1)`
	deleteNews    = `DELETE FROM location.outbox WHERE room_id = ANY($1)`
)

// Deliver gives fn what a room has and has not been told, while nobody changes
// it, and forgets the news that fn has told. Without a row it does nothing.
func (s *Places) Deliver(ctx context.Context, room string, fn func(context.Context, *publish.State) error) error {
	return pg.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		row, err := readPlaces(ctx, tx, lockPlaces, room)
		if errors.Is(err, sql.ErrNoRows) {
			return nil // the room has ended
		}
		if err != nil {
			return err
		}
		state := &publish.State{Version: row.Version}
		if state.Places, err = row.places(room); err != nil {
			return err
		}
		if state.Calls, err = readCalls(ctx, tx, selectOpenCalls, room); err != nil {
			return err
		}
		ids, err := untold(ctx, tx, room, state)
		if err != nil {
			return err
		}
		if err := fn(ctx, state); err != nil {
			return err
		}
		if len(ids) == 0 {
			return nil
		}
		if _, err := tx.ExecContext(ctx, deleteOutbox, pq.Array(ids)); err != nil {
			return fmt.Errorf("delete news: %w", err)
		}
		return nil
	})
}

func untold(ctx context.Context, tx *sqlx.Tx, room string, state *publish.State) (ids []int64, err error) {
	var rows []struct {
		ID       int64  `db:"id"`
		Envelope string `db:"envelope"`
		Note     string `db:"note"`
	}
	if err := tx.SelectContext(ctx, &rows, selectOutbox, room); err != nil {
		return nil, fmt.Errorf("select news: %w", err)
	}
	for _, r := range rows {
		envelope, err := wire.ParseEnvelope(r.Envelope)
		if err != nil {
			return nil, fmt.Errorf("parse news: %w", err)
		}
		news := publish.News{Envelope: envelope}
		if err := news.ParseNote(r.Note); err != nil {
			return nil, err
		}
		state.News, ids = append(state.News, news), append(ids, r.ID)
	}
	return ids, nil
}

// Waiting are rooms with news from before a time.
func (s *Places) Waiting(ctx context.Context, before time.Time, limit int) (rooms []string, err error) {
	if err := s.db.SelectContext(ctx, &rooms, selectWaiting, before, limit); err != nil {
		return nil, fmt.Errorf("select rooms with news: %w", err)
	}
	return rooms, nil
}

// Rooms are those that have anything, in the order of their ids, after one.
func (s *Places) Rooms(ctx context.Context, after string, limit int) (rooms []string, err error) {
	if err := s.db.SelectContext(ctx, &rooms, selectRooms, after, limit); err != nil {
		return nil, fmt.Errorf("select rooms with places: %w", err)
	}
	return rooms, nil
}

// Purge forgets all of rooms.
func (s *Places) Purge(ctx context.Context, rooms []string) error {
	return pg.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		for _, query := range []string{deletePlaces, deleteNews} {
			if _, err := tx.ExecContext(ctx, query, pq.Array(rooms)); err != nil {
				return fmt.Errorf("delete a room's places: %w", err)
			}
		}
		return nil
	})
}
