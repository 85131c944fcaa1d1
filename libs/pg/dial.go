package pg

import (
	"context"
	"net"
	"time"
)

// answerWithin is how long a connection waits for Postgres after it has sent
// something. The server ends each statement after QueryTimeout, so a longer
// silence is the network's: without a bound of its own the driver would wait
// until the kernel gives up, which takes a quarter of an hour.
const answerWithin = QueryTimeout + 3*time.Second

// dialer makes connections that do not wait for ever.
type dialer struct{ net.Dialer }

func (d dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

func (d dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

func (d dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &bounded{c}, nil
}

// bounded is a connection on which everything that is sent is answered in time,
// or it breaks.
type bounded struct{ net.Conn }

func (c *bounded) Write(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(answerWithin)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
