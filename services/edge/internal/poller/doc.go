// Package poller reads connections that are silent most of the time.
//
// # Who has a Line
//
// A Line is the reading half of one connection. It is parked (the Poller waits for
// its bytes) or with exactly one goroutine, which reads and calls its User: a
// worker of the Poller, or the goroutine that called Run. A parked Line costs no
// goroutine, whose stack alone would be 4 KiB for good once a handler has been
// deep: half of what an idle socket may cost.
//
// A Line that says much keeps its goroutine, as the Poller costs two system calls
// more per message. It is parked again after it has been silent for a while, when
// Kick finds it. A Line with a deadline to keep is not parked either, as deadlines
// are known to the runtime's poller and not to ours.
//
// Chunks to read into come from a pool, and only once there is something to read.
//
// Elsewhere than on Linux, and for connections without a descriptor (TLS), every
// Line keeps its goroutine and all else is the same.
//
// # Locks
//
// Line.mu and Poller.mu; neither is held while taking the other or calling a User.
package poller
