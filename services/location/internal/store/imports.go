package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/services/location/internal/track"
)

// Import is a track that its owner has brought. From and To are zero if its
// points have no times of any use.
type Import struct {
	ID, User, Name   string
	Digest           []byte // of the file
	Points, Segments int
	Distance         float64 // metres
	From, To         time.Time
	CreatedAt        time.Time
}

const (
	chunkPoints = 1000
	// A point is packed as 24 bytes, big endian: latitude and longitude in ten
	// millionths of a degree (1.1 cm), altitude as a float64 (NaN = none), time in
	// Unix ms (0 = none).
	packedPoint = 24

	columnsImport = `id, user_id, name, digest, points, segments, distance, first_at, last_at, created_at`
	insertImport  = `INSERT INTO location.imported_tracks (` + columnsImport + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (user_id, digest) DO NOTHING`
	insertChunk   = `INSERT INTO location.imported_chunks (track_id, n, segment, points) VALUES ($1, $2, $3, $4)`
	selectImport  = `SELECT ` + columnsImport + ` FROM location.imported_tracks WHERE user_id = $1 AND id = $2`
	selectSame    = `SELECT ` + columnsImport + ` FROM location.imported_tracks WHERE user_id = $1 AND digest = $2`
	selectImports = `SELECT ` + columnsImport + ` FROM location.imported_tracks WHERE user_id = $1 ORDER BY created_at DESC, id LIMIT $2`
	selectChunks  = `SELECT n, segment, points FROM location.imported_chunks WHERE track_id = $1 AND n >= $2 ORDER BY n LIMIT 4`
)

// Import stores a track of i.User's. The same file again is the track that it is
// already. The error is track.ErrTooMany if there are most already.
func (t *Tracks) Import(ctx context.Context, i Import, segments [][]track.Point, most int) (stored Import, fresh bool, err error) {
	err = pg.InTx(ctx, t.db, func(tx *sqlx.Tx) error {
		// One import of a user at a time, so that the bound holds.
		if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, pg.LockKey("location:import:"+i.User)); err != nil {
			return err
		}
		if stored, err = scanImport(tx.QueryRowContext(ctx, selectSame, i.User, i.Digest)); err == nil || !errors.Is(err, track.ErrNotFound) {
			return err
		}
		var n int
		if err := tx.GetContext(ctx, &n, `SELECT count(*) FROM location.imported_tracks WHERE user_id = $1`, i.User); err != nil {
			return err
		}
		if n >= most {
			return track.ErrTooMany
		}
		if i.ID == "" {
			i.ID = uuid.Must(uuid.NewV7()).String()
		}
		if _, err := tx.ExecContext(ctx, insertImport, i.ID, i.User, text(i.Name), i.Digest, i.Points, i.Segments, i.Distance,
			nullTime(i.From), nullTime(i.To), i.CreatedAt); err != nil {
			return err
		}
		stored, fresh = i, true
		return insertChunks(ctx, tx, i.ID, segments)
	})
	if err != nil {
		return Import{}, false, fmt.Errorf("import a track: %w", err)
	}
	return stored, fresh, nil
}

func insertChunks(ctx context.Context, tx *sqlx.Tx, id string, segments [][]track.Point) error {
	insert, err := tx.PreparexContext(ctx, insertChunk)
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	n := 0
	for s, points := range segments {
		for len(points) > 0 {
			some := points[:min(len(points), chunkPoints)]
			points = points[len(some):]
			if _, err := insert.ExecContext(ctx, id, n, s, pack(some)); err != nil {
				return err
			}
			n++
		}
	}
	return nil
}

// Imports lists a user's imported tracks, the newest first.
func (t *Tracks) Imports(ctx context.Context, user string, most int) ([]Import, error) {
	rows, err := t.db.QueryContext(ctx, selectImports, user, most)
	if err != nil {
		return nil, fmt.Errorf("list imported tracks: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []Import
	for rows.Next() {
		i, err := scanImport(rows)
		if err != nil {
			return nil, fmt.Errorf("list imported tracks: %w", err)
		}
		all = append(all, i)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list imported tracks: %w", err)
	}
	return all, nil
}

// Imported finds a track of a user's; track.ErrNotFound if the user has none such.
func (t *Tracks) Imported(ctx context.Context, user, id string) (Import, error) {
	if uuid.Validate(id) != nil {
		return Import{}, track.ErrNotFound
	}
	i, err := scanImport(t.db.QueryRowContext(ctx, selectImport, user, id))
	if err != nil {
		return i, fmt.Errorf("read an imported track: %w", err)
	}
	return i, nil
}

// Discard deletes a track of a user's, or with "" all that the user has imported.
func (t *Tracks) Discard(ctx context.Context, user, id string) error {
	if id == "" {
		_, err := t.db.ExecContext(ctx, `DELETE FROM location.imported_tracks WHERE user_id = $1`, user)
		if err != nil {
			return fmt.Errorf("delete imported tracks: %w", err)
		}
		return nil
	}
	if uuid.Validate(id) != nil {
		return track.ErrNotFound
	}
	result, err := t.db.ExecContext(ctx, `DELETE FROM location.imported_tracks WHERE user_id = $1 AND id = $2`, user, id)
	if err != nil {
		return fmt.Errorf("delete an imported track: %w", err)
	}
	if n, err := result.RowsAffected(); err == nil && n == 0 {
		return track.ErrNotFound
	}
	return nil
}

// EachImported gives the points of an imported track to fn, in their order, with
// the number of their segment.
func (t *Tracks) EachImported(ctx context.Context, id string, fn func(segment int, p track.Point) error) error {
	for next := 0; ; {
		var chunks []struct {
			N       int    `db:"n"`
			Segment int    `db:"segment"`
			Points  []byte `db:"points"`
		}
		if err := t.db.SelectContext(ctx, &chunks, selectChunks, id, next); err != nil {
			return fmt.Errorf("read an imported track: %w", err)
		}
		if len(chunks) == 0 {
			return nil
		}
		for _, c := range chunks {
			for b := c.Points; len(b) >= packedPoint; b = b[packedPoint:] {
				if err := fn(c.Segment, unpack(b)); err != nil {
					return err
				}
			}
			next = c.N + 1
		}
	}
}

func scanImport(row interface{ Scan(dst ...any) error }) (i Import, err error) {
	var from, to sql.NullTime
	err = row.Scan(&i.ID, &i.User, &i.Name, &i.Digest, &i.Points, &i.Segments, &i.Distance, &from, &to, &i.CreatedAt)
	if errors.Is(err, sql.ErrNoRows) {
		return Import{}, track.ErrNotFound
	}
	i.From, i.To = from.Time, to.Time
	return i, err
}

func nullTime(t time.Time) sql.NullTime { return sql.NullTime{Time: t, Valid: !t.IsZero()} }

func pack(points []track.Point) []byte {
	b := make([]byte, 0, packedPoint*len(points))
	for _, p := range points {
		b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(p.Latitude*fine))))  //nolint:gosec // at most 9e8
		b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(p.Longitude*fine)))) //nolint:gosec // at most 1.8e9
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(p.Altitude))
		b = binary.BigEndian.AppendUint64(b, uint64(p.At)) //nolint:gosec // and back
	}
	return b
}

func unpack(b []byte) track.Point {
	nan := math.NaN()
	return track.Point{Latitude: degrees(b), Longitude: degrees(b[4:]),
		Altitude: math.Float64frombits(binary.BigEndian.Uint64(b[8:])), At: int64(binary.BigEndian.Uint64(b[16:])), //nolint:gosec // as packed
		Accuracy: nan, Speed: nan, Bearing: nan}
}
