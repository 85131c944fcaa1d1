package chaos

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/client"
)

func TestASeedReproducesTheSchedule(t *testing.T) {
	t.Parallel()
	deal := func(seed uint64) (out []string) {
		s := newSchedule(seed, faults())
		for range 200 {
			for _, in := range s.next() {
				out = append(out, fmt.Sprint(in.fault.name, in.pick, in.hold))
			}
		}
		return out
	}
	if !slices.Equal(deal(7), deal(7)) {
		t.Error("the same seed deals different faults")
	}
	if slices.Equal(deal(7), deal(8)) {
		t.Error("different seeds deal the same faults")
	}
}

func TestTheScheduleCoversAllAndCombinesWithCare(t *testing.T) {
	t.Parallel()
	all := faults()
	s := newSchedule(1, all)
	alone, pairs := map[string]int{}, 0
	for range 3 * len(all) {
		r := s.next()
		for _, in := range r {
			if in.hold < in.fault.shortest || in.hold > in.fault.longest {
				t.Errorf("%s for %s", in.fault.name, in.hold)
			}
		}
		if len(r) == 1 {
			alone[r[0].fault.name]++
			continue
		}
		pairs++
		for _, touched := range r[0].fault.touches {
			if slices.Contains(r[1].fault.touches, touched) || r[0].fault.alone || r[1].fault.alone {
				t.Errorf("%s do not go together", r)
			}
		}
	}
	for _, f := range all {
		if alone[f.name] < 1 {
			t.Errorf("%s never came alone", f.name)
		}
	}
	if pairs < len(all)/2 {
		t.Errorf("%d pairs", pairs)
	}
}

func TestFaultsAreChosenByName(t *testing.T) {
	t.Parallel()
	chosen, err := chooseFaults("kill-chat, redis-wiped,kill-chat")
	if err != nil || len(chosen) != 2 || chosen[1].name != "redis-wiped" {
		t.Errorf("%v, %v", chosen, err)
	}
	if _, err := chooseFaults("earthquake"); err == nil {
		t.Error("an unknown fault is accepted")
	}
}

func message(seq int64) wire.Message {
	return wire.Message{Seq: seq, ID: fmt.Sprint("id", seq), ClientID: fmt.Sprint("c", seq), UserID: "u"}
}

func log(n int64) (messages []stored) {
	for seq := int64(1); seq <= n; seq++ {
		m := message(seq)
		messages = append(messages, stored{seq: seq, id: m.ID, sender: m.UserID, key: m.ClientID})
	}
	return messages
}

// Whoever looks for broken promises must find each kind of them, and none in
// what is in order.
func TestTheLedgerFindsEachKindOfLie(t *testing.T) {
	t.Parallel()
	hear := func(b *book, seqs ...int64) {
		for _, seq := range seqs {
			b.live(message(seq))
		}
	}
	for name, tc := range map[string]struct {
		tell func(b *book)
		want []kind
	}{
		"in order":                {func(b *book) { hear(b, 1, 2, 3) }, nil},
		"again after a reconnect": {func(b *book) { hear(b, 1, 2); b.reconnected(true); hear(b, 2, 3) }, nil},
		"missed, then live":       {func(b *book) { hear(b, 1); b.reconnected(true); b.page([]wire.Message{message(2)}); hear(b, 3) }, nil},
		"live, then missed":       {func(b *book) { hear(b, 1); b.reconnected(false); hear(b, 3); b.page([]wire.Message{message(2)}) }, nil},
		"ack of a retry":          {func(b *book) { hear(b, 1, 2); b.ack(message(1), false, time.Now()) }, nil},
		"retry acked before page": {func(b *book) { b.ack(message(2), false, time.Now()); b.page([]wire.Message{message(1), message(2)}) }, nil},
		"twice":                   {func(b *book) { hear(b, 1, 1) }, []kind{kindDoubled}},
		"own message twice":       {func(b *book) { b.ack(message(1), true, time.Now()); hear(b, 1) }, []kind{kindDoubled}},
		"live and in the page":    {func(b *book) { hear(b, 1); b.page([]wire.Message{message(1)}) }, []kind{kindDoubled}},
		"swapped":                 {func(b *book) { hear(b, 2, 1) }, []kind{kindDisorder}},
		"page too late":           {func(b *book) { b.reconnected(true); hear(b, 2); b.page([]wire.Message{message(1)}) }, []kind{kindDisorder}},
		"another id for a seq":    {func(b *book) { hear(b, 1); b.reconnected(true); m := message(1); m.ID = "other"; b.live(m) }, []kind{kindDisorder, kindLost}},
		"two seqs for a clientId": {func(b *book) {
			b.ack(message(1), true, time.Now())
			m := message(2)
			m.ClientID = "c1"
			b.ack(m, true, time.Now())
		}, []kind{kindDoubled}},
		"acked and not there":      {func(b *book) { b.ack(message(4), true, time.Now()) }, []kind{kindLost, kindLost}},
		"heard and not there":      {func(b *book) { hear(b, 4) }, []kind{kindLost}},
		"acked as somebody else's": {func(b *book) { m := message(1); m.ClientID = "mine"; b.ack(m, true, time.Now()) }, []kind{kindLost}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := &verdict{}
			b := newBook("client", "room", v)
			tc.tell(b)
			checkBook(b, "u", log(3))
			var got []kind
			for _, violation := range v.list() {
				got = append(got, violation.kind)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("found %v, want %v", v.list(), tc.want)
			}
		})
	}
}

func TestGapsAreNoticed(t *testing.T) {
	t.Parallel()
	b := newBook("client", "room", &verdict{})
	b.live(message(1))
	b.live(message(3))
	if b.upTo != 1 || b.gapAt.IsZero() {
		t.Errorf("up to %d, gap since %s", b.upTo, b.gapAt)
	}
	b.know(message(2))
	if b.upTo != 3 || !b.gapAt.IsZero() {
		t.Errorf("up to %d, gap since %s", b.upTo, b.gapAt)
	}
}

func TestTheStoredLogIsChecked(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil func(messages []stored) []stored
		want  int
	}{
		"sound":        {func(m []stored) []stored { return m }, 0},
		"a gap":        {func(m []stored) []stored { return slices.Delete(m, 1, 2) }, 1},
		"stored twice": {func(m []stored) []stored { m[2].key = m[0].key; return m }, 1},
	} {
		v := &verdict{}
		checkLog(v, "room", tc.spoil(log(3)))
		if got := v.list(); len(got) != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestFixesAreTheNewest(t *testing.T) {
	t.Parallel()
	b := newBook("client", "room", &verdict{})
	at := time.Now()
	for i, l := range []wire.Location{
		{UserID: "u", Latitude: 1, RecordedAt: wire.At(at)},
		{UserID: "u", Latitude: 2, RecordedAt: wire.At(at.Add(time.Second))},
		{UserID: "u", Latitude: 1, RecordedAt: wire.At(at)},
	} {
		if newest := b.position(l); newest != (i < 2) {
			t.Errorf("fix %d is the newest: %t", i, newest)
		}
	}
	if b.fixes["u"].latitude != 2 || b.stale != 1 {
		t.Errorf("%+v, %d stale", b.fixes, b.stale)
	}
}

func TestRecoveryIsMeasuredFromTheFaultsEnd(t *testing.T) {
	t.Parallel()
	w := newWatch([]string{"a", "b"})
	start := time.Now()
	w.began()
	w.ack("a", start, start.Add(2*time.Second)) // while the fault goes on: only its delay counts
	end := start.Add(5 * time.Second)
	w.over(end)
	w.ack("a", end, end.Add(time.Second))
	w.position("b", end.Add(3*time.Second))
	if r, missing := w.result(); !slices.Equal(missing, []string{"a", "b"}) || r.slowest != 2*time.Second || r.ack != time.Second {
		t.Errorf("%+v, missing %v", r, missing)
	}
	w.position("a", end.Add(2*time.Second))
	w.ack("b", end, end.Add(4*time.Second))
	if r, missing := w.result(); missing != nil || r.ack != time.Second || r.position != 2*time.Second || r.all != 4*time.Second {
		t.Errorf("%+v, missing %v", r, missing)
	}
}

func TestViolationsAreCountedWithTheirCause(t *testing.T) {
	t.Parallel()
	start := time.Now()
	chosen, err := chooseFaults("kill-chat,kill-edge")
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{verdict: &verdict{}, happens: []happening{
		{round: round{{fault: chosen[0]}}, began: start},
		{round: round{{fault: chosen[1]}}, began: start.Add(10 * time.Second)},
	}}
	r.verdict.addAt(start.Add(9*time.Second), kindLost, "ana", "r", "gone")
	r.verdict.addAt(start.Add(11*time.Second), kindDoubled, "ana", "r", "twice")
	r.verdict.addAt(start.Add(-time.Second), kindDisorder, "ana", "r", "swapped")
	report := r.report()
	text := report.Markdown()
	for _, want := range []string{"| kill-chat | 1 | 1 | 0 | 0 | 0 |", "| kill-edge | 1 | 0 | 1 | 0 | 0 |", "| (none) | 0 | 0 | 0 | 1 | 0 |"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if report.Passed() {
		t.Error("it passed")
	}
}

// Who has left hears nothing more before long, but who asks to come back may be
// in although nobody has told them so yet.
func TestFormerMembersMustHearNothing(t *testing.T) {
	t.Parallel()
	v := &verdict{}
	p := newPerson(&runner{verdict: v, opt: Options{Every: time.Second}}, 0, visitor, client.Account{})
	p.books["r"] = newBook("visitor", "r", v)
	hear := func() int { m := message(1); m.RoomID = "r"; p.hearMessage(m, ""); return len(v.list()) }
	p.left["r"] = time.Now().Add(-forgetful / 2)
	if hear() != 0 {
		t.Error("an edge may take a moment to hear of it")
	}
	p.left["r"] = time.Now().Add(-2 * forgetful)
	if hear() != 1 {
		t.Error("nobody minds that a former member hears the room")
	}
	p.comes("r")
	if hear() != 1 {
		t.Error("one who may be in is judged as one who is not")
	}
}
