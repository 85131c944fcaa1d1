package navigation

import "math"

// simplifyPart bounds the points that are compared with each other: the time that
// Simplify takes is quadratic in it for the worst line, and linear in the number
// of parts. The ends of parts stay, one point in 200 that was perhaps not needed.
const simplifyPart = 200

// Simplify leaves points of a line out so that none of them is farther than
// tolerance metres from what is left, by the algorithm of Ramer, Douglas and
// Peucker (Cartographica 10(2), 1973) with distances on the sphere. Ends stay.
func Simplify(points []Point, tolerance float64) []Point {
	if len(points) <= 2 {
		return points
	}
	keep := make([]bool, len(points))
	v := make([]vec, len(points))
	for i, p := range points {
		v[i] = vecOf(p)
	}
	keep[0] = true
	for from := 0; from < len(points)-1; from += simplifyPart {
		to := min(from+simplifyPart, len(points)-1)
		keep[to] = true
		simplify(v, keep, from, to, tolerance)
	}
	out := make([]Point, 0, len(points)/4)
	for i, p := range points {
		if keep[i] {
			out = append(out, p)
		}
	}
	return out
}

// simplify marks what must stay between two points that do. It uses a list of its
// own instead of calling itself, which a spiral would make deep.
func simplify(v []vec, keep []bool, from, to int, tolerance float64) {
	within := tolerance / EarthRadius * (tolerance / EarthRadius)
	todo := [][2]int{{from, to}}
	for len(todo) > 0 {
		a, b := todo[len(todo)-1][0], todo[len(todo)-1][1]
		todo = todo[:len(todo)-1]
		farthest, at := within, -1
		line := arcOf(v[a], v[b])
		for i := a + 1; i < b; i++ {
			if d := line.square(v[i]); d > farthest {
				farthest, at = d, i
			}
		}
		if at >= 0 {
			keep[at] = true
			todo = append(todo, [2]int{a, at}, [2]int{at, b})
		}
	}
}

// arc is the shorter part of a great circle between two places.
type arc struct {
	a, b         vec
	normal       vec // of the circle's plane, length 1
	after, until vec // point along the circle, from a on and back from b
	short        bool
}

func arcOf(a, b vec) arc {
	n := a.cross(b)
	length := math.Sqrt(n.dot(n))
	if length < 1e-12 { // a hundredth of a millimetre
		return arc{a: a, b: b, short: true}
	}
	n = vec{n.x / length, n.y / length, n.z / length}
	return arc{a: a, b: b, normal: n, after: n.cross(a), until: b.cross(n)}
}

// square is the squared distance of p from the arc, in radians: of the chord,
// which is as good for what is near, and needs no trigonometry.
func (l *arc) square(p vec) float64 {
	if l.short || l.after.dot(p) < 0 || l.until.dot(p) < 0 {
		return min(l.a.chord(p), l.b.chord(p)) // before the one end, or behind the other
	}
	beside := l.normal.dot(p)
	return beside * beside
}

func (a vec) chord(b vec) float64 {
	x, y, z := a.x-b.x, a.y-b.y, a.z-b.z
	return x*x + y*y + z*z
}

func (a vec) cross(b vec) vec {
	return vec{a.y*b.z - a.z*b.y, a.z*b.x - a.x*b.z, a.x*b.y - a.y*b.x}
}

func (a vec) dot(b vec) float64 { return a.x*b.x + a.y*b.y + a.z*b.z }
