package redisx

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/run"
)

// Subscribe listens on a sharded channel until ctx ends, coming back after
// every broken connection. onReady is called each time the subscription is
// confirmed: the first time, and after a gap in which messages may have been
// missed. Both callbacks run on the subscription's goroutine and must be quick.
func Subscribe(ctx context.Context, client rueidis.Client, channel string, onReady func(), onMessage func(string), onError func(error)) {
	const shortest, longest = 50 * time.Millisecond, time.Second
	var confirmed atomic.Bool // set on the connection's goroutine
	pause := shortest
	for ctx.Err() == nil {
		hooked := rueidis.WithOnSubscriptionHook(ctx, func(s rueidis.PubSubSubscription) {
			if s.Kind == "ssubscribe" {
				confirmed.Store(true)
				onReady()
			}
		})
		err := client.Receive(hooked, client.B().Ssubscribe().Channel(channel).Build(), func(m rueidis.PubSubMessage) { onMessage(m.Message) })
		if ctx.Err() != nil || errors.Is(err, rueidis.ErrClosing) {
			return
		}
		onError(fmt.Errorf("subscription to %s ended: %w", channel, err))
		if confirmed.Swap(false) {
			pause = shortest
		}
		// Spread over the pause: thousands of rooms resubscribe after an outage.
		if !run.Pause(ctx, pause/2+rand.N(pause)) {
			return
		}
		pause = min(2*pause, longest)
	}
}
