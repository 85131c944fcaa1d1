package redisx_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/testenv"
)

func open(t *testing.T, addr string) rueidis.Client {
	t.Helper()
	client, err := redisx.Open(t.Context(), "redis://"+addr, "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// A service that is started while Redis is away waits for it, and one with a
// wrong password does not.
func TestOpenWaitsForRedis(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	_ = listener.Close()
	url := fmt.Sprintf("redis://127.0.0.1:%d", port)
	hurry, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if _, err := redisx.Open(hurry, url, "test"); err == nil {
		t.Fatal("connected to nothing")
	}
	opened := make(chan error, 1)
	go func() {
		client, err := redisx.Open(t.Context(), url, "test")
		if err == nil {
			client.Close()
		}
		opened <- err
	}()
	time.Sleep(time.Second)
	select {
	case err := <-opened:
		t.Fatalf("it did not wait: %v", err)
	default:
	}
	testenv.RedisServerAt(t, port)
	select {
	case err := <-opened:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it does not see that Redis is there")
	}
	began := time.Now()
	if _, err := redisx.Open(t.Context(), fmt.Sprintf("redis://user:wrong@127.0.0.1:%d", port), "test"); err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("with a wrong password: %v after %s", err, time.Since(began))
	}
}

func add(t *testing.T, client rueidis.Client, stream string, values ...string) {
	t.Helper()
	for _, v := range values {
		if err := client.Do(t.Context(), client.B().Xadd().Key(stream).Id("*").FieldValue().FieldValue("c", v).Build()).Error(); err != nil {
			t.Fatal(err)
		}
	}
}

// recorder is a handler that remembers what it handled.
type recorder struct {
	mu     sync.Mutex
	values []string
}

func (r *recorder) handle(_ context.Context, batch []redisx.Entry) ([]redisx.Reject, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range batch {
		r.values = append(r.values, e.Value)
	}
	return nil, nil
}

func (r *recorder) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.values)
}

// runs starts the consumer; stop ends it and waits.
func runs(t *testing.T, c *redisx.Consumer) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func consumer(client rueidis.Client, name string, handle redisx.Handler) *redisx.Consumer {
	return &redisx.Consumer{Client: client, Stream: "s", Field: "c", Group: "g", Name: name, Dead: "dead", Handle: handle, OnError: func(error) {}}
}

func TestConsumerHandlesInOrderAndLeavesNothing(t *testing.T) {
	t.Parallel()
	client := open(t, testenv.Redis(t))
	add(t, client, "s", "1", "2", "3") // before anybody listens
	var r recorder
	c := consumer(client, "a", r.handle)
	c.Exclusive = true
	runs(t, c)
	add(t, client, "s", "4")
	testenv.Eventually(t, 5*time.Second, "four entries were not handled", func() bool { return len(r.got()) == 4 })
	if got := r.got(); !slices.Equal(got, []string{"1", "2", "3", "4"}) {
		t.Fatalf("handled %v", got)
	}
	testenv.Eventually(t, 5*time.Second, "handled entries were not trimmed", func() bool {
		n, err := client.Do(t.Context(), client.B().Xlen().Key("s").Build()).AsInt64()
		return err == nil && n == 0
	})
}

// A lone entry waits for nothing; what follows closely comes together, and none of it is lost.
func TestAPacedConsumerGathersWhatFollows(t *testing.T) {
	t.Parallel()
	client := open(t, testenv.Redis(t))
	var r recorder
	var batches atomic.Int64
	c := consumer(client, "a", func(ctx context.Context, batch []redisx.Entry) ([]redisx.Reject, error) {
		batches.Add(1)
		return r.handle(ctx, batch)
	})
	c.Pace = 3 * time.Second
	runs(t, c)
	testenv.Eventually(t, 5*time.Second, "the group is not there", func() bool {
		return client.Do(t.Context(), client.B().XinfoGroups().Key("s").Build()).Error() == nil
	})
	began := time.Now()
	add(t, client, "s", "1")
	testenv.Eventually(t, 5*time.Second, "the first entry was not handled", func() bool { return len(r.got()) == 1 })
	if took := time.Since(began); took >= c.Pace {
		t.Errorf("a lone entry waited for %s", took)
	}
	for i := range 20 {
		add(t, client, "s", fmt.Sprint(i+2))
	}
	testenv.Eventually(t, 10*time.Second, "what followed was not handled", func() bool { return len(r.got()) == 21 })
	if n, took := batches.Load(), time.Since(began); n != 2 || took < c.Pace {
		t.Errorf("%d batches in %s", n, took)
	}
}

// A stream that is full of handled entries refuses new ones; if only a new one
// made its owner trim it, it would stay full for ever.
func TestAnHeirTrimsWhatWasHandledBefore(t *testing.T) {
	t.Parallel()
	for acked, left := range [][]string{{"1", "2"}, {"2"}, nil} {
		t.Run(strconv.Itoa(acked)+" acknowledged", func(t *testing.T) {
			t.Parallel()
			client := open(t, testenv.Redis(t))
			add(t, client, "s", "1", "2")
			if err := client.Do(t.Context(), client.B().XgroupCreate().Key("s").Group("g").Id("0").Build()).Error(); err != nil {
				t.Fatal(err)
			}
			former, err := client.Do(t.Context(), client.B().Xreadgroup().Group("g", "former").Streams().Key("s").Id(">").Build()).AsXRead()
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range former["s"][:acked] { // and then it died
				if err := client.Do(t.Context(), client.B().Xack().Key("s").Group("g").Id(e.ID).Build()).Error(); err != nil {
					t.Fatal(err)
				}
			}
			var r recorder
			heir := consumer(client, "heir", r.handle)
			heir.Exclusive = true
			runs(t, heir)
			testenv.Eventually(t, 5*time.Second, "handled entries were not trimmed", func() bool {
				n, err := client.Do(t.Context(), client.B().Xlen().Key("s").Build()).AsInt64()
				return err == nil && n == 0
			})
			if got := r.got(); !slices.Equal(got, left) {
				t.Errorf("handled %v, want %v", got, left)
			}
		})
	}
}

func TestCrashedConsumersEntriesAreTakenOver(t *testing.T) {
	t.Parallel()
	for _, exclusive := range []bool{true, false} {
		t.Run("exclusive "+strconv.FormatBool(exclusive), func(t *testing.T) {
			t.Parallel()
			client := open(t, testenv.Redis(t))
			add(t, client, "s", "1", "2")
			reached := make(chan struct{}, 10)
			crashing := consumer(client, "dies", func(ctx context.Context, _ []redisx.Entry) ([]redisx.Reject, error) {
				reached <- struct{}{}
				<-ctx.Done() // it never gets to acknowledge
				return nil, ctx.Err()
			})
			stop := runs(t, crashing)
			<-reached
			stop()
			var r recorder
			heir := consumer(client, "heir", r.handle)
			heir.Exclusive, heir.ClaimAfter = exclusive, 200*time.Millisecond
			runs(t, heir)
			testenv.Eventually(t, 10*time.Second, "the entries were lost", func() bool { return slices.Equal(r.got(), []string{"1", "2"}) })
		})
	}
}

// A former owner's blocked read can receive entries after the stream has passed
// to the next owner: they must be neither lost nor trimmed away.
func TestEntriesThatAGhostReceivesAreHandled(t *testing.T) {
	t.Parallel()
	client := open(t, testenv.Redis(t))
	var r recorder
	c := consumer(client, "owner", r.handle)
	c.Exclusive = true
	runs(t, c)
	add(t, client, "s", "1")
	testenv.Eventually(t, 5*time.Second, "first entry", func() bool { return len(r.got()) == 1 })
	want := []string{"1"}
	// The ghost waits in the same group; the owner's own reads end every second,
	// so the ghost is first in line before long.
	haunted := make(chan string, 1)
	go func() {
		read := client.B().Xreadgroup().Group("g", "ghost").Count(1).Block(8000).Streams().Key("s").Id(">").Build()
		streams, err := client.Do(t.Context(), read).AsXReadSlices()
		if err != nil || len(streams["s"]) == 0 {
			haunted <- ""
			return
		}
		haunted <- streams["s"][0].FieldValues[0].Value
	}()
	var ghosts string
	testenv.Eventually(t, 8*time.Second, "the ghost received nothing", func() bool {
		value := strconv.Itoa(len(want) + 1)
		want = append(want, value)
		add(t, client, "s", value)
		select {
		case ghosts = <-haunted:
			return true
		default:
			return false
		}
	})
	if ghosts == "" || slices.Contains(r.got(), ghosts) {
		t.Fatalf("the ghost got %q", ghosts)
	}
	add(t, client, "s", "last") // newer than the ghost's, and handled before it
	want = append(want, "last")
	testenv.Eventually(t, 10*time.Second, "an entry was lost", func() bool {
		got := r.got()
		for _, w := range want {
			if !slices.Contains(got, w) {
				return false
			}
		}
		return true
	})
	testenv.Eventually(t, 10*time.Second, "handled entries were not trimmed", func() bool {
		n, err := client.Do(t.Context(), client.B().Xlen().Key("s").Build()).AsInt64()
		return err == nil && n == 0
	})
}

func TestRejectsAndPoisonGoToTheDeadLetters(t *testing.T) {
	t.Parallel()
	client := open(t, testenv.Redis(t))
	add(t, client, "s", "good", "bad", "good")
	var r recorder
	c := consumer(client, "a", func(ctx context.Context, batch []redisx.Entry) ([]redisx.Reject, error) {
		var rejects []redisx.Reject
		for _, e := range batch {
			if e.Value == "bad" {
				rejects = append(rejects, redisx.Reject{Entry: e, Reason: "it is bad"})
				continue
			}
			if _, err := r.handle(ctx, []redisx.Entry{e}); err != nil {
				return nil, err
			}
		}
		return rejects, nil
	})
	runs(t, c)
	var dead []rueidis.XRangeEntry
	testenv.Eventually(t, 5*time.Second, "no dead letter", func() bool {
		dead, _ = client.Do(t.Context(), client.B().Xrange().Key("dead").Start("-").End("+").Build()).AsXRange()
		return len(dead) == 1 && len(r.got()) == 2
	})
	f := dead[0].FieldValues
	if f["reason"] != "it is bad" || f["value"] != "bad" || f["stream"] != "s" || f["id"] == "" || f["at"] == "" {
		t.Fatalf("dead letter %v", f)
	}
}

func TestAPoisonEntryCannotStopItsStream(t *testing.T) {
	t.Parallel()
	client := open(t, testenv.Redis(t))
	add(t, client, "s", "poison")
	// Five consumers take the entry and crash: that is all the chances it gets.
	for i := range 5 {
		reached := make(chan struct{}, 10)
		c := consumer(client, "victim"+strconv.Itoa(i), func(ctx context.Context, _ []redisx.Entry) ([]redisx.Reject, error) {
			reached <- struct{}{}
			<-ctx.Done()
			return nil, ctx.Err()
		})
		c.Exclusive = true
		stop := runs(t, c)
		<-reached
		stop()
	}
	var r recorder
	c := consumer(client, "survivor", r.handle)
	c.Exclusive = true
	runs(t, c)
	add(t, client, "s", "next")
	testenv.Eventually(t, 5*time.Second, "the stream is stuck", func() bool { return slices.Equal(r.got(), []string{"next"}) })
	if n, _ := client.Do(t.Context(), client.B().Xlen().Key("dead").Build()).AsInt64(); n != 1 {
		t.Fatalf("%d dead letters, want 1", n)
	}
}

func TestAFailingHandlerGetsTheSameBatchAgain(t *testing.T) {
	t.Parallel()
	client := open(t, testenv.Redis(t))
	add(t, client, "s", "1")
	var calls atomic.Int32
	var r recorder
	runs(t, consumer(client, "a", func(ctx context.Context, batch []redisx.Entry) ([]redisx.Reject, error) {
		if calls.Add(1) < 3 {
			return nil, errors.New("database away")
		}
		return r.handle(ctx, batch)
	}))
	testenv.Eventually(t, 5*time.Second, "the batch did not come back", func() bool { return slices.Equal(r.got(), []string{"1"}) })
}

func TestConsumerSurvivesALostStream(t *testing.T) {
	t.Parallel()
	client := open(t, testenv.Redis(t))
	var r recorder
	runs(t, consumer(client, "a", r.handle))
	add(t, client, "s", "1")
	testenv.Eventually(t, 5*time.Second, "first entry", func() bool { return len(r.got()) == 1 })
	if err := client.Do(t.Context(), client.B().Flushall().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	add(t, client, "s", "2")
	testenv.Eventually(t, 10*time.Second, "the consumer did not make its group again", func() bool { return len(r.got()) == 2 })
}

func TestALeaseHasOneHolderAndPassesOn(t *testing.T) {
	t.Parallel()
	client := open(t, testenv.Redis(t))
	var holders, most atomic.Int32
	var turns [2]atomic.Int32
	cancels := make([]context.CancelFunc, 2)
	var wg sync.WaitGroup
	for i := range 2 {
		ctx, cancel := context.WithCancel(t.Context())
		cancels[i] = cancel
		wg.Go(func() {
			_ = redisx.WhileLeased(ctx, client, "lease", fmt.Sprint("owner", i), 300*time.Millisecond, func(ctx context.Context) error {
				turns[i].Add(1)
				most.Store(max(most.Load(), holders.Add(1)))
				defer holders.Add(-1)
				<-ctx.Done()
				return nil
			}, func(error) {})
		})
	}
	testenv.Eventually(t, 5*time.Second, "nobody got the lease", func() bool { return holders.Load() == 1 })
	first := 0
	if turns[1].Load() > 0 {
		first = 1
	}
	cancels[first]()
	testenv.Eventually(t, 5*time.Second, "the lease did not pass on", func() bool { return turns[1-first].Load() == 1 })
	cancels[1-first]()
	wg.Wait()
	if most.Load() != 1 {
		t.Fatalf("%d held the lease at once", most.Load())
	}
}

func TestALostLeaseEndsItsHolder(t *testing.T) {
	t.Parallel()
	client := open(t, testenv.Redis(t))
	ctx, cancel := context.WithCancel(t.Context())
	started, ended := make(chan struct{}, 10), make(chan struct{}, 10)
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = redisx.WhileLeased(ctx, client, "lease", "me", 300*time.Millisecond, func(ctx context.Context) error {
			started <- struct{}{}
			<-ctx.Done()
			ended <- struct{}{}
			return nil
		}, func(error) {})
	})
	<-started
	if err := client.Do(ctx, client.B().Set().Key("lease").Value("thief").Px(time.Second).Build()).Error(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Fatal("the holder did not notice")
	}
	cancel()
	wg.Wait()
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	client := open(t, testenv.Redis(t))
	l := redisx.Limiter{Client: client, Prefix: "limit:", Rate: 1, Period: time.Minute, Burst: 3}
	for i := range 3 {
		if wait, err := l.Allow(t.Context(), "k"); err != nil || wait != 0 {
			t.Fatalf("event %d of the burst waits %v (%v)", i+1, wait, err)
		}
	}
	wait, err := l.Allow(t.Context(), "k")
	if err != nil || wait < 50*time.Second || wait > time.Minute {
		t.Fatalf("after the burst wait %v (%v), want about a minute", wait, err)
	}
	if wait, _ := l.Allow(t.Context(), "other"); wait != 0 {
		t.Fatal("keys are not separate")
	}
	if wait, _ := l.Peek(t.Context(), "k"); wait < 50*time.Second {
		t.Fatalf("peek says %v, want about a minute", wait)
	}
	if wait, _ := l.Peek(t.Context(), "fresh"); wait != 0 {
		t.Fatal("peek at a fresh key must allow")
	}
	if err := l.Reset(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	if wait, _ := l.Allow(t.Context(), "k"); wait != 0 {
		t.Fatal("reset did not forget")
	}
}

func TestSubscriptionComesBack(t *testing.T) {
	t.Parallel()
	server := testenv.RedisServer(t)
	client := open(t, server.Addr())
	ctx, cancel := context.WithCancel(t.Context())
	ready := make(chan struct{}, 100)
	messages := make(chan string, 100)
	var wg sync.WaitGroup
	wg.Go(func() {
		redisx.Subscribe(ctx, client, "ch", func() { ready <- struct{}{} }, func(m string) { messages <- m }, func(error) {})
	})
	wait := func(what string, ch chan struct{}) {
		t.Helper()
		select {
		case <-ch:
		case <-time.After(10 * time.Second):
			t.Fatal(what)
		}
	}
	wait("never subscribed", ready)
	// With RESP3 the subscription shares its connection with commands, so another
	// client has to cut it.
	other := open(t, server.Addr())
	if err := other.Do(ctx, other.B().Arbitrary("CLIENT", "KILL", "USER", "default", "SKIPME", "yes").Build()).Error(); err != nil {
		t.Fatal(err)
	}
	wait("did not come back", ready)
	if err := client.Do(ctx, client.B().Spublish().Channel("ch").Message("hello").Build()).Error(); err != nil {
		t.Fatal(err)
	}
	select {
	case m := <-messages:
		if m != "hello" {
			t.Fatalf("heard %q", m)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("heard nothing")
	}
	cancel()
	wg.Wait()
}
