package bus

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/hub"
)

type noSockets struct{}

func (noSockets) Deliver(wire.Envelope)             {}
func (noSockets) Each(func(string, string, func())) {}
func (noSockets) Rename(string, string)             {}

// A socket can be quicker than Run, which other parts of the process wait for as little.
func TestARoomThatIsOpenedBeforeRunIsHeard(t *testing.T) {
	t.Parallel()
	client, err := redisx.Open(t.Context(), "redis://"+testenv.Redis(t), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	rooms := hub.New()
	m := NewMetrics(prometheus.NewRegistry(), rooms)
	b := New(Config{EdgeID: "a"}, client, client, rooms, NewCommands(client, 1, 1000, promptly, m, func(err error) { t.Log(err) }), m, zap.NewNop())
	b.Attach(noSockets{})
	b.Open("early")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	entering, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if _, err := b.await(entering, "early"); err != nil {
		t.Errorf("nothing was heard of the room: %v", err)
	}
	b.Close("early")
}
