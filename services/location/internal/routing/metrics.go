package routing

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics of a routing engine.
type Metrics struct {
	questions *prometheus.CounterVec
	seconds   prometheus.Histogram
	cached    prometheus.Counter
	closed    prometheus.Gauge
}

// NewMetrics registers them.
func NewMetrics(r prometheus.Registerer) *Metrics {
	const namespace, subsystem = "wemaps", "location"
	m := &Metrics{
		questions: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Subsystem: subsystem, Name: "routing_questions_total",
			Help: "Questions to the routing engine, one per group, by outcome: answered, refused (it has no answer), failed, left-alone (it fails, and is not asked), dropped."}, []string{"outcome"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Subsystem: subsystem, Name: "routing_seconds",
			Help: "Time of requests to the routing engine.", Buckets: prometheus.ExponentialBuckets(.002, 2, 12)}),
		cached: prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Subsystem: subsystem, Name: "routing_cached_total",
			Help: "Members of whom the answer was known already."}),
		closed: prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Subsystem: subsystem, Name: "routing_up",
			Help: "1 while the routing engine is asked, 0 while it is left alone."}),
	}
	r.MustRegister(m.questions, m.seconds, m.cached, m.closed)
	return m
}

func (m *Metrics) count(outcome string) { m.questions.WithLabelValues(outcome).Inc() }
func (m *Metrics) took(d time.Duration) { m.seconds.Observe(d.Seconds()) }
func (m *Metrics) state(closed bool) {
	if closed {
		m.closed.Set(1)
	} else {
		m.closed.Set(0)
	}
}
