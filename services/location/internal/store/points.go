package store

import (
	"encoding/binary"
	"math"

	"github.com/wemaps/wemaps/services/location/internal/navigation"
)

// Points are kept as pairs of 32-bit numbers, latitude and longitude in ten
// millionths of a degree, big endian: 8 bytes for a point, which 1.1 cm are
// enough for.
const (
	pointBytes = 8
	fine       = 1e7
)

func packPoints(points []navigation.Point) []byte {
	b := make([]byte, 0, pointBytes*len(points))
	for _, p := range points {
		b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(p.Lat*fine)))) //nolint:gosec // at most 1.8e9
		b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(p.Lng*fine)))) //nolint:gosec // at most 1.8e9
	}
	return b
}

func unpackPoints(b []byte) []navigation.Point {
	points := make([]navigation.Point, len(b)/pointBytes)
	for i := range points {
		at := b[pointBytes*i:]
		points[i] = navigation.Point{Lat: degrees(at), Lng: degrees(at[4:])}
	}
	return points
}

func degrees(b []byte) float64 {
	return float64(int32(binary.BigEndian.Uint32(b))) / fine //nolint:gosec // as it was written
}
