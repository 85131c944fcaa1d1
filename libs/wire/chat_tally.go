package wire

// KeyTally is a hash from which the room service tells how many messages of a
// room a member has not read: TallyAll less TallyOf the member, which is 0 when
// absent. Without TallyAll that is not known.
func KeyTally(roomID string) string { return "chat:{" + roomID + "}:tally" }

// Fields of KeyTally.
const (
	TallyAll  = "all"  // messages, but no system and no deleted ones
	TallyMade = "made" // when chat has counted them, Unix ms
)

// TallyOf is the field with how many of the messages are the user's own or read.
func TallyOf(userID string) string { return "u:" + userID }

// MaxUnread is the highest unread count that is told; it stands for "or more".
const MaxUnread = 999
