// Package hashing hashes and verifies passwords without disturbing anything
// else that runs on the machine: few at a time, from a bounded queue, in a
// process of low priority.
package hashing

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// DefaultMemory is OWASP's recommendation for argon2id with 2 passes and 1 lane
// (Password Storage Cheat Sheet), in KiB.
const DefaultMemory = 19 * 1024

// params of argon2id.
type params struct {
	memory uint32 // KiB
	time   uint32
	lanes  uint8
}

// newHashes are the parameters of hashes that are made now.
func newHashes(memory uint32) params { return params{memory: memory, time: 2, lanes: 1} }

const (
	saltBytes = 16
	keyBytes  = 32
	// Bounds of stored parameters: a damaged or forged row must not take the
	// machine's memory.
	maxMemory = 256 * 1024
	maxTime   = 16
	// bcrypt looks at no more than 72 bytes. Imported hashes were made of the
	// first 72; ours count them all, after the first sign-in.
	bcryptBytes  = 72
	maxBcryptLog = 15
)

var errUnknownHash = errors.New("stored password hash has an unknown form")

// hash makes a PHC string: $argon2id$v=19$m=…,t=…,p=…$salt$key.
func hash(p params, password string) string {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails since Go 1.24
	return encode(p, salt, argon2.IDKey([]byte(password), salt, p.time, p.memory, p.lanes, keyBytes))
}

func encode(p params, salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.lanes,
		b64.EncodeToString(salt), b64.EncodeToString(key))
}

// verify compares a password with a stored hash; stale says that the hash is
// not like those that are made now. An empty hash matches nothing, and takes as
// long to say so.
func verify(now params, encoded, password string) (ok, stale bool, err error) {
	switch {
	case encoded == "":
		argon2.IDKey([]byte(password), make([]byte, saltBytes), now.time, now.memory, now.lanes, keyBytes)
		return false, false, nil
	case strings.HasPrefix(encoded, "$argon2id$"):
		p, salt, key, err := decode(encoded)
		if err != nil {
			return false, false, err
		}
		got := argon2.IDKey([]byte(password), salt, p.time, p.memory, p.lanes, uint32(len(key)))
		return subtle.ConstantTimeCompare(got, key) == 1, p != now, nil
	case strings.HasPrefix(encoded, "$2"):
		return verifyBcrypt(encoded, password)
	}
	return false, false, errUnknownHash
}

func verifyBcrypt(encoded, password string) (ok, stale bool, err error) {
	cost, err := bcrypt.Cost([]byte(encoded))
	if err != nil || cost > maxBcryptLog {
		return false, false, errUnknownHash
	}
	b := []byte(password)
	err = bcrypt.CompareHashAndPassword([]byte(encoded), b[:min(len(b), bcryptBytes)])
	if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return false, false, nil
	}
	return err == nil, true, err
}

func decode(encoded string) (p params, salt, key []byte, err error) {
	parts := strings.Split(encoded, "$") // "", argon2id, v=, m=…, salt, key
	if len(parts) != 6 {
		return p, nil, nil, errUnknownHash
	}
	var version int
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return p, nil, nil, errUnknownHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.lanes); err != nil {
		return p, nil, nil, errUnknownHash
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(key) < 16 || len(key) > 64 || p.memory > maxMemory || p.time < 1 || p.time > maxTime || p.lanes < 1 {
		return p, nil, nil, errUnknownHash
	}
	return p, salt, key, nil
}
