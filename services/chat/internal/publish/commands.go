package publish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
)

// maxWaiting is how many commands a partition may hold, and stallAfter how long
// the oldest may wait, before new ones are refused: better a clear refusal than
// an answer that nobody waits for. With Postgres away nothing is handled.
const (
	maxWaiting = 100_000
	stallAfter = 3 * time.Second
)

// Commands sends commands through the chat streams, as an edge does, and waits
// for their replies: REST and sockets share the one writer of a room.
type Commands struct {
	client     rueidis.Client
	partitions int
	id         string // names the reply channel
	onError    func(error)

	ready   chan struct{}
	once    sync.Once
	mu      sync.Mutex
	waiting map[string]chan wire.Envelope
}

// NewCommands starts nothing; replies arrive while Run runs.
func NewCommands(client rueidis.Client, partitions int, instanceID string, onError func(error)) *Commands {
	return &Commands{client: client, partitions: partitions, id: "chat-" + instanceID, onError: onError,
		ready: make(chan struct{}), waiting: map[string]chan wire.Envelope{}}
}

// Run receives replies until ctx ends.
func (c *Commands) Run(ctx context.Context) error {
	redisx.Subscribe(ctx, c.client, wire.ChannelReplies(c.id), func() { c.once.Do(func() { close(c.ready) }) }, c.receive, c.onError)
	return nil
}

// Do sends cmd and returns its reply. ref must be unique. An `error` reply
// comes as *wire.Error. When ctx ends first the command may still take effect.
func (c *Commands) Do(ctx context.Context, ref string, cmd wire.Command) (wire.Envelope, error) {
	select {
	case <-c.ready:
	case <-ctx.Done():
		return wire.Envelope{}, wire.NewError(wire.CodeUnavailable).Because(errors.New("no reply channel")).After(2 * time.Second)
	}
	reply := make(chan wire.Envelope, 1)
	c.mu.Lock()
	c.waiting[ref] = reply
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.waiting, ref)
		c.mu.Unlock()
	}()
	cmd.Origin = wire.Origin{EdgeID: c.id, SocketID: ref, Ref: ref}
	if err := c.Append(ctx, cmd); err != nil {
		return wire.Envelope{}, err
	}
	select {
	case e := <-reply:
		return e, replyError(e)
	case <-ctx.Done():
		return wire.Envelope{}, wire.NewError(wire.CodeTimeout).Because(ctx.Err())
	}
}

// Append sends commands in their order and waits for no reply. After an error
// some of them may have been sent.
func (c *Commands) Append(ctx context.Context, cmds ...wire.Command) error {
	var streams []string
	values := map[string][]string{}
	for _, cmd := range cmds {
		stream := wire.StreamCommands(wire.ServiceChat, wire.Partition(cmd.RoomID, c.partitions))
		if values[stream] == nil {
			streams = append(streams, stream)
		}
		values[stream] = append(values[stream], cmd.String())
	}
	depths, err := redisx.Depths(ctx, c.client, streams...)
	if err != nil {
		return wire.NewError(wire.CodeUnavailable).Because(fmt.Errorf("send command: %w", err)).After(2 * time.Second)
	}
	for _, d := range depths {
		if d.Entries >= maxWaiting || d.Oldest > stallAfter {
			return wire.NewError(wire.CodeUnavailable).Because(fmt.Errorf("%d commands wait, the oldest for %s", d.Entries, d.Oldest)).After(2*time.Second + rand.N(time.Second))
		}
	}
	for _, stream := range streams {
		if err := c.add(ctx, stream, values[stream]); err != nil {
			return wire.NewError(wire.CodeUnavailable).Because(fmt.Errorf("send command: %w", err)).After(2 * time.Second)
		}
	}
	return nil
}

// addAll appends entries at one moment: after each command Redis wakes whoever waits
// for a stream, who would take the first entry alone, and the others in a second
// transaction.
var addAll = rueidis.NewLuaScript(`for i = 2, #ARGV do redis.call('XADD', KEYS[1], '*', ARGV[1], ARGV[i]) end return 0`)

func (c *Commands) add(ctx context.Context, stream string, values []string) error {
	if len(values) > 1 {
		return addAll.Exec(ctx, c.client, []string{stream}, append([]string{wire.CommandField}, values...)).Error()
	}
	return c.client.Do(ctx, c.client.B().Xadd().Key(stream).Id("*").FieldValue().FieldValue(wire.CommandField, values[0]).Build()).Error()
}

func (c *Commands) receive(payload string) {
	wire.EachEnvelope(payload, func(e wire.Envelope, err error) {
		if err != nil {
			c.onError(fmt.Errorf("reply: %w", err))
			return
		}
		c.mu.Lock()
		reply := c.waiting[e.Origin.Ref]
		c.mu.Unlock()
		if reply == nil {
			return // its request has ended
		}
		select {
		case reply <- e:
		default: // a second reply to the same command says the same
		}
	})
}

func replyError(e wire.Envelope) error {
	if e.Event != wire.EventError {
		return nil
	}
	var se wire.SocketError
	if err := json.Unmarshal([]byte(e.Data), &se); err != nil {
		return fmt.Errorf("reply: %w", err)
	}
	return wire.Errorf(se.Code, "%s", se.Message).After(time.Duration(se.RetryAfterMs) * time.Millisecond)
}
