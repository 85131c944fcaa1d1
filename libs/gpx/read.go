// Package gpx reads and writes GPX files (topografix.com/GPX/1/0 and 1/1): the
// tracks, routes and waypoints, and of each point the place, the altitude and the
// time. Files come from strangers; what is not GPX is refused with a reason.
package gpx

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
	"unicode/utf8"
)

// Bounds of a file, besides those of Limits.
const (
	maxDepth    = 100
	maxSegments = 10_000 // of all tracks
	// MaxNameRunes is what is kept of a longer name.
	MaxNameRunes = 100
)

// Limits bound what Read takes in.
type Limits struct {
	Bytes  int64
	Points int // of tracks, routes and waypoints together
}

// Point is one point of a file. A zero Time is none that can be read.
type Point struct {
	Lat, Lon float64 // degrees, WGS 84
	Ele      float64 // metres, NaN if not given
	Time     time.Time
}

// Track is one <trk>. Between its segments the receiver was off, or saw nothing.
type Track struct {
	Name     string
	Segments [][]Point // none is empty
}

// File is what is in a file.
type File struct {
	Name      string // of the file's metadata, or else of its first track or route
	Tracks    []Track
	Routes    [][]Point
	Waypoints []Point
}

// Error says where and why a file is refused.
type Error struct {
	Line, Column int
	Reason       string
}

func (e *Error) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

// reader walks through a file.
type reader struct {
	dec    *xml.Decoder
	left   *io.LimitedReader
	limits Limits
	path   []string // local names of the open elements
	text   strings.Builder
	point  *Point // the point whose element is open
	depth  int    // of that element

	points, segments int // so far
	file             File
	segment, route   []Point
	named            string // of the first track or route
}

// Read reads a whole file; the error is an *Error unless r has failed.
func Read(r io.Reader, limits Limits) (*File, error) {
	left := &io.LimitedReader{R: r, N: limits.Bytes + 1}
	g := &reader{left: left, limits: limits, dec: xml.NewDecoder(left)}
	g.dec.CharsetReader = charset
	if err := g.walk(); err != nil {
		return nil, err
	}
	if g.file.Name == "" {
		g.file.Name = g.named
	}
	return &g.file, nil
}

// Way returns the points of the file's tracks, or if it has fewer than two, of
// its routes, or of its waypoints; nil if there are not two points of any.
// Devices save the same way several times, with and without times; nobody walks
// it more than once, so tracks with times are preferred.
func (f *File) Way() []Point {
	tracks := make([][]Point, len(f.Tracks))
	for i, t := range f.Tracks {
		tracks[i] = slices.Concat(t.Segments...)
	}
	for _, points := range [][]Point{oneWay(tracks), slices.Concat(f.Routes...), f.Waypoints} {
		if len(points) >= 2 {
			return points
		}
	}
	return nil
}

// oneWay joins tracks into one: those with usable times that do not overlap in
// the order of their times, or else all in the order of the file.
func oneWay(tracks [][]Point) []Point {
	var timed [][]Point
	for _, t := range tracks {
		if len(t) >= 2 && Useless(t) == "" {
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

// Useless says why the times of at least one point are of no use; "" if they are.
func Useless(points []Point) string {
	for i, p := range points {
		switch {
		case p.Time.IsZero():
			return fmt.Sprintf("point %d has no time", i+1)
		case p.Time.Year() < 1980:
			return fmt.Sprintf("point %d is of %d, before there was GPS", i+1, p.Time.Year())
		case i > 0 && p.Time.Before(points[i-1].Time):
			return fmt.Sprintf("time goes backwards at point %d", i+1)
		}
	}
	if !points[len(points)-1].Time.After(points[0].Time) {
		return "all points have the same time"
	}
	return ""
}

func (g *reader) errorf(format string, args ...any) error {
	line, column := g.dec.InputPos()
	return &Error{Line: line, Column: column, Reason: fmt.Sprintf(format, args...)}
}

func (g *reader) walk() error {
	seen := false
	for {
		token, err := g.dec.Token()
		if g.left.N <= 0 {
			return g.errorf("larger than %d bytes", g.limits.Bytes)
		}
		if errors.Is(err, io.EOF) {
			if !seen {
				return g.errorf("not a GPX file: no XML element in it")
			}
			g.endSegment()
			g.endRoute()
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
			if g.point != nil && len(g.path) == g.depth+1 || g.point == nil && g.atName() {
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
	switch {
	case errors.As(err, &syntax):
		reason = syntax.Msg
	case !strings.HasPrefix(reason, "xml: "): // the source has failed, not the file
		return fmt.Errorf("read GPX: %w", err)
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
		return g.startPoint(e)
	case "trk", "trkseg":
		g.endSegment()
		if e.Name.Local == "trk" {
			g.file.Tracks = append(g.file.Tracks, Track{})
		}
		if g.segments++; g.segments > maxSegments {
			return g.errorf("more than %d tracks and segments", maxSegments)
		}
	case "rte":
		g.endRoute()
	}
	return nil
}

func (g *reader) startPoint(e xml.StartElement) error {
	if g.point != nil {
		return g.errorf("<%s> inside of a point", e.Name.Local)
	}
	if g.points++; g.points > g.limits.Points {
		return g.errorf("more than %d points", g.limits.Points)
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
	switch {
	case g.point != nil && len(g.path) == g.depth+1:
		g.detail(name)
	case g.point != nil && len(g.path) == g.depth:
		g.endPoint(name)
	case g.point == nil && g.atName():
		g.name()
	case name == "trk" || name == "trkseg":
		g.endSegment()
	case name == "rte":
		g.endRoute()
	}
	g.path = g.path[:len(g.path)-1]
	g.text.Reset()
}

// detail takes what is said of a point.
func (g *reader) detail(name string) {
	switch name {
	case "ele":
		if v, err := strconv.ParseFloat(strings.TrimSpace(g.text.String()), 64); err == nil && !math.IsNaN(v) && !math.IsInf(v, 0) {
			g.point.Ele = v
		}
	case "time":
		g.point.Time = parseTime(strings.TrimSpace(g.text.String()))
	}
}

func (g *reader) endPoint(name string) {
	switch name {
	case "trkpt":
		g.segment = append(g.segment, *g.point)
	case "rtept":
		g.route = append(g.route, *g.point)
	default:
		g.file.Waypoints = append(g.file.Waypoints, *g.point)
	}
	g.point = nil
}

func (g *reader) endSegment() {
	if len(g.segment) == 0 {
		return
	}
	if len(g.file.Tracks) == 0 {
		g.file.Tracks = []Track{{}} // points outside of any <trk>
	}
	t := &g.file.Tracks[len(g.file.Tracks)-1]
	t.Segments, g.segment = append(t.Segments, g.segment), nil
}

func (g *reader) endRoute() {
	if len(g.route) > 0 {
		g.file.Routes, g.route = append(g.file.Routes, g.route), nil
	}
}

// atName tells whether the open element is the name of the file, of a track or of
// a route.
func (g *reader) atName() bool {
	n := len(g.path)
	if n < 2 || g.path[n-1] != "name" {
		return false
	}
	switch parent := g.path[n-2]; parent {
	case "metadata", "trk", "rte":
		return true
	default:
		return n == 2 // GPX 1.0 has no metadata
	}
}

func (g *reader) name() {
	name := clean(g.text.String())
	switch parent := g.path[len(g.path)-2]; parent {
	case "trk", "rte":
		if g.named == "" {
			g.named = name
		}
		if last := len(g.file.Tracks) - 1; parent == "trk" && last >= 0 {
			g.file.Tracks[last].Name = name
		}
	default:
		g.file.Name = name
	}
}

// clean makes one short line of a name.
func clean(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, ""), func(r rune) bool { return r < ' ' || r == ' ' || r == 0x7f }), " ")
	if utf8.RuneCountInString(s) > MaxNameRunes {
		s = strings.TrimSpace(string([]rune(s)[:MaxNameRunes]))
	}
	return s
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
