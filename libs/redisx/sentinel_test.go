package redisx_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/testenv"
)

func TestSentinel(t *testing.T) {
	t.Parallel()
	server := testenv.RedisServer(t)
	client := open(t, server.Addr())
	s := redisx.NewSentinel(client, "everything")
	look := func(there, restarted bool) {
		t.Helper()
		var gotThere, gotRestarted bool
		testenv.Eventually(t, 10*time.Second, "Redis does not answer", func() (ok bool) {
			var err error
			gotThere, gotRestarted, err = s.Look(t.Context())
			return err == nil
		})
		if gotThere != there || gotRestarted != restarted {
			t.Errorf("there %t, restarted %t", gotThere, gotRestarted)
		}
	}
	rebuild := func(write func(context.Context) error) bool {
		t.Helper()
		set, err := s.Rebuild(t.Context(), write)
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	look(false, false)
	if rebuild(func(ctx context.Context) error { return client.Do(ctx, client.B().Flushall().Build()).Error() }) {
		t.Error("what was lost while it was written is said to be there")
	}
	look(false, false)
	broken := errors.New("broken")
	if set, err := s.Rebuild(t.Context(), func(context.Context) error { return broken }); set || !errors.Is(err, broken) {
		t.Errorf("a failed rebuild: %t, %v", set, err)
	}
	look(false, false)
	if !rebuild(func(context.Context) error { return nil }) {
		t.Error("not set")
	}
	s.Right()
	look(true, false)
	if err := server.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	testenv.RedisServerAt(t, server.Port) // an empty one
	look(false, true)
	rebuild(func(context.Context) error { return nil })
	look(true, true)
	s.Right()
	look(true, false)
}
