package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Snapshot is one moment of the system.
type Snapshot struct {
	At        int64              `json:"at"` // Unix milliseconds
	Edge      string             `json:"edge"`
	Processes map[string]Process `json:"processes"` // edge, and the services; of a service with replicas the one that answered
}

// Process is one process: what it lacks, and its figures.
type Process struct {
	State      string                        `json:"state"`             // OK, NOT_READY or UNREACHABLE
	Failing    map[string]string             `json:"failing,omitempty"` // dependency → reason
	Series     map[string]map[string]float64 `json:"series"`            // metric → label's value → sum
	Histograms map[string]Histogram          `json:"histograms"`        // metric → all its series, added up
}

// Histogram counts observations up to bounds; the rest is in Count.
type Histogram struct {
	Count  uint64    `json:"count"`
	Sum    float64   `json:"sum"`
	Bounds []float64 `json:"bounds"`
	Counts []uint64  `json:"counts"` // cumulative
}

const (
	stateOK          = "OK"
	stateNotReady    = "NOT_READY"
	stateUnreachable = "UNREACHABLE"

	maxMetrics = 4 << 20 // bytes of one process's metrics
)

// labels by which series are told apart; by all others they are added up.
var labels = []string{"protocol", "reason", "code", "outcome", "source", "stream", "verdict", "type", "status"}

// ours are the families that are shown: WeMaps' own, and some of each process.
func ours(name string) bool {
	switch name {
	case "go_goroutines", "process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds", "process_start_time_seconds":
		return true
	}
	return strings.HasPrefix(name, "wemaps_")
}

// take asks everybody at once.
func (p *Page) take(ctx context.Context) Snapshot {
	s := Snapshot{Edge: p.edgeID, Processes: map[string]Process{}}
	var mu sync.Mutex
	var wg sync.WaitGroup
	put := func(name string, process Process) {
		mu.Lock()
		defer mu.Unlock()
		s.Processes[name] = process
	}
	wg.Go(func() { put("edge", p.own(ctx)) })
	for name, url := range p.services {
		wg.Go(func() { put(name, p.ask(ctx, url)) })
	}
	wg.Wait()
	s.At = time.Now().UnixMilli()
	return s
}

func (p *Page) own(ctx context.Context) Process {
	one := Process{State: stateOK, Failing: p.failing(ctx)}
	if len(one.Failing) > 0 {
		one.State = stateNotReady
	}
	families, err := p.gatherer.Gather()
	if err != nil { // families has what could be gathered
		one.Failing = map[string]string{"metrics": err.Error()}
	}
	for _, f := range families {
		one.add(f)
	}
	return one
}

func (p *Page) ask(ctx context.Context, adminURL string) Process {
	one := Process{State: stateOK}
	body, status, err := p.get(ctx, adminURL+"/readyz")
	if err != nil {
		return Process{State: stateUnreachable}
	}
	if status != http.StatusOK {
		one.State = stateNotReady
		var answer struct {
			Failing map[string]string `json:"failing"`
		}
		if json.Unmarshal(body, &answer) == nil { // otherwise the state says enough
			one.Failing = answer.Failing
		}
	}
	if body, status, err = p.get(ctx, adminURL+"/metrics"); err != nil || status != http.StatusOK {
		return one
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(string(body)))
	if err != nil {
		return one
	}
	for _, f := range families {
		one.add(f)
	}
	return one
}

func (p *Page) get(ctx context.Context, url string) ([]byte, int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, 0, fmt.Errorf("ask a service: %w", err)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, 0, fmt.Errorf("ask a service: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxMetrics))
	if err != nil {
		return nil, 0, fmt.Errorf("read a service's answer: %w", err)
	}
	return body, resp.StatusCode, nil
}

// add takes a family's figures in.
func (o *Process) add(f *dto.MetricFamily) {
	if !ours(f.GetName()) {
		return
	}
	if f.GetType() == dto.MetricType_HISTOGRAM {
		o.addHistogram(f)
		return
	}
	series := map[string]float64{}
	for _, m := range f.GetMetric() {
		v := m.GetGauge().GetValue() + m.GetCounter().GetValue() + m.GetUntyped().GetValue() // one of them is there
		if !math.IsNaN(v) && !math.IsInf(v, 0) {                                             // JSON knows neither
			series[label(m)] += v
		}
	}
	if o.Series == nil {
		o.Series = map[string]map[string]float64{}
	}
	o.Series[f.GetName()] = series
}

func (o *Process) addHistogram(f *dto.MetricFamily) {
	h := Histogram{}
	byLabel := map[string]float64{}
	for _, m := range f.GetMetric() {
		one := m.GetHistogram()
		h.Count += one.GetSampleCount()
		h.Sum += one.GetSampleSum()
		byLabel[label(m)] += float64(one.GetSampleCount())
		i := 0
		for _, b := range one.GetBucket() {
			if math.IsInf(b.GetUpperBound(), 1) {
				continue
			}
			if i == len(h.Bounds) { // all series of a family have the same bounds
				h.Bounds, h.Counts = append(h.Bounds, b.GetUpperBound()), append(h.Counts, 0)
			}
			h.Counts[i] += b.GetCumulativeCount()
			i++
		}
	}
	if o.Histograms == nil {
		o.Histograms = map[string]Histogram{}
	}
	if o.Series == nil {
		o.Series = map[string]map[string]float64{}
	}
	o.Histograms[f.GetName()] = h
	o.Series[f.GetName()+"_count"] = byLabel
}

func label(m *dto.Metric) string {
	for _, want := range labels {
		for _, l := range m.GetLabel() {
			if l.GetName() == want {
				return l.GetValue()
			}
		}
	}
	return ""
}
