// Package session is the heart of the edge, the same for every protocol: who a
// socket belongs to, what it may say, and in which rooms it listens. It decides
// nothing about rooms, positions or chat; it checks and hands on.
//
// # One socket
//
// A Session is made by Open, gets its client's events one after the other from
// the goroutine that reads the connection, and ends with Closed. A Seat is its
// place in one room and is what the hub sends to.
//
// # What an idle session costs
//
// No goroutine, no timer, no channel and no map: a Session, a Seat for each
// room, and a share in its user. Expiry and time limits are looked after by one
// sweep over all sessions.
//
// # Locks
//
// user.mu and Session.mu guard fields only: nothing is called while they are
// held, but Recovery's methods that do not wait. gate.mu is taken below a room's lock and above the outgoing queue's.
package session
