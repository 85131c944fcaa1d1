package publish

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
	"github.com/wemaps/wemaps/services/location/internal/track"
)

// MaxWaiting is how many recorded fixes of a partition may wait for Postgres:
// about 30 MB in Redis. 200 members who report every five seconds fill four
// partitions in seven hours.
const MaxWaiting = 250_000

// Tracks is where recorded fixes wait for Postgres: a stream for each partition.
// They are written in the same pipeline as everything else that a fix brings
// about, before its command is acknowledged, so that no crash loses one. When too
// many wait the new ones are dropped, and counted.
type Tracks struct {
	client  rueidis.Client
	bound   int64
	full    []atomic.Bool
	dropped prometheus.Counter
}

// NewTracks starts nothing.
func NewTracks(client rueidis.Client, partitions int, bound int64, r prometheus.Registerer) *Tracks {
	t := &Tracks{client: client, bound: bound, full: make([]atomic.Bool, partitions),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{Namespace: "wemaps", Subsystem: "location", Name: "track_fixes_dropped_total",
			Help: "Fixes that were not recorded, since too many wait for Postgres."})}
	r.MustRegister(t.dropped)
	return t
}

// Run looks after the streams' lengths until ctx ends.
func (t *Tracks) Run(ctx context.Context) error {
	for {
		t.Look(ctx)
		if !run.Pause(ctx, 500*time.Millisecond) {
			return nil
		}
	}
}

// Look sees which partitions have too many waiting.
func (t *Tracks) Look(ctx context.Context) {
	cmds := make(rueidis.Commands, 0, len(t.full))
	for p := range t.full {
		cmds = append(cmds, t.client.B().Xlen().Key(wire.StreamTracks(p)).Build())
	}
	for p, r := range t.client.DoMulti(ctx, cmds...) {
		if length, err := r.AsInt64(); err == nil { // else adding fails by itself
			t.full[p].Store(length >= t.bound)
		}
	}
}

// Recording makes b record; it returns b.
func (b *Batch) Recording(t *Tracks) *Batch {
	b.tracks = t
	return b
}

// Record puts a fix among those that wait to be stored. level is how exactly
// others may ever know it.
func (b *Batch) Record(c *wire.Command, f *position.Fix, level privacy.Level) {
	if b.tracks == nil {
		return
	}
	p := wire.Partition(c.RoomID, len(b.tracks.full))
	if b.tracks.full[p].Load() {
		b.tracks.dropped.Inc()
		return
	}
	fix := track.Fix{Room: c.RoomID, User: c.UserID, Device: f.Device, Received: c.Received.UnixMilli(), Level: level,
		Point: track.Point{At: f.RecordedAt.UnixMilli(), Latitude: f.Latitude, Longitude: f.Longitude, Accuracy: f.Accuracy, Speed: f.Speed,
			Bearing: f.Bearing, Altitude: f.Altitude}}
	b.recorded = fix.Append(b.recorded[:0])
	b.cmds = append(b.cmds, b.client.B().Xadd().Key(wire.StreamTracks(p)).Id("*").FieldValue().FieldValue(wire.CommandField, string(b.recorded)).Build())
}
