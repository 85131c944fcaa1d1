// Package socketio is a Socket.IO 5 server on top of package engineio: packets,
// namespaces, acks in both directions, binary attachments.
//
// A Server knows Namespaces by name. A client that connects to one becomes a
// Socket, for which the namespace makes a Handler. All Handlers of a client are
// called one after the other, by whoever owns the connection; Socket's own
// methods may be called from anywhere and never block.
//
// Nothing that a client sends is lost: its next packet is not read before Connect
// has returned. Nothing reaches a client before the answer to its CONNECT: what
// is sent to a Socket earlier is held back until then.
//
// The adapter for an application that knows one namespace and events of one
// object is App (app.go).
package socketio
