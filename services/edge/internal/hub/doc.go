// Package hub knows which sockets of this edge are in which room, and hands a
// message to all of them.
//
// Rooms are spread over shards. A shard's lock guards its map and the member
// list of each room in it; no two locks are ever held together, and none is held
// while a member is sent to. Member lists are copied on every change and never
// modified, so a broadcast reads the list once and walks it without a lock and
// without a copy. Rooms hold at most some hundred sockets, which makes the copy
// cheap, and members come and go a thousand times less often than messages.
//
// A member that joined before Broadcast was called hears the message. One that
// leaves while it runs may still hear it.
package hub
