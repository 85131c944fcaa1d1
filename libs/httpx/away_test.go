package httpx

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/wemaps/wemaps/libs/wire"
)

type sqlError string

func (e sqlError) Error() string    { return "pq: " + string(e) }
func (e sqlError) SQLState() string { return string(e) }

// A server that is away is no mistake of ours: clients are told to come again.
func TestServersThatAreAway(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err  error
		want wire.Code
	}{
		{io.EOF, wire.CodeUnavailable},
		{io.ErrUnexpectedEOF, wire.CodeUnavailable},
		{driver.ErrBadConn, wire.CodeUnavailable},
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, wire.CodeUnavailable},
		{sqlError("57P03"), wire.CodeUnavailable}, // starting up
		{sqlError("57P01"), wire.CodeUnavailable}, // shutting down
		{sqlError("53300"), wire.CodeUnavailable}, // too many connections
		{sqlError("42P01"), wire.CodeInternal},    // no such table
		{sqlError(""), wire.CodeInternal},
		{errors.New("anything else"), wire.CodeInternal},
	} {
		if got := toWire(Options{}, fmt.Errorf("read room: %w", tc.err)); got.Code != tc.want || got.Code == wire.CodeUnavailable && got.RetryAfter <= 0 {
			t.Errorf("%v: %s, again after %s; want %s", tc.err, got.Code, got.RetryAfter, tc.want)
		}
	}
}
