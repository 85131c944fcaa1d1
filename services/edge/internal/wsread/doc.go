// Package wsread is the incoming side of one WebSocket: it turns the bytes of a
// client into messages (RFC 6455), and holds no memory while the client is silent.
//
// A usual reader keeps a buffer per connection for the bytes that may come. This
// one waits for the descriptor to become readable first and borrows a buffer only
// then, which is returned as soon as all that was read has been consumed. What
// an idle connection costs is the Reader, some hundred bytes, and the stack of
// the goroutine that waits in Next.
//
// That goroutine is the seam for a poller: nothing but Next knows how bytes
// arrive.
package wsread
