package engineio

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strconv"
	"unicode/utf8"

	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// Packet types of Engine.IO 4.
const (
	typeOpen    = '0'
	typeClose   = '1'
	typePing    = '2'
	typePong    = '3'
	typeMessage = '4'
	typeUpgrade = '5'
	typeNoop    = '6'
)

// separator stands between the packets of a polling payload; binaryPrefix starts
// one that is binary, in base64.
const (
	separator    = '\x1e'
	binaryPrefix = 'b'
)

var errPayload = errors.New("invalid payload")

// eachPacket splits the body of a POST. A packet is valid during the call only.
func eachPacket(body []byte, packet func(p []byte, binary bool) error) error {
	if len(body) == 0 || !utf8.Valid(body) {
		return errPayload
	}
	for more := true; more; {
		var p []byte
		p, body, more = bytes.Cut(body, []byte{separator})
		binary := len(p) > 0 && p[0] == binaryPrefix
		if binary {
			n, err := base64.StdEncoding.Decode(p, p[1:]) // output never overtakes input
			if err != nil {
				return errPayload
			}
			p = p[:n]
		}
		if err := packet(p, binary); err != nil {
			return err
		}
	}
	return nil
}

// appendPacket adds one message of the queue to the answer of a GET.
func appendPacket(body []byte, m *outq.Message, enc outq.Encoding) []byte {
	if len(body) > 0 {
		body = append(body, separator)
	}
	payload, binary := m.Payload(enc)
	if !binary {
		return append(body, payload...)
	}
	return base64.StdEncoding.AppendEncode(append(body, binaryPrefix), payload)
}

// appendOpen makes the first packet of a session. The id needs no quoting.
func (s *Server) appendOpen(b []byte, sid string, upgrades bool) []byte {
	b = append(b, typeOpen)
	b = append(append(b, `{"sid":"`...), sid...)
	if upgrades {
		b = append(b, `","upgrades":["websocket"],"pingInterval":`...)
	} else {
		b = append(b, `","upgrades":[],"pingInterval":`...)
	}
	b = strconv.AppendInt(b, s.cfg.PingInterval.Milliseconds(), 10)
	b = strconv.AppendInt(append(b, `,"pingTimeout":`...), s.cfg.PingTimeout.Milliseconds(), 10)
	b = strconv.AppendInt(append(b, `,"maxPayload":`...), int64(s.cfg.MaxPayload), 10)
	return append(b, '}')
}
