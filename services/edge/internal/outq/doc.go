// Package outq is the outgoing side of one socket: what is still to be said
// (Queue), how it looks on the wire (Message) and who says it (Flusher, Writer).
//
// # The way of a message
//
// A broadcast makes one Message and pushes it into the Queue of every member.
// The Message renders itself at most once per Encoding, so fifty members share
// the same bytes. Push is followed by Writer.Wake, which puts the socket on the
// ready list of one of a few workers. The worker drains the queue and writes
// what it finds with one system call. An idle socket therefore owns no
// goroutine, no timer and no buffer.
//
// # When a write happens
//
// A socket that was not written to in the current window is written to at once:
// no timer ever delays a lone message. After a run that took long, because many
// sockets were due, the worker waits before it serves the same sockets again, in
// proportion to the time the run took. Frames that arrive meanwhile share one
// write. A system call costs some 9 µs and copying a 300-byte frame 20 ns, so
// the wait is what makes a full machine faster, and an empty one never waits.
//
// # Slow sockets
//
// A write that the kernel does not take whole is handed to a goroutine that
// lives only until the backlog is gone and that gives up after WriteTimeout. In
// the meantime the queue keeps conflating: a newer Position replaces the one
// with the same key. Unsent bytes in the kernel are kept low, as a fix that
// waits there can no longer be replaced by a newer one.
//
// # Locks
//
// There are two, and neither is ever held while taking the other or while
// writing: Queue.mu and, for the first rendering only, Message.mu. Ready lists are
// lock-free. Exactly one goroutine (a worker or the blocked writer) owns a
// Writer's socket at any time; the state word of Writer says whose turn it is.
package outq
