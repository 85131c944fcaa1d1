package api

import (
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/gpx"
	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/track"
)

const (
	exportTime = 2 * time.Minute  // the edge waits no longer either
	stuckAfter = 30 * time.Second // a reader who takes nothing for so long has gone
	creator    = "WeMaps"
)

// export answers somebody's way as a file.
func (t *Tracks) export(c echo.Context) error {
	q, err := parseQuery(c)
	if err != nil {
		return err
	}
	if _, err := formatOf(c); err != nil {
		return err
	}
	user, sources, err := t.sources(c, &q)
	if err != nil {
		return err
	}
	title := "Track of " + user
	if user == httpx.User(c).UserID {
		title = "Track of " + httpx.User(c).Name
	}
	return stream(c, title, sources, q.tolerance)
}

// file is a sink that becomes a file.
type file interface {
	sink
	finish() error
}

func formatOf(c echo.Context) (string, error) {
	switch f := c.QueryParam("format"); f {
	case wire.TrackFormatGPX, wire.TrackFormatGeoJSON, wire.TrackFormatCSV:
		return f, nil
	case "":
		return wire.TrackFormatGPX, nil
	}
	return "", wire.Errorf(wire.CodeValidation, "format must be gpx, geojson or csv")
}

// stream writes a file as its points are read: however long it is, it needs no
// more memory than a page. What fails after the first byte breaks the connection
// off, so that nobody takes half a file for a whole one.
func stream(c echo.Context, title string, sources []source, tolerance float64) error {
	format, err := formatOf(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request().Context()), exportTime)
	defer cancel()
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, map[string]string{wire.TrackFormatGPX: "application/gpx+xml", wire.TrackFormatGeoJSON: "application/geo+json",
		wire.TrackFormatCSV: "text/csv; charset=utf-8"}[format])
	header.Set(echo.HeaderContentDisposition, `attachment; filename="track.`+format+`"`)
	header.Set(echo.HeaderXContentTypeOptions, "nosniff")
	header.Set(echo.HeaderCacheControl, "no-store")
	w := &patient{w: c.Response(), control: http.NewResponseController(c.Response())}
	c.Response().WriteHeader(http.StatusOK)
	var f file
	switch format {
	case wire.TrackFormatGPX:
		f = &gpxFile{gpx.NewWriter(w, creator, title)}
	case wire.TrackFormatGeoJSON:
		f = newGeoJSONFile(w)
	default:
		f = newCSVFile(w)
	}
	for _, s := range sources {
		if err := walk(ctx, s, tolerance, f, nobody{}); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
	if f.finish() != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

// patient lets a slow reader take a file for as long as something is taken.
type patient struct {
	w       io.Writer
	control *http.ResponseController
}

func (p *patient) Write(b []byte) (int, error) {
	_ = p.control.SetWriteDeadline(time.Now().Add(stuckAfter)) // else the server's own deadline holds
	return p.w.Write(b)
}

type gpxFile struct{ w *gpx.Writer }

func (g *gpxFile) device(name string) error { g.w.Track(name); return g.w.Err() }
func (g *gpxFile) segment() error           { g.w.Segment(); return g.w.Err() }
func (g *gpxFile) finish() error            { return g.w.Close() }
func (g *gpxFile) point(p *track.Point) error {
	g.w.Point(gpx.Point{Lat: p.Latitude, Lon: p.Longitude, Ele: p.Altitude, Time: p.Time()})
	return g.w.Err()
}

type csvFile struct {
	w    *csv.Writer
	name string
	n    int // of the segment
	row  [10]string
}

func newCSVFile(w io.Writer) *csvFile {
	f := &csvFile{w: csv.NewWriter(bufio.NewWriterSize(w, 32<<10))}
	_ = f.w.Write([]string{"device", "segment", "time", "latitude", "longitude", "altitude", "accuracy", "speed", "bearing", "precision"}) // told by finish
	return f
}

// device begins a device. What a spreadsheet would take for a formula becomes text.
func (f *csvFile) device(name string) error {
	if strings.ContainsAny(name[:min(len(name), 1)], "=+-@\t\r") {
		name = "'" + name
	}
	f.name = name
	return nil
}

func (f *csvFile) segment() error { f.n++; return nil }

func (f *csvFile) point(p *track.Point) error {
	at, precision := "", wire.PrecisionExact
	if p.At != 0 {
		at = p.Time().Format(wire.TimeLayout)
	}
	if p.Coarse {
		precision = wire.PrecisionApproximate
	}
	f.row = [...]string{f.name, strconv.Itoa(f.n), at, digits(p.Latitude), digits(p.Longitude), digits(p.Altitude), digits(p.Accuracy), digits(p.Speed), digits(p.Bearing), precision}
	if err := f.w.Write(f.row[:]); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

func (f *csvFile) finish() error {
	f.w.Flush()
	if err := f.w.Error(); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

func digits(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
