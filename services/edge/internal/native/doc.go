// Package native speaks the /ws protocol: JSON envelopes in WebSocket text
// frames, for clients without Socket.IO.
//
// # Protocol
//
// Every frame is one object: {"v":1,"type":"<event>","id":"<ref>","data":{…}}.
// A client may leave out v and id. The answer to a frame with an id echoes it:
//
//	→ {"v":1,"type":"join-room","id":"7","data":{"roomId":"…"}}
//	← {"v":1,"type":"joined-room","id":"7","data":{"roomId":"…","roomName":"…"}}
//	← {"v":1,"type":"error","id":"7","data":{"message":"…","code":"NOT_MEMBER","id":"7"}}
//
// With ?batch=1 positions come as locations-updated {"locations":[…]}, always,
// and those that are due together in one.
//
// A client that offers permessage-deflate (RFC 7692) gets it, without context
// takeover: messages of 128 bytes and more come compressed if that makes them
// shorter, and it may compress what it sends.
//
// A client says who it is in one of three ways. Tokens in the URL are ignored, as
// URLs end up in logs.
//
//   - Authorization: Bearer <token>
//   - Sec-WebSocket-Protocol: wemaps.v1, bearer.<token>
//     which is what browsers can do; the server selects wemaps.v1
//   - the first frame, within five seconds:
//     {"v":1,"type":"auth","data":{"token":"<token>"}}
//     which may carry more in data, such as lastSeq, for the session to read
//
// After a refusal comes an error event and then a close frame: 4001 without a
// token, 4002 with one that is not valid, 4004 of a session that was ended, 4005
// with too many sockets, 1011 when it is not the client's fault.
//
// A text frame that is no envelope, and any binary frame, is answered with an
// error event; the session closes with 4006 when that happens too often. A
// message over 16 KiB is answered with an error event and close 1009, a violation
// of RFC 6455 with 1002 or 1007. The server pings every 25 s and closes with 4008
// when it has not heard a whole frame for 60 s (at most 65 s).
//
// # What an idle connection costs
//
// A Conn, its queue and writer, and a line that is parked (package poller): no
// goroutine on Linux, no buffer, no timer and no window of a compressor.
//
// # Locks
//
// wheel.mu guards the wheel alone; connections are looked at after it is released.
// Everything else a Conn changes belongs to whoever has its line, or is atomic.
package native
