package pg_test

import (
	"context"
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/libs/testenv"
)

// tunnel is a way to Postgres that can fall silent: connections stay open, and
// what is sent vanishes, as on a network that lost its route.
func tunnel(t *testing.T, databaseURL string) (through string, silent *atomic.Bool) {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	far := u.Host
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	silent = &atomic.Bool{}
	carry := func(to, from net.Conn) {
		defer func() { _ = to.Close() }()
		for buffer := make([]byte, 4096); ; {
			n, err := from.Read(buffer)
			if err != nil {
				return
			}
			if silent.Load() {
				_, _ = io.Copy(io.Discard, from)
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
	}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", far)
			if err != nil {
				_ = near.Close()
				continue
			}
			t.Cleanup(func() { _ = near.Close(); _ = out.Close() })
			go carry(out, near)
			go carry(near, out)
		}
	}()
	u.Host = listener.Addr().String()
	return u.String(), silent
}

// A network that swallows everything must not hold a caller for longer than the
// server may take, and the connection must not be used again.
func TestSilenceIsBounded(t *testing.T) {
	t.Parallel()
	through, silent := tunnel(t, testenv.AdminPostgres(t))
	db := open(t, through)
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(t.Context(), `SELECT 1`); err != nil {
		t.Fatal(err)
	}
	silent.Store(true)
	asked := time.Now()
	if _, err := db.ExecContext(context.WithoutCancel(t.Context()), `SELECT 1`); err == nil {
		t.Fatal("an answer came through a silent network")
	}
	if took := time.Since(asked); took > pg.QueryTimeout+5*time.Second {
		t.Fatalf("the caller waited for %s", took)
	}
	silent.Store(false)
	var n int
	if err := db.Get(&n, `SELECT 7`); err != nil || n != 7 {
		t.Fatalf("afterwards: %d, %v", n, err)
	}
}

// Whoever holds a lock and hangs, or is cut off without a word, loses it in
// seconds, and hears of it.
func TestALockIsNotHeldInSilence(t *testing.T) {
	t.Parallel()
	direct := testenv.AdminPostgres(t)
	through, silent := tunnel(t, direct)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	holds := func(url string) (taken, lost chan time.Time) {
		taken, lost = make(chan time.Time, 10), make(chan time.Time, 10)
		db := open(t, url)
		go func() {
			_ = pg.WhileLocked(ctx, db, "partition", 50*time.Millisecond, func(ctx context.Context, _ *pg.Conn) error {
				taken <- time.Now()
				<-ctx.Done()
				lost <- time.Now()
				return nil
			}, func(error) {})
		}()
		return taken, lost
	}
	taken, lost := holds(through)
	<-taken
	time.Sleep(6 * time.Second) // idle for longer than a session may be: it is kept alive
	if len(lost) > 0 {
		t.Fatal("the lock was lost although its holder lives")
	}
	heir, _ := holds(direct)
	silent.Store(true)
	began := time.Now()
	select {
	case at := <-heir:
		t.Logf("the lock passed on after %s", at.Sub(began))
	case <-time.After(15 * time.Second):
		t.Fatal("the lock is still held by one who cannot be heard")
	}
	select {
	case <-lost:
	case <-time.After(15 * time.Second):
		t.Fatal("the former holder does not know")
	}
}
