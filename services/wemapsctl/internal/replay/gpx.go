// Package replay is `wemapsctl replay`: it drives members along recorded
// tracks through the edge, in real time, and checks what arrives.
package replay

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bounds of a file.
const (
	maxFileBytes = 64 << 20
	maxPoints    = 1_000_000
	maxDepth     = 100
)

// Point is one point of a file. A zero Time is none that can be read.
type Point struct {
	Lat, Lon float64 // degrees, WGS 84
	Ele      float64 // metres, NaN if not given
	Time     time.Time
}

// FileError says where and why a file is refused.
type FileError struct {
	File         string
	Line, Column int
	Reason       string
}

func (e *FileError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Reason)
}

// reader walks through a GPX file (topografix.com/GPX/1/0 and 1/1).
type reader struct {
	file  string
	dec   *xml.Decoder
	left  *io.LimitedReader
	limit int64
	path  []string // local names of the open elements
	text  strings.Builder
	point *Point // the point whose element is open
	depth int    // of that element

	count     int       // points so far
	tracks    [][]Point // one for each <trk>
	routes    []Point
	waypoints []Point
}

// ReadGPX returns the points of the file's tracks, or if it has fewer than two,
// of its routes, or of its waypoints. Any other file is refused with a
// *FileError. Devices save the same way several times, with and without times;
// nobody walks it more than once, so tracks with times are preferred.
func ReadGPX(file string, r io.Reader) ([]Point, error) { return readGPX(file, r, maxFileBytes) }

func readGPX(file string, r io.Reader, limit int64) ([]Point, error) {
	left := &io.LimitedReader{R: r, N: limit + 1}
	g := &reader{file: file, left: left, limit: limit, dec: xml.NewDecoder(left)}
	g.dec.CharsetReader = charset
	if err := g.walk(); err != nil {
		return nil, err
	}
	for _, points := range [][]Point{oneWay(g.tracks), g.routes, g.waypoints} {
		if len(points) >= 2 {
			return points, nil
		}
	}
	return nil, g.errorf("fewer than two points in tracks, routes and waypoints")
}

// oneWay joins tracks into one: those with usable times that do not overlap in
// the order of their times, or else all in the order of the file.
func oneWay(tracks [][]Point) []Point {
	var timed [][]Point
	for _, t := range tracks {
		if len(t) >= 2 && useless(t) == "" {
			timed = append(timed, t)
		}
	}
	if len(timed) == 0 {
		return slices.Concat(tracks...)
	}
	slices.SortStableFunc(timed, func(a, b []Point) int { return a[0].Time.Compare(b[0].Time) })
	way := slices.Clone(timed[0])
	for _, t := range timed[1:] {
		if !t[0].Time.Before(way[len(way)-1].Time) {
			way = append(way, t...)
		}
	}
	return way
}

func (g *reader) errorf(format string, args ...any) error {
	line, column := g.dec.InputPos()
	return &FileError{File: g.file, Line: line, Column: column, Reason: fmt.Sprintf(format, args...)}
}

func (g *reader) walk() error {
	seen := false
	for {
		token, err := g.dec.Token()
		if g.left.N <= 0 {
			return g.errorf("larger than %d bytes", g.limit)
		}
		if errors.Is(err, io.EOF) {
			if !seen {
				return g.errorf("not a GPX file: no XML element in it")
			}
			return nil
		}
		if err != nil {
			return g.syntax(err, seen)
		}
		switch t := token.(type) {
		case xml.StartElement:
			seen = true
			err = g.start(t)
		case xml.EndElement:
			g.end()
		case xml.CharData:
			if g.point != nil && len(g.path) == g.depth+1 {
				g.text.Write(t)
			} else if !seen && strings.Trim(string(t), " \t\r\n\ufeff") != "" {
				err = g.errorf("not a GPX file: it begins with text, not with an XML element")
			}
		}
		if err != nil {
			return err
		}
	}
}

func (g *reader) syntax(err error, seen bool) error {
	var syntax *xml.SyntaxError
	reason := err.Error()
	if errors.As(err, &syntax) {
		reason = syntax.Msg
	}
	if seen {
		return g.errorf("broken XML: %s", reason)
	}
	return g.errorf("not a GPX file: %s", reason)
}

func (g *reader) start(e xml.StartElement) error {
	if len(g.path) == 0 && e.Name.Local != "gpx" {
		return g.errorf("not a GPX file: its root element is <%.40s>", e.Name.Local)
	}
	if len(g.path) >= maxDepth {
		return g.errorf("elements are nested more than %d deep", maxDepth)
	}
	g.path = append(g.path, e.Name.Local)
	g.text.Reset()
	switch e.Name.Local {
	case "trkpt", "rtept", "wpt":
	case "trk":
		g.tracks = append(g.tracks, nil)
		return nil
	default:
		return nil
	}
	if g.point != nil {
		return g.errorf("<%s> inside of a point", e.Name.Local)
	}
	if g.count++; g.count > maxPoints {
		return g.errorf("more than %d points", maxPoints)
	}
	p := Point{Lat: math.NaN(), Lon: math.NaN(), Ele: math.NaN()}
	for _, a := range e.Attr {
		var err error
		switch a.Name.Local {
		case "lat":
			p.Lat, err = degrees(a.Value, 90)
		case "lon":
			p.Lon, err = degrees(a.Value, 180)
		}
		if err != nil {
			return g.errorf("<%s>: %s %v", e.Name.Local, a.Name.Local, err)
		}
	}
	if math.IsNaN(p.Lat) || math.IsNaN(p.Lon) {
		return g.errorf("<%s> has no lat or no lon", e.Name.Local)
	}
	g.point, g.depth = &p, len(g.path)
	return nil
}

func degrees(s string, bound float64) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(v) || v < -bound || v > bound {
		return 0, fmt.Errorf("must be a number from %.0f to %.0f, not %.40q", -bound, bound, s)
	}
	return v, nil
}

func (g *reader) end() {
	name := g.path[len(g.path)-1]
	if g.point != nil {
		switch {
		case len(g.path) == g.depth+1 && name == "ele":
			if v, err := strconv.ParseFloat(strings.TrimSpace(g.text.String()), 64); err == nil && !math.IsInf(v, 0) {
				g.point.Ele = v
			}
		case len(g.path) == g.depth+1 && name == "time":
			g.point.Time = parseTime(strings.TrimSpace(g.text.String()))
		case len(g.path) == g.depth:
			switch name {
			case "trkpt":
				if len(g.tracks) == 0 {
					g.tracks = [][]Point{nil} // a point outside of any <trk>
				}
				last := len(g.tracks) - 1
				g.tracks[last] = append(g.tracks[last], *g.point)
			case "rtept":
				g.routes = append(g.routes, *g.point)
			default:
				g.waypoints = append(g.waypoints, *g.point)
			}
			g.point = nil
		}
	}
	g.path = g.path[:len(g.path)-1]
	g.text.Reset()
}

// parseTime reads an xsd:dateTime. One without a zone is taken for UTC, as GPX
// demands.
func parseTime(s string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// charset reads the one-byte encodings that older devices write.
func charset(name string, input io.Reader) (io.Reader, error) {
	switch strings.ToLower(name) {
	case "iso-8859-1", "latin1", "us-ascii", "ascii", "windows-1252":
		return &latin1{input: input}, nil
	}
	return nil, fmt.Errorf("unknown encoding %.40q", name)
}

// latin1 turns ISO 8859-1 into UTF-8. Only names could differ in the similar
// encodings, and nobody reads those here.
type latin1 struct {
	input io.Reader
	buf   [512]byte
}

func (l *latin1) Read(p []byte) (int, error) {
	if len(p) < 2 {
		return 0, io.ErrShortBuffer
	}
	n, err := l.input.Read(l.buf[:min(len(l.buf), len(p)/2)])
	out := 0
	for _, c := range l.buf[:n] {
		if c < 0x80 {
			p[out] = c
			out++
		} else {
			p[out], p[out+1] = 0xC0|c>>6, 0x80|c&0x3F
			out += 2
		}
	}
	return out, err
}
