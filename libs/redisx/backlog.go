package redisx

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"
)

// backlogTimeout bounds what a scrape waits for Redis.
const backlogTimeout = 500 * time.Millisecond

// Backlog is a collector of how long streams are: commands that wait, and dead
// letters that wait for somebody to look. Every replica reports the same
// numbers: take the maximum, not the sum. With Redis away it reports nothing.
type Backlog struct {
	client  rueidis.Client
	streams []string
	length  *prometheus.Desc
}

// NewBacklog reports wemaps_<service>_stream_entries by stream.
func NewBacklog(client rueidis.Client, service string, streams ...string) *Backlog {
	return &Backlog{client: client, streams: streams, length: prometheus.NewDesc("wemaps_"+service+"_stream_entries",
		"Entries that wait in a stream of this service; of a dead: stream, those that could not be handled.", []string{"stream"}, nil)}
}

// Describe implements prometheus.Collector.
func (b *Backlog) Describe(ch chan<- *prometheus.Desc) { ch <- b.length }

// Collect implements prometheus.Collector.
func (b *Backlog) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), backlogTimeout)
	defer cancel()
	cmds := make(rueidis.Commands, 0, len(b.streams))
	for _, s := range b.streams {
		cmds = append(cmds, b.client.B().Xlen().Key(s).Build())
	}
	for i, r := range b.client.DoMulti(ctx, cmds...) {
		if n, err := r.AsInt64(); err == nil {
			ch <- prometheus.MustNewConstMetric(b.length, prometheus.GaugeValue, float64(n), b.streams[i])
		}
	}
}
