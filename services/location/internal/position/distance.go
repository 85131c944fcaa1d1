package position

import "math"

// EarthRadius is the mean radius R1 of the IUGG, in metres.
const EarthRadius = 6_371_008.8

// Distance is the length of the great circle between two points in degrees,
// in metres, by the haversine formula (R. W. Sinnott, "Virtues of the
// Haversine", Sky & Telescope 68(2), 1984), which stays exact for points that
// are close together. Taking the earth for a sphere costs at most 0.56 %.
func Distance(lat1, lng1, lat2, lng2 float64) float64 {
	const degree = math.Pi / 180
	sinLat := math.Sin((lat2 - lat1) * degree / 2)
	sinLng := math.Sin((lng2 - lng1) * degree / 2)
	h := sinLat*sinLat + math.Cos(lat1*degree)*math.Cos(lat2*degree)*sinLng*sinLng
	return 2 * EarthRadius * math.Asin(math.Sqrt(min(h, 1))) // rounding may take h past 1 for antipodes
}
