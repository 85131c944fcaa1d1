package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/chat/internal/consume"
	"github.com/wemaps/wemaps/services/chat/internal/message"
	"github.com/wemaps/wemaps/services/chat/internal/publish"
	"github.com/wemaps/wemaps/services/chat/internal/store"
)

// Two replicas compete while the connections that hold the locks are killed
// again and again in mid-stream. Every message must be stored once, in its
// sender's order, without a gap, acked, and heard in the order of seq.
func TestTwoReplicasAndKilledConnections(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	const rooms, each = 6, 250
	var ids []string
	var ears []*ear
	for range rooms {
		id := b.room("ann", "bob")
		ids, ears = append(ids, id), append(ears, b.listen(wire.ChannelRoom(id)))
	}
	replies := b.listen(wire.ChannelReplies(edgeID))
	b.replica()
	b.replica()

	sending, stop := context.WithCancel(t.Context())
	defer stop()
	kills := 0
	var killer sync.WaitGroup
	killer.Go(func() {
		for run.Pause(sending, 150*time.Millisecond) {
			var killed int
			if err := b.admin.Get(&killed, `SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND granted
				AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`); err == nil {
				kills += killed
			}
		}
	})
	var senders sync.WaitGroup
	for _, room := range ids {
		senders.Go(func() {
			for i := range each {
				b.send(room, []string{"ann", "bob"}[i%2], fmt.Sprintf("%s/%d", room, i), fmt.Sprint(i), "")
				run.Pause(t.Context(), time.Duration(rand.IntN(12))*time.Millisecond)
			}
		})
	}
	senders.Wait()
	stop()
	killer.Wait()
	acked := func() map[string]bool {
		refs := map[string]bool{}
		for _, e := range replies.heard() {
			if e.Event != wire.EventNewMessage {
				t.Fatalf("a refusal: %s", e.Data)
			}
			refs[e.Origin.Ref] = true
		}
		return refs
	}
	testenv.Eventually(t, 30*time.Second, "every message is acked", func() bool { return len(acked()) == rooms*each })
	for i, room := range ids {
		stored := b.stored(room)
		if len(stored) != each {
			t.Fatalf("%d stored, want %d", len(stored), each)
		}
		for j, content := range stored {
			if content != fmt.Sprint(j) {
				t.Fatalf("seq %d holds message %s: out of order", j+1, content)
			}
		}
		testenv.Eventually(t, 5*time.Second, "the room heard all", func() bool { return len(ears[i].messages(t)) == each })
		for j, m := range ears[i].messages(t) {
			if m.Seq != int64(j+1) {
				t.Fatalf("heard seq %d at place %d", m.Seq, j+1)
			}
		}
	}
	if kills == 0 {
		t.Fatal("no connection was killed: the test showed nothing")
	}
	t.Logf("%d connections killed", kills)
}

// flaky fails before or after taking effect, as a crash or an outage would.
type flaky struct {
	*publish.Publisher
	*consume.Stream
	fail func() bool
}

var errOutage = errors.New("outage")

func (f flaky) Batch(ctx context.Context, sent []publish.Sent, refusals []publish.Refusal) error {
	if f.fail() {
		return errOutage
	}
	if err := f.Publisher.Batch(ctx, sent, refusals); err != nil {
		return err
	}
	if f.fail() {
		return errOutage
	}
	return nil
}

func (f flaky) Done(ctx context.Context, batch []redisx.Entry, rejects []redisx.Reject) error {
	if f.fail() {
		return errOutage
	}
	if err := f.Stream.Done(ctx, batch, rejects); err != nil || !f.fail() {
		return err
	}
	return errOutage
}

// Publishing or acknowledging fails after the commit, or the owner dies there.
func TestCrashBetweenCommitAndAck(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room := b.room("ann")
	ears, replies := b.listen(wire.ChannelRoom(room)), b.listen(wire.ChannelReplies(edgeID))
	list := &store.List{Client: b.redis}
	archive := &store.Archive{DB: b.db, Encode: publish.Encode}
	var dice atomic.Uint64
	f := flaky{&publish.Publisher{Client: b.redis, Lists: list}, &consume.Stream{Client: b.redis, Name: wire.StreamCommands(wire.ServiceChat, 0)},
		func() bool { return dice.Add(0x9e3779b97f4a7c15)>>32%4 == 0 }}
	const n = 400
	var crashes int
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var owner sync.WaitGroup
	owner.Go(func() {
		for ctx.Err() == nil {
			conn, err := b.db.Connx(ctx)
			if err != nil {
				return
			}
			w, err := store.OpenWriter(ctx, &pg.Conn{Conn: conn}, time.Hour)
			if err != nil {
				return
			}
			life, die := context.WithTimeout(ctx, 50*time.Millisecond)
			_ = consume.NewOwner(w, consume.Deps{Queue: f, Members: &store.Members{Client: b.redis, Now: time.Now}, Publisher: f,
				Pages:   &message.History{Cache: list, Archive: archive, Retention: time.Hour, Now: time.Now},
				Tallies: &store.Tallies{Client: b.redis, Life: time.Hour}, Metrics: consume.NewMetrics(prometheus.NewRegistry()), Now: time.Now, OnError: func(error) {}}).Run(life)
			die()
			w.Close()
			_ = conn.Close()
			crashes++
		}
	})
	for i := range n {
		b.command(sendCommand(room, "ann", fmt.Sprint(i), fmt.Sprint(i), ""), 1)
		run.Pause(t.Context(), time.Millisecond)
	}
	refs := func() int {
		seen := map[string]bool{}
		for _, e := range replies.heard() {
			seen[e.Origin.Ref] = true
		}
		return len(seen)
	}
	testenv.Eventually(t, 30*time.Second, "every message is acked", func() bool { return refs() == n })
	cancel()
	owner.Wait()
	stored := b.stored(room)
	if len(stored) != n {
		t.Fatalf("%d stored, want %d", len(stored), n)
	}
	for i, content := range stored {
		if content != fmt.Sprint(i) {
			t.Fatalf("seq %d holds %s", i+1, content)
		}
	}
	heard := ears.messages(t)
	if len(heard) != n {
		t.Fatalf("%d heard, want %d", len(heard), n)
	}
	for i, m := range heard {
		if m.Seq != int64(i+1) {
			t.Fatalf("heard %d at place %d", m.Seq, i+1)
		}
	}
	t.Logf("%d owners, %d broadcasts for %d messages", crashes, len(ears.heard()), n)
}

// With Postgres away nothing is acked, nothing refused, nothing lost.
func TestPostgresAway(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room := b.room("ann")
	replies := b.listen(wire.ChannelReplies(edgeID))
	b.replica()
	b.send(room, "ann", "0", "0", "")
	replies.until(t, 1)
	u, err := url.Parse(b.adminDSN)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/")
	u.Path = "/postgres" // a database cannot be closed from inside
	outside, err := pg.Open(u.String(), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = outside.Close() }()
	block := func(allow bool) {
		if _, err := outside.Exec(fmt.Sprintf(`ALTER DATABASE %s WITH ALLOW_CONNECTIONS %v`, name, allow)); err != nil {
			t.Fatal(err)
		}
	}
	block(false)
	if _, err := outside.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, name); err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= 20; i++ {
		b.send(room, "ann", fmt.Sprint(i), fmt.Sprint(i), "")
	}
	run.Pause(t.Context(), time.Second)
	if got := replies.heard(); len(got) != 1 {
		t.Fatalf("%d replies while Postgres was away", len(got)-1)
	}
	block(true)
	replies.until(t, 21)
	if got := b.stored(room); len(got) != 21 {
		t.Fatalf("%d stored, want 21", len(got))
	}
}
