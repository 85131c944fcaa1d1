package session

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	sockets  *prometheus.GaugeVec   // by protocol
	refused  *prometheus.CounterVec // by stage and code
	framesIn prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		sockets: prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "wemaps", Subsystem: "edge", Name: "sockets",
			Help: "Authenticated sockets, by protocol."}, []string{"protocol"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "wemaps", Subsystem: "edge", Name: "refused_total",
			Help: "Handshakes and events that were refused, by stage (connect, event, service) and code."}, []string{"stage", "code"}),
		framesIn: prometheus.NewCounter(prometheus.CounterOpts{Namespace: "wemaps", Subsystem: "edge", Name: "frames_in_total",
			Help: "Events that clients sent."}),
	}
	r.MustRegister(m.sockets, m.refused, m.framesIn)
	return m
}
