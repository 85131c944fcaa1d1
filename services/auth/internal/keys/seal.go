// Package keys holds the signing keys: it makes, seals, rotates and publishes
// them, and signs tokens with the current one.
package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// SecretBytes is the length of AUTH_KEY_SECRET.
const SecretBytes = 32

// ParseSecret reads AUTH_KEY_SECRET: 32 bytes in base64.
func ParseSecret(encoded string) ([]byte, error) {
	secret, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(secret) != SecretBytes {
		return nil, errors.New("must be 32 bytes in base64: openssl rand -base64 32")
	}
	var sum byte
	for _, b := range secret {
		sum |= b ^ secret[0]
	}
	if sum == 0 {
		return nil, errors.New("must be random: openssl rand -base64 32")
	}
	return secret, nil
}

// Derive makes a key of 32 bytes for one purpose out of the secret (HKDF,
// RFC 5869), so that no two purposes ever share one.
func Derive(secret []byte, purpose string) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "wemaps auth: "+purpose, SecretBytes)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	return key, nil
}

// sealer encrypts private keys for the database.
type sealer struct{ aead cipher.AEAD }

func newSealer(secret []byte) (sealer, error) {
	key, err := Derive(secret, "signing keys")
	if err != nil {
		return sealer{}, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, fmt.Errorf("cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return sealer{}, fmt.Errorf("cipher: %w", err)
	}
	return sealer{aead}, nil
}

// seal binds the ciphertext to id, so that rows cannot be swapped.
func (s sealer) seal(id string, private []byte) []byte {
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails since Go 1.24
	return s.aead.Seal(nonce, nonce, private, []byte(id))
}

func (s sealer) open(id string, sealed []byte) ([]byte, error) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return nil, fmt.Errorf("signing key %s: too short", id)
	}
	private, err := s.aead.Open(nil, sealed[:n], sealed[n:], []byte(id))
	if err != nil {
		return nil, fmt.Errorf("signing key %s was sealed with another AUTH_KEY_SECRET", id)
	}
	return private, nil
}
