// Package wire is the one place for everything that crosses a process border:
// error codes, event names, payloads, REST types, Redis names, and the line
// codecs of commands and envelopes. It imports the standard library only, so
// that every service and every tool can speak the contract without inheriting
// anybody's dependencies.
package wire

// ProtocolVersion is the "v" of native frames. It changes only when an
// existing client could not go on unchanged.
const ProtocolVersion = 1

// DefaultPartitions is the number of command stream partitions a service has
// when STREAM_PARTITIONS does not say otherwise. Edge and services must agree.
const DefaultPartitions = 4
