package track

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/wemaps/wemaps/services/location/internal/privacy"
)

// A fix waits for the archive as one line of tab-separated fields, the device
// last, since its name may hold anything.
const fields = 12

var errLine = errors.New("not a recorded fix")

// Append adds the line of f to b. Whoever reads one needs nothing else.
func (f *Fix) Append(b []byte) []byte {
	b = append(b, f.Room...)
	b = append(b, '\t')
	b = append(b, f.User...)
	b = append(b, '\t')
	b = strconv.AppendInt(b, f.Received, 10)
	b = append(b, '\t')
	b = strconv.AppendUint(b, uint64(f.Level), 10)
	b = append(b, '\t')
	b = strconv.AppendInt(b, f.At, 10)
	for _, v := range [...]float64{f.Latitude, f.Longitude, f.Accuracy, f.Speed, f.Bearing, f.Altitude} {
		b = append(b, '\t')
		if v == v { //nolint:staticcheck // not NaN
			b = strconv.AppendFloat(b, v, 'f', -1, 64)
		}
	}
	b = append(b, '\t')
	return append(b, f.Device...)
}

// Parse reads a line.
func Parse(line string) (Fix, error) {
	cut := strings.SplitN(line, "\t", fields)
	if len(cut) != fields || cut[0] == "" || cut[1] == "" {
		return Fix{}, errLine
	}
	f := Fix{Room: cut[0], User: cut[1], Device: cut[fields-1]}
	var err error
	number := func(s string) int64 {
		v, e := strconv.ParseInt(s, 10, 64)
		err = errors.Join(err, e)
		return v
	}
	f.Received, f.At = number(cut[2]), number(cut[4])
	level := number(cut[3])
	for i, to := range [...]*float64{&f.Latitude, &f.Longitude, &f.Accuracy, &f.Speed, &f.Bearing, &f.Altitude} {
		*to = math.NaN()
		if s := cut[5+i]; s != "" {
			v, e := strconv.ParseFloat(s, 64)
			*to, err = v, errors.Join(err, e)
		}
	}
	switch {
	case err != nil:
		return Fix{}, fmt.Errorf("%w: %w", errLine, err)
	case level < 0 || level > int64(privacy.Exact), !(math.Abs(f.Latitude) <= 90), !(math.Abs(f.Longitude) <= 180):
		return Fix{}, errLine
	}
	f.Level = privacy.Level(level)
	return f, nil
}
