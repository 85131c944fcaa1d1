package consume

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
)

// AccountRooms is what follows in rooms from what happens to accounts. Both may be repeated.
type AccountRooms interface {
	Renamed(ctx context.Context, userID, name string) error
	Erased(ctx context.Context, userID string) error
}

// Accounts follows renamed and erased accounts.
type Accounts struct {
	Client  rueidis.Client
	Rooms   AccountRooms
	Name    string // of this consumer
	OnError func(error)
}

// Run consumes until ctx ends.
func (a *Accounts) Run(ctx context.Context) error {
	consumer := redisx.Consumer{Client: a.Client, Stream: wire.StreamAuth, Field: wire.StreamField, Group: "room", Name: a.Name,
		Dead: wire.StreamDead("room"), Handle: a.handle, OnError: a.OnError}
	if err := consumer.Run(ctx); err != nil {
		return fmt.Errorf("follow accounts: %w", err)
	}
	return nil
}

func (a *Accounts) handle(ctx context.Context, batch []redisx.Entry) ([]redisx.Reject, error) {
	var rejects []redisx.Reject
	for _, e := range batch {
		var event wire.AuthEvent
		if err := json.Unmarshal([]byte(e.Value), &event); err != nil {
			rejects = append(rejects, redisx.Reject{Entry: e, Reason: err.Error()})
			continue
		}
		var err error
		switch event.Type {
		case wire.AuthEventRenamed:
			err = a.Rooms.Renamed(ctx, event.UserID, event.UserName)
		case wire.AuthEventErased:
			err = a.Rooms.Erased(ctx, event.UserID)
		}
		if err != nil {
			return nil, err
		}
	}
	return rejects, nil
}
