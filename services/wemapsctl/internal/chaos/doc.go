// Package chaos proves that WeMaps loses nothing. It runs the real services in
// replicas on servers of its own, lets clients that write down all they are
// told talk through them, breaks one part after the other on a schedule that a
// seed determines, and then compares what everybody was told.
//
// world is the system under test, fault what can be done to it, schedule when.
// person is a client and book its ledger; watch measures recoveries; check
// compares; verdict and report say how it went.
package chaos
