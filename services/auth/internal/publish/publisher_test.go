package publish

import (
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

// What the request says of a new name and what the outbox says of it come in either order: the name is the one that came
// last, and it is remembered for as long as tokens with an older one may live.
func TestANewNameIsRememberedInEitherOrder(t *testing.T) {
	t.Parallel()
	client, err := redisx.Open(t.Context(), "redis://"+testenv.Redis(t), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	p := NewPublisher(client, zap.NewNop(), time.Now)
	entry := Entry{Kind: KindRenamed, UserID: "ann", UserName: "Anna", TokensUntil: time.Now().Add(168 * time.Hour)}
	remembered := func(name string, from, to time.Duration) {
		t.Helper()
		key := wire.KeyName("ann")
		got, err := client.Do(t.Context(), client.B().Get().Key(key).Build()).ToString()
		if err != nil || got != name {
			t.Errorf("the name is %q, %v", got, err)
		}
		ms, err := client.Do(t.Context(), client.B().Pttl().Key(key).Build()).AsInt64()
		if life := time.Duration(ms) * time.Millisecond; err != nil || life < from || life > to {
			t.Errorf("it is remembered for %s, %v", life, err)
		}
	}
	p.Renamed(t.Context(), "ann", "Ann")
	remembered("Ann", 59*time.Minute, time.Hour)
	if err := p.send(t.Context(), p.entry(entry)); err != nil {
		t.Fatal(err)
	}
	remembered("Anna", 167*time.Hour, 169*time.Hour)
	p.Renamed(t.Context(), "ann", "Änna")
	remembered("Änna", 167*time.Hour, 169*time.Hour)
}
