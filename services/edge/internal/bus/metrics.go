package bus

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wemaps/wemaps/services/edge/internal/hub"
)

// Metrics of the way to Redis and back.
type Metrics struct {
	append  prometheus.Histogram
	deliver prometheus.Histogram
	fills   prometheus.Counter
	hits    prometheus.Counter
	misses  prometheus.Counter
}

// NewMetrics registers them, with those that the hub counts.
func NewMetrics(r prometheus.Registerer, h *hub.Hub) *Metrics {
	fast := []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1}
	m := &Metrics{
		append: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "wemaps", Subsystem: "edge", Name: "append_duration_seconds",
			Help: "From a command's acceptance to its place in the stream, oldest of each batch.", Buckets: fast}),
		deliver: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "wemaps", Subsystem: "edge", Name: "deliver_duration_seconds",
			Help: "From a publication's arrival to its place in all sockets' queues.", Buckets: fast}),
		fills: prometheus.NewCounter(prometheus.CounterOpts{Namespace: "wemaps", Subsystem: "edge", Name: "chat_fills_total",
			Help: "Gaps in a room's chat that were filled from history."}),
	}
	reads := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "wemaps", Subsystem: "edge", Name: "cache_reads_total",
		Help: "Looks at a room's details, by outcome: hit (this process's memory), miss (Redis was asked)."}, []string{"outcome"})
	m.hits, m.misses = reads.WithLabelValues("hit"), reads.WithLabelValues("miss")
	gauge := func(name, help string, value func(hub.Stats) float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "wemaps", Subsystem: "edge", Name: name, Help: help},
			func() float64 { return value(h.Stats()) }))
	}
	gauge("rooms", "Rooms with sockets here.", func(s hub.Stats) float64 { return float64(s.Rooms) })
	gauge("seats", "Sockets in rooms; one in two rooms counts twice.", func(s hub.Stats) float64 { return float64(s.Members) })
	counter := func(name, help string, value func(hub.Stats) uint64) {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: "wemaps", Subsystem: "edge", Name: name, Help: help},
			func() float64 { return float64(value(h.Stats())) }))
	}
	counter("broadcasts_total", "Events handed to a room.", func(s hub.Stats) uint64 { return s.Broadcasts })
	counter("deliveries_total", "Events handed to a socket.", func(s hub.Stats) uint64 { return s.Delivered })
	counter("deliveries_refused_total", "Events that a socket did not take.", func(s hub.Stats) uint64 { return s.Refused })
	r.MustRegister(m.append, m.deliver, m.fills, reads)
	return m
}

func (m *Metrics) appended(d time.Duration)  { m.append.Observe(d.Seconds()) }
func (m *Metrics) delivered(d time.Duration) { m.deliver.Observe(d.Seconds()) }

func (m *Metrics) cacheRead(hit bool) {
	if hit {
		m.hits.Inc()
	} else {
		m.misses.Inc()
	}
}
