package api

import (
	"context"

	"github.com/wemaps/wemaps/services/location/internal/track"
)

// source gives the points of one device, or of an imported track, in their order,
// to fn. What is of another segment must not be joined.
type source struct {
	name string
	each func(ctx context.Context, fn func(segment int, p track.Point) error) error
}

// sink takes a track apart: segments, and their points.
type sink interface {
	device(name string) error
	segment() error
	point(p *track.Point) error
}

// observer sees all points, simplified or not.
type observer interface {
	see(p *track.Point)
	gap(g track.Gap)
	breaks() // what comes is of another segment
}

// walk gives the points of a source to a sink, simplified to a tolerance in metres.
// It holds a few hundred points at a time.
func walk(ctx context.Context, s source, tolerance float64, to sink, o observer) error {
	if err := to.device(s.name); err != nil {
		return err
	}
	simplifier := track.NewSimplifier(tolerance, to.point)
	var last track.Point
	at := -1
	err := s.each(ctx, func(segment int, p track.Point) error {
		gap, silent := track.Between(&last, &p)
		if silent && at >= 0 {
			o.gap(gap)
		}
		if segment != at || silent {
			if err := simplifier.End(); err != nil {
				return err
			}
			if segment != at {
				o.breaks()
			}
			if err := to.segment(); err != nil {
				return err
			}
		}
		o.see(&p)
		last, at = p, segment
		return simplifier.Next(&p)
	})
	if err != nil {
		return err
	}
	return simplifier.End()
}

// nobody observes nothing.
type nobody struct{}

func (nobody) see(*track.Point) {}
func (nobody) gap(track.Gap)    {}
func (nobody) breaks()          {}
