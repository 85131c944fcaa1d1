package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
)

// SignedIn is the outcome of SignIn and SignUp.
type SignedIn struct {
	User   User
	Tokens Tokens
	IsNew  bool
}

// SignIn lets somebody in by name and, if the name is claimed, password; an
// unknown name becomes an account. password "" means that none was given.
//
// A password for an open name is wrong, whatever it is: whoever types one
// believes the name to be theirs alone, and must learn that it is not.
func (s *Service) SignIn(ctx context.Context, rawName, password string, from Client) (SignedIn, error) {
	name, err := s.name(rawName)
	if err != nil {
		return SignedIn{}, err
	}
	// A second round happens when another sign-in creates the name between our
	// look and our insert, a third when it is erased again right then.
	for range 3 {
		found, err := s.store.UserByKey(ctx, name.Key)
		isNew := errors.Is(err, ErrUserNotFound)
		switch {
		case isNew:
			found, err = s.create(ctx, name, password, from)
			if errors.Is(err, ErrNameTaken) {
				continue
			}
		case err == nil:
			err = s.prove(ctx, found, name.Key, password, from)
		}
		if err != nil {
			return SignedIn{}, err
		}
		tokens, err := s.start(ctx, found.User, from)
		if errors.Is(err, ErrUserNotFound) {
			continue
		}
		return SignedIn{User: found.User, Tokens: tokens, IsNew: isNew}, err
	}
	return SignedIn{}, fmt.Errorf("sign in: the name kept changing hands: %w", ErrInvalidCredentials)
}

// SignUp creates a claimed account.
func (s *Service) SignUp(ctx context.Context, rawName, password string, from Client) (SignedIn, error) {
	name, err := s.name(rawName)
	if err != nil {
		return SignedIn{}, err
	}
	if err := CheckNewPassword("password", password); err != nil {
		return SignedIn{}, err
	}
	if _, err := s.store.UserByKey(ctx, name.Key); err == nil {
		return SignedIn{}, ErrNameTaken
	} else if !errors.Is(err, ErrUserNotFound) {
		return SignedIn{}, err
	}
	created, err := s.create(ctx, name, password, from)
	if err != nil {
		return SignedIn{}, err
	}
	tokens, err := s.start(ctx, created.User, from)
	return SignedIn{User: created.User, Tokens: tokens, IsNew: true}, err
}

// create makes the account; ErrNameTaken when somebody was faster. An account
// costs rows for good, so one network gets only so many in an hour.
func (s *Service) create(ctx context.Context, name Name, password string, from Client) (Credentials, error) {
	if wait := s.throttle.Create(ctx, public(from.Address)); wait > 0 {
		return Credentials{}, &TooManyAccountsError{wait}
	}
	now := s.now()
	c := Credentials{User: User{ID: s.newID(), Name: name.Text, CreatedAt: now, UpdatedAt: now}}
	if password == "" {
		if !s.OpenNames {
			return c, ErrOpenNamesClosed
		}
		return c, s.store.CreateUser(ctx, c, name.Key)
	}
	if err := CheckNewPassword("password", password); err != nil {
		return c, err
	}
	attempt := s.attempt(ctx, "", name.Key, from)
	err := s.hashes.Do(ctx, func(h Hasher) (err error) {
		if wait := s.throttle.Wait(ctx, attempt); wait > 0 {
			return &TooManyAttemptsError{wait}
		}
		// While we waited for the slot, somebody else may have got the name: then
		// a hash for it would be work for nothing.
		if _, err := s.store.UserByKey(ctx, name.Key); err == nil {
			return ErrNameTaken
		} else if !errors.Is(err, ErrUserNotFound) {
			return err
		}
		c.PasswordHash, err = h.Hash(password)
		return err
	})
	if err != nil {
		return c, err
	}
	if err := s.store.CreateUser(ctx, c, name.Key); err != nil {
		return c, err
	}
	return c, s.store.RememberAddress(ctx, c.ID, s.addressHash(c.ID, from), now)
}

// prove checks the password of an account that exists.
func (s *Service) prove(ctx context.Context, c Credentials, key, password string, from Client) error {
	if password == "" {
		switch {
		case !c.Open():
			return ErrPasswordRequired
		case !s.OpenNames:
			return ErrOpenNamesClosed
		}
		return nil
	}
	return s.verify(ctx, c, key, password, from)
}

// verify compares a password, slowed down by earlier failures. The throttle is
// asked and told inside the hash slot: so no burst of parallel guesses slips
// past it between the question and the answer.
func (s *Service) verify(ctx context.Context, c Credentials, key, password string, from Client) error {
	attempt := s.attempt(ctx, c.ID, key, from)
	var fresh string
	err := s.hashes.Do(ctx, func(h Hasher) error {
		if wait := s.throttle.Wait(ctx, attempt); wait > 0 {
			return &TooManyAttemptsError{wait}
		}
		ok, stale, err := h.Verify(c.PasswordHash, password)
		if err != nil {
			return err
		}
		if !ok {
			s.throttle.Failed(ctx, attempt)
			return ErrInvalidCredentials
		}
		s.throttle.Succeeded(ctx, attempt)
		if stale {
			fresh, err = h.Hash(password)
		}
		return err
	})
	if err != nil {
		return err
	}
	if fresh != "" {
		if err := s.store.Rehash(ctx, c.ID, c.PasswordHash, fresh); err != nil {
			return err
		}
	}
	return s.store.RememberAddress(ctx, c.ID, s.addressHash(c.ID, from), s.now())
}

func (s *Service) attempt(ctx context.Context, userID, key string, from Client) Attempt {
	return Attempt{NameKey: key, Address: network(from.Address), Known: func() bool {
		if userID == "" {
			return false
		}
		known, err := s.store.KnowsAddress(ctx, userID, s.addressHash(userID, from))
		return err == nil && known
	}}
}

// addressHash is a keyed hash of user and network.
func (s *Service) addressHash(userID string, from Client) []byte {
	mac := hmac.New(sha256.New, s.Secret)
	mac.Write([]byte("address\x00" + userID + "\x00" + network(from.Address)))
	return mac.Sum(nil)
}

// network is the part of an address that one subscriber holds: an IPv4 address,
// or the /64 of an IPv6 one, within which a host may take any address it likes.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	prefix, err := ip.Prefix(64)
	if err != nil {
		return ""
	}
	return prefix.String()
}

// public is the network of an address, and "" for one that says nothing about
// who is there: a loopback or private address is a neighbour of ours, or a load
// balancer in front of us that nobody declared.
func public(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Unmap().IsLoopback() || ip.Unmap().IsPrivate() {
		return ""
	}
	return network(address)
}
