package replay

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/client"
)

// Options of Run.
type Options struct {
	Base     string // of the edge, e.g. http://localhost:8080
	Protocol client.Protocol
	Speed    float64       // seconds of track per second
	Every    time.Duration // between two fixes of a member, real time
	Print    time.Duration // between two reports
	Out      io.Writer
}

// Traveller is one member to be.
type Traveller struct {
	Name  string
	Track *Track
	Delay time.Duration // of the start, track time
}

// journey is one replay.
type journey struct {
	opt     Options
	rest    *client.REST
	room    wire.Room
	members []*member
	byID    map[string]int
	tally   *tally
	started time.Time
}

// Run signs the travellers in, puts them into a new room at the end of the
// first one's track, and drives all to the ends of their tracks or until ctx
// ends. The room is left behind empty, which closes it.
func Run(ctx context.Context, travellers []Traveller, opt Options) (Summary, error) {
	r := &journey{opt: opt, rest: client.NewREST(opt.Base, 8), byID: map[string]int{}, tally: newTally(len(travellers))}
	if err := r.gather(ctx, travellers); err != nil {
		return Summary{}, err
	}
	defer r.leave(ctx)
	listening, stop := context.WithCancel(ctx)
	defer stop()
	var connecting errgroup.Group
	for _, m := range r.members {
		// The socket outlives this call and is closed when listening ends.
		connecting.Go(func() error { return m.connect(listening) })
	}
	if err := connecting.Wait(); err != nil {
		return Summary{}, err
	}
	fmt.Fprintf(opt.Out, "%d members connected, %s\n", len(r.members), opt.Protocol)

	var listeners, drivers sync.WaitGroup
	r.started = time.Now()
	for _, m := range r.members {
		listeners.Go(func() { m.listen(listening) })
		drivers.Go(func() { m.drive(ctx) })
	}
	arrived := make(chan struct{})
	go func() {
		drivers.Wait()
		close(arrived)
	}()
	r.watch(arrived)
	r.await(3 * time.Second)
	stop()
	listeners.Wait()
	return r.tally.summary(), nil
}

// gather signs everybody in and brings them into one room.
func (r *journey) gather(ctx context.Context, travellers []Traveller) error {
	for i, t := range travellers {
		account, err := r.rest.SignIn(ctx, t.Name)
		if err != nil {
			return err
		}
		if other, ok := r.byID[account.ID]; ok {
			return fmt.Errorf("%q and %q are the same member", travellers[other].Name, t.Name)
		}
		r.byID[account.ID] = i
		r.members = append(r.members, &member{journey: r, index: i, account: account, track: t.Track, where: t.Track.Where(0),
			delay: time.Duration(float64(t.Delay) / r.opt.Speed)})
	}
	end := travellers[0].Track.End()
	var err error
	r.room, err = r.rest.CreateRoom(ctx, r.members[0].account, "Replay", fmt.Sprintf("End of the track (%.5f, %.5f)", end.Lat, end.Lon),
		end.Lat, end.Lon, max(2, len(travellers)))
	if err != nil {
		return err
	}
	fmt.Fprintf(r.opt.Out, "room %s, destination %.5f, %.5f\n", r.room.RoomCode, end.Lat, end.Lon)
	for _, m := range r.members[1:] {
		if err := r.rest.JoinRoom(ctx, m.account, r.room.RoomCode); err != nil {
			return fmt.Errorf("%s: %w", m.account.Name, err)
		}
	}
	return nil
}

// leave takes everybody out of the room, even after ctx has ended.
func (r *journey) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	for _, m := range r.members {
		if err := r.rest.LeaveRoom(ctx, m.account, r.room.ID); err != nil {
			fmt.Fprintf(r.opt.Out, "%s: %v\n", m.account.Name, err)
		}
	}
}

// await gives what was sent last time to arrive.
func (r *journey) await(most time.Duration) {
	for deadline := time.Now().Add(most); time.Now().Before(deadline); {
		if s := r.tally.summary(); s.Missing+s.Superseded == 0 && s.Confirmed >= s.Sent {
			return
		}
		run.Pause(context.Background(), 20*time.Millisecond)
	}
}

// watch reports who is where until done closes.
func (r *journey) watch(done <-chan struct{}) {
	ticker := time.NewTicker(r.opt.Print)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			r.report()
			return
		case <-ticker.C:
			r.report()
		}
	}
}

func (r *journey) report() {
	for _, m := range r.members {
		m.mu.Lock()
		w, onWay, ended, connected := m.where, m.onWay, m.ended, m.socket != nil
		m.mu.Unlock()
		state := ""
		switch {
		case !connected:
			state = "  disconnected"
		case ended:
			state = "  at the end"
		case !onWay:
			state = "  waits for the start"
		}
		s := r.tally.status(m.index)
		left := s.left
		if left < 0 && onWay { // alone: nobody else can have heard it from the server
			end := r.members[0].track.End()
			left = distance(w.Point, end)
		}
		fmt.Fprintf(r.opt.Out, "%7s  %-24.24s %10.5f %10.5f %6.1f km/h %9s left  sent %d, confirmed %d, arrived at %d of %d (%s)%s\n",
			clock(time.Since(r.started)), m.account.Name, w.Lat, w.Lon, w.Speed*3.6, metres(left), s.sent, s.confirmed,
			s.arrived, len(r.members)-1, millis(s.worst), state)
	}
}

func clock(d time.Duration) string {
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}

func metres(m float64) string {
	switch {
	case m < 0:
		return "?"
	case m < 10_000:
		return fmt.Sprintf("%.0f m", m)
	}
	return fmt.Sprintf("%.1f km", m/1000)
}

func millis(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
