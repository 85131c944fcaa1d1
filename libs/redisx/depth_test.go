package redisx_test

import (
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/testenv"
)

func TestDepths(t *testing.T) {
	t.Parallel()
	client := open(t, testenv.Redis(t))
	add(t, client, "old", "1")
	time.Sleep(300 * time.Millisecond)
	add(t, client, "old", "2")
	add(t, client, "new", "1")
	d, err := redisx.Depths(t.Context(), client, "old", "none", "new")
	if err != nil {
		t.Fatal(err)
	}
	if d[0].Entries != 2 || d[0].Oldest < 300*time.Millisecond || d[0].Oldest > time.Minute {
		t.Errorf("old: %+v", d[0])
	}
	if d[1] != (redisx.Depth{}) {
		t.Errorf("none: %+v", d[1])
	}
	if d[2].Entries != 1 || d[2].Oldest >= d[0].Oldest-200*time.Millisecond {
		t.Errorf("new: %+v, old: %+v", d[2], d[0])
	}
}
