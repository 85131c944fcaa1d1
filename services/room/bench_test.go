package main

import (
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
)

// concurrent is how many clients the targets speak of.
const concurrent = 32

// BenchmarkREST measures create, join, get and list at 32 concurrent clients, generator, Postgres and Redis included.
func BenchmarkREST(b *testing.B) {
	w := newWorld(b)
	people := w.people(concurrent)
	rooms := make([]wire.Room, concurrent)
	for i, p := range people {
		rooms[i] = p.create(draft("Home"))
		for k := 1; k <= 3; k++ {
			people[(i+k)%concurrent].join(rooms[i].RoomCode)
		}
	}
	b.Run("get", func(b *testing.B) {
		w.measure(b, func(i, _ int) answer { return people[i].do("GET", "/api/rooms/"+rooms[i].ID, nil) })
	})
	b.Run("list", func(b *testing.B) {
		w.measure(b, func(i, _ int) answer { return people[i].do("GET", "/api/rooms", nil) })
	})
	b.Run("join", func(b *testing.B) {
		const seats = 7 // what a room of the default size has left
		fresh := make([]wire.Room, b.N/seats+1)
		for i := range fresh {
			fresh[i] = people[0].create(draft("Bench"))
		}
		joiners := w.people(b.N)
		b.ResetTimer()
		w.measure(b, func(_, n int) answer { return joiners[n].tryJoin(fresh[n%len(fresh)].RoomCode) })
	})
	b.Run("create", func(b *testing.B) {
		w.measure(b, func(i, n int) answer { return people[i].do("POST", "/api/rooms", draft(fmt.Sprintf("Room %d", n))) })
	})
}

// measure spreads b.N calls over the clients. call gets the client's number and the call's.
func (w *world) measure(b *testing.B, call func(client, n int) answer) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	times := make([][]time.Duration, concurrent)
	runtime.GC()
	start := time.Now()
	for c := range concurrent {
		wg.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= b.N {
					return
				}
				a := call(c, n)
				if a.status != http.StatusOK && a.status != http.StatusCreated {
					b.Errorf("status %d: %s", a.status, a.body)
					return
				}
				times[c] = append(times[c], a.took)
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	all := slices.Concat(times...)
	slices.Sort(all)
	b.ReportMetric(float64(b.N)/took.Seconds(), "req/s")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
}
