//go:build unix

package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
)

// passes of the suite: how many now, which scenarios, and the file that collects them.
type passes struct {
	count int
	only  string
	file  string // "" = nowhere
	json  bool
}

// record is what a file of passes holds: of each key one value per pass that measured it.
type record struct {
	Passes int                  `json:"passes"`
	Values map[string][]float64 `json:"values"`
}

// measureTargets runs the suite, adds what the file has of earlier runs, and prints the medians of all as Markdown. A quiet
// machine is rarely had for long: three passes need not be made at once.
func measureTargets(ctx context.Context, cfg Config, floors *Floors, p passes, out io.Writer) error {
	s, err := newSuite(cfg)
	if err != nil {
		return err
	}
	if p.only != "" {
		if s.only, err = regexp.Compile(p.only); err != nil {
			return fmt.Errorf("--only: %w", err)
		}
	}
	all := record{Values: s.values}
	if p.file != "" {
		if all, err = readRecord(p.file); err != nil {
			return err
		}
		s.values = all.Values
	}
	s.putFloors(floors)
	for i := range p.count {
		cfg.Say("pass %d of %d", i+1, p.count)
		if err := s.pass(ctx); err != nil {
			return err
		}
		all.Passes++
		if p.file != "" {
			if err := writeRecord(p.file, all); err != nil {
				return err
			}
		}
	}
	if p.json {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(all)
	}
	_, err = fmt.Fprintf(out, "Medians of %d passes.\n\n%s", all.Passes, s.table())
	return err
}

func (s *suite) putFloors(f *Floors) {
	if f == nil || f.WritesPerSecond == 0 {
		return
	}
	s.put("floor writes", f.WritesPerSecond)
	s.put("floor µs", f.WriteMicros)
	if f.UpdatesPerSecond > 0 {
		s.put("floor updates", f.UpdatesPerSecond)
		s.put("floor update µs", f.UpdateMicros)
	}
}

// readRecord reads a file of passes; one that is not there yet has none.
func readRecord(file string) (record, error) {
	all := record{Values: map[string][]float64{}}
	raw, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return all, fmt.Errorf("earlier passes: %w", err)
	}
	if err := json.Unmarshal(raw, &all); err != nil || all.Values == nil {
		return all, fmt.Errorf("%s is no file of passes: %w", file, errors.Join(err, errNoValues))
	}
	return all, nil
}

var errNoValues = errors.New("an object with passes and values is expected")

func writeRecord(file string, all record) error {
	raw, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("keep the pass: %w", err)
	}
	if err := os.WriteFile(file+".new", append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("keep the pass: %w", err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		return fmt.Errorf("keep the pass: %w", err)
	}
	return nil
}
