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
// A drop does not delete a position: whoever was cut off is still where the
// others saw them last, and the position ages out by itself. Only leave-room
// takes it away at once.
package presence
