//go:build unix

package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/run"
)

// Floors are the least that the work can cost on this machine with these
// tools. Every other figure is to be read as a ratio to them.
type Floors struct {
	WritesPerSecond  float64 `json:"writesPerSecond"`  // of one prepared frame to one socket
	WriteMicros      float64 `json:"writeMicros"`      // CPU of the writing thread
	UpdatesPerSecond float64 `json:"updatesPerSecond"` // XADD → XREADGROUP → SET + SPUBLISH → subscriber
	UpdateMicros     float64 `json:"updateMicros"`     // CPU of this process, for all of the way
	RedisError       string  `json:"redisError,omitempty"`
}

const (
	floorFor     = 2 * time.Second
	floorSockets = 256
	floorBytes   = 300 // of a frame, and of a position
)

func measureFloors(ctx context.Context, redisURL string) (*Floors, error) {
	f := &Floors{}
	if err := f.sockets(); err != nil {
		return nil, err
	}
	if err := f.redis(ctx, redisURL); err != nil {
		f.RedisError = err.Error() // the machine under load need not show its Redis
	}
	return f, nil
}

func (f *Floors) String() string {
	s := fmt.Sprintf("floors     %.0f frames/s written one by one, %.1f µs CPU each", f.WritesPerSecond, f.WriteMicros)
	if f.RedisError != "" {
		return s + "\n           bare Redis path: " + f.RedisError
	}
	return s + fmt.Sprintf("\n           %.0f updates/s on the bare Redis path, %.1f µs Go CPU each", f.UpdatesPerSecond, f.UpdateMicros)
}

// sockets writes a prepared frame to many sockets in turn, while another
// thread empties them in big chunks.
func (f *Floors) sockets() error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	defer func() { _ = ln.Close() }()
	var out, in []int
	defer func() {
		for _, fd := range append(out, in...) {
			_ = syscall.Close(fd)
		}
	}()
	for range floorSockets {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		s, err := ln.Accept()
		if err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		for conn, fds := range map[net.Conn]*[]int{c: &in, s: &out} {
			fd, err := takeFD(conn)
			if err != nil {
				return fmt.Errorf("floor: %w", err)
			}
			*fds = append(*fds, fd)
		}
	}
	stop := make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() { emptyAll(in, stop) })
	f.writeAll(out)
	close(stop)
	reader.Wait()
	return nil
}

func (f *Floors) writeAll(fds []int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	prepared := make([]byte, floorBytes)
	start, cpu, written := time.Now(), threadCPU(), 0
	for time.Since(start) < floorFor {
		for _, fd := range fds {
			if _, err := syscall.Write(fd, prepared); err == nil {
				written++
			} else {
				runtime.Gosched() // full: the reader is behind
			}
		}
	}
	f.WritesPerSecond = float64(written) / time.Since(start).Seconds()
	f.WriteMicros = float64((threadCPU() - cpu).Microseconds()) / float64(max(written, 1))
}

func emptyAll(fds []int, stop <-chan struct{}) {
	buf := make([]byte, 256<<10)
	for {
		select {
		case <-stop:
			return
		case <-time.After(5 * time.Millisecond):
		}
		for _, fd := range fds {
			for {
				if n, err := syscall.Read(fd, buf); err != nil || n < len(buf) {
					break
				}
			}
		}
	}
}

// takeFD takes a connection's descriptor out of Go's poller.
func takeFD(conn net.Conn) (int, error) {
	defer func() { _ = conn.Close() }() // the duplicate lives on
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return 0, errors.New("not a TCP connection")
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0, err
	}
	var fd int
	var dupErr error
	err = raw.Control(func(own uintptr) {
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
		if fd, dupErr = syscall.Dup(int(own)); dupErr == nil {
			syscall.CloseOnExec(fd)
		}
	})
	return fd, errors.Join(err, dupErr)
}

// redis takes updates through the commands that the real path needs at least,
// with the same client and pipelining.
func (f *Floors) redis(ctx context.Context, redisURL string) error {
	if redisURL == "" {
		return errors.New("no --redis given")
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	client, err := redisx.Open(ctx, redisURL, "floor")
	if err != nil {
		return err
	}
	defer client.Close()
	p := &floorPath{client: client, stream: "floor:{" + strconv.FormatInt(time.Now().UnixNano(), 36) + "}", payload: string(make([]byte, floorBytes))}
	defer func() { _ = client.Do(ctx, client.B().Del().Key(p.stream).Build()).Error() }()
	if err := client.Do(ctx, client.B().XgroupCreate().Key(p.stream).Group("g").Id("0").Mkstream().Build()).Error(); err != nil {
		return fmt.Errorf("make stream: %w", err)
	}
	start, cpu := time.Now(), ownCPU()
	measured, stop := context.WithTimeout(ctx, floorFor)
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() {
		redisx.Subscribe(measured, client, p.stream+":out", func() {}, func(string) { p.received.Add(1) }, func(error) {})
	})
	wg.Go(func() { p.produce(measured) })
	wg.Go(func() { p.consume(measured) })
	wg.Wait()
	n := float64(max(p.received.Load(), 1))
	f.UpdatesPerSecond = n / time.Since(start).Seconds()
	f.UpdateMicros = float64((ownCPU() - cpu).Microseconds()) / n
	return nil
}

type floorPath struct {
	client          rueidis.Client
	stream, payload string
	added, received atomic.Int64
}

const floorBatch = 256

func (p *floorPath) produce(ctx context.Context) {
	for ctx.Err() == nil {
		if p.added.Load()-p.received.Load() > 8*floorBatch {
			run.Pause(ctx, 200*time.Microsecond)
			continue
		}
		cmds := make(rueidis.Commands, floorBatch)
		for i := range cmds {
			cmds[i] = p.client.B().Xadd().Key(p.stream).Id("*").FieldValue().FieldValue("c", p.payload).Build()
		}
		if redisx.FirstError(p.client.DoMulti(ctx, cmds...)) == nil {
			p.added.Add(floorBatch)
		}
	}
}

func (p *floorPath) consume(ctx context.Context) {
	for ctx.Err() == nil {
		read := p.client.B().Xreadgroup().Group("g", "c").Count(2 * floorBatch).Block(100).Streams().Key(p.stream).Id(">").Build()
		streams, err := p.client.Do(ctx, read).AsXReadSlices()
		if err != nil {
			continue // nothing yet, or the end
		}
		entries := streams[p.stream]
		cmds := make(rueidis.Commands, 0, 2*len(entries)+2)
		ids := make([]string, len(entries))
		for i, e := range entries {
			ids[i] = e.ID
			key := p.stream + ":" + strconv.Itoa(i)
			cmds = append(cmds, p.client.B().Set().Key(key).Value(e.FieldValues[0].Value).PxMilliseconds(5000).Build(),
				p.client.B().Spublish().Channel(p.stream+":out").Message(e.FieldValues[0].Value).Build())
		}
		cmds = append(cmds, p.client.B().Xack().Key(p.stream).Group("g").Id(ids...).Build(),
			p.client.B().Xtrim().Key(p.stream).Maxlen().Almost().Threshold("10000").Build())
		_ = redisx.FirstError(p.client.DoMulti(ctx, cmds...)) // a failure shows as a lower rate
	}
}
