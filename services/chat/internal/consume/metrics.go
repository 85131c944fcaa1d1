package consume

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/chat/internal/message"
	"github.com/wemaps/wemaps/services/chat/internal/publish"
)

// Metrics of the command path.
type Metrics struct {
	messages  *prometheus.CounterVec
	changes   *prometheus.CounterVec
	refusals  *prometheus.CounterVec
	pages     *prometheus.CounterVec
	batchSize prometheus.Histogram
	commits   prometheus.Histogram
	owned     prometheus.Gauge
}

// NewMetrics registers the metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	opts := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Namespace: "wemaps", Subsystem: "chat", Name: name, Help: help}
	}
	m := &Metrics{
		messages:  prometheus.NewCounterVec(opts("messages_total", "Published messages by outcome: new, redelivered, repeated."), []string{"outcome"}),
		changes:   prometheus.NewCounterVec(opts("changes_total", "Changes of messages by kind: edit, delete, react, unreact."), []string{"kind"}),
		refusals:  prometheus.NewCounterVec(opts("refusals_total", "Refused commands by code."), []string{"code"}),
		pages:     prometheus.NewCounterVec(opts("history_pages_total", "History pages by source: cache, archive."), []string{"source"}),
		batchSize: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "wemaps", Subsystem: "chat", Name: "batch_messages", Help: "Messages of one commit.", Buckets: prometheus.ExponentialBuckets(1, 2, 9)}),
		commits:   prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "wemaps", Subsystem: "chat", Name: "commit_duration_seconds", Help: "Duration of storing a batch.", Buckets: prometheus.ExponentialBuckets(.001, 2, 13)}),
		owned:     prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "wemaps", Subsystem: "chat", Name: "owned_partitions", Help: "Partitions that this process owns."}),
	}
	r.MustRegister(m.messages, m.changes, m.refusals, m.pages, m.batchSize, m.commits, m.owned)
	return m
}

// Owned counts partitions: +1 when one is taken, -1 when it is given up.
func (m *Metrics) Owned(delta float64) { m.owned.Add(delta) }

func (m *Metrics) batch(sent []publish.Sent) {
	var n [3]int
	for _, s := range sent {
		n[s.Outcome]++
	}
	for outcome, label := range map[message.Outcome]string{message.New: "new", message.Redelivered: "redelivered", message.Repeated: "repeated"} {
		if n[outcome] > 0 {
			m.messages.WithLabelValues(label).Add(float64(n[outcome]))
		}
	}
}

var kinds = map[message.ChangeKind]string{message.Edit: "edit", message.Delete: "delete", message.React: "react", message.Unreact: "unreact"}

func (m *Metrics) changed(made []publish.Change) {
	for _, c := range made {
		if c.Outcome == message.New {
			m.changes.WithLabelValues(kinds[c.Change.Kind]).Inc()
		}
	}
}

func (m *Metrics) commit(n int, took time.Duration) {
	m.batchSize.Observe(float64(n))
	m.commits.Observe(took.Seconds())
}

func (m *Metrics) refused(code wire.Code) { m.refusals.WithLabelValues(string(code)).Inc() }

func (m *Metrics) history(fromCache bool) {
	source := "archive"
	if fromCache {
		source = "cache"
	}
	m.pages.WithLabelValues(source).Inc()
}
