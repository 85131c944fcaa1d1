package engineio

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
)

// sidRandom is how many random bytes a session id has. Whoever knows the id of a
// polling session can read it, so it must not be guessable: 128 bits.
const sidRandom = 16

// newSID makes a session id: the edge's id, a dot, and a secret.
func newSID(edgeID string) string {
	var secret [sidRandom]byte
	_, _ = rand.Read(secret[:]) // never fails: crypto/rand ends the process instead
	return edgeID + "." + base64.RawURLEncoding.EncodeToString(secret[:])
}

// Owner returns the id of the edge that made sid, and false when sid was not made
// by any edge.
func Owner(sid string) (edgeID string, ok bool) {
	edgeID, secret, found := strings.Cut(sid, ".")
	if !found || !edgeIDForm.MatchString(edgeID) {
		return "", false
	}
	n, err := base64.RawURLEncoding.DecodeString(secret)
	return edgeID, err == nil && len(n) == sidRandom
}
