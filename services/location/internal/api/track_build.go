package api

import (
	"time"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/track"
)

// builder makes the answer of a track that is walked: a sink and an observer.
type builder struct {
	most    int  // points of an answer
	points  bool // whether they are asked for
	n       int
	devices []wire.DeviceTrack

	meter track.Meter
	stops track.Stops
}

func (b *builder) begin() { b.meter, b.stops = track.Meter{}, track.Stops{} }

func (b *builder) now() *wire.DeviceTrack { return &b.devices[len(b.devices)-1] }

func (b *builder) device(name string) error {
	b.devices = append(b.devices, wire.DeviceTrack{Device: name, Segments: []wire.TrackSegment{}, Gaps: []wire.TrackGap{}, Stops: []wire.TrackStop{}})
	return nil
}

func (b *builder) segment() error {
	if b.points {
		d := b.now()
		d.Segments = append(d.Segments, wire.TrackSegment{Points: []wire.TrackPoint{}})
	}
	return nil
}

func (b *builder) point(p *track.Point) error {
	if !b.points {
		return nil
	}
	if b.n++; b.n > b.most {
		return track.ErrTooLong
	}
	d := b.now()
	s := &d.Segments[len(d.Segments)-1]
	s.Points = append(s.Points, pointOf(p))
	return nil
}

func pointOf(p *track.Point) wire.TrackPoint {
	out := wire.TrackPoint{Latitude: p.Latitude, Longitude: p.Longitude, RecordedAt: timeOf(p.At), Accuracy: number(p.Accuracy), Speed: number(p.Speed),
		Bearing: number(p.Bearing), Altitude: number(p.Altitude)}
	if p.Coarse {
		out.Precision = wire.PrecisionApproximate
	}
	return out
}

func timeOf(ms int64) *wire.Time {
	if ms == 0 {
		return nil
	}
	at := wire.At(time.UnixMilli(ms))
	return &at
}

func (b *builder) see(p *track.Point) {
	b.meter.Next(p)
	if stop, ok := b.stops.Next(p); ok {
		b.stop(stop)
	}
}

func (b *builder) gap(g track.Gap) {
	d := b.now()
	if len(d.Gaps) < b.most {
		d.Gaps = append(d.Gaps, wire.TrackGap{From: *timeOf(g.From), To: *timeOf(g.To), Distance: g.Distance})
	}
}

func (b *builder) breaks() { b.meter.Break() }

func (b *builder) stop(s track.Stop) {
	d := b.now()
	if len(d.Stops) < b.most {
		d.Stops = append(d.Stops, wire.TrackStop{Latitude: s.Latitude, Longitude: s.Longitude, From: *timeOf(s.From), To: *timeOf(s.To)})
	}
}

func (b *builder) end() {
	if stop, ok := b.stops.End(); ok {
		b.stop(stop)
	}
	b.now().Statistics = statisticsOf(b.meter.End())
}

func statisticsOf(s track.Statistics) wire.TrackStatistics {
	out := wire.TrackStatistics{Points: s.Points, Distance: s.Distance, ElapsedTime: s.Elapsed.Seconds(), MovingTime: s.Moving.Seconds(), Approximate: s.Coarse}
	if s.Moving > 0 {
		average := s.AverageSpeed()
		out.AverageSpeed = &average
	}
	if s.MaxSpeed > 0 {
		out.MaxSpeed = &s.MaxSpeed
	}
	if s.Altitudes {
		out.ElevationGain, out.ElevationLoss = &s.Ascent, &s.Descent
	}
	return out
}
