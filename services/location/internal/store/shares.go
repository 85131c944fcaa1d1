package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/position"
)

// ErrShareNotFound says that a link does not exist or has ended.
var ErrShareNotFound = errors.New("no such share link")

// Shares reads which share links live. It is safe for concurrent use.
type Shares struct{ client rueidis.Client }

// NewShares starts nothing.
func NewShares(client rueidis.Client) *Shares { return &Shares{client: client} }

// Find is what a token opens. Errors: ErrShareNotFound, position.ErrUnavailable.
func (s *Shares) Find(ctx context.Context, token string) (g wire.ShareGrant, err error) {
	if token == "" || len(token) > 200 {
		return g, ErrShareNotFound
	}
	results := s.client.DoMultiCache(ctx,
		rueidis.CT(s.client.B().Get().Key(wire.KeyShare(wire.HashOfToken(token))).Cache(), redisx.CacheTTL),
		rueidis.CT(s.client.B().Get().Key(wire.KeyRoomCaches).Cache(), redisx.CacheTTL))
	raw, err := results[0].ToString()
	switch {
	case rueidis.IsRedisNil(err) && results[1].Error() != nil:
		return g, position.ErrUnavailable // links are written before the sentinel
	case rueidis.IsRedisNil(err):
		return g, ErrShareNotFound
	case err != nil:
		return g, fmt.Errorf("read a share link: %w", err)
	}
	if err := json.Unmarshal([]byte(raw), &g); err != nil {
		return g, fmt.Errorf("decode a share link: %w", err)
	}
	return g, nil
}
