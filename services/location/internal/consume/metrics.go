package consume

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/position"
)

// Metrics of the command path.
type Metrics struct {
	batch    prometheus.Histogram
	lag      prometheus.Histogram
	commands *prometheus.CounterVec
	rejected *prometheus.CounterVec
	sent     prometheus.Counter
	owned    prometheus.Gauge
	recorded *prometheus.CounterVec

	updates, leaves, snapshots, dead prometheus.Counter
	verdicts                         []prometheus.Counter
}

// NewMetrics registers them.
func NewMetrics(r prometheus.Registerer) *Metrics {
	const namespace, subsystem = "wemaps", "location"
	m := &Metrics{
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Subsystem: subsystem, Name: "batch_commands",
			Help: "Commands handled together.", Buckets: prometheus.ExponentialBuckets(1, 2, 10)}),
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Subsystem: subsystem, Name: "lag_seconds",
			Help:    "Time from a command's arrival at the edge to its effects, of the oldest in each batch.",
			Buckets: prometheus.ExponentialBuckets(.0005, 2, 18)}),
		commands: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Subsystem: subsystem, Name: "commands_total",
			Help: "Commands handled, refused ones included."}, []string{"type"}),
		rejected: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Subsystem: subsystem, Name: "refused_total",
			Help: "Commands refused, by the code that the sender got; DEAD_LETTER for those that nobody can answer."}, []string{"code"}),
		sent: prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Subsystem: subsystem, Name: "published_total",
			Help: "Messages published to rooms and edges."}),
		owned: prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Subsystem: subsystem, Name: "partitions_owned",
			Help: "Partitions that this replica works on."}),
	}
	m.recorded = prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Subsystem: subsystem, Name: "track_fixes_total",
		Help: "Fixes that came to the archive of tracks: stored ones, and others that were there already, are too old, or nobody agrees to any more."}, []string{"result"})
	verdicts := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Subsystem: subsystem, Name: "fixes_total",
		Help: "Fixes of members, by what became of them."}, []string{"verdict"})
	for _, v := range position.Verdicts() {
		m.verdicts = append(m.verdicts, verdicts.WithLabelValues(v.String()))
	}
	r.MustRegister(verdicts, m.batch, m.lag, m.commands, m.rejected, m.sent, m.owned, m.recorded)
	m.updates = m.commands.WithLabelValues(wire.CommandUpdate)
	m.leaves = m.commands.WithLabelValues(wire.CommandLeave)
	m.snapshots = m.commands.WithLabelValues(wire.CommandSnapshot)
	m.dead = m.rejected.WithLabelValues("DEAD_LETTER")
	return m
}

// Recorded counts fixes that came to the archive of tracks.
func (m *Metrics) Recorded(stored, refused int) {
	m.recorded.WithLabelValues("stored").Add(float64(stored))
	m.recorded.WithLabelValues("refused").Add(float64(refused))
}

// Sent counts published messages.
func (m *Metrics) Sent(messages int) { m.sent.Add(float64(messages)) }

func (m *Metrics) refused(code wire.Code) { m.rejected.WithLabelValues(string(code)).Inc() }

func (m *Metrics) observe(b *batch, rejects []redisx.Reject) {
	m.batch.Observe(float64(len(b.commands) + len(rejects)))
	m.dead.Add(float64(len(rejects)))
	var counts [3]float64
	var oldest time.Time
	for i := range b.commands {
		c := &b.commands[i]
		if oldest.IsZero() || c.Received.Before(oldest) {
			oldest = c.Received
		}
		switch c.Type {
		case wire.CommandUpdate:
			counts[0]++
			if c.err == nil {
				m.verdicts[c.verdict].Inc()
			}
		case wire.CommandLeave:
			counts[1]++
		default:
			counts[2]++
		}
	}
	m.updates.Add(counts[0])
	m.leaves.Add(counts[1])
	m.snapshots.Add(counts[2])
	if !oldest.IsZero() {
		m.lag.Observe(max(b.now.Sub(oldest), 0).Seconds())
	}
}
