package account

import (
	"context"
	"errors"
)

// User returns anybody's public account: ErrUserNotFound.
func (s *Service) User(ctx context.Context, id string) (User, error) {
	c, err := s.store.UserByID(ctx, id)
	return c.User, err
}

// Rename changes one's name: *NameError, ErrNameTaken.
func (s *Service) Rename(ctx context.Context, userID, rawName string) (User, error) {
	name, err := s.name(rawName)
	if err != nil {
		return User{}, err
	}
	u, err := s.store.Rename(ctx, userID, name, s.now())
	if err == nil {
		s.announce.Renamed(ctx, u.ID, u.Name)
	}
	return u, err
}

// SetPassword claims an open name or changes a password, and ends all other
// sessions: whoever else was signed in has no business there any more.
func (s *Service) SetPassword(ctx context.Context, userID, sessionID, current, password string, from Client) error {
	if err := CheckNewPassword("newPassword", password); err != nil {
		return err
	}
	c, err := s.confirm(ctx, userID, current, from)
	if err != nil {
		return err
	}
	var hash string
	if err := s.hashes.Do(ctx, func(h Hasher) (err error) { hash, err = h.Hash(password); return err }); err != nil {
		return err
	}
	ended, err := s.store.SetPassword(ctx, userID, c.PasswordHash, hash, sessionID, s.now())
	if err != nil {
		return err
	}
	s.announce.Revoked(ctx, ended)
	return s.store.RememberAddress(ctx, userID, s.addressHash(userID, from), s.now())
}

// Erase deletes the account and everything that belongs to it, for good.
func (s *Service) Erase(ctx context.Context, userID, password string, from Client) error {
	if _, err := s.confirm(ctx, userID, password, from); err != nil {
		return err
	}
	now := s.now()
	if err := s.store.Erase(ctx, userID, now); err != nil {
		return err
	}
	s.announce.Erased(ctx, userID, now.Add(s.TokenTTL))
	return nil
}

// confirm asks for the password again before what cannot be undone, so that a
// phone left unlocked, or a stolen token, cannot take the account away.
func (s *Service) confirm(ctx context.Context, userID, password string, from Client) (Credentials, error) {
	c, err := s.store.UserByID(ctx, userID)
	if err != nil || c.Open() {
		return c, err
	}
	if password == "" {
		return c, ErrPasswordRequired
	}
	name, err := s.name(c.Name)
	if err != nil {
		return c, err
	}
	if err := s.verify(ctx, c, name.Key, password, from); err != nil {
		return c, err
	}
	// The hash may just have been made anew.
	return s.store.UserByID(ctx, userID)
}

// Export returns everything known of a user.
func (s *Service) Export(ctx context.Context, userID string) (Export, error) {
	c, err := s.store.UserByID(ctx, userID)
	sessions, err2 := s.store.Sessions(ctx, userID, s.now())
	devices, err3 := s.store.Devices(ctx, userID)
	return Export{Credentials: c, Sessions: sessions, Devices: devices}, errors.Join(err, err2, err3)
}
