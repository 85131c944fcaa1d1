package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
	"github.com/wemaps/wemaps/services/location/internal/track"
)

// clockError is by how much a device's clock may be slow, or a fix on its way, so
// that a fix from right after somebody agreed to be recorded is not taken for one
// from before.
const clockError = 2 * time.Minute

// Tracks is the archive of recorded tracks. It is safe for concurrent use.
type Tracks struct {
	db        *sqlx.DB
	retention time.Duration
	now       func() time.Time
	weeks     weeks
}

// NewTracks keeps points for retention.
func NewTracks(db *sqlx.DB, retention time.Duration) *Tracks {
	return &Tracks{db: db, retention: retention, now: time.Now, weeks: weeks{known: map[int64]bool{}}}
}

// oldest is the time before which nothing is stored nor answered.
func (t *Tracks) oldest() time.Time { return t.now().Add(-t.retention) }

// Whoever stores nothing that was not agreed to must look at the agreement where it
// is kept, and hold it: an erasure waits for what is being stored, and what comes
// after it is held against the new row. Of one device and time the first fix stays.
const insertPoints = `
WITH given AS (
	SELECT DISTINCT ON (user_id, room_id, device, at) * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[],
		$6::float8[], $7::float8[], $8::float8[], $9::float8[], $10::float8[], $11::float8[], $12::int[])
	AS g(user_id, room_id, device, at, received, latitude, longitude, accuracy, speed, bearing, altitude, level)
), agreed AS (
	SELECT g.user_id, g.room_id, g.device, to_timestamp(g.at / 1000.0) AS at, to_timestamp(g.received / 1000.0) AS received_at, g.latitude, g.longitude,
		NULLIF(g.accuracy, 'NaN') AS accuracy, NULLIF(g.speed, 'NaN') AS speed, NULLIF(g.bearing, 'NaN') AS bearing, NULLIF(g.altitude, 'NaN') AS altitude, g.level
	FROM given g JOIN location.recordings r ON r.room_id = g.room_id AND r.user_id = g.user_id
	WHERE to_timestamp(g.received / 1000.0) >= r.since AND (r.until IS NULL OR to_timestamp(g.received / 1000.0) < r.until)
		AND to_timestamp(g.at / 1000.0) >= r.since - make_interval(secs => $13)
	ORDER BY 1, 2, 3, 4
	FOR SHARE OF r
), stored AS (
	INSERT INTO location.track_points (user_id, room_id, device, at, received_at, latitude, longitude, accuracy, speed, bearing, altitude, level)
	SELECT * FROM agreed ON CONFLICT DO NOTHING RETURNING user_id, room_id, device, at, level
), devices AS (
	INSERT INTO location.track_devices AS d (user_id, room_id, device, first_at, last_at, seen_first_at, seen_last_at)
	SELECT user_id, room_id, device, min(at), max(at), min(at) FILTER (WHERE level > 0), max(at) FILTER (WHERE level > 0)
	FROM stored GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
	ON CONFLICT (user_id, room_id, device) DO UPDATE SET first_at = least(d.first_at, excluded.first_at), last_at = greatest(d.last_at, excluded.last_at),
		seen_first_at = least(d.seen_first_at, excluded.seen_first_at), seen_last_at = greatest(d.seen_last_at, excluded.seen_last_at)
)
SELECT count(*) FROM stored`

// Append stores fixes in one statement, and tells how many were new, agreed to,
// and young enough. Repeating it does no harm.
func (t *Tracks) Append(ctx context.Context, fixes []track.Fix) (stored int, err error) {
	oldest := t.oldest()
	var users, rooms, devices []string
	var at, received []int64
	var numbers [6][]float64
	var levels []int64
	for i := range fixes {
		f := &fixes[i]
		if time.UnixMilli(f.At).Before(oldest) {
			continue // it would be gone at once
		}
		users, rooms, devices = append(users, f.User), append(rooms, f.Room), append(devices, text(f.Device))
		at, received, levels = append(at, f.At), append(received, f.Received), append(levels, int64(f.Level))
		for j, v := range [...]float64{f.Latitude, f.Longitude, f.Accuracy, f.Speed, f.Bearing, f.Altitude} {
			numbers[j] = append(numbers[j], v)
		}
	}
	if len(users) == 0 {
		return 0, nil
	}
	if err := t.weeks.make(ctx, t.db, at); err != nil {
		return 0, err
	}
	err = pg.InTx(ctx, t.db, func(tx *sqlx.Tx) error {
		return tx.GetContext(ctx, &stored, insertPoints, pq.Array(users), pq.Array(rooms), pq.Array(devices), pq.Array(at), pq.Array(received),
			pq.Array(numbers[0]), pq.Array(numbers[1]), pq.Array(numbers[2]), pq.Array(numbers[3]), pq.Array(numbers[4]), pq.Array(numbers[5]),
			pq.Array(levels), clockError.Seconds())
	})
	if err != nil {
		t.weeks.forget() // one may have been dropped
		return 0, fmt.Errorf("store fixes: %w", err)
	}
	return stored, nil
}

// text is s as Postgres can keep it.
func text(s string) string {
	out := make([]rune, 0, len(s))
	for _, r := range s { // what is not UTF-8 becomes U+FFFD
		if r != 0 {
			out = append(out, r)
		}
	}
	return string(out)
}

// Device is what there is of one device.
type Device struct {
	User string    `db:"user_id"`
	Room string    `db:"room_id"`
	Name string    `db:"device"`
	From time.Time `db:"from_at"`
	To   time.Time `db:"to_at"`
}

const (
	selectOwnDevices = `SELECT user_id, room_id, device, greatest(first_at, $3) AS from_at, last_at AS to_at FROM location.track_devices
		WHERE user_id = $1 AND ($2 = '' OR room_id = $2) AND last_at >= $3 ORDER BY room_id, device LIMIT 1000`
	selectSeenDevices = `SELECT user_id, room_id, device, greatest(seen_first_at, $3) AS from_at, seen_last_at AS to_at FROM location.track_devices
		WHERE user_id = ANY($1) AND room_id = $2 AND seen_last_at >= $3 ORDER BY user_id, device LIMIT 1000`
)

// Own lists what there is of a user, in one room or, with "", in all.
func (t *Tracks) Own(ctx context.Context, user, room string) (devices []Device, err error) {
	if err := t.db.SelectContext(ctx, &devices, selectOwnDevices, user, room, t.oldest()); err != nil {
		return nil, fmt.Errorf("list own tracks: %w", err)
	}
	return devices, nil
}

// Seen lists what others may see of users in a room of the time since since.
func (t *Tracks) Seen(ctx context.Context, users []string, room string, since time.Time) (devices []Device, err error) {
	if oldest := t.oldest(); since.Before(oldest) {
		since = oldest
	}
	if err := t.db.SelectContext(ctx, &devices, selectSeenDevices, pq.Array(users), room, since); err != nil {
		return nil, fmt.Errorf("list tracks: %w", err)
	}
	return devices, nil
}

// ViewerSince is from when on a member may see the tracks of others in a room;
// false = not at all.
func (t *Tracks) ViewerSince(ctx context.Context, room, user string) (since time.Time, ok bool, err error) {
	err = t.db.GetContext(ctx, &since, `SELECT since FROM location.track_viewers WHERE room_id = $1 AND user_id = $2`, room, user)
	if err == sql.ErrNoRows { //nolint:errorlint // never wrapped
		return time.Time{}, false, nil
	}
	if err != nil {
		return time.Time{}, false, fmt.Errorf("read since when tracks are seen: %w", err)
	}
	return since, true, nil
}

const (
	page       = 2000
	selectPage = `SELECT at, latitude, longitude, accuracy, speed, bearing, altitude, level FROM location.track_points
		WHERE user_id = $1 AND room_id = $2 AND device = $3 AND at > $4 AND at <= $5 AND level >= $6 ORDER BY at LIMIT $7`
)

type pointRow struct {
	At        time.Time       `db:"at"`
	Latitude  float64         `db:"latitude"`
	Longitude float64         `db:"longitude"`
	Accuracy  sql.NullFloat64 `db:"accuracy"`
	Speed     sql.NullFloat64 `db:"speed"`
	Bearing   sql.NullFloat64 `db:"bearing"`
	Altitude  sql.NullFloat64 `db:"altitude"`
	Level     int             `db:"level"`
}

// Each gives the points of a device from a time until another, both included, in
// their order, to fn. Those that were recorded below a level are left out. It reads
// page by page: whoever is slow to take them keeps no connection.
func (t *Tracks) Each(ctx context.Context, d *Device, from, to time.Time, least privacy.Level, fn func(p track.Point, level privacy.Level) error) error {
	if oldest := t.oldest(); from.Before(oldest) {
		from = oldest
	}
	after := from.Add(-time.Microsecond)
	for {
		rows := make([]pointRow, 0, page)
		if err := t.db.SelectContext(ctx, &rows, selectPage, d.User, d.Room, d.Name, after, to, int(least), page); err != nil {
			return fmt.Errorf("read a track: %w", err)
		}
		for i := range rows {
			r := &rows[i]
			p := track.Point{At: r.At.UnixMilli(), Latitude: r.Latitude, Longitude: r.Longitude, Accuracy: known(r.Accuracy), Speed: known(r.Speed),
				Bearing: known(r.Bearing), Altitude: known(r.Altitude)}
			if err := fn(p, privacy.Level(r.Level)); err != nil { //nolint:gosec // 0 to 2
				return err
			}
		}
		if len(rows) < page {
			return nil
		}
		after = rows[len(rows)-1].At
	}
}

// known is v as far as it is known. What was a float32 gets no digits that it
// never had.
func known(v sql.NullFloat64) float64 {
	if !v.Valid {
		return math.NaN()
	}
	return v.Float64
}
