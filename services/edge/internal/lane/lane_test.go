package lane

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/testenv"
)

// impatient gives its first batch up, as on a timeout: the writer has it still.
type impatient struct {
	rueidis.Client
	once sync.Once
	kept rueidis.Commands
}

func (c *impatient) DoMulti(ctx context.Context, cmds ...rueidis.Completed) (results []rueidis.RedisResult) {
	c.once.Do(func() {
		c.kept = cmds
		for range cmds {
			results = append(results, rueidis.NewErrorResult(context.DeadlineExceeded))
		}
	})
	if results != nil {
		return results
	}
	return c.Client.DoMulti(ctx, cmds...)
}

// Commands that were given up are not replaced by later ones, which would then be
// sent twice.
func TestWhatWasGivenUpStaysWhatItIs(t *testing.T) {
	t.Parallel()
	real, err := redisx.Open(t.Context(), "redis://"+testenv.Redis(t), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(real.Close)
	client := &impatient{Client: real}
	l := New(client, nil)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var mu sync.Mutex
	got := map[string]error{}
	put := func(value string) {
		err := l.Put(real.B().Rpush().Key("list").Element(value).Build(), func(r rueidis.RedisResult) {
			mu.Lock()
			defer mu.Unlock()
			got[value] = r.Error()
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		put("early " + strconv.Itoa(i))
	}
	go l.Run(ctx)
	answered := func(n int) func() bool {
		return func() bool { mu.Lock(); defer mu.Unlock(); return len(got) == n }
	}
	testenv.Eventually(t, 5*time.Second, "the first batch has no results", answered(3))
	for i := range 3 {
		put("late " + strconv.Itoa(i))
	}
	testenv.Eventually(t, 5*time.Second, "the second batch has no results", answered(6))
	for i, cmd := range client.kept {
		if got := strings.Join(cmd.Commands(), " "); got != "RPUSH list early "+strconv.Itoa(i) {
			t.Errorf("the writer would send %q in its place", got)
		}
	}
	list, err := real.Do(t.Context(), real.B().Lrange().Key("list").Start(0).Stop(-1).Build()).AsStrSlice()
	if want := []string{"late 0", "late 1", "late 2"}; err != nil || !slices.Equal(list, want) {
		t.Errorf("%v %v, want %v", list, err, want)
	}
}
