package socketio

import (
	"net"
	"net/http"
	"time"

	"github.com/wemaps/wemaps/services/edge/internal/engineio"
)

// Config of a Server. Zero values get the defaults named here.
type Config struct {
	// Engine is the transport's. Its MaxPayload bounds every packet.
	Engine engineio.Config
	// ConnectTimeout is how long a client may take to connect to a namespace, and
	// how long that may take; default 45 s.
	ConnectTimeout time.Duration
	// Limits bound what a client may send.
	Limits Limits
	// Events are the names that clients are known to send. It spares memory per
	// event; others are received all the same.
	Events []string
	// ClientIP returns the address that a request really comes from; default: the
	// peer's.
	ClientIP func(r *http.Request) string
}

// Limits bound what a client may send. Past one the connection is closed.
type Limits struct {
	// Attachments of one binary packet; default 10, negative: none.
	Attachments int
	// AttachmentBytes of one binary packet together; default 10 × Engine.MaxPayload.
	AttachmentBytes int
	// Depth of nesting, the array of arguments included; default 32.
	Depth int
}

const defaultMaxPayload = 1_000_000 // engineio's

func (c Config) withDefaults() Config {
	setDefault(&c.ConnectTimeout, 45*time.Second)
	setDefault(&c.Limits.Depth, 32)
	setDefault(&c.Engine.MaxPayload, defaultMaxPayload)
	if c.Limits.Attachments == 0 {
		c.Limits.Attachments = 10
	}
	setDefault(&c.Limits.AttachmentBytes, 10*c.Engine.MaxPayload)
	if c.ClientIP == nil {
		c.ClientIP = peerIP
	}
	return c
}

func setDefault[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

func peerIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
