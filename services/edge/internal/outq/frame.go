package outq

import (
	"encoding/binary"
	"unicode/utf8"
)

// Opcodes and limits of RFC 6455, section 5.
const (
	opText   = 0x1
	opBinary = 0x2
	opClose  = 0x8
	opPing   = 0x9
	opPong   = 0xa

	finBit     = 0x80
	rsv1Bit    = 0x40 // the message is compressed
	maxControl = 125
	maxHeader  = 10 // unmasked, as a server sends it
)

// headerLen returns how many bytes the unmasked header of a payload takes.
func headerLen(payload int) int {
	switch {
	case payload <= 125:
		return 2
	case payload <= 0xffff:
		return 4
	default:
		return maxHeader
	}
}

// headerLenOf is headerLen of a whole frame.
func headerLenOf(frame []byte) int {
	switch frame[1] {
	case 126:
		return 4
	case 127:
		return maxHeader
	}
	return 2
}

// putHeader writes the header of a whole (unfragmented) message to the start of
// buf, which must have headerLen(payload) bytes.
func putHeader(buf []byte, op byte, payload int) {
	buf[0] = finBit | op
	switch headerLen(payload) {
	case 2:
		buf[1] = byte(payload)
	case 4:
		buf[1] = 126
		binary.BigEndian.PutUint16(buf[2:], uint16(payload))
	default:
		buf[1] = 127
		binary.BigEndian.PutUint64(buf[2:], uint64(payload))
	}
}

// truncateUTF8 cuts s to at most n bytes without splitting a character, as a
// close reason that is not UTF-8 is itself a protocol error.
func truncateUTF8(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
