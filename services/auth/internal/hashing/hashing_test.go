package hashing

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/crypto/bcrypt"

	"github.com/wemaps/wemaps/services/auth/internal/account"
)

// The test binary is its own hash worker, as the service's is.
func TestMain(m *testing.M) {
	if IsWorker() {
		if err := Work(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func newPool(t *testing.T, cfg Config) *Pool {
	t.Helper()
	p := NewPool(cfg, prometheus.NewRegistry())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestHashAndVerify(t *testing.T) {
	t.Parallel()
	now := newHashes(DefaultMemory)
	encoded := hash(now, "Secret1")
	if !strings.HasPrefix(encoded, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("unexpected parameters: %s", encoded)
	}
	if ok, stale, err := verify(now, encoded, "Secret1"); !ok || stale || err != nil {
		t.Fatalf("right password: ok=%v stale=%v err=%v", ok, stale, err)
	}
	if ok, _, err := verify(now, encoded, "secret1"); ok || err != nil {
		t.Fatalf("wrong password: ok=%v err=%v", ok, err)
	}
	if ok, _, err := verify(now, "", "Secret1"); ok || err != nil {
		t.Fatalf("no hash: ok=%v err=%v", ok, err)
	}
	weak := encode(params{memory: 8 * 1024, time: 1, lanes: 1}, make([]byte, 16), make([]byte, 32))
	if ok, _, err := verify(now, weak, "x"); ok || err != nil {
		t.Fatalf("weak parameters are compared too: %v, %v", ok, err)
	}
	for _, broken := range []string{"x", "$argon2id$", "$argon2id$v=19$m=99999999,t=2,p=1$AAAA$AAAA", "$argon2i$v=19$m=1,t=1,p=1$AA$AA", "$2b$31$" + strings.Repeat("a", 53)} {
		if _, _, err := verify(now, broken, "x"); err == nil {
			t.Errorf("%q must be an error", broken)
		}
	}
}

// inherited mistake 20: bytes past the 72nd were ignored.
func TestAllBytesCount(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Aa1", 30) // 90 bytes
	now := newHashes(1024)
	encoded := hash(now, long)
	if ok, _, _ := verify(now, encoded, long[:89]+"x"); ok {
		t.Fatal("the last of 90 bytes must count")
	}
	old, err := bcrypt.GenerateFromPassword([]byte(long[:72]), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	for _, imported := range []string{string(old), strings.Replace(string(old), "$2a$", "$2b$", 1)} {
		if ok, stale, err := verify(now, imported, long); !ok || !stale || err != nil {
			t.Fatalf("an imported hash must be accepted and replaced: ok=%v stale=%v err=%v", ok, stale, err)
		}
		if ok, _, err := verify(now, imported, "wrong"); ok || err != nil {
			t.Fatalf("imported, wrong password: ok=%v err=%v", ok, err)
		}
	}
}

// inherited mistake 27: hashing took the CPU from everything else.
func TestLowPriority(t *testing.T) {
	t.Parallel()
	const niceness = 10
	p := newPool(t, Config{Workers: 1, Queue: 8, Nice: niceness, Memory: 1024})
	err := p.Do(t.Context(), func(h account.Hasher) error {
		if _, err := h.Hash("Secret1"); err != nil {
			return err
		}
		w, ok := h.(worker)
		if !ok {
			return errors.New("not a worker")
		}
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", w.slot.proc.cmd.Process.Pid))
		if err != nil || len(tasks) == 0 {
			t.Skip("no /proc here")
		}
		for _, task := range tasks {
			stat, err := os.ReadFile(task)
			if err != nil {
				continue // the thread has ended
			}
			fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
			if nice := fields[16]; nice != fmt.Sprint(niceness) { // field 19 of proc(5), counted from field 3
				t.Errorf("%s has niceness %s, want %d", task, nice, niceness)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// inherited mistake 27, second half: any number of hashes ran at once.
func TestBounded(t *testing.T) {
	t.Parallel()
	const queue = 5
	p := newPool(t, Config{Workers: 1, Queue: queue})
	var running, most, refused atomic.Int64
	release := make(chan struct{})
	var wg sync.WaitGroup
	for range queue + 1 + 10 {
		wg.Go(func() {
			err := p.Do(t.Context(), func(account.Hasher) error {
				most.Store(max(most.Load(), running.Add(1)))
				defer running.Add(-1)
				<-release
				return nil
			})
			if errors.Is(err, ErrBusy) && refused.Add(1) == 10 {
				close(release) // all that must be refused have been
			} else if err != nil && !errors.Is(err, ErrBusy) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if most.Load() != 1 || refused.Load() != 10 {
		t.Fatalf("%d ran at once, want 1; %d were refused, want 10", most.Load(), refused.Load())
	}
}

func TestWorkerComesBackAndIdles(t *testing.T) {
	t.Parallel()
	p := newPool(t, Config{Workers: 1, Queue: 8, Memory: 1024})
	work := func(then func(*slot)) {
		t.Helper()
		if err := p.Do(t.Context(), func(h account.Hasher) error {
			encoded, err := h.Hash("Secret1")
			if err != nil {
				return err
			}
			if ok, _, err := h.Verify(encoded, "Secret1"); !ok || err != nil {
				return fmt.Errorf("ok=%v: %w", ok, err)
			}
			_, _, err = h.Verify("nonsense", "x")
			if err == nil {
				return errors.New("a broken hash must be an error")
			}
			then(h.(worker).slot)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	work(func(s *slot) { _ = s.proc.cmd.Process.Kill() })
	work(func(*slot) {}) // in spite of the kill
	p.stopIdle(time.Now().Add(time.Second))
	s := <-p.slots
	if s.proc != nil {
		t.Error("an idle worker must be stopped")
	}
	p.slots <- s
	work(func(*slot) {})
}

func BenchmarkHash(b *testing.B) {
	for b.Loop() {
		hash(newHashes(DefaultMemory), "Secret1")
	}
}
