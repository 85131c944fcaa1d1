package replay

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/wemaps/wemaps/services/wemapsctl/internal/client"
)

const maxMembers = 50 // of a room

// Command is `wemapsctl replay [flags] track.gpx …`.
func Command(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("replay", flag.ContinueOnError)
	base := flags.String("url", baseURL(), "base URL of the edge")
	speed := flags.Float64("speed", 1, "seconds of track per second")
	kmh := flags.Float64("kmh", 5, "speed along tracks without usable times")
	members := flags.Int("members", 1, "members on each file")
	stagger := flags.Duration("stagger", time.Minute, "between the starts of a file's members, track time")
	every := flags.Duration("every", time.Second, "between two fixes of a member, real time")
	report := flags.Duration("print", 2*time.Second, "between two reports, real time")
	protocol := flags.String("protocol", string(client.Native), "native or socketio")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: wemapsctl replay [flags] track.gpx …")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	p, err := client.ParseProtocol(*protocol)
	switch {
	case err != nil:
		return err
	case flags.NArg() == 0:
		return errors.New("which tracks? e.g. wemapsctl replay --speed 60 walk.gpx")
	case *speed <= 0 || *speed > 100_000 || *kmh <= 0 || *kmh > 2000:
		return errors.New("--speed must be above 0 and at most 100000, --kmh above 0 and at most 2000")
	case *every < 100*time.Millisecond || *every > time.Minute:
		return errors.New("--every must be 100ms to 1m: a member may report 10 times a second")
	case *report < 100*time.Millisecond:
		return errors.New("--print must be at least 100ms")
	case *members < 1 || *members*flags.NArg() > maxMembers:
		return fmt.Errorf("%d members on each of %d files: a room takes 1 to %d members", *members, flags.NArg(), maxMembers)
	case *stagger < 0:
		return errors.New("--stagger must not be negative")
	}
	travellers, err := load(flags.Args(), *members, *stagger, *kmh, *speed)
	if err != nil {
		return err
	}
	summary, err := Run(ctx, travellers, Options{Base: *base, Protocol: p, Speed: *speed, Every: *every, Print: *report, Out: os.Stdout})
	if err != nil {
		return err
	}
	fmt.Println(summary)
	if summary.Missing > 0 && ctx.Err() == nil {
		return fmt.Errorf("%d positions did not arrive", summary.Missing)
	}
	return nil
}

func baseURL() string {
	if port := os.Getenv("WEMAPS_PORT"); port != "" {
		return "http://localhost:" + port
	}
	return "http://localhost:8080"
}

// load reads all files before anything is started.
func load(files []string, members int, stagger time.Duration, kmh, speed float64) ([]Traveller, error) {
	var travellers []Traveller
	for i, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		points, err := readGPX(name, f)
		_ = f.Close() // nothing was written
		if err != nil {
			return nil, err
		}
		track := NewTrack(points, kmh)
		how := "in its own time"
		if track.Synthetic != "" {
			how = fmt.Sprintf("at %g km/h, since %s", kmh, track.Synthetic)
		}
		fmt.Printf("%s: %d points, %s, %s, %s; takes %s\n", filepath.Base(name), track.Len(), metres(track.Length()),
			track.Duration().Round(time.Second), how, time.Duration(float64(track.Duration())/speed).Round(time.Second))
		for k := range members {
			travellers = append(travellers, Traveller{Name: memberName(name, i, k), Track: track, Delay: time.Duration(k) * stagger})
		}
	}
	return travellers, nil
}

// memberName is at most 50 characters long, and another one for each member.
func memberName(file string, i, k int) string {
	base := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	runes := []rune(strings.ToValidUTF8(base, "?"))
	return fmt.Sprintf("%s %d.%d", string(runes[:min(len(runes), 40)]), i+1, k+1)
}

// String is the summary as it is printed at the end.
func (s Summary) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "sent       %d\nconfirmed  %d\ndelivered  %d of %d to the other members\nsuperseded %d\nmissing    %d\ndoubled    %d\n",
		s.Sent, s.Confirmed, s.Delivered, s.Expected, s.Superseded, s.Missing, s.Doubled)
	fmt.Fprintf(&b, "latency    p50 %s, p95 %s, p99 %s, worst %s", millis(s.P50), millis(s.P95), millis(s.P99), millis(s.WorstLatency))
	if s.Reconnects > 0 || s.Errors > 0 {
		fmt.Fprintf(&b, "\nreconnects %d\nerrors     %d", s.Reconnects, s.Errors)
		for _, e := range s.FirstErrors {
			fmt.Fprintf(&b, "\n  %s", e)
		}
	}
	return b.String()
}
