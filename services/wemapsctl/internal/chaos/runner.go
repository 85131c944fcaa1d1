package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/client"
)

// Options of Run.
type Options struct {
	Seed     uint64        // of the schedule
	Duration time.Duration // of the faults; starting and checking come on top
	Rooms    int
	Clients  int           // at least two per room
	Every    time.Duration // mean time between a client's messages
	Faults   string        // comma-separated names; empty = all
	BinDir   string        // of the services; empty = build them
	LogDir   string        // of processes and servers; empty = removed in the end
	Out      io.Writer     // what happens, line by line
	Verbose  bool          // clients' connections as well
}

func (o Options) say(text string) { fmt.Fprintln(o.Out, text) }

// bound of a command stream: some clients together must be able to fill it.
func (o Options) bound() int { return max(30, o.Clients*burstSize/16) }

func (o Options) validate() error {
	if o.Rooms < 1 || o.Clients < 2*o.Rooms || o.Clients > 400 {
		return fmt.Errorf("%d clients in %d rooms: there must be 2 clients per room, and 400 at most", o.Clients, o.Rooms)
	}
	if o.Duration <= 0 || o.Every < 100*time.Millisecond {
		return errors.New("the duration must be positive, and clients may not send more often than every 100ms")
	}
	return nil
}

// runner is one run.
type runner struct {
	opt      Options
	world    *world
	verdict  *verdict
	watch    *watch
	people   []*person
	rooms    []wire.Room
	refusals atomic.Int64 // of chat, as unavailable

	mu      sync.Mutex // of Out
	happens []happening
}

// happening is a round that was played.
type happening struct {
	round      round
	began      time.Time
	recovery   recovery
	unfinished bool
}

const (
	recoverWithin = 60 * time.Second
	settleWithin  = 60 * time.Second
	calm          = time.Second
)

// Run plays one run and reports. The error says that it could not be played;
// broken promises are in the report.
func Run(ctx context.Context, opt Options) (report *Report, err error) {
	if err := opt.validate(); err != nil {
		return nil, err
	}
	faults, err := chooseFaults(opt.Faults)
	if err != nil {
		return nil, err
	}
	r := &runner{opt: opt, verdict: &verdict{}}
	if r.world, err = newWorld(ctx, opt); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.world.end()) }()
	if err := r.populate(ctx); err != nil {
		return nil, err
	}
	living, die := context.WithCancel(ctx)
	var lives sync.WaitGroup
	defer func() { die(); lives.Wait() }()
	for _, p := range r.people {
		lives.Go(func() { p.run(living) })
		if p.habit == visitor {
			lives.Go(func() { p.wander(living) })
		}
	}
	guarding, dismiss := context.WithCancel(ctx)
	var guard sync.WaitGroup
	guard.Go(func() {
		r.world.guard(guarding, func(process string, err error) {
			r.verdict.add(kindCrash, process, "", "it ended by itself: %v", err)
		})
	})
	err = r.play(ctx, newSchedule(opt.Seed, faults))
	if err == nil {
		err = r.check(ctx)
	}
	dismiss()
	guard.Wait()
	die()
	lives.Wait()
	if err != nil {
		return nil, err
	}
	if err := r.world.stop(); err != nil {
		r.verdict.add(kindCrash, "", "", "at the end: %v", err)
	}
	r.readLogs()
	return r.report(), nil
}

// play plays rounds until the time is over.
func (r *runner) play(ctx context.Context, s *schedule) error {
	r.note("%d clients in %d rooms, seed %d", len(r.people), len(r.rooms), r.opt.Seed)
	r.watch.over(time.Now())
	if missing := r.recovered(ctx); missing != nil {
		return fmt.Errorf("before any fault: %s", strings.Join(missing, ", "))
	}
	for began := time.Now(); time.Since(began) < r.opt.Duration && ctx.Err() == nil; {
		if err := r.playRound(ctx, s.next()); err != nil {
			return err
		}
		run.Pause(ctx, calm)
	}
	return ctx.Err()
}

func (r *runner) playRound(ctx context.Context, round round) error {
	h := happening{round: round, began: time.Now()}
	r.watch.began()
	r.mu.Lock()
	r.happens = append(r.happens, h) // so that what is broken meanwhile finds its cause
	last := &r.happens[len(r.happens)-1]
	r.mu.Unlock()
	g, breaking := errgroup.WithContext(ctx)
	for _, in := range round {
		g.Go(func() error {
			if err := in.fault.do(breaking, r, in); err != nil {
				return fmt.Errorf("%s: %w", in.fault.name, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	r.watch.over(time.Now())
	missing := r.recovered(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	result, _ := r.watch.result()
	r.mu.Lock()
	last.recovery, last.unfinished = result, missing != nil
	r.mu.Unlock()
	if missing != nil {
		r.verdict.add(kindRecovery, "", "", "%s: not in %s: %s", round, recoverWithin, strings.Join(missing, ", "))
		r.world.saveStacks(ctx)
	}
	r.note("  %s: first ack %s, first position %s, all %s, slowest ack %s", round, ms(result.ack), ms(result.position), ms(result.all), ms(result.slowest))
	return nil
}

// recovered waits until all processes are ready, everybody is connected, and
// every room has heard an ack and a position; or tells what is missing.
func (r *runner) recovered(ctx context.Context) (missing []string) {
	waiting, cancel := context.WithTimeout(ctx, recoverWithin)
	defer cancel()
	for {
		_, rooms := r.watch.result()
		missing = nil
		for _, room := range rooms {
			missing = append(missing, "room "+room)
		}
		for _, p := range r.people {
			if !p.connected() {
				missing = append(missing, p.account.Name+" is not connected")
			}
		}
		if missing == nil {
			break
		}
		if !run.Pause(waiting, 20*time.Millisecond) {
			return missing
		}
	}
	if err := r.world.ready(waiting); err != nil {
		return []string{err.Error()}
	}
	return nil
}

// populate signs everybody in and puts them into rooms.
func (r *runner) populate(ctx context.Context) error {
	rest := client.NewREST(r.world.edges[0], 4)
	visitors := max(1, r.opt.Clients/8)
	for i := range r.opt.Clients + visitors {
		h := []habit{steady, steady, repeats, shuffle, steady, skewed, repeats, shuffle}[i%8]
		if i >= r.opt.Clients {
			h = visitor
		}
		account, err := rest.SignIn(ctx, fmt.Sprintf("%s %d", h, i))
		if err != nil {
			return err
		}
		r.people = append(r.people, newPerson(r, i, h, account))
	}
	ids := make([]string, r.opt.Rooms)
	for i := range r.opt.Rooms {
		room, err := rest.CreateRoom(ctx, r.people[i].account, fmt.Sprintf("Room %d", i), "Top", 46.4, 13.8, 50)
		if err != nil {
			return err
		}
		r.rooms = append(r.rooms, room)
		ids[i] = room.ID
	}
	r.watch = newWatch(ids)
	for i, p := range r.people {
		mine := []wire.Room{r.rooms[i%len(r.rooms)]}
		if i%4 == 1 && len(r.rooms) > 1 && p.habit != visitor { // some are in two rooms
			mine = append(mine, r.rooms[(i+1)%len(r.rooms)])
		}
		for _, room := range mine {
			p.rooms = append(p.rooms, room.ID)
			p.books[room.ID] = newBook(p.account.Name, room.ID, r.verdict)
			if i < len(r.rooms) && room.ID == r.rooms[i].ID {
				continue // its owner
			}
			if err := rest.JoinRoom(ctx, p.account, room.RoomCode); err != nil {
				return err
			}
		}
	}
	return nil
}

// note tells what happens.
func (r *runner) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.opt.Out, "%s %s\n", time.Now().Format("15:04:05.000"), fmt.Sprintf(format, args...))
}

// trace tells what happens to one person.
func (r *runner) trace(p *person, format string, args ...any) {
	if r.opt.Verbose {
		r.note("    %s: %s", p.account.Name, fmt.Sprintf(format, args...))
	}
}

func (p *person) connected() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conn != nil && len(p.resume) == 0
}
