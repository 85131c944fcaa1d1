package publish

import "github.com/prometheus/client_golang/prometheus"

// Metrics of caches, relay and expiry.
type Metrics struct {
	CacheFailures prometheus.Counter
	CacheRepairs  prometheus.Counter
	Rebuilds      prometheus.Counter
	Relayed       prometheus.Counter
	RelayFailures prometheus.Counter
	Dropped       prometheus.Counter
	RelayLag      prometheus.Gauge
	ExpiryLate    prometheus.Histogram
	Leader        prometheus.Gauge
}

// NewMetrics registers the metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "wemaps", Subsystem: "room", Name: name, Help: help})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "wemaps", Subsystem: "room", Name: name, Help: help})
	}
	m := &Metrics{
		CacheFailures: counter("cache_failures_total", "Cache writes after a commit that failed; the relay makes up for them."),
		CacheRepairs:  counter("cache_repairs_total", "Rooms whose caches were found to be not what the database says, and were written again."),
		Rebuilds:      counter("cache_rebuilds_total", "Times that all caches were written anew because Redis had lost them."),
		Relayed:       counter("events_relayed_total", "Domain events appended to the event stream."),
		RelayFailures: counter("relay_failures_total", "Attempts to relay events that failed."),
		Dropped:       counter("events_dropped_total", "Events that were trimmed away although a follower of the stream was that far behind."),
		RelayLag:      gauge("relay_lag_seconds", "Age of the oldest event in the last batch when it was relayed."),
		ExpiryLate: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "wemaps", Subsystem: "room", Name: "expiry_late_seconds",
			Help: "How late rooms were ended after their time.", Buckets: []float64{.01, .05, .1, .25, .5, 1, 2, 5, 15, 60}}),
		Leader: gauge("relay_leader", "1 while this process relays the events."),
	}
	r.MustRegister(m.CacheFailures, m.CacheRepairs, m.Rebuilds, m.Relayed, m.RelayFailures, m.Dropped, m.RelayLag, m.ExpiryLate, m.Leader)
	return m
}
