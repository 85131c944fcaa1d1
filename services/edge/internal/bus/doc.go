// Package bus connects this edge to the rest of the system, which it meets in
// Redis only: commands go out (lane, commands), what rooms are to hear comes in
// (room, deliver), answers and domain events come in (replies, domain), and who
// may be where is read from caches (cache).
//
// # One room
//
// While a room has sockets here, one goroutine listens on its channel. It hands
// every event to the hub under the room's lock, so that the room's sockets hear
// everything in one order, whoever else has something to say to them: the
// follower of domain events, or chat that fills a gap.
//
// # Locks
//
// Bus.mu (which rooms there are) → room.mu (what the room hears) → those of hub,
// session and queue. Nothing waits for Redis under either.
package bus
