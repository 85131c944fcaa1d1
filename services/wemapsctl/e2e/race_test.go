//go:build race

package e2e

// The services are built with the race detector whenever the tests are.
const raceEnabled = true
