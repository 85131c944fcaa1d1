package room

import "crypto/rand"

// NewCode draws a code from the system's cryptographic source; each of the 36^6 is equally likely.
func NewCode() string {
	// 252 is the greatest multiple of 36 in a byte: dropping what lies above keeps every letter equally likely.
	const fair = 256 - 256%len(codeAlphabet)
	code := make([]byte, 0, CodeLength)
	var random [2 * CodeLength]byte
	for {
		_, _ = rand.Read(random[:]) // never fails: it ends the process instead
		for _, b := range random {
			if int(b) < fair {
				code = append(code, codeAlphabet[int(b)%len(codeAlphabet)])
			}
			if len(code) == CodeLength {
				return string(code)
			}
		}
	}
}
