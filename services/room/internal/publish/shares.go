package publish

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/room/internal/room"
)

// ShareOpened implements room.ShareCache.
func (c *Cache) ShareOpened(ctx context.Context, s room.Share, tokenHash []byte) {
	c.share(ctx, func(ctx context.Context) error {
		return c.writeShares(ctx, []room.LiveShare{{Share: s, TokenHash: tokenHash}}, nil)
	})
}

// ShareEnded implements room.ShareCache.
func (c *Cache) ShareEnded(ctx context.Context, shareID string, tokenHash []byte) {
	c.share(ctx, func(ctx context.Context) error {
		if err := c.writeShares(ctx, nil, [][]byte{tokenHash}); err != nil {
			return err
		}
		return c.Client.Do(ctx, c.Client.B().Spublish().Channel(wire.ChannelShares).Message(shareID).Build()).Error()
	})
}

// share does its best for a moment, even if whoever asked has gone.
func (c *Cache) share(ctx context.Context, write func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), projectTimeout)
	defer cancel()
	if err := write(ctx); err != nil {
		c.Metrics.CacheFailures.Inc()
		c.OnError(fmt.Errorf("write a share link: %w", err))
	}
}

func (c *Cache) writeShares(ctx context.Context, live []room.LiveShare, revoked [][]byte) error {
	cmds := make(rueidis.Commands, 0, len(live)+len(revoked))
	for _, s := range live {
		raw, err := json.Marshal(wire.ShareGrant{ShareID: s.ID, RoomID: s.RoomID, ExpiresAt: wire.At(s.ExpiresAt)})
		if err != nil {
			return fmt.Errorf("encode a share link: %w", err)
		}
		if s.ExpiresAt.Sub(c.Now()) < time.Millisecond {
			continue
		}
		cmds = append(cmds, c.Client.B().Set().Key(wire.KeyShare(hex.EncodeToString(s.TokenHash))).Value(string(raw)).
			PxatMillisecondsTimestamp(s.ExpiresAt.UnixMilli()).Build())
	}
	for _, hash := range revoked {
		cmds = append(cmds, c.Client.B().Del().Key(wire.KeyShare(hex.EncodeToString(hash))).Build())
	}
	return redisx.FirstError(c.Client.DoMulti(ctx, cmds...)) //nolint:wrapcheck // the caller says what was attempted
}
