package account

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// DevicePrefix begins every device token.
const DevicePrefix = "wm_dev_"

// Bounds of device tokens.
const (
	MaxDevices     = 20 // per user
	MaxDeviceName  = 50 // characters
	MaxDeviceRooms = 20
)

// CreateDevice makes a device token; the token is told this once. rooms are
// room ids; whether the user is in them is checked where the token is used,
// since that changes.
func (s *Service) CreateDevice(ctx context.Context, userID, rawName string, rooms []string) (Device, string, error) {
	name := strings.TrimSpace(rawName)
	if n := utf8.RuneCountInString(name); n < 1 || n > MaxDeviceName || strings.ContainsFunc(name, unicode.IsControl) {
		return Device{}, "", &FieldError{"name", fmt.Sprintf("must have 1 to %d characters", MaxDeviceName)}
	}
	if len(rooms) > MaxDeviceRooms {
		return Device{}, "", &FieldError{"rooms", fmt.Sprintf("must list at most %d rooms", MaxDeviceRooms)}
	}
	for _, id := range rooms {
		if !ValidID(id) {
			return Device{}, "", &FieldError{"rooms", "must be room ids"}
		}
	}
	if rooms == nil {
		rooms = []string{}
	}
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24
	token := DevicePrefix + base64.RawURLEncoding.EncodeToString(random[:])
	d := Device{ID: s.newID(), UserID: userID, Name: name, Rooms: rooms, CreatedAt: s.now()}
	return d, token, s.store.CreateDevice(ctx, d, hashToken(token), MaxDevices)
}

// Devices lists device tokens, newest first.
func (s *Service) Devices(ctx context.Context, userID string) ([]Device, error) {
	return s.store.Devices(ctx, userID)
}

// RevokeDevice ends a device token.
func (s *Service) RevokeDevice(ctx context.Context, userID, deviceID string) error {
	return s.store.RevokeDevice(ctx, userID, deviceID)
}

// ValidID tells whether id is a UUID in its canonical form.
func ValidID(id string) bool {
	if len(id) != 36 {
		return false
	}
	for i, r := range id {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if r != '-' {
				return false
			}
			continue
		}
		if (r < '0' || r > '9') && (r < 'a' || r > 'f') {
			return false
		}
	}
	return true
}
