package api

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/track"
)

// linePoints is how many points a LineString has at most. A longer segment
// becomes several that share their ends: the times of a line come after its
// coordinates, and nobody wants to remember those of a whole day.
const linePoints = 1000

// geoJSONFile writes a FeatureCollection (RFC 7946) with a LineString for each
// segment, or a Point for a lonely one. The times of the points are in the
// property coordTimes, as other tools have them.
type geoJSONFile struct {
	w      *bufio.Writer
	name   json.RawMessage
	n      int // of the segment
	first  bool
	line   []track.Point
	shared bool // line begins with the end of the one before
}

func newGeoJSONFile(w io.Writer) *geoJSONFile {
	g := &geoJSONFile{w: bufio.NewWriterSize(w, 32<<10), first: true}
	_, _ = g.w.WriteString(`{"type":"FeatureCollection","features":[`) // told by finish
	return g
}

func (g *geoJSONFile) device(name string) error {
	if err := g.flush(); err != nil {
		return err
	}
	raw, err := json.Marshal(name)
	g.name = raw
	return err
}

func (g *geoJSONFile) segment() error {
	g.n++
	return g.flush()
}

func (g *geoJSONFile) point(p *track.Point) error {
	g.line = append(g.line, *p)
	if len(g.line) < linePoints {
		return nil
	}
	if err := g.flush(); err != nil {
		return err
	}
	g.line, g.shared = append(g.line, *p), true
	return nil
}

func (g *geoJSONFile) finish() error {
	if err := g.flush(); err != nil {
		return err
	}
	_, _ = g.w.WriteString("]}\n")
	if err := g.w.Flush(); err != nil {
		return fmt.Errorf("write GeoJSON: %w", err)
	}
	return nil
}

// flush writes the line as a feature.
func (g *geoJSONFile) flush() error {
	line, shared := g.line, g.shared
	g.line, g.shared = g.line[:0], false
	if len(line) == 0 || shared && len(line) == 1 {
		return nil
	}
	b := make([]byte, 0, 96*len(line)+256)
	if !g.first {
		b = append(b, ',')
	}
	g.first = false
	b = append(b, "\n"+`{"type":"Feature","properties":{"device":`...)
	b = append(append(b, g.name...), `,"segment":`...)
	b = strconv.AppendInt(b, int64(g.n), 10)
	b = append(b, `,"coordTimes":[`...)
	for i := range line {
		if i > 0 {
			b = append(b, ',')
		}
		if line[i].At == 0 {
			b = append(b, "null"...)
			continue
		}
		b = append(b, '"')
		b = line[i].Time().AppendFormat(b, wire.TimeLayout)
		b = append(b, '"')
	}
	b = append(b, ']')
	if line[0].Coarse {
		b = append(b, `,"precision":"`+wire.PrecisionApproximate+`"`...)
	}
	if len(line) == 1 {
		b = append(b, `},"geometry":{"type":"Point","coordinates":`...)
		b = appendCoordinates(b, &line[0])
	} else {
		b = append(b, `},"geometry":{"type":"LineString","coordinates":[`...)
		for i := range line {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendCoordinates(b, &line[i])
		}
		b = append(b, ']')
	}
	if _, err := g.w.Write(append(b, "}}"...)); err != nil {
		return fmt.Errorf("write GeoJSON: %w", err)
	}
	return nil
}

func appendCoordinates(b []byte, p *track.Point) []byte {
	b = strconv.AppendFloat(append(b, '['), p.Longitude, 'f', -1, 64)
	b = strconv.AppendFloat(append(b, ','), p.Latitude, 'f', -1, 64)
	if !math.IsNaN(p.Altitude) {
		b = strconv.AppendFloat(append(b, ','), p.Altitude, 'f', -1, 64)
	}
	return append(b, ']')
}
