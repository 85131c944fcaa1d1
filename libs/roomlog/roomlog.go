// Package roomlog publishes what a room's sockets must hear in order, and keeps
// it for two minutes, so that a client that was away can be told what it missed
// by whichever edge it comes back to.
package roomlog

import (
	"context"
	"crypto/sha1" //nolint:gosec // Redis names scripts by SHA-1
	_ "embed"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/wire"
)

// Lua defines ordered(log, channel, lines) for scripts that publish by
// themselves; lines are what Envelope.Split returns, one after the other.
//
//go:embed roomlog.lua
var Lua string

var (
	script = Lua + "\nreturn ordered(KEYS[1], KEYS[2], ARGV)\n"
	sha    = func() string {
		sum := sha1.Sum([]byte(script)) //nolint:gosec // see above
		return hex.EncodeToString(sum[:])
	}()
)

// Publish logs envelopes of class ClassOrdered and publishes them as one
// message. The command may be sent again; Do knows how.
func Publish(client rueidis.Client, roomID string, envelopes ...wire.Envelope) rueidis.Completed {
	args := make([]string, 0, 2*len(envelopes))
	for _, e := range envelopes {
		head, tail := e.Split()
		args = append(args, head, tail)
	}
	return client.B().Evalsha().Sha1(sha).Numkeys(2).Key(wire.KeyRoomLog(roomID), wire.ChannelRoom(roomID)).Arg(args...).Build().Pin()
}

// Load makes the script known to Redis.
func Load(ctx context.Context, client rueidis.Client) error {
	for _, node := range client.Nodes() {
		if err := node.Do(ctx, node.B().ScriptLoad().Script(script).Build()).Error(); err != nil {
			return fmt.Errorf("load the log's script: %w", err)
		}
	}
	return nil
}

// Script is Load as one command, for those that send it in a pipeline.
func Script(client rueidis.Client) rueidis.Completed {
	return client.B().ScriptLoad().Script(script).Build()
}

// Unknown tells whether Redis has forgotten the script, or never knew it.
func Unknown(err error) bool {
	re, ok := rueidis.IsRedisErr(err)
	return ok && re.IsNoScript()
}

// Do sends a pipeline with commands of Publish in it, and those that failed
// because Redis did not know the script once more. Their results are then those
// of the second time.
func Do(ctx context.Context, client rueidis.Client, cmds rueidis.Commands) []rueidis.RedisResult {
	results := client.DoMulti(ctx, cmds...)
	var again rueidis.Commands
	var at []int
	for i, r := range results {
		if Unknown(r.Error()) {
			again, at = append(again, cmds[i]), append(at, i)
		}
	}
	if len(again) == 0 || Load(ctx, client) != nil {
		return results // with what is wrong
	}
	for i, r := range client.DoMulti(ctx, again...) {
		results[at[i]] = r
	}
	return results
}

// Since reads the envelopes of a room after offset. ok is false when the log
// does not reach back that far, or offset is none. told is the newest chat
// sequence number at or shortly before offset, as far as the log knows.
func Since(ctx context.Context, client rueidis.Client, roomID, offset string) (missed []wire.Envelope, told int64, ok bool, err error) {
	if !Valid(offset) {
		return nil, 0, false, nil
	}
	key := wire.KeyRoomLog(roomID)
	results := client.DoMulti(ctx,
		client.B().Xrange().Key(key).Start("("+offset).End("+").Build(),
		client.B().Xrevrange().Key(key).End(offset).Start("-").Count(lookBack).Build())
	after, err := results[0].AsXRange()
	if err != nil {
		return nil, 0, false, fmt.Errorf("read the log: %w", err)
	}
	before, err := results[1].AsXRange()
	if err != nil {
		return nil, 0, false, fmt.Errorf("read the log: %w", err)
	}
	switch {
	case len(before) > 0 && before[0].ID == offset:
	case len(after) > 0 && after[0].FieldValues["p"] == offset:
	default:
		return nil, 0, false, nil
	}
	for _, entry := range before {
		if e, err := wire.ParseEnvelope(entry.FieldValues["l"]); err == nil && (e.Event == wire.EventNewMessage || e.Event == wire.EventSystemMessage) {
			told = max(told, e.Seq)
		}
	}
	for _, entry := range after {
		e, err := wire.ParseEnvelope(entry.FieldValues["l"])
		if err != nil {
			return nil, 0, false, fmt.Errorf("read the log: %w", err)
		}
		e.Offset = entry.ID
		missed = append(missed, e)
	}
	return missed, told, true, nil
}

// lookBack is how far back a message that was published twice is recognized.
const lookBack = 64

// Valid tells whether offset may be one.
func Valid(offset string) bool {
	_, _, ok := parse(offset)
	return ok
}

// After tells whether offset a comes after b; both must be valid, or b "".
func After(a, b string) bool {
	aMs, aSeq, _ := parse(a)
	bMs, bSeq, _ := parse(b)
	return aMs > bMs || aMs == bMs && aSeq > bSeq
}

func parse(offset string) (ms, seq uint64, ok bool) {
	if len(offset) > 41 { // two numbers of 20 digits
		return 0, 0, false
	}
	m, s, found := strings.Cut(offset, "-")
	ms, err1 := strconv.ParseUint(m, 10, 64)
	seq, err2 := strconv.ParseUint(s, 10, 64)
	return ms, seq, found && err1 == nil && err2 == nil
}
