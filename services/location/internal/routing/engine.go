package routing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/wemaps/wemaps/services/location/internal/navigation"
)

const (
	maxAnswer   = 1 << 20 // bytes: a table of 70 by 21 has some 15,000
	maxDuration = 30 * 24 * 3600.0
)

// errRefused says that the engine is well and has no answer.
var errRefused = errors.New("the engine has no answer")

// engine speaks the table service of OSRM's HTTP API (project-osrm.org/docs,
// "Table service"): from each of several places to each of several others, in
// one request.
type engine struct {
	base   string
	client *http.Client
}

func newEngine(cfg Config) *engine {
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // it is one
	transport.MaxConnsPerHost, transport.MaxIdleConnsPerHost = cfg.Workers, cfg.Workers
	return &engine{base: cfg.URL + "/table/v1/" + url.PathEscape(cfg.Profile) + "/", client: &http.Client{Timeout: cfg.Timeout, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// table returns how many seconds each traveller of a question needs to the
// destination, by the waypoints that are ahead; negative = there is no way.
func (e *engine) table(ctx context.Context, q question) ([]float64, error) {
	stops := append(append([]navigation.Point(nil), q.plan.Waypoints...), q.plan.Destination)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.base+path(q.who, stops), nil)
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := e.client.Do(req)
	if err != nil {
		var urlErr *url.Error
		if errors.As(err, &urlErr) {
			err = urlErr.Err // without the URL: it says where people are
		}
		return nil, fmt.Errorf("no answer: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	switch {
	case resp.StatusCode >= 400 && resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusRequestTimeout:
		return nil, fmt.Errorf("%w: status %d", errRefused, resp.StatusCode)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("status %d", resp.StatusCode) //nolint:err113 // for the log only
	}
	var answer struct {
		Code      string       `json:"code"`
		Durations [][]*float64 `json:"durations"` // seconds; null = there is no way
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, fmt.Errorf("parse the answer: %w", err)
	}
	if answer.Code != "Ok" {
		return nil, fmt.Errorf("%w: %.40q", errRefused, answer.Code)
	}
	return sums(q.who, len(stops), answer.Durations)
}

// path has everybody and all waypoints as sources, and all stops as
// destinations: the last part of each way is the same for all.
func path(who []traveller, stops []navigation.Point) string {
	var places, sources, destinations []string
	place := func(p navigation.Point) string {
		return strconv.FormatFloat(p.Lng, 'f', 5, 64) + "," + strconv.FormatFloat(p.Lat, 'f', 5, 64)
	}
	for i, t := range who {
		places = append(places, place(navigation.Point{Lat: float64(t.way.lat) / grid, Lng: float64(t.way.lng) / grid}))
		sources = append(sources, strconv.Itoa(i))
	}
	for i, p := range stops {
		places = append(places, place(p))
		n := strconv.Itoa(len(who) + i)
		destinations = append(destinations, n)
		if i+1 < len(stops) {
			sources = append(sources, n)
		}
	}
	return strings.Join(places, ";") + "?annotations=duration&sources=" + strings.Join(sources, ";") + "&destinations=" + strings.Join(destinations, ";")
}

var errShape = errors.New("the answer has another shape than the question")

// sums adds up each traveller's way from stop to stop.
func sums(who []traveller, stops int, table [][]*float64) ([]float64, error) {
	if len(table) != len(who)+stops-1 {
		return nil, errShape
	}
	for _, row := range table {
		if len(row) != stops {
			return nil, errShape
		}
		for _, v := range row {
			if v != nil && !(*v >= 0 && *v <= maxDuration) {
				return nil, errShape
			}
		}
	}
	out := make([]float64, len(who))
	for i, t := range who {
		next := min(t.way.next, stops-1)
		out[i] = valueOf(table[i][next])
		for k := next; k+1 < stops; k++ {
			out[i] += valueOf(table[len(who)+k][k+1])
		}
		if math.IsNaN(out[i]) {
			out[i] = -1
		}
	}
	return out, nil
}

func valueOf(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}
