//go:build unix

package load

import (
	"encoding/binary"

	"github.com/wemaps/wemaps/services/wemapsctl/internal/client"
)

// prefixBytes of each payload are looked at, enough to tell events apart.
const prefixBytes = 48

// counts of what a socket has received.
type counts struct {
	positions, confirmed, chat, errors, pings, other uint64
	bytes                                            uint64
}

func (c *counts) add(o counts) {
	c.positions += o.positions
	c.confirmed += o.confirmed
	c.chat += o.chat
	c.errors += o.errors
	c.pings += o.pings
	c.other += o.other
	c.bytes += o.bytes
}

// parser cuts a stream of unmasked WebSocket frames (RFC 6455) and counts
// events by the first bytes of their payloads, without copying or decoding
// them. Frames may be split anywhere.
type parser struct {
	protocol client.Protocol
	whole    func(payload []byte) // gets each text payload; nil = count only

	head    [10]byte
	nHead   int
	inside  bool // of a payload
	opcode  byte
	left    uint64
	prefix  [prefixBytes]byte
	nPrefix int
	payload []byte

	counts counts
	pong   int  // pings of the socket's heartbeat that wait for an answer
	closed bool // the server has said goodbye
	code   uint16
	ready  bool // saw the answer to our ping, or the Socket.IO session
}

func (p *parser) feed(b []byte) {
	p.counts.bytes += uint64(len(b))
	for len(b) > 0 {
		if !p.inside {
			b = p.header(b)
			if p.inside && p.left == 0 {
				p.end()
			}
			continue
		}
		n := int(min(p.left, uint64(len(b))))
		p.nPrefix += copy(p.prefix[p.nPrefix:], b[:n])
		if p.whole != nil {
			p.payload = append(p.payload, b[:n]...)
		}
		p.left -= uint64(n)
		b = b[n:]
		if p.left == 0 {
			p.end()
		}
	}
}

// header reads as much of a frame header as b holds and returns the rest.
func (p *parser) header(b []byte) []byte {
	for len(b) > 0 {
		p.head[p.nHead] = b[0]
		p.nHead++
		b = b[1:]
		if p.nHead < 2 {
			continue
		}
		size := 2
		short := p.head[1] & 0x7F
		switch short {
		case 126:
			size = 4
		case 127:
			size = 10
		}
		if p.nHead < size {
			continue
		}
		switch short {
		case 126:
			p.left = uint64(binary.BigEndian.Uint16(p.head[2:]))
		case 127:
			p.left = binary.BigEndian.Uint64(p.head[2:])
		default:
			p.left = uint64(short)
		}
		p.opcode, p.inside, p.nHead, p.nPrefix, p.payload = p.head[0]&0x0F, true, 0, 0, p.payload[:0]
		return b
	}
	return nil
}

func (p *parser) end() {
	p.inside = false
	prefix := p.prefix[:p.nPrefix]
	switch p.opcode {
	case 0x1:
		p.event(prefix)
		if p.whole != nil {
			p.whole(p.payload)
		}
	case 0x8:
		p.closed = true
		if len(prefix) >= 2 {
			p.code = binary.BigEndian.Uint16(prefix)
		}
	case 0x9:
		p.pong++
		p.counts.pings++
	}
}

func (p *parser) event(prefix []byte) {
	skip := len(`{"v":1,"type":"`)
	if p.protocol == client.SocketIO {
		skip = len(`42["`)
		switch {
		case len(prefix) == 1 && prefix[0] == '2':
			p.pong++
			p.counts.pings++
			return
		case len(prefix) >= 2 && prefix[0] == '4' && prefix[1] == '0':
			p.ready = true
			return
		case len(prefix) >= 2 && prefix[0] == '4' && prefix[1] == '4':
			p.closed = true
			return
		}
	}
	if len(prefix) < skip+5 {
		p.counts.other++
		return
	}
	name := prefix[skip:]
	switch {
	case has(name, `location-updated"`):
		p.counts.positions++
	case has(name, `location-confirmed"`):
		p.counts.confirmed++
	case has(name, `new-message"`):
		p.counts.chat++
	case has(name, `error"`):
		p.counts.errors++
	case has(name, `pong"`):
		p.ready = true
	default:
		p.counts.other++
	}
}

func has(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}
