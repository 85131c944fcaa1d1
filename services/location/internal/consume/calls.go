package consume

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/publish"
	"github.com/wemaps/wemaps/services/location/internal/sos"
)

// Calls changes calls for help; see sos.Service.
type Calls interface {
	Raise(ctx context.Context, room string, who sos.Who, r sos.Request) (call sos.Call, created bool, err error)
	Cancel(ctx context.Context, room string, who sos.Who, id string) (sos.Call, error)
	Answer(ctx context.Context, room string, who sos.Who, id, message string) (sos.Call, error)
}

// Emergencies handles the calls for help that come from sockets. They have a
// stream of their own: each is in Postgres before it is done with, so that no
// crash loses one, and positions wait for none.
type Emergencies struct {
	Client   rueidis.Client
	Instance string
	Rooms    Rooms
	Calls    Calls
	// Deliver tells the room; see publish.Projector. What it cannot do now it will
	// do later.
	Deliver func(ctx context.Context, room string) error
	OnError func(error)
	Now     func() time.Time

	early map[string]bool // entries that rooms were told of while Postgres was away
	done  map[string]bool // of a batch that failed in part
}

const maxEarly = 1000

// Run consumes until ctx ends.
func (e *Emergencies) Run(ctx context.Context) error {
	e.early, e.done = map[string]bool{}, map[string]bool{}
	// One at a time: a call and its cancelling keep their order, and what is done
	// with is trimmed away.
	return redisx.WhileLeased(ctx, e.Client, "lease:location:{sos}", e.Instance, leaseTTL, func(ctx context.Context) error {
		consumer := &redisx.Consumer{Client: e.Client, Stream: wire.StreamCommands(wire.ServiceSOS, 0), Field: wire.CommandField, Group: Group,
			Name: e.Instance, Dead: wire.StreamDead(wire.ServiceLocation), Batch: 16, Exclusive: true, Handle: e.handle, OnError: e.OnError}
		return consumer.Run(ctx)
	}, e.OnError)
}

func (e *Emergencies) handle(ctx context.Context, entries []redisx.Entry) (rejects []redisx.Reject, err error) {
	var failed error
	for _, entry := range entries {
		c, err := wire.ParseCommand(entry.Value)
		switch {
		case e.done[entry.ID]:
		case err != nil:
			rejects = append(rejects, redisx.Reject{Entry: entry, Reason: err.Error()})
		case c.RoomID == "" || c.UserID == "":
			rejects = append(rejects, redisx.Reject{Entry: entry, Reason: "no room or no user"})
		case c.Type != wire.CommandSOS && c.Type != wire.CommandCancelSOS && c.Type != wire.CommandAnswerSOS:
			rejects = append(rejects, redisx.Reject{Entry: entry, Reason: "unknown command type " + c.Type})
		default:
			err := e.one(ctx, entry, &c)
			e.done[entry.ID] = err == nil
			failed = errors.Join(failed, err)
		}
	}
	if failed == nil {
		clear(e.done)
	}
	return rejects, failed // after a crash those that were done are the same calls again
}

// one does a command; an error means that it must come again.
func (e *Emergencies) one(ctx context.Context, entry redisx.Entry, c *wire.Command) error {
	rooms, certain, err := e.Rooms.Find(ctx, []string{c.RoomID})
	if err != nil {
		return err //nolint:wrapcheck // says itself
	}
	room := rooms[0]
	switch {
	case room == nil && !certain:
		return position.ErrUnavailable
	case room == nil:
		err = position.ErrRoomNotFound
	default:
		err = room.Admit(c.UserID, e.Now())
	}
	if err == nil {
		err = e.change(ctx, entry, c, room)
	}
	refusal := refuseCall(err)
	switch {
	case err == nil:
		if err := e.Deliver(ctx, c.RoomID); err != nil {
			e.OnError(err)
		}
		return nil
	case refusal != nil:
		return e.refuse(ctx, c, refusal)
	case c.Type == wire.CommandSOS && !e.early[entry.ID]:
		e.tellEarly(ctx, entry, c)
	}
	return fmt.Errorf("store a call for help: %w", err)
}

func (e *Emergencies) change(ctx context.Context, entry redisx.Entry, c *wire.Command, room *position.Room) error {
	who := sos.Who{ID: c.UserID, Name: c.UserName, Manages: room.Manages(c.UserID), Socket: publish.Socket(c.Origin)}
	if c.Type == wire.CommandSOS {
		request, err := decodeCall(c.Data)
		if err != nil {
			return err
		}
		request.ID = entry.ID
		_, _, err = e.Calls.Raise(ctx, c.RoomID, who, request)
		return err //nolint:wrapcheck // says itself
	}
	var a wire.SOSAnswer
	if json.Unmarshal([]byte(c.Data), &a) != nil || len(a.SOSID) > wire.MaxIDBytes {
		return &sos.InvalidError{Field: "sosId", Rule: "must be a string"}
	}
	var err error
	if c.Type == wire.CommandCancelSOS {
		_, err = e.Calls.Cancel(ctx, c.RoomID, who, a.SOSID)
	} else if a.SOSID == "" {
		err = &sos.InvalidError{Field: "sosId", Rule: "is required"}
	} else {
		message := ""
		if a.Message != nil {
			message = *a.Message
		}
		_, err = e.Calls.Answer(ctx, c.RoomID, who, a.SOSID, message)
	}
	return err //nolint:wrapcheck // says itself
}

func decodeCall(data string) (sos.Request, error) {
	var r wire.SOSRequest
	if err := json.Unmarshal([]byte(data), &r); err != nil {
		field := "the payload"
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) && wrong.Field != "" {
			field = wrong.Field
		}
		return sos.Request{}, &sos.InvalidError{Field: field, Rule: "has the wrong type"}
	}
	return CallOf(&r)
}

// CallOf is the domain's form of a call.
func CallOf(r *wire.SOSRequest) (out sos.Request, err error) {
	if r.Message != nil {
		out.Message = *r.Message
	}
	if (r.Latitude == nil) != (r.Longitude == nil) {
		return out, &sos.InvalidError{Field: "latitude and longitude", Rule: "come together"}
	}
	if r.Latitude == nil {
		return out, nil
	}
	out.Place = &sos.Place{Latitude: *r.Latitude, Longitude: *r.Longitude, Accuracy: -1}
	if r.Accuracy != nil {
		out.Place.Accuracy = *r.Accuracy
	}
	if r.RecordedAt != nil {
		out.Place.At = r.RecordedAt.Time
	}
	return out, nil
}

// refuseCall is what the caller is told; nil = the command must come again.
func refuseCall(err error) *wire.Error {
	var invalid *sos.InvalidError
	var limited *sos.LimitedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &invalid):
		return wire.Invalid(invalid.Field, invalid.Rule)
	case errors.As(err, &limited):
		return wire.NewError(wire.CodeRateLimited).After(limited.Wait)
	case errors.Is(err, sos.ErrNotFound):
		return wire.NewError(wire.CodeSOSNotFound)
	case errors.Is(err, sos.ErrEnded):
		return wire.NewError(wire.CodeSOSEnded)
	case errors.Is(err, sos.ErrForbidden), errors.Is(err, sos.ErrOwn):
		return wire.Errorf(wire.CodeForbidden, "A call for help is cancelled by who called, and answered by somebody else")
	case errors.Is(err, position.ErrRoomNotFound), errors.Is(err, position.ErrRoomClosed), errors.Is(err, position.ErrRoomExpired), errors.Is(err, position.ErrNotMember):
		return toWire(err, wire.CommandSOS)
	}
	return nil
}

func (e *Emergencies) refuse(ctx context.Context, c *wire.Command, refusal *wire.Error) error {
	if c.Origin.EdgeID == "" {
		return nil
	}
	event := map[string]string{wire.CommandSOS: wire.EventSOS, wire.CommandCancelSOS: wire.EventCancelSOS, wire.CommandAnswerSOS: wire.EventAnswerSOS}[c.Type]
	data, err := json.Marshal(refusal.OnSocket(event, c.Origin.Ref, c.RoomID))
	if err != nil {
		return fmt.Errorf("encode a refusal: %w", err)
	}
	envelope := wire.Envelope{Event: wire.EventError, Class: wire.ClassOrdered, UserID: c.UserID, Origin: c.Origin, Data: string(data)}
	send := e.Client.B().Spublish().Channel(wire.ChannelReplies(c.Origin.EdgeID)).Message(envelope.String()).Build()
	if err := e.Client.Do(ctx, send).Error(); err != nil {
		return fmt.Errorf("answer a call for help: %w", err)
	}
	return nil
}

// tellEarly lets the room hear a call while Postgres is away. The id is the
// entry's, and another one than the call gets when it is stored: until then it
// can be neither answered nor cancelled, which state says.
func (e *Emergencies) tellEarly(ctx context.Context, entry redisx.Entry, c *wire.Command) {
	request, err := decodeCall(c.Data)
	if err != nil {
		return
	}
	now := e.Now()
	call := sos.Call{ID: entry.ID, Room: c.RoomID, UserID: c.UserID, UserName: c.UserName, Message: request.Message, Place: request.Place,
		State: sos.Open, RaisedAt: now, UpdatedAt: now}
	news := publish.CallNews(&sos.Change{Call: call})
	send := e.Client.B().Spublish().Channel(wire.ChannelRoom(c.RoomID)).Message(news.Envelope.String()).Build()
	if err := e.Client.Do(ctx, send).Error(); err != nil {
		e.OnError(fmt.Errorf("tell of a call for help: %w", err))
		return
	}
	if len(e.early) >= maxEarly {
		clear(e.early)
	}
	e.early[entry.ID] = true
}
