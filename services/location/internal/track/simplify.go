package track

import (
	"math"

	"github.com/wemaps/wemaps/services/location/internal/position"
)

// simplifyPart bounds the points that are compared with each other: the time that
// simplifying takes is quadratic in it for the worst line, and linear in the
// number of parts. The ends of parts stay.
const simplifyPart = 500

// Simplifier leaves points of a segment out so that none of them is farther than
// the tolerance from the line of what is left, by the algorithm of U. Ramer (1972),
// D. H. Douglas and T. K. Peucker (Cartographica 10(2), 1973), part by part. Ends
// stay.
type Simplifier struct {
	tolerance float64 // metres; 0 leaves everything
	part      []Point
	keep      []bool
	out       func(*Point) error
}

// NewSimplifier gives what stays to out.
func NewSimplifier(tolerance float64, out func(*Point) error) *Simplifier {
	return &Simplifier{tolerance: tolerance, out: out}
}

// Next takes the next point of the segment.
func (s *Simplifier) Next(p *Point) error {
	if s.tolerance <= 0 {
		return s.out(p)
	}
	s.part = append(s.part, *p)
	if len(s.part) <= simplifyPart {
		return nil
	}
	return s.flush(1)
}

// End gives out what is left of the segment; another one may follow.
func (s *Simplifier) End() error {
	if err := s.flush(0); err != nil {
		return err
	}
	s.part = s.part[:0]
	return nil
}

// flush simplifies the part, and lets the next one begin with its last points.
func (s *Simplifier) flush(left int) error {
	n := len(s.part)
	if n == 0 {
		return nil
	}
	s.keep = append(s.keep[:0], make([]bool, n)...)
	s.keep[0], s.keep[n-1] = true, true
	s.mark()
	for i := range n - left {
		if s.keep[i] {
			if err := s.out(&s.part[i]); err != nil {
				return err
			}
		}
	}
	s.part = append(s.part[:0], s.part[n-left:]...)
	return nil
}

// mark finds what must stay. It uses a list of its own instead of calling itself,
// which a spiral would make deep.
func (s *Simplifier) mark() {
	todo := [][2]int{{0, len(s.part) - 1}}
	for len(todo) > 0 {
		a, b := todo[len(todo)-1][0], todo[len(todo)-1][1]
		todo = todo[:len(todo)-1]
		farthest, at := s.tolerance, -1
		for i := a + 1; i < b; i++ {
			if d := aside(&s.part[i], &s.part[a], &s.part[b]); d > farthest {
				farthest, at = d, i
			}
		}
		if at >= 0 {
			s.keep[at] = true
			todo = append(todo, [2]int{a, at}, [2]int{at, b})
		}
	}
}

// aside is how far p is from the line between a and b in metres, on the plane that
// touches the earth at p: there p is right, and what is far away is not near.
func aside(p, a, b *Point) float64 {
	const metre = position.EarthRadius * math.Pi / 180
	wide := metre * math.Cos(p.Latitude*math.Pi/180)
	ax, ay := shorter(a.Longitude-p.Longitude)*wide, (a.Latitude-p.Latitude)*metre
	bx, by := shorter(b.Longitude-p.Longitude)*wide, (b.Latitude-p.Latitude)*metre
	dx, dy := bx-ax, by-ay
	along := 0.0
	if length := dx*dx + dy*dy; length > 0 {
		along = min(max(-(ax*dx+ay*dy)/length, 0), 1)
	}
	return math.Hypot(ax+along*dx, ay+along*dy)
}
