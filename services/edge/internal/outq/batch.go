package outq

import "github.com/wemaps/wemaps/libs/wire"

// What NativeBatch puts around positions.
const (
	batchOpen  = `{"v":1,"type":"` + wire.EventLocationsUpdated + `","data":{"locations":[`
	batchClose = `]}}`
)

// batchable reports whether m is told as a part of locations-updated to those
// who asked for batches.
func (m *Message) batchable() bool {
	return m.class == Position && m.event == wire.EventLocationUpdated && len(m.data) > 0
}

// appendBatches appends the frames of msgs with neighbouring positions in one
// frame. Positions are never moved past another message.
func appendBatches(buf []byte, msgs []*Message) []byte {
	for len(msgs) > 0 {
		n := 0
		for n < len(msgs) && msgs[n].batchable() {
			n++
		}
		if n > 1 {
			buf = appendBatch(buf, msgs[:n])
		} else {
			n = 1
			buf = append(buf, msgs[0].Frame(NativeBatch)...)
		}
		msgs = msgs[n:]
	}
	return buf
}

func appendBatch(buf []byte, positions []*Message) []byte {
	size := len(batchOpen) + len(positions) - 1 + len(batchClose)
	for _, m := range positions {
		size += len(m.data)
	}
	head := len(buf)
	buf = append(buf, make([]byte, headerLen(size))...)
	putHeader(buf[head:], opText, size)
	buf = append(buf, batchOpen...)
	for i, m := range positions {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, m.data...)
	}
	return append(buf, batchClose...)
}
