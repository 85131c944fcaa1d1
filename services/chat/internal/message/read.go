package message

import "time"

// Read says how far a member has read: everything up to Seq. Entry is the
// stream entry that said so, and At when it was stored.
type Read struct {
	RoomID string
	UserID string
	Seq    int64
	Entry  string
	At     time.Time // ms; zero = never
}

// Reader is who has read where.
type Reader struct{ RoomID, UserID string }

// Reader of the read.
func (r Read) Reader() Reader { return Reader{r.RoomID, r.UserID} }

// Furthest keeps the furthest of each reader's reads, none beyond its room's
// newest message and none of a room without messages.
func Furthest(reads []Read, last map[string]int64) []Read {
	index := make(map[Reader]int, len(reads))
	var out []Read
	for _, r := range reads {
		if r.Seq = min(r.Seq, last[r.RoomID]); r.Seq < 1 {
			continue
		}
		at, ok := index[r.Reader()]
		switch {
		case !ok:
			index[r.Reader()] = len(out)
			out = append(out, r)
		case r.Seq > out[at].Seq:
			out[at] = r
		}
	}
	return out
}
