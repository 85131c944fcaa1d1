package native

import (
	"context"
	"sync"
	"sync/atomic"
)

// chunkSize is what one read takes at most: a burst of positions.
const chunkSize = 4 << 10

// chunk is lent to a connection while its bytes are handled.
type chunk struct {
	buf  [chunkSize]byte
	n    int
	conn *Conn
	done chan struct{}
}

var chunks = sync.Pool{New: func() any { return &chunk{done: make(chan struct{}, 1)} }}

// maxSpare workers stay when there is nothing to do.
const maxSpare = 64

// crew handles what connections have read. A goroutine that ever stood deep in a
// handler keeps a stack of at least 4 KiB, 8 until the next garbage collection;
// the goroutines that wait for clients must not, as there are thousands. They
// lend their bytes to a worker and wait for it, which also keeps a client's
// events in order.
type crew struct {
	jobs  chan *chunk // unbuffered: taken by a waiting worker or by none
	spare atomic.Int32
}

// do returns when k was handled.
func (w *crew) do(ctx context.Context, k *chunk) {
	select {
	case w.jobs <- k:
	default:
		go w.work(ctx, k)
	}
	<-k.done
}

func (w *crew) work(ctx context.Context, k *chunk) {
	for {
		k.conn.take(k.buf[:k.n])
		k.done <- struct{}{}
		if w.spare.Add(1) > maxSpare {
			w.spare.Add(-1)
			return
		}
		select {
		case k = <-w.jobs:
			w.spare.Add(-1)
		case <-ctx.Done():
			w.spare.Add(-1)
			return
		}
	}
}
