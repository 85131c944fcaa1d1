package publish

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/services/location/internal/position"
)

// impatient gives its first pipeline up, as on a timeout: the writer has it still.
type impatient struct {
	rueidis.Client
	kept rueidis.Commands
}

func (c *impatient) DoMulti(ctx context.Context, cmds ...rueidis.Completed) []rueidis.RedisResult {
	if c.kept != nil {
		return c.Client.DoMulti(ctx, cmds...)
	}
	c.kept = cmds
	return slices.Repeat([]rueidis.RedisResult{rueidis.NewErrorResult(context.DeadlineExceeded)}, len(cmds))
}

// Commands of a batch that failed are not replaced by those of the next, which
// would then be sent in their place.
func TestWhatWasGivenUpStaysWhatItIs(t *testing.T) {
	t.Parallel()
	real, err := redisx.Open(t.Context(), "redis://"+testenv.Redis(t), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(real.Close)
	client := &impatient{Client: real}
	b := NewBatch(client, 1, time.Minute, func(int) {})
	b.Forget(position.Key{Room: "r1", User: "early"})
	if err := b.Flush(t.Context()); err == nil {
		t.Fatal("it was not given up")
	}
	want := slices.Clone(client.kept[0].Commands())
	b.Reset()
	b.Forget(position.Key{Room: "r1", User: "late"})
	if err := b.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := client.kept[0].Commands(); !slices.Equal(got, want) {
		t.Errorf("the writer would send %q in the place of %q", got, want)
	}
}
