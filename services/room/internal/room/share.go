package room

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"
)

// Share is a link that shows a room to people without an account, until it expires or is revoked. The secret in the
// link is known to whoever made it only; the store has its hash.
type Share struct {
	ID        string
	RoomID    string
	CreatedBy string // user id
	CreatedAt time.Time
	ExpiresAt time.Time
}

// ShareStore keeps share links. Its Revoke is ErrShareNotFound for a link that is not, or no longer, there.
type ShareStore interface {
	// CreateShare stores a link unless the room has MaxShares live ones: then it is an *InvalidError.
	CreateShare(ctx context.Context, s Share, tokenHash []byte, now time.Time) error
	ListShares(ctx context.Context, roomID string, now time.Time) ([]Share, error)
	RevokeShare(ctx context.Context, roomID, shareID string, now time.Time) (tokenHash []byte, err error)
	// FindShare returns the live link with that hash, or ErrShareNotFound.
	FindShare(ctx context.Context, tokenHash []byte, now time.Time) (Share, error)
}

// ShareCache lets those who cannot ask the store know which links live. It does its best: what is missed is made up for
// by the keeper of the caches.
type ShareCache interface {
	ShareOpened(ctx context.Context, s Share, tokenHash []byte)
	// ShareEnded returns when all who watch by the link have been told to go.
	ShareEnded(ctx context.Context, shareID string, tokenHash []byte)
}

// LiveShare is a link with what names it in the caches.
type LiveShare struct {
	Share
	TokenHash []byte
}

const tokenBytes = 24

// Share makes a link that lives for a number of hours, nil for the default, but not longer than the room. The
// token is shown this once.
func (s *Service) Share(ctx context.Context, userID, id string, life *float64) (Share, string, error) {
	h := float64(DefaultShareHours)
	if life != nil {
		h = *life
	}
	if err := between("expiresIn", h, MinShareHours, MaxShareHours); err != nil {
		return Share{}, "", err
	}
	r, err := s.sharer(ctx, userID, id)
	if err != nil {
		return Share{}, "", err
	}
	now := s.now()
	var raw [tokenBytes]byte
	_, _ = rand.Read(raw[:])
	token := base64.RawURLEncoding.EncodeToString(raw[:])
	share := Share{ID: s.NewID(), RoomID: r.ID, CreatedBy: userID, CreatedAt: now, ExpiresAt: now.Add(hours(h))}
	if share.ExpiresAt.After(r.ExpiresAt) {
		share.ExpiresAt = r.ExpiresAt
	}
	if err := s.Shares.CreateShare(ctx, share, hash(token), now); err != nil {
		return Share{}, "", fmt.Errorf("share room: %w", err)
	}
	s.ShareCache.ShareOpened(ctx, share, hash(token))
	return share, token, nil
}

// ListShares returns the room's live links.
func (s *Service) ListShares(ctx context.Context, userID, id string) ([]Share, error) {
	r, err := s.sharer(ctx, userID, id)
	if err != nil {
		return nil, err
	}
	shares, err := s.Shares.ListShares(ctx, r.ID, s.now())
	if err != nil {
		return nil, fmt.Errorf("list share links: %w", err)
	}
	return shares, nil
}

// RevokeShare ends a link.
func (s *Service) RevokeShare(ctx context.Context, userID, id, shareID string) error {
	r, err := s.sharer(ctx, userID, id)
	if err != nil {
		return err
	}
	if shareID, err = checkID(shareID); err != nil {
		return ErrShareNotFound
	}
	tokenHash, err := s.Shares.RevokeShare(ctx, r.ID, shareID, s.now())
	if err != nil {
		return fmt.Errorf("revoke share link: %w", err)
	}
	s.ShareCache.ShareEnded(ctx, shareID, tokenHash)
	return nil
}

// Shared shows the room that a link leads to, while link and room live.
func (s *Service) Shared(ctx context.Context, token string) (*Room, Share, error) {
	share, err := s.Shares.FindShare(ctx, hash(token), s.now())
	if err != nil {
		return nil, Share{}, fmt.Errorf("open share link: %w", err)
	}
	r, err := s.Store.Get(ctx, share.RoomID)
	if err != nil {
		return nil, Share{}, fmt.Errorf("open share link: %w", err)
	}
	return r, share, r.open(s.now())
}

func (s *Service) sharer(ctx context.Context, userID, id string) (*Room, error) {
	id, err := checkID(id)
	if err != nil {
		return nil, err
	}
	r, err := s.Store.Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("get room: %w", err)
	}
	_, err = r.allowed(userID, s.now(), Owner, Admin)
	return r, err
}

func hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
