package wire

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestCommandAndEnvelopeRoundTrip(t *testing.T) {
	t.Parallel()
	text := rapid.StringMatching(`[^\t\n]{0,40}`)
	rapid.Check(t, func(t *rapid.T) {
		c := Command{Type: text.Draw(t, "type"), RoomID: text.Draw(t, "room"), UserID: text.Draw(t, "user"), UserName: text.Draw(t, "name"),
			Origin:   Origin{text.Draw(t, "edge"), text.Draw(t, "socket"), text.Draw(t, "ref")},
			Received: time.UnixMilli(rapid.Int64Range(0, 1<<45).Draw(t, "ms")).UTC(), Data: text.Draw(t, "data")}
		got, err := ParseCommand(c.String())
		if err != nil || got != c {
			t.Fatalf("got %+v (%v), want %+v", got, err, c)
		}
		e := Envelope{Event: text.Draw(t, "event"), Class: rapid.SampledFrom([]Class{ClassOrdered, ClassPosition, ClassTransient}).Draw(t, "class"),
			UserID: c.UserID, Origin: c.Origin, Seq: rapid.Int64().Draw(t, "seq"), Ack: text.Draw(t, "ack"), Data: c.Data}
		if head, tail := e.Split(); head+"\t"+tail != e.String() {
			t.Fatalf("%q and %q are not the line %q", head, tail, e.String())
		}
		e.Offset = text.Draw(t, "offset")
		n := 0
		EachEnvelope(JoinEnvelopes([]Envelope{e, e}), func(got Envelope, err error) {
			n++
			if err != nil || got != e {
				t.Fatalf("got %+v (%v), want %+v", got, err, e)
			}
		})
		if n != 2 {
			t.Fatalf("%d envelopes came back, want 2", n)
		}
	})
}

func TestFieldsCannotBreakTheFraming(t *testing.T) {
	t.Parallel()
	c := Command{Type: CommandSend, UserName: "a\tb\nc", Data: "{\n\t\"x\": 1}"}
	line := c.String()
	if strings.Count(line, "\t") != commandFields-1 || strings.Contains(line, "\n") {
		t.Fatalf("framing broken: %q", line)
	}
	got, err := ParseCommand(line)
	if err != nil || got.UserName != "a b c" {
		t.Fatalf("got %+v, %v", got, err)
	}
}

func FuzzParseLines(f *testing.F) {
	f.Add(Command{Type: CommandUpdate, Data: "{}"}.String())
	f.Add(Envelope{Event: EventNewMessage, Class: ClassOrdered, Data: "{}"}.String())
	f.Fuzz(func(_ *testing.T, line string) {
		_, _ = ParseCommand(line)
		EachEnvelope(line, func(Envelope, error) {})
	})
}

func TestRegistryIsUniqueAndComplete(t *testing.T) {
	t.Parallel()
	seen := map[Code]bool{}
	for _, r := range Registrations() {
		if seen[r.Code] {
			t.Errorf("%s is registered twice", r.Code)
		}
		seen[r.Code] = true
		if r.Status < 400 || r.Status > 599 || r.Text == "" {
			t.Errorf("%s has status %d and text %q", r.Code, r.Status, r.Text)
		}
	}
	if Lookup("NO_SUCH_CODE").Code != CodeInternal {
		t.Error("an unknown code must be treated as internal")
	}
}
