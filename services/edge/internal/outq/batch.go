package outq

import "github.com/wemaps/wemaps/libs/wire"

// batches reports whether e is for clients that asked for batches; single is what
// they get where there is nothing to batch.
func (e Encoding) batches() bool    { return e&^Deflate >= SocketIOBatch }
func (e Encoding) single() Encoding { return e - SocketIOBatch }

// What is put around positions.
var (
	batchOpen = [encodings]string{
		SocketIOBatch: `42["` + wire.EventLocationsUpdated + `",{"locations":[`,
		NativeBatch:   `{"v":1,"type":"` + wire.EventLocationsUpdated + `","data":{"locations":[`,
	}
	batchClose = [encodings]string{SocketIOBatch: `]}]`, NativeBatch: `]}}`}
)

// batchable reports whether m is told as a part of locations-updated to those
// who asked for batches.
func (m *Message) batchable() bool {
	return m.class == Position && m.event == wire.EventLocationUpdated && len(m.data) > 0
}

// Batch is what a Writer does to messages that go out together, for those who
// have no Writer: it returns msgs with neighbouring positions made one message, if
// e is for clients that asked for it. msgs is modified.
func Batch(msgs []*Message, e Encoding) []*Message {
	if e &^= Deflate; !e.batches() {
		return msgs
	}
	merged := msgs[:0]
	for len(msgs) > 0 {
		n := countBatch(msgs)
		m := msgs[0]
		if n > 1 {
			m = newRendered(opText, appendBatch(nil, msgs[:n], e))
		}
		merged, msgs = append(merged, m), msgs[n:]
	}
	return merged
}

// countBatch returns how many of msgs, from the first on, go out as one: never
// none. Positions are never moved past another message.
func countBatch(msgs []*Message) int {
	n := 0
	for n < len(msgs) && msgs[n].batchable() {
		n++
	}
	return max(n, 1)
}

// appendBatches appends the frames of msgs with neighbouring positions in one
// frame.
func appendBatches(buf []byte, msgs []*Message, e Encoding, s *squeezer) []byte {
	for len(msgs) > 0 {
		n := countBatch(msgs)
		switch {
		case n == 1:
			buf = append(buf, msgs[0].Frame(e)...)
		case e&Deflate != 0:
			buf = s.appendBatch(buf, msgs[:n], e)
		default:
			buf = appendBatchFrame(buf, msgs[:n], e)
		}
		msgs = msgs[n:]
	}
	return buf
}

func appendBatchFrame(buf []byte, positions []*Message, e Encoding) []byte {
	size := batchSize(positions, e)
	head := len(buf)
	buf = append(buf, make([]byte, headerLen(size))...)
	putHeader(buf[head:], opText, size)
	return appendBatch(buf, positions, e)
}

func batchSize(positions []*Message, e Encoding) int {
	size := len(batchOpen[e]) + len(positions) - 1 + len(batchClose[e])
	for _, m := range positions {
		size += len(m.data)
	}
	return size
}

// appendBatch appends a payload.
func appendBatch(buf []byte, positions []*Message, e Encoding) []byte {
	buf = append(buf, batchOpen[e]...)
	for i, m := range positions {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, m.data...)
	}
	return append(buf, batchClose[e]...)
}
