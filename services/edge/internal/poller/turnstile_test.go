package poller

import (
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// Whoever speaks while all places are taken is heard when one is free, and in the meantime nothing is lost.
func TestTurnstileHoldsLinesBack(t *testing.T) {
	needPoller(t)
	t.Parallel()
	stile := &Turnstile{places: make(chan struct{}, 1)}
	f := startWith(t, stile)
	_, client := f.connect(f.poller)
	f.talk(client, 1)
	if !stile.tryEnter() {
		t.Fatal("a place is taken while nobody speaks")
	}
	if _, err := io.WriteString(client, "one"); err != nil {
		t.Fatal(err)
	}
	if err := client.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len("onetwo"))
	if n, err := client.Read(got); err == nil {
		t.Fatalf("%q was heard out of turn", got[:n])
	}
	if err := client.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(client, "two"); err != nil {
		t.Fatal(err)
	}
	stile.leave()
	if _, err := io.ReadFull(client, got); err != nil || string(got) != "onetwo" {
		t.Errorf("heard %q, %v", got, err)
	}
	f.until("the place is free again", func() bool { return len(stile.places) == 0 })
	if stile.Wait() == 0 {
		t.Error("nobody has noticed the wait")
	}
}

func TestTurnstileTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stile := &Turnstile{places: make(chan struct{}, 1)}
		if !stile.tryEnter() || stile.tryEnter() {
			t.Fatal("one place is not one place")
		}
		began := time.Now()
		if stile.enter() || time.Since(began) != longestTurn {
			t.Errorf("let in after %v", time.Since(began))
		}
		for range 5 * smoothing {
			go func() { time.Sleep(time.Second / 2); stile.leave() }()
			if !stile.enter() {
				t.Fatal("not let in")
			}
		}
		if w := stile.Wait(); w < 450*time.Millisecond || w > 550*time.Millisecond {
			t.Errorf("waited for %v", w)
		}
		stile.leave()
		for range 100 * smoothing {
			if !stile.tryEnter() {
				t.Fatal("not let in")
			}
			stile.leave()
		}
		if w := stile.Wait(); w != 0 {
			t.Errorf("still %v though nobody waits", w)
		}
	})
	if (*Turnstile)(nil).Wait() != 0 {
		t.Error("no turnstile, and a wait")
	}
}
