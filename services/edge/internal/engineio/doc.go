// Package engineio is an Engine.IO 4 server: WebSocket, HTTP long-polling, and
// the upgrade from the second to the first.
//
// # Who does what
//
// A connection (Conn) has one owner at a time, who reads, and who alone calls its
// Receiver: while polling whoever holds polling.in (the POST that is being
// served), on WebSocket whoever runs the link. The Receiver therefore sees
// one thing after the other, and Closed last and once.
//
// Anyone may send. Send only queues (package outq); a worker of the Flusher or
// the pending GET writes. Nothing is written under a lock.
//
// # What an idle connection costs
//
// A Conn, a queue, a writer, and a link that is parked (package poller). There is no
// goroutine (on Linux), no read buffer (chunks come from a pool once there is
// something to read), no timer (one wheel serves all), no channel and no map.
//
// # Locks
//
// polling.in → Conn.mu → polling.mu → outq's and poller's. wheel.mu and Server.mu
// are taken alone, Server.mu also under polling.mu.
//
// # What is refused
//
// Engine.IO 3 (code 5), JSONP and WebTransport (code 0). No cookie is set.
package engineio
