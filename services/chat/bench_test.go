package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
)

// BenchmarkChat measures committed and acked messages through the whole
// command path: stream, checks, commit, broadcast, list, ack. 500 rooms of
// three members; senders keep a bounded number of messages in flight, or send at a
// fixed rate whatever comes back. ns/op is per message; p50 and p99 are from XADD to the ack's arrival.
//
//	go tool task test:env -- go test -run '^$' -bench Chat -benchtime 100000x ./services/chat
func BenchmarkChat(b *testing.B) {
	for _, inFlight := range []int{64, 512, 2048} {
		b.Run("inflight="+strconv.Itoa(inFlight), func(b *testing.B) { benchmarkChat(b, inFlight, 0) })
	}
	for _, rate := range []int{2000, 5000} { // an open loop: the senders do not wait for acks
		b.Run("rate="+strconv.Itoa(rate), func(b *testing.B) { benchmarkChat(b, 100_000, rate) })
	}
}

func benchmarkChat(b *testing.B, inFlight, rate int) {
	bed := newBed(b)
	const rooms, partitions = 500, 4
	ids := make([]string, rooms)
	for i := range ids {
		ids[i] = bed.room("u0", "u1", "u2")
	}
	bed.replica(func(c *Config) { c.Partitions = partitions })
	client, err := redisx.Open(b.Context(), bed.redisURL, "edge")
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()

	slots := make(chan struct{}, inFlight)
	var mu sync.Mutex
	var all sync.WaitGroup
	took := make([]time.Duration, 0, b.N)
	sentAt := make([]time.Time, b.N)
	ctx, cancel := context.WithCancel(b.Context())
	ready := make(chan struct{})
	var once sync.Once
	var listener sync.WaitGroup
	listener.Go(func() {
		redisx.Subscribe(ctx, client, wire.ChannelReplies(edgeID), func() { once.Do(func() { close(ready) }) }, func(payload string) {
			wire.EachEnvelope(payload, func(e wire.Envelope, err error) {
				i, convErr := strconv.Atoi(e.Origin.Ref)
				if err != nil || convErr != nil || e.Event != wire.EventNewMessage {
					b.Errorf("reply %+v: %v", e, err)
				}
				mu.Lock()
				took = append(took, time.Since(sentAt[i]))
				mu.Unlock()
				<-slots
				all.Done()
			})
		}, func(error) {})
	})
	<-ready
	b.ResetTimer()
	start := time.Now()
	var senders sync.WaitGroup
	const workers = 16
	for w := range workers {
		senders.Go(func() {
			for i := w; i < b.N; i += workers {
				slots <- struct{}{}
				if rate > 0 {
					due := start.Add(time.Duration(i) * time.Second / time.Duration(rate))
					run.Pause(ctx, time.Until(due))
				}
				all.Add(1)
				c := sendCommand(ids[i%rooms], "u"+strconv.Itoa(i%3), strconv.Itoa(i), "On my way, about ten minutes to go. Wait for me at the bridge!", "")
				c.Received = time.Now()
				mu.Lock()
				sentAt[i] = c.Received
				mu.Unlock()
				stream := wire.StreamCommands(wire.ServiceChat, wire.Partition(c.RoomID, partitions))
				if err := client.Do(ctx, client.B().Xadd().Key(stream).Id("*").FieldValue().FieldValue(wire.CommandField, c.String()).Build()).Error(); err != nil {
					b.Error(err)
				}
			}
		})
	}
	senders.Wait()
	all.Wait()
	elapsed := time.Since(start)
	b.StopTimer()
	cancel()
	listener.Wait()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/elapsed.Seconds(), "msg/s")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	var stored int
	if err := bed.db.Get(&stored, `SELECT count(*) FROM chat.messages`); err != nil || stored != b.N {
		b.Fatal(fmt.Errorf("%d of %d stored: %w", stored, b.N, err))
	}
}
