package chaos

import (
	"encoding/json"
	"testing"

	"github.com/wemaps/wemaps/libs/wire"
)

func TestChangesAreKnownByTheirNumbers(t *testing.T) {
	t.Parallel()
	c := newChanges()
	c.now("m", look{content: "hello"})
	c.told("m", look{rev: 1, content: "hi"})
	c.told("n", look{rev: 3, deleted: true})
	if c.upTo != 1 || c.gapAt.IsZero() {
		t.Fatalf("up to %d, gap since %s", c.upTo, c.gapAt)
	}
	c.now("m", look{content: "hello"}) // an old page
	if c.looks["m"].content != "hi" {
		t.Errorf("%s", c.looks["m"])
	}
	raw, err := json.Marshal(wire.Message{ID: "m", Content: "hi", Rev: 2, Reactions: []wire.Reaction{{Emoji: "👍", UserIDs: []string{"b", "a"}}, {Emoji: "🎉", UserIDs: []string{"a"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if !c.caughtUp(wire.ChatHistory{Changed: []json.RawMessage{raw}, Rev: 3}) || c.upTo != 3 || !c.gapAt.IsZero() {
		t.Errorf("up to %d, gap since %s", c.upTo, c.gapAt)
	}
	if want := (look{content: "hi", reactions: "🎉a 👍b,a"}); !c.looks["m"].same(want) {
		t.Errorf("%s, want %s", c.looks["m"], want)
	}
}

// What a client was told that it had done must be found missing if it is.
func TestClaimsAreHeldAgainstWhatIsStored(t *testing.T) {
	t.Parallel()
	edited := claim{content: "hi"}
	deleted := claim{content: "hi", deleted: true}
	reacted := claim{reacted: map[string]bool{"👍": true}}
	withdrawn := claim{reacted: map[string]bool{"👍": false}}
	for name, tc := range map[string]struct {
		claim claim
		is    look
		sound bool
	}{
		"an edit":                    {edited, look{content: "hi"}, true},
		"an edit that is lost":       {edited, look{content: "hello"}, false},
		"deleted after an edit":      {edited, look{deleted: true}, true},
		"a deletion":                 {deleted, look{deleted: true}, true},
		"a deletion that is lost":    {deleted, look{content: "hi"}, false},
		"a reaction":                 {reacted, look{reactions: "👍other,me 🎉x"}, true},
		"a reaction that is lost":    {reacted, look{reactions: "👍other 🎉me"}, false},
		"taken back":                 {withdrawn, look{reactions: "👍other"}, true},
		"taken back, and back again": {withdrawn, look{reactions: "👍me"}, false},
	} {
		if what := tc.claim.missing(tc.is, "me"); (what == "") != tc.sound {
			t.Errorf("%s: %q", name, what)
		}
	}
}

func TestAnAckedChangeIsAClaim(t *testing.T) {
	t.Parallel()
	p := &person{books: map[string]*book{"r": newBook("me", "r", &verdict{})}}
	queue := func(o outgoing) {
		o.room, o.clientID, o.change = "r", "ref", "m"
		p.pending = append(p.pending, &o)
	}
	queue(outgoing{kind: wire.EventEditMessage, content: "hi"})
	p.hearChange("r", "m", "", func(look) look { return look{rev: 1, content: "hi"} })
	if len(p.pending) != 1 || len(p.books["r"].changes.mine) != 0 {
		t.Fatal("somebody else's change was taken for an answer")
	}
	p.hearChange("r", "m", "ref", func(look) look { return look{rev: 1, content: "hi"} })
	queue(outgoing{kind: wire.EventReactToMessage, content: "👍"})
	p.hearChange("r", "m", "ref", func(old look) look { return look{rev: 2, content: old.content, reactions: "👍me"} })
	if mine := p.books["r"].changes.mine["m"]; len(p.pending) != 0 || mine.content != "hi" || !mine.reacted["👍"] || mine.rev != 2 {
		t.Errorf("%d pending, %+v", len(p.pending), mine)
	}
}
