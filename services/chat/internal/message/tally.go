package message

import "time"

// TallyDepth is how many of a room's newest messages a tally counts when it is
// made: whoever has read less than that has at least so many to read.
const TallyDepth = 1000

// Tally tells how many messages of a room each member has not read: All, less
// those of them that do not count for the member, because they are their own or
// were read. System and deleted messages count for nobody. As numbers that only
// their owner changes both can be written again and again.
type Tally struct {
	RoomID string
	All    int64
	Known  map[string]int64 // by user id; absent = 0
	Made   time.Time
}

// Said counts a new message of user.
func (t *Tally) Said(user string) {
	t.All++
	t.Known[user]++
}

// ReadAll notes that user has read everything.
func (t *Tally) ReadAll(user string) { t.Known[user] = t.All }

// Unread by user.
func (t *Tally) Unread(user string) int64 { return max(0, t.All-t.Known[user]) }
