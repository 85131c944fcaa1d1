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
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
	"github.com/wemaps/wemaps/services/location/internal/publish"
)

// Archive keeps what members have said in Postgres: it is the truth, and Redis
// its projection. It is safe for concurrent use.
type Archive struct{ db *sqlx.DB }

// NewArchive starts nothing.
func NewArchive(db *sqlx.DB) *Archive { return &Archive{db: db} }

type sharingRow struct {
	RoomID      string     `db:"room_id"`
	UserID      string     `db:"user_id"`
	Version     int64      `db:"version"`
	Precision   string     `db:"precision"`
	Paused      bool       `db:"paused"`
	PausedUntil *time.Time `db:"paused_until"`
	SharedUntil *time.Time `db:"shared_until"`
	PastAt      *time.Time `db:"past_at"`
	PastLevel   string     `db:"past_level"`
}

const sharingColumns = `room_id, user_id, version, precision, paused, paused_until, shared_until, past_at, past_level`

func (r *sharingRow) sharing() privacy.Sharing {
	level, _ := privacy.ParseLevel(r.Precision) // else Hidden
	past, _ := privacy.ParseLevel(r.PastLevel)
	return privacy.Sharing{Level: level, Paused: r.Paused, PausedUntil: timeOf(r.PausedUntil), Until: timeOf(r.SharedUntil),
		Past: privacy.Past{At: timeOf(r.PastAt), Level: past}, Version: r.Version}
}

const (
	// The row is made first, so that two changes at once wait for each other.
	makeSharing = `INSERT INTO location.sharing (room_id, user_id, version, precision, paused, changed_at)
		VALUES ($1, $2, 1, 'exact', false, $3) ON CONFLICT (room_id, user_id) DO NOTHING`
	lockSharing = `SELECT ` + sharingColumns + ` FROM location.sharing WHERE room_id = $1 AND user_id = $2 FOR UPDATE`
	saveSharing = `UPDATE location.sharing SET version = $3, precision = $4, paused = $5, paused_until = $6, shared_until = $7, past_at = $8, past_level = $9,
		changed_at = $10 WHERE room_id = $1 AND user_id = $2`
)

// Change applies what a member says, and returns what counts from now on.
func (a *Archive) Change(ctx context.Context, k position.Key, c privacy.Change, now time.Time) (s privacy.Sharing, err error) {
	ctx, cancel := context.WithTimeout(ctx, pg.QueryTimeout)
	defer cancel()
	err = pg.InTx(ctx, a.db, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, makeSharing, k.Room, k.User, now); err != nil {
			return err
		}
		var row sharingRow
		if err := tx.GetContext(ctx, &row, lockSharing, k.Room, k.User); err != nil {
			return err
		}
		s = row.sharing().Apply(c, now)
		_, err := tx.ExecContext(ctx, saveSharing, k.Room, k.User, s.Version, s.Level.String(), s.Paused, orNull(s.PausedUntil), orNull(s.Until),
			orNull(s.Past.At), s.Past.Level.String(), now)
		return err
	})
	if err != nil {
		return s, fmt.Errorf("store what a member shows: %w", err)
	}
	return s, nil
}

type zonesRow struct {
	UserID    string     `db:"user_id"`
	Version   int64      `db:"version"`
	Zones     []byte     `db:"zones"`
	PastAt    *time.Time `db:"past_at"`
	PastLevel string     `db:"past_level"`
}

func (r *zonesRow) zones() (privacy.Zones, error) {
	c := wire.ZonesCache{Version: r.Version, PastAt: 0, PastLevel: r.PastLevel}
	if err := json.Unmarshal(r.Zones, &c.Zones); err != nil {
		return privacy.Zones{}, fmt.Errorf("decode privacy zones: %w", err)
	}
	raw, _ := json.Marshal(c) // was JSON a moment ago
	z, ok := publish.ZonesOf(string(raw))
	if !ok {
		return z, errors.New("decode privacy zones: out of bounds")
	}
	z.Past = privacy.Past{}
	if r.PastAt != nil {
		level, _ := privacy.ParseLevel(r.PastLevel)
		z.Past = privacy.Past{At: r.PastAt.UTC(), Level: level}
	}
	return z, nil
}

const (
	makeZones = `INSERT INTO location.zones (user_id, version, zones, changed_at) VALUES ($1, 1, '[]', $2) ON CONFLICT (user_id) DO NOTHING`
	lockZones = `SELECT user_id, version, zones, past_at, past_level FROM location.zones WHERE user_id = $1 FOR UPDATE`
	findZones = `SELECT user_id, version, zones, past_at, past_level FROM location.zones WHERE user_id = $1`
	saveZones = `UPDATE location.zones SET version = $2, zones = $3, past_at = $4, past_level = $5, changed_at = $6 WHERE user_id = $1`
)

// Zones are a user's.
func (a *Archive) Zones(ctx context.Context, user string) (privacy.Zones, error) {
	ctx, cancel := context.WithTimeout(ctx, pg.QueryTimeout)
	defer cancel()
	var row zonesRow
	err := a.db.GetContext(ctx, &row, findZones, user)
	if errors.Is(err, sql.ErrNoRows) {
		return privacy.Zones{}, nil
	}
	if err != nil {
		return privacy.Zones{}, fmt.Errorf("read privacy zones: %w", err)
	}
	return row.zones()
}

// ChangeZones replaces a user's zones by what change makes of them; its errors
// are returned as they are.
func (a *Archive) ChangeZones(ctx context.Context, user string, now time.Time, change func(privacy.Zones) (privacy.Zones, error)) (z privacy.Zones, err error) {
	ctx, cancel := context.WithTimeout(ctx, pg.QueryTimeout)
	defer cancel()
	err = pg.InTx(ctx, a.db, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, makeZones, user, now); err != nil {
			return err
		}
		var row zonesRow
		if err := tx.GetContext(ctx, &row, lockZones, user); err != nil {
			return err
		}
		if z, err = row.zones(); err != nil {
			return err
		}
		if z, err = change(z); err != nil {
			return err
		}
		raw, err := json.Marshal(publish.ZonesCache(z).Zones)
		if err != nil {
			return err
		}
		if z.Zones == nil {
			raw = []byte("[]")
		}
		_, err = tx.ExecContext(ctx, saveZones, user, z.Version, raw, orNull(z.Past.At), z.Past.Level.String(), now)
		return err
	})
	if err != nil {
		return z, fmt.Errorf("change privacy zones: %w", err)
	}
	return z, nil
}

// EachSharing calls fn with pages of everything that was said since a time.
func (a *Archive) EachSharing(ctx context.Context, since time.Time, fn func(map[position.Key]privacy.Sharing) error) error {
	last := position.Key{}
	for {
		var rows []sharingRow
		err := a.page(ctx, &rows, `SELECT `+sharingColumns+` FROM location.sharing WHERE changed_at >= $1 AND (room_id, user_id) > ($2, $3)
			ORDER BY room_id, user_id LIMIT 500`, since, last.Room, last.User)
		if err != nil {
			return fmt.Errorf("read what members show: %w", err)
		}
		if len(rows) == 0 {
			return nil
		}
		page := make(map[position.Key]privacy.Sharing, len(rows))
		for i := range rows {
			last = position.Key{Room: rows[i].RoomID, User: rows[i].UserID}
			page[last] = rows[i].sharing()
		}
		if err := fn(page); err != nil {
			return err
		}
	}
}

// EachZones calls fn with pages of the zones that were changed since a time.
func (a *Archive) EachZones(ctx context.Context, since time.Time, fn func(map[string]privacy.Zones) error) error {
	last := ""
	for {
		var rows []zonesRow
		err := a.page(ctx, &rows, `SELECT user_id, version, zones, past_at, past_level FROM location.zones WHERE changed_at >= $1 AND user_id > $2
			ORDER BY user_id LIMIT 500`, since, last)
		if err != nil {
			return fmt.Errorf("read privacy zones: %w", err)
		}
		if len(rows) == 0 {
			return nil
		}
		page := make(map[string]privacy.Zones, len(rows))
		for i := range rows {
			last = rows[i].UserID
			if page[last], err = rows[i].zones(); err != nil {
				return err
			}
		}
		if err := fn(page); err != nil {
			return err
		}
	}
}

func (a *Archive) page(ctx context.Context, into any, query string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, pg.QueryTimeout)
	defer cancel()
	return a.db.SelectContext(ctx, into, query, args...)
}

// ForgetRoom deletes what was said in a room that has ended, and ForgetUser all
// that an erased user has ever said.
func (a *Archive) ForgetRoom(ctx context.Context, room string) error {
	return a.remove(ctx, `DELETE FROM location.sharing WHERE room_id = $1`, room)
}

// ForgetUser is for an account that was erased.
func (a *Archive) ForgetUser(ctx context.Context, user string) error {
	if err := a.remove(ctx, `DELETE FROM location.zones WHERE user_id = $1`, user); err != nil {
		return err
	}
	return a.remove(ctx, `DELETE FROM location.sharing WHERE user_id = $1`, user)
}

func (a *Archive) remove(ctx context.Context, query, id string) error {
	ctx, cancel := context.WithTimeout(ctx, pg.QueryTimeout)
	defer cancel()
	if _, err := a.db.ExecContext(ctx, query, id); err != nil {
		return fmt.Errorf("delete what was said about sharing: %w", err)
	}
	return nil
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
