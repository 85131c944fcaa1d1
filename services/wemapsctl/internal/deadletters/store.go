package deadletters

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/wire"
)

// Services that have dead letters.
var Services = []string{"auth", "room", "location", "chat"}

// Letter is an entry of a stream that a service could not handle.
type Letter struct {
	Service string
	ID      string // of the dead letter
	Stream  string // where the entry was
	EntryID string // its id there
	Reason  string
	At      string // when it was given up, RFC 3339
	Value   string
}

// Name is how the letter is called on the command line.
func (l Letter) Name() string { return l.Service + "/" + l.ID }

// Store is the dead letters in Redis.
type Store struct{ Client rueidis.Client }

// page bounds one reply of Redis.
const page = 500

// List returns the letters of the services, oldest first within each.
func (s *Store) List(ctx context.Context, services ...string) ([]Letter, error) {
	var all []Letter
	for _, service := range services {
		for start := "-"; ; {
			entries, err := s.Client.Do(ctx, s.Client.B().Xrange().Key(wire.StreamDead(service)).Start(start).End("+").Count(page).Build()).AsXRange()
			if err != nil {
				return nil, fmt.Errorf("read the dead letters of %s: %w", service, err)
			}
			for _, e := range entries {
				all = append(all, letter(service, e))
			}
			if len(entries) < page {
				break
			}
			start = "(" + entries[len(entries)-1].ID
		}
	}
	return all, nil
}

func letter(service string, e rueidis.XRangeEntry) Letter {
	f := e.FieldValues
	return Letter{Service: service, ID: e.ID, Stream: f["stream"], EntryID: f["id"], Reason: f["reason"], At: f["at"], Value: f["value"]}
}

// ErrNoLetter says that there is no letter of that name.
var ErrNoLetter = errors.New("no such dead letter")

// Find returns the letter with that name, as in chat/1763850000000-0.
func (s *Store) Find(ctx context.Context, name string) (Letter, error) {
	service, id, ok := strings.Cut(name, "/")
	if !ok {
		return Letter{}, fmt.Errorf("%q: a dead letter is named as in chat/1763850000000-0", name)
	}
	entries, err := s.Client.Do(ctx, s.Client.B().Xrange().Key(wire.StreamDead(service)).Start(id).End(id).Build()).AsXRange()
	if err != nil {
		return Letter{}, fmt.Errorf("find %s: %w", name, err)
	}
	if len(entries) == 0 {
		return Letter{}, fmt.Errorf("%w: %s", ErrNoLetter, name)
	}
	return letter(service, entries[0]), nil
}

// ErrEvent says that a letter is a domain event.
var ErrEvent = errors.New("it is an event, which all services would get again, out of its order")

// Retry appends the entry to its stream again and then drops the letter. Should
// the second fail the entry may be retried twice; commands bear that.
func (s *Store) Retry(ctx context.Context, l Letter) error {
	if !strings.HasPrefix(l.Stream, "cmd:") {
		return fmt.Errorf("retry %s of %s: %w", l.Name(), l.Stream, ErrEvent)
	}
	add := s.Client.B().Xadd().Key(l.Stream).Id("*").FieldValue().FieldValue(wire.CommandField, l.Value).Build()
	if err := s.Client.Do(ctx, add).Error(); err != nil {
		return fmt.Errorf("retry %s: %w", l.Name(), err)
	}
	return s.Drop(ctx, l)
}

// Drop forgets the letter.
func (s *Store) Drop(ctx context.Context, l Letter) error {
	if err := s.Client.Do(ctx, s.Client.B().Xdel().Key(wire.StreamDead(l.Service)).Id(l.ID).Build()).Error(); err != nil {
		return fmt.Errorf("drop %s: %w", l.Name(), err)
	}
	return nil
}
