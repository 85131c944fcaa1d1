package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/gpx"
	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/store"
	"github.com/wemaps/wemaps/services/location/internal/track"
)

// gpxTypes are what clients call a GPX file; many know no type at all.
var gpxTypes = []string{"", "application/gpx+xml", "application/gpx", "application/xml", "text/xml", "application/octet-stream"}

// listOwn answers all tracks of the asker.
func (t *Tracks) listOwn(c echo.Context) error {
	ctx, user := c.Request().Context(), httpx.User(c).UserID
	recorded, err := t.Archive.Own(ctx, user, "")
	if err != nil {
		return err
	}
	imported, err := t.Archive.Imports(ctx, user, wire.MaxImports)
	if err != nil {
		return err
	}
	out := wire.OwnTracksResponse{Recorded: devicesOf(recorded, true), Imported: make([]wire.ImportedTrack, 0, len(imported))}
	for i := range imported {
		out.Imported = append(out.Imported, importOf(&imported[i]))
	}
	return c.JSON(http.StatusOK, out)
}

// eraseAll deletes all tracks of the asker.
func (t *Tracks) eraseAll(c echo.Context) error {
	if err := t.limit(c); err != nil {
		return err
	}
	ctx, user := c.Request().Context(), httpx.User(c).UserID
	if err := t.Archive.Erase(ctx, user, "", time.Now().UTC()); err != nil {
		return err
	}
	if err := t.Archive.Discard(ctx, user, ""); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// importGPX stores a GPX file as a track of the asker's: its tracks, or if it has
// none, its routes. The same file again is the track that it is already.
func (t *Tracks) importGPX(c echo.Context) error {
	media, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil && media != "" || !slices.Contains(gpxTypes, media) {
		return wire.NewError(wire.CodeUnsupportedMedia)
	}
	name := strings.TrimSpace(c.QueryParam("name"))
	if len([]rune(name)) > wire.MaxTrackNameRunes || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
		return wire.Invalid("name", fmt.Sprintf("must have at most %d characters", wire.MaxTrackNameRunes))
	}
	if err := t.limit(c); err != nil {
		return err
	}
	f, digest, err := readUpload(c)
	if err != nil {
		return err
	}
	i := store.Import{User: httpx.User(c).UserID, Name: name, Digest: digest, CreatedAt: time.Now().UTC().Truncate(time.Millisecond)}
	if i.Name == "" {
		i.Name = f.Name
	}
	if i.Name == "" {
		i.Name = "Track"
	}
	segments := segmentsOf(f)
	describe(&i, segments)
	if i.Points < 2 {
		return wire.Errorf(wire.CodeInvalidGPX, "The file has fewer than two points in tracks and routes")
	}
	stored, fresh, err := t.Archive.Import(c.Request().Context(), i, segments, wire.MaxImports)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if fresh {
		status = http.StatusCreated
	}
	return c.JSON(status, wire.ImportedTrackResponse{Track: importOf(&stored)})
}

func readUpload(c echo.Context) (*gpx.File, []byte, error) {
	// An upload over a bad network may take its time; see the edge's proxy.
	until := time.Now().Add(exportTime)
	control := http.NewResponseController(c.Response())
	_ = control.SetReadDeadline(until) // else the server's own deadlines hold
	_ = control.SetWriteDeadline(until.Add(stuckAfter))
	ctx, cancel := context.WithDeadline(context.WithoutCancel(c.Request().Context()), until)
	defer cancel()
	hash := sha256.New()
	body := http.MaxBytesReader(c.Response(), c.Request().Body, wire.MaxImportBytes)
	f, err := gpx.Read(io.TeeReader(body, hash), gpx.Limits{Bytes: wire.MaxImportBytes, Points: wire.MaxImportPoints})
	var bad *gpx.Error
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooBig):
		return nil, nil, wire.NewError(wire.CodePayloadTooLarge)
	case errors.As(err, &bad):
		return nil, nil, wire.Errorf(wire.CodeInvalidGPX, "The file is not a GPX file that can be used: %s", bad.Error())
	case err != nil:
		return nil, nil, wire.Errorf(wire.CodeInvalidGPX, "The file could not be read").Because(err)
	}
	return f, hash.Sum(nil), ctx.Err()
}

// segmentsOf are the segments of all tracks, or else the routes. Times count for a
// track only if they are of use, all of them.
func segmentsOf(f *gpx.File) (segments [][]track.Point) {
	var all [][]gpx.Point
	for _, t := range f.Tracks {
		all = append(all, t.Segments...)
	}
	if len(all) == 0 {
		all = f.Routes
	}
	timed := true
	for _, s := range all {
		timed = timed && (gpx.Useless(s) == "" || len(s) == 1 && !s[0].Time.IsZero())
	}
	nan := track.Unknown()
	for _, s := range all {
		points := make([]track.Point, len(s))
		for i, p := range s {
			points[i] = nan
			points[i].Latitude, points[i].Longitude, points[i].Altitude = p.Lat, p.Lon, p.Ele
			if timed {
				points[i].At = p.Time.UnixMilli()
			}
		}
		segments = append(segments, points)
	}
	if timed {
		slices.SortStableFunc(segments, func(a, b []track.Point) int { return int(min(max(a[0].At-b[0].At, -1), 1)) })
	}
	return segments
}

// describe fills in what a list shows of a track.
func describe(i *store.Import, segments [][]track.Point) {
	var m track.Meter
	for _, s := range segments {
		m.Break()
		for j := range s {
			m.Next(&s[j])
		}
	}
	s := m.End()
	i.Points, i.Segments, i.Distance = s.Points, len(segments), s.Distance
	if s.From != 0 {
		i.From, i.To = time.UnixMilli(s.From).UTC(), time.UnixMilli(s.To).UTC()
	}
}

func importOf(i *store.Import) wire.ImportedTrack {
	out := wire.ImportedTrack{ID: i.ID, Name: i.Name, Points: i.Points, Segments: i.Segments, Distance: i.Distance, CreatedAt: wire.At(i.CreatedAt)}
	if !i.From.IsZero() {
		from, to := wire.At(i.From), wire.At(i.To)
		out.From, out.To = &from, &to
	}
	return out
}

func (t *Tracks) imported(c echo.Context) (store.Import, []source, error) {
	i, err := t.Archive.Imported(c.Request().Context(), httpx.User(c).UserID, c.Param("trackId"))
	if err != nil {
		return i, nil, err
	}
	return i, []source{{name: i.Name, each: func(ctx context.Context, fn func(int, track.Point) error) error {
		return t.Archive.EachImported(ctx, i.ID, fn)
	}}}, nil
}

func (t *Tracks) showImported(c echo.Context) error {
	q, err := parseQuery(c)
	if err != nil {
		return err
	}
	i, sources, err := t.imported(c)
	if err != nil {
		return err
	}
	return t.answer(c, wire.TrackResponse{UserID: i.User, Tolerance: q.tolerance}, sources, q)
}

func (t *Tracks) exportImported(c echo.Context) error {
	q, err := parseQuery(c)
	if err != nil {
		return err
	}
	if _, err := formatOf(c); err != nil {
		return err
	}
	i, sources, err := t.imported(c)
	if err != nil {
		return err
	}
	return stream(c, i.Name, sources, q.tolerance)
}

func (t *Tracks) discard(c echo.Context) error {
	if err := t.limit(c); err != nil {
		return err
	}
	if err := t.Archive.Discard(c.Request().Context(), httpx.User(c).UserID, c.Param("trackId")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
