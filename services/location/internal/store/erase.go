package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/services/location/internal/places"
)

const (
	selectErasable = `SELECT room_id FROM location.sos WHERE user_id = $1 OR ended_by = $1
		UNION SELECT room_id FROM location.places WHERE meeting_points @> jsonb_build_array(jsonb_build_object('by', $1::text))`
	eraseCalls   = `DELETE FROM location.sos WHERE room_id = $1 AND user_id = $2`
	eraseAnswers = `UPDATE location.sos SET ended_by_name = '', answer = '' WHERE room_id = $1 AND ended_by = $2`
)

// Erase forgets what a user has said and was called, and returns the rooms in
// which that was.
func (s *Places) Erase(ctx context.Context, user string) (rooms []string, err error) {
	if err := s.db.SelectContext(ctx, &rooms, selectErasable, user); err != nil {
		return nil, fmt.Errorf("select what a user left: %w", err)
	}
	for _, room := range rooms {
		if err := s.eraseIn(ctx, room, user); err != nil {
			return nil, err
		}
	}
	return rooms, nil
}

func (s *Places) eraseIn(ctx context.Context, room, user string) error {
	return pg.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		row, err := lock(ctx, tx, room)
		if err != nil {
			return err
		}
		p, err := row.places(room)
		if err != nil {
			return err
		}
		for _, query := range []string{eraseCalls, eraseAnswers} {
			if _, err := tx.ExecContext(ctx, query, room, user); err != nil {
				return fmt.Errorf("erase a user's calls: %w", err)
			}
		}
		for i := range p.Points {
			if p.Points[i].CreatedBy == user {
				p.Points[i].CreatedByName = ""
			}
		}
		return write(ctx, tx, &p, places.Change{Kind: places.PointChange})
	})
}
