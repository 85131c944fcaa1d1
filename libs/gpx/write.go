package gpx

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"
)

// Writer writes a GPX 1.1 file point by point, in constant memory. Its methods
// must be called in the order of the file: Track, Segment, Point …, Close.
type Writer struct {
	w       *bufio.Writer
	buf     []byte
	track   bool // is open
	segment bool
	err     error
}

// NewWriter writes the head of a file.
func NewWriter(w io.Writer, creator, name string) *Writer {
	g := &Writer{w: bufio.NewWriterSize(w, 32<<10)}
	g.raw(xml.Header + `<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1" creator="`)
	g.escape(creator)
	g.raw(`">` + "\n<metadata><name>")
	g.escape(name)
	g.raw("</name></metadata>\n")
	return g
}

// Track begins a track.
func (g *Writer) Track(name string) {
	g.endTrack()
	g.raw("<trk><name>")
	g.escape(name)
	g.raw("</name>\n")
	g.track = true
}

// Segment begins a segment of the track.
func (g *Writer) Segment() {
	g.endSegment()
	g.raw("<trkseg>\n")
	g.segment = true
}

// Point adds a point to the segment.
func (g *Writer) Point(p Point) {
	b := append(g.buf[:0], `<trkpt lat="`...)
	b = strconv.AppendFloat(b, p.Lat, 'f', -1, 64)
	b = append(b, `" lon="`...)
	b = strconv.AppendFloat(b, p.Lon, 'f', -1, 64)
	b = append(b, `">`...)
	if !math.IsNaN(p.Ele) {
		b = append(b, "<ele>"...)
		b = strconv.AppendFloat(b, p.Ele, 'f', -1, 64)
		b = append(b, "</ele>"...)
	}
	if !p.Time.IsZero() {
		b = append(b, "<time>"...)
		b = p.Time.UTC().AppendFormat(b, time.RFC3339Nano)
		b = append(b, "</time>"...)
	}
	g.buf = append(b, "</trkpt>\n"...)
	if g.err == nil {
		_, g.err = g.w.Write(g.buf)
	}
}

// Err is the first error so far.
func (g *Writer) Err() error { return g.err }

// Close writes the foot of the file, and tells the first error of all that was
// written.
func (g *Writer) Close() error {
	g.endTrack()
	g.raw("</gpx>\n")
	if g.err == nil {
		g.err = g.w.Flush()
	}
	if g.err != nil {
		return fmt.Errorf("write GPX: %w", g.err)
	}
	return nil
}

func (g *Writer) endTrack() {
	g.endSegment()
	if g.track {
		g.raw("</trk>\n")
		g.track = false
	}
}

func (g *Writer) endSegment() {
	if g.segment {
		g.raw("</trkseg>\n")
		g.segment = false
	}
}

func (g *Writer) raw(s string) {
	if g.err == nil {
		_, g.err = g.w.WriteString(s)
	}
}

func (g *Writer) escape(s string) {
	if g.err == nil {
		g.err = xml.EscapeText(g.w, []byte(s))
	}
}
