package routing_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/services/location/internal/navigation"
	"github.com/wemaps/wemaps/services/location/internal/routing"
)

// osrm speaks as much of OSRM's table API as a client can tell: whoever asks is
// taken along great circles at 10 m/s.
type osrm struct {
	*httptest.Server
	calls, now, most atomic.Int64
	behave           atomic.Pointer[http.HandlerFunc] // instead of that
	mu               sync.Mutex
	last             string
	failures         atomic.Int64 // that the advisor has met
}

func startOSRM(t *testing.T) *osrm {
	t.Helper()
	o := &osrm{}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.calls.Add(1)
		if now := o.now.Add(1); now > o.most.Load() {
			o.most.Store(now)
		}
		defer o.now.Add(-1)
		o.mu.Lock()
		o.last = r.URL.String()
		o.mu.Unlock()
		if behave := o.behave.Load(); behave != nil {
			(*behave)(w, r)
			return
		}
		o.table(t, w, r)
	}))
	t.Cleanup(o.Close)
	return o
}

func (o *osrm) instead(h http.HandlerFunc) { o.behave.Store(&h) }

func (o *osrm) table(t *testing.T, w http.ResponseWriter, r *http.Request) {
	rest, ok := strings.CutPrefix(r.URL.Path, "/table/v1/driving/")
	query := map[string]string{} // with semicolons in it, which net/url does not like
	for _, part := range strings.Split(r.URL.RawQuery, "&") {
		name, value, _ := strings.Cut(part, "=")
		query[name] = value
	}
	if !ok || query["annotations"] != "duration" {
		t.Errorf("asked for %s", r.URL)
	}
	var places []navigation.Point
	for _, p := range strings.Split(rest, ";") {
		lng, lat, _ := strings.Cut(p, ",")
		places = append(places, navigation.Point{Lat: number(t, lat), Lng: number(t, lng)})
	}
	var table [][]float64
	for _, s := range strings.Split(query["sources"], ";") {
		var row []float64
		for _, d := range strings.Split(query["destinations"], ";") {
			row = append(row, navigation.Distance(places[int(number(t, s))], places[int(number(t, d))])/10)
		}
		table = append(table, row)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"code": "Ok", "durations": table})
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Errorf("asked with %q", s)
	}
	return v
}

// start runs an advisor that gives an engine up for pause.
func start(t *testing.T, o *osrm, timeout, pause time.Duration) *routing.Advisor {
	t.Helper()
	a := routing.New(routing.Config{URL: o.URL, Profile: "driving", Timeout: timeout, Workers: 4, Pause: pause},
		routing.NewMetrics(prometheus.NewRegistry()), func(err error) { t.Log(err); o.failures.Add(1) })
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = a.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
	return a
}

const metre = 1 / 111_194.93 // degrees of latitude

// group are members so many metres south of 46, 14.
func group(plan *navigation.Plan, metres ...float64) []navigation.Person {
	people := make([]navigation.Person, len(metres))
	now := time.Now().UnixMilli()
	for i, m := range metres {
		member := &navigation.Member{}
		member.Step(plan, navigation.Sample{Point: navigation.Point{Lat: 46 - m*metre, Lng: 14}, At: now, Received: now, Accuracy: 5, Speed: math.NaN()})
		people[i] = navigation.Person{User: fmt.Sprintf("u%d", i), Member: member}
	}
	return people
}

// A group is one question, with its waypoints; who stands still is asked about
// once.
func TestOneQuestionForAGroup(t *testing.T) {
	t.Parallel()
	o := startOSRM(t)
	a := start(t, o, time.Second, time.Second)
	plan := navigation.NewPlan(navigation.Point{Lat: 46, Lng: 14}, []navigation.Point{{Lat: 46, Lng: 14.1}}, nil)
	people := group(plan, 5000, 8000, 30) // the last one is there, and has arrived
	a.Ask("r", plan, people)
	at := people[0].Member.At
	testenv.Eventually(t, 5*time.Second, "there is an answer", func() bool {
		_, ok := a.Estimate("r", "u0", plan.ID, at)
		return ok
	})
	for i, p := range people[:2] {
		want := (navigation.Distance(p.Member.Point, plan.Waypoints[0]) + navigation.Distance(plan.Waypoints[0], plan.Destination)) / 10
		eta, ok := a.Estimate("r", p.User, plan.ID, at)
		if got := float64(eta-at) / 1000; !ok || math.Abs(got-want) > 2 {
			t.Errorf("u%d needs %.0f s, want %.0f", i, got, want)
		}
	}
	for name, ask := range map[string]func() bool{
		"of another plan":    func() bool { _, ok := a.Estimate("r", "u0", plan.ID+1, at); return ok },
		"that is too old":    func() bool { _, ok := a.Estimate("r", "u0", plan.ID, at+6*60_000); return ok },
		"in another room":    func() bool { _, ok := a.Estimate("s", "u0", plan.ID, at); return ok },
		"of who has arrived": func() bool { _, ok := a.Estimate("r", "u2", plan.ID, at); return ok },
	} {
		if ask() {
			t.Errorf("there is an answer %s", name)
		}
	}
	a.Ask("r", plan, people)
	a.Ask("s", plan, people) // another room at the same places: known already
	if _, ok := a.Estimate("s", "u1", plan.ID, at); !ok || o.calls.Load() != 1 {
		t.Errorf("%d requests, want one", o.calls.Load())
	}
}

// Whatever the engine does, nobody waits and nothing is believed; it is left
// alone when it fails, and asked again after a while.
func TestAnEngineThatFails(t *testing.T) {
	t.Parallel()
	plan := navigation.NewPlan(navigation.Point{Lat: 46, Lng: 14}, nil, nil)
	answer := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }
	}
	for name, h := range map[string]http.HandlerFunc{
		"slow": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-time.After(3 * time.Second):
			}
		},
		"broken":        func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"hanging up":    func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"garbage":       answer("<html>"),
		"another shape": answer(`{"code":"Ok","durations":[]}`),
		"negative":      answer(`{"code":"Ok","durations":[[-1]]}`),
		"years":         answer(`{"code":"Ok","durations":[[1e12]]}`),
		"endless":       answer(`{"code":"Ok","durations":[[` + strings.Repeat(" ", 2<<20) + `1]]}`),
		"sending abroad": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := startOSRM(t)
			o.instead(h)
			const timeout = 500 * time.Millisecond
			a := start(t, o, timeout, 2*time.Second)
			people := group(plan, 5000)
			ask := func(i int) {
				began := time.Now()
				a.Ask(fmt.Sprintf("r%d", i), plan, people)
				_, ok := a.Estimate(fmt.Sprintf("r%d", i), "u0", plan.ID, people[0].Member.At)
				if took := time.Since(began); took > timeout/2 { // whoever waited for the engine would wait for that
					t.Errorf("somebody waited %s", took)
				}
				if ok {
					t.Error("there is an answer")
				}
			}
			for i := range 3 {
				ask(i)
			}
			testenv.Eventually(t, 10*time.Second, "it is asked three times", func() bool { return o.calls.Load() == 3 && o.now.Load() == 0 })
			testenv.Eventually(t, 10*time.Second, "three failures are counted", func() bool { return o.failures.Load() == 3 })
			ask(3)
			time.Sleep(50 * time.Millisecond)
			if n := o.calls.Load(); n != 3 {
				t.Errorf("an engine that fails was asked %d times", n)
			}
			o.behave.Store(nil)
			room := 10
			testenv.Eventually(t, 5*time.Second, "it is asked again, and answers", func() bool {
				room++
				a.Ask(fmt.Sprintf("r%d", room), plan, people)
				_, ok := a.Estimate(fmt.Sprintf("r%d", room), "u0", plan.ID, people[0].Member.At)
				return ok
			})
		})
	}
}

// An engine that knows no way is well: others are asked about as before, and the
// same is not asked again.
func TestThereIsNoWay(t *testing.T) {
	t.Parallel()
	plan := navigation.NewPlan(navigation.Point{Lat: 46, Lng: 14}, nil, nil)
	for name, h := range map[string]http.HandlerFunc{
		"refused": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"code":"NoSegment"}`, http.StatusBadRequest)
		},
		"no Ok": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"code":"NoTable"}`)) },
		"null": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"code":"Ok","durations":[[null]]}`))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := startOSRM(t)
			o.instead(h)
			a := start(t, o, time.Second, time.Hour)
			for i := range 5 { // each from a place of its own
				a.Ask(fmt.Sprintf("r%d", i), plan, group(plan, 5000+100*float64(i)))
			}
			testenv.Eventually(t, 5*time.Second, "all are asked about", func() bool { return o.calls.Load() == 5 && o.now.Load() == 0 })
			o.behave.Store(nil)
			people := group(plan, 9000)
			a.Ask("other", plan, people)
			testenv.Eventually(t, 5*time.Second, "others get their answer", func() bool {
				_, ok := a.Estimate("other", "u0", plan.ID, people[0].Member.At)
				return ok
			})
		})
	}
}

// A hundred groups at once are four requests at a time.
func TestRequestsAreBounded(t *testing.T) {
	t.Parallel()
	o := startOSRM(t)
	o.instead(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(5 * time.Millisecond)
		o.table(t, w, r)
	})
	a := start(t, o, time.Second, time.Second)
	plan := navigation.NewPlan(navigation.Point{Lat: 46, Lng: 14}, nil, nil)
	for i := range 100 {
		a.Ask(fmt.Sprintf("r%d", i), plan, group(plan, 1000+100*float64(i)))
	}
	testenv.Eventually(t, 10*time.Second, "all are answered", func() bool { return o.calls.Load() == 100 })
	if most := o.most.Load(); most > 4 {
		t.Errorf("%d requests at once", most)
	}
}
