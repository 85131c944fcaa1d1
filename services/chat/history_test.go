package main

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"pgregory.net/rapid"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/services/chat/internal/message"
	"github.com/wemaps/wemaps/services/chat/internal/publish"
	"github.com/wemaps/wemaps/services/chat/internal/store"
)

// noCache makes History ask the archive.
type noCache struct{ message.Cache }

func (noCache) Range(context.Context, string, int64, int64, int64) ([]message.Item, error) {
	return nil, nil
}

// writer opens a Writer that holds no lock: nobody competes.
func (b *bed) writer(retention time.Duration) *store.Writer {
	b.t.Helper()
	conn, err := b.db.Connx(context.Background())
	if err != nil {
		b.t.Fatal(err)
	}
	w, err := store.OpenWriter(context.Background(), &pg.Conn{Conn: conn}, retention)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { w.Close(); _ = conn.Close() })
	return w
}

func drafts(room string, from, n, systemEvery int, content string) []message.Draft {
	d := make([]message.Draft, n)
	for i := range d {
		entry := fmt.Sprintf("%d-0", from+i)
		d[i] = message.Draft{RoomID: room, UserID: "ann", UserName: "Ann", Key: message.ClientKey("", entry), Entry: entry, Content: content + fmt.Sprint(from+i)}
		if systemEvery > 0 && (from+i)%systemEvery == 0 {
			d[i].Kind, d[i].Key = "joined", message.SystemKey(entry)
		}
	}
	return d
}

// Whatever the list holds (all, some, nothing, doubled, older things) and
// whatever is asked, cache and archive answer the same bytes.
func TestHistoryIsTheSameFromCacheAndArchive(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	ctx := t.Context()
	list := &store.List{Client: b.redis}
	archive := &store.Archive{DB: b.db, Encode: publish.Encode}
	publisher := &publish.Publisher{Client: b.redis, Lists: list}
	w := b.writer(24 * time.Hour)
	hits, asked, rooms := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		rooms++
		room := fmt.Sprintf("room-%d", rooms)
		total := 0
		clock := time.Now()
		retention := 24 * time.Hour
		systemEvery := rapid.SampledFrom([]int{0, 0, 1, 2, 7}).Draw(rt, "every nth is a system message")
		filler := rapid.SampledFrom([]string{"m", repeat("long ", 300)}).Draw(rt, "filler")
		for range rapid.IntRange(1, 4).Draw(rt, "batches") {
			n := rapid.SampledFrom([]int{1, 3, 40, 260}).Draw(rt, "n")
			stored, err := w.Append(ctx, drafts(room, total, n, systemEvery, filler))
			if err != nil {
				rt.Fatal(err)
			}
			total += n
			sent := make([]publish.Sent, n)
			for i := range stored {
				sent[i].Stored = stored[i]
			}
			switch rapid.SampledFrom([]string{"push", "push", "push", "lost", "refill", "twice", "cut off"}).Draw(rt, "cache") {
			case "twice":
				if err := publisher.Batch(ctx, sent, nil); err != nil {
					rt.Fatal(err)
				}
				fallthrough
			case "push":
				if err := publisher.Batch(ctx, sent, nil); err != nil {
					rt.Fatal(err)
				}
			case "lost":
				if err := b.redis.Do(ctx, list.Forget(room, 0)).Error(); err != nil {
					rt.Fatal(err)
				}
			case "refill":
				h := message.History{Cache: list, Archive: archive, Retention: retention, Now: func() time.Time { return clock }}
				floor, err := h.Refill(ctx, room, message.Head{Last: int64(total)})
				if err != nil {
					rt.Fatal(err)
				}
				if floor > 0 {
					w.Floor(room, floor)
				}
			case "cut off": // committed, and never published
			}
		}
		// Some of it may be older than the retention by the time it is asked for.
		if rapid.Bool().Draw(rt, "old") {
			mid := rapid.IntRange(1, total).Draw(rt, "oldest")
			items, err := archive.Select(ctx, message.Query{RoomID: room, Before: int64(mid + 1), After: -1, AfterRev: -1, System: true}, 1, time.Time{})
			if err != nil {
				rt.Fatal(err)
			}
			clock = items[0].At.Add(retention)
		}
		now := func() time.Time { return clock }
		both := &message.History{Cache: list, Archive: archive, Retention: retention, Now: now}
		slow := &message.History{Cache: noCache{}, Archive: archive, Retention: retention, Now: now}
		head, err := w.Head(ctx, room)
		if err != nil {
			rt.Fatal(err)
		}
		seq := rapid.Int64Range(0, int64(total)+3)
		for range 6 {
			q := message.Query{RoomID: room, After: -1, AfterRev: -1, Limit: rapid.SampledFrom([]int{1, 2, 50, 200}).Draw(rt, "limit"), System: rapid.Bool().Draw(rt, "system")}
			if rapid.Bool().Draw(rt, "has before") {
				q.Before = max(1, seq.Draw(rt, "before"))
			}
			if rapid.Bool().Draw(rt, "has after") {
				q.After = seq.Draw(rt, "after")
			}
			got, fromCache, err := both.Page(ctx, q, head)
			if err != nil {
				rt.Fatal(err)
			}
			want, _, err := slow.Page(ctx, q, message.Head{Last: head.Last})
			if err != nil {
				rt.Fatal(err)
			}
			asked++
			if fromCache {
				hits++
			}
			if g, w := publish.EncodePage(room, got), publish.EncodePage(room, want); !bytes.Equal(g, w) {
				rt.Fatalf("%+v with head %+v (from cache: %v):\n got %.300s\nwant %.300s", q, head, fromCache, g, w)
			}
		}
	})
	t.Logf("%d of %d pages came from the cache", hits, asked)
	if hits*4 < asked {
		t.Error("the cache hardly ever answers: the comparison shows little")
	}
}

func TestMovedNumberingIsNoticedAndWritesNothing(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	ctx := t.Context()
	one, two := b.writer(time.Hour), b.writer(time.Hour)
	if _, err := one.Append(ctx, drafts("r", 0, 2, 0, "")); err != nil {
		t.Fatal(err)
	}
	if _, err := two.Append(ctx, drafts("r", 2, 1, 0, "")); err != nil {
		t.Fatal(err)
	}
	// one believes that 2 is the newest; its write must fail as a whole for the room
	if _, err := one.Append(ctx, drafts("r", 3, 2, 0, "")); err == nil {
		t.Fatal("two writers numbered one room")
	}
	if got := b.stored("r"); len(got) != 3 {
		t.Fatalf("stored %q", got)
	}
	// and once it has looked, it goes on
	if _, err := one.Append(ctx, drafts("r", 3, 2, 0, "")); err != nil {
		t.Fatal(err)
	}
	if got := b.stored("r"); len(got) != 5 {
		t.Fatalf("stored %q", got)
	}
}

func TestPartitionsAreMadeAheadAndDroppedBehind(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	ctx := t.Context()
	start := time.Now().UTC()
	w := b.writer(24 * time.Hour)
	if _, err := w.Append(ctx, drafts("r", 0, 3, 0, "caught by the default partition ")); err != nil {
		t.Fatal(err)
	}
	clock := start
	p := &store.Partitions{DB: b.db, Retention: 24 * time.Hour, Now: func() time.Time { return clock }}
	for range 2 { // the second time there is nothing to do
		if err := p.Maintain(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(t, b.db, `SELECT count(*) FROM ONLY chat.messages_default`); n != 0 {
		t.Fatalf("%d messages stayed in the default partition", n)
	}
	if got := b.stored("r"); len(got) != 3 {
		t.Fatalf("stored %q", got)
	}
	const days = `SELECT count(*) FROM pg_inherits WHERE inhparent = 'chat.messages'::regclass`
	if n := count(t, b.db, days); n != 4 {
		t.Fatalf("%d partitions, want today, two ahead and the default", n)
	}
	// The day's own index refuses what the writer's look-up would have found.
	if _, err := b.db.Exec(`INSERT INTO chat.messages SELECT room_id, seq + 100, gen_random_uuid(), sender_id, sender_name, client_key, entry, content, reply_to, created_at FROM chat.messages LIMIT 1`); err == nil {
		t.Fatal("a doubled client key was accepted")
	}
	// A retry is recognised across the move, too.
	again, err := w.Append(ctx, drafts("r", 0, 3, 0, ""))
	if err != nil || again[2].Outcome != message.Redelivered || again[2].Seq != 3 {
		t.Fatalf("%+v, %v", again, err)
	}
	if _, err := (&store.Archive{DB: b.db}).End(ctx, "r", start); err != nil {
		t.Fatal(err)
	}
	clock = start.Add(47 * time.Hour) // the day has ended, less than 24 h ago at its end
	if err := p.Maintain(ctx); err != nil {
		t.Fatal(err)
	}
	if clock.Truncate(24*time.Hour).Sub(start.Truncate(24*time.Hour)) < 48*time.Hour {
		if got := b.stored("r"); len(got) != 3 {
			t.Fatalf("dropped too early: %q", got)
		}
	}
	clock = start.Add(72 * time.Hour)
	if err := p.Maintain(ctx); err != nil {
		t.Fatal(err)
	}
	if got := b.stored("r"); len(got) != 0 {
		t.Fatalf("kept too long: %q", got)
	}
	if n := count(t, b.db, `SELECT count(*) FROM chat.rooms`); n != 0 {
		t.Fatalf("the numbering of %d ended rooms is left", n)
	}
}

func count(t *testing.T, db *sqlx.DB, query string) (n int) {
	t.Helper()
	if err := db.Get(&n, query); err != nil {
		t.Fatal(err)
	}
	return n
}
