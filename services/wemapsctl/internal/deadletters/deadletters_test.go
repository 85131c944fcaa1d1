package deadletters

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

// kit is a Redis with dead letters that a real consumer has written.
type kit struct {
	*Store
	t *testing.T
}

var command = wire.Command{Type: wire.CommandSend, RoomID: "room-1", UserID: "user-1", UserName: "Ana", Received: time.UnixMilli(1763850000123),
	Origin: wire.Origin{EdgeID: "edge-1", SocketID: "socket-1", Ref: "7"}, Data: `{"roomId":"room-1","content":"hi"}`}

func newKit(t *testing.T, values ...string) kit {
	t.Helper()
	client, err := redisx.Open(t.Context(), "redis://"+testenv.Redis(t), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	k := kit{&Store{Client: client}, t}
	stream := wire.StreamCommands(wire.ServiceChat, 2)
	for _, v := range values {
		if err := client.Do(t.Context(), client.B().Xadd().Key(stream).Id("*").FieldValue().FieldValue(wire.CommandField, v).Build()).Error(); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	consumer := &redisx.Consumer{Client: client, Stream: stream, Field: wire.CommandField, Group: "chat", Name: "test", Dead: wire.StreamDead("chat"), Exclusive: true,
		OnError: func(error) {}, Handle: func(_ context.Context, batch []redisx.Entry) (rejects []redisx.Reject, _ error) {
			for _, e := range batch {
				rejects = append(rejects, redisx.Reject{Entry: e, Reason: "it is bad"})
			}
			return rejects, nil
		}}
	done := make(chan error, 1)
	go func() { done <- consumer.Run(ctx) }()
	testenv.Eventually(t, 10*time.Second, "the consumer did not reject", func() bool {
		n, err := client.Do(t.Context(), client.B().Xlen().Key(stream).Build()).AsInt64()
		return err == nil && n == 0 && len(k.letters()) == len(values)
	})
	cancel()
	<-done
	return k
}

func (k kit) letters() []Letter {
	k.t.Helper()
	letters, err := k.List(k.t.Context(), Services...)
	if err != nil {
		k.t.Fatal(err)
	}
	return letters
}

func (k kit) stream() []string {
	k.t.Helper()
	entries, err := k.Client.Do(k.t.Context(), k.Client.B().Xrange().Key(wire.StreamCommands(wire.ServiceChat, 2)).Start("-").End("+").Build()).AsXRange()
	if err != nil {
		k.t.Fatal(err)
	}
	var values []string
	for _, e := range entries {
		values = append(values, e.FieldValues[wire.CommandField])
	}
	return values
}

func (k kit) run(args ...string) (string, error) {
	var out bytes.Buffer
	err := run(k.t.Context(), k.Store, args, &out)
	return out.String(), err
}

func TestListShowsReasonCommandAndTime(t *testing.T) {
	t.Parallel()
	k := newKit(t, command.String(), "nonsense")
	out, err := k.run("list")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{k.letters()[0].Name(), "it is bad", "cmd:chat:{2}", "send in room room-1 by Ana (user-1)", "2025-11-22T22:20:00.123Z",
		"edge edge-1 socket socket-1 ref 7", command.Data, `"nonsense"`, "given up 2"} {
		if !strings.Contains(out, want) {
			t.Errorf("the list does not show %q:\n%s", want, out)
		}
	}
	if out, err := k.run("list", "--service", "location"); err != nil || out != "no dead letters\n" {
		t.Errorf("location has %q, %v", out, err)
	}
	if _, err := k.run("list", "--service", "edge"); err == nil {
		t.Error("a service without dead letters is accepted")
	}
}

func TestRetryAppendsToTheStreamAgain(t *testing.T) {
	t.Parallel()
	k := newKit(t, command.String(), "second", "third")
	if _, err := k.run("retry", k.letters()[1].Name()); err != nil {
		t.Fatal(err)
	}
	if got := k.stream(); len(got) != 1 || got[0] != "second" {
		t.Fatalf("the stream holds %q", got)
	}
	if _, err := k.run("retry", "--all"); err != nil {
		t.Fatal(err)
	}
	if got := k.stream(); len(got) != 3 || got[1] != command.String() || got[2] != "third" {
		t.Errorf("the stream holds %q", got)
	}
	if left := k.letters(); len(left) != 0 {
		t.Errorf("left over: %+v", left)
	}
}

func TestDropWantsToBeSure(t *testing.T) {
	t.Parallel()
	k := newKit(t, "1", "2", "3")
	if _, err := k.run("drop", k.letters()[0].Name()); err != nil {
		t.Fatal(err)
	}
	if left := k.letters(); len(left) != 2 || left[0].Value != "2" {
		t.Fatalf("left over: %+v", left)
	}
	for _, args := range [][]string{{"drop"}, {"drop", "--all"}, {"drop", "--all", "--yes", "chat/1-0"}, {"drop", "1-0"}, {"drop", "chat/1-0"}, {"forget"}, {}} {
		if _, err := k.run(args...); err == nil {
			t.Errorf("%q succeeds", args)
		}
	}
	if left := k.letters(); len(left) != 2 {
		t.Fatalf("left over: %+v", left)
	}
	if _, err := k.run("drop", "--all", "--yes"); err != nil {
		t.Fatal(err)
	}
	if left := k.letters(); len(left) != 0 || len(k.stream()) != 0 {
		t.Errorf("left over: %+v, in the stream: %q", left, k.stream())
	}
}

// An event again would reach services that have handled it, after newer ones.
func TestEventsAreNotRetried(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	add := k.Client.B().Xadd().Key(wire.StreamDead("chat")).Id("*").FieldValue().FieldValue("stream", wire.StreamRoom).FieldValue("value", "{}").Build()
	if err := k.Client.Do(t.Context(), add).Error(); err != nil {
		t.Fatal(err)
	}
	if _, err := k.run("retry", "--all"); !errors.Is(err, ErrEvent) {
		t.Errorf("got %v", err)
	}
	if len(k.letters()) != 1 {
		t.Error("the letter is gone")
	}
}
