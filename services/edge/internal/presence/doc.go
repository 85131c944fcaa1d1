// Package presence knows who has a socket in which room, over all edges, and
// tells the rooms: user-online when a user's first socket comes, user-offline
// when the last has been gone for the grace period. A reconnect within it is
// not announced.
//
// A socket's entry lives as long as its edge does. Edges hold a lease in one
// sorted set; an edge whose lease has lapsed is cleared away by whichever edges
// notice, and since every change to a room's entries and its announcement is one
// script, exactly one of them announces. So nothing is written per socket while
// nothing changes.
//
// How many sockets a user has in a room is counted beside them, so that one that
// comes or goes costs the same in a room of one as in a room of hundreds. Only
// what an edge left is looked for among all. The counts say of which age they
// are. While an edge of the version before is about, which changes the entries
// and not the counts, all edges count the entries themselves, and when the last
// of those has gone a new age begins, in which each room is counted once.
//
// A drop does not delete a position: whoever was cut off is still where the
// others saw them last, and the position ages out by itself. Only leave-room
// takes it away at once.
package presence
