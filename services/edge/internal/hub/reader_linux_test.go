package hub

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// readerEnv makes this test binary the reading end of the fan-out benchmark, in a
// process of its own so that its CPU time can be told from ours.
const readerEnv = "WEMAPS_FANOUT_READER"

func TestMain(m *testing.M) {
	if addr := os.Getenv(readerEnv); addr != "" {
		if err := (&drain{}).run(addr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// mark stands once in every benchmarked event, before its time in nanoseconds,
// and nowhere in the header of its frame.
const mark = '^'

// drained is what a reader reports between two lines on its standard input.
type drained struct {
	Events   uint64
	Reads    uint64
	CPU      time.Duration
	P50, P99 time.Duration // of the sockets that are looked at closely
}

// drain reads many sockets with one thread and one large buffer, and counts
// events without parsing them.
type drain struct {
	mu      sync.Mutex
	events  uint64
	reads   uint64
	latency []time.Duration
}

func (d *drain) run(addr string) error {
	in := bufio.NewScanner(os.Stdin)
	in.Scan()
	sockets, err := strconv.Atoi(in.Text())
	if err != nil {
		return err
	}
	epoll, err := syscall.EpollCreate1(0)
	if err != nil {
		return err
	}
	for range sockets {
		if err := d.connect(epoll, addr); err != nil {
			return err
		}
	}
	go d.loop(epoll)
	fmt.Println("ready")
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		if err := out.Encode(d.report()); err != nil {
			return err
		}
	}
	return nil
}

func (d *drain) connect(epoll int, addr string) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	file, err := conn.(*net.TCPConn).File() // its own descriptor, away from the runtime's poller
	if err != nil {
		return err
	}
	fd, err := syscall.Dup(int(file.Fd()))
	if err != nil {
		return err
	}
	_ = file.Close()
	if err := syscall.SetNonblock(fd, true); err != nil {
		return err
	}
	return syscall.EpollCtl(epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)})
}

func (d *drain) loop(epoll int) {
	due := make([]syscall.EpollEvent, 512)
	buf := make([]byte, 256<<10)
	for {
		n, err := syscall.EpollWait(epoll, due, -1)
		if err != nil {
			continue // interrupted
		}
		for _, e := range due[:n] {
			size, err := syscall.Read(int(e.Fd), buf)
			if err == syscall.EAGAIN {
				continue
			}
			if size <= 0 {
				_ = syscall.Close(int(e.Fd))
				continue
			}
			d.count(buf[:size], e.Fd%64 == 0)
		}
	}
}

func (d *drain) count(chunk []byte, closely bool) {
	now := time.Now().UnixNano()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reads++
	d.events += uint64(bytes.Count(chunk, []byte{mark}))
	for closely {
		at := bytes.IndexByte(chunk, mark)
		if at < 0 || len(chunk) < at+20 {
			return
		}
		if sent, err := strconv.ParseInt(string(chunk[at+1:at+20]), 10, 64); err == nil {
			d.latency = append(d.latency, time.Duration(now-sent))
		}
		chunk = chunk[at+20:]
	}
}

func (d *drain) report() drained {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := drained{Events: d.events, Reads: d.reads, CPU: cpuTime()}
	if slices.Sort(d.latency); len(d.latency) > 0 {
		r.P50, r.P99 = d.latency[len(d.latency)/2], d.latency[len(d.latency)*99/100]
	}
	d.latency = nil
	return r
}

// cpuTime is what this process has used in user and kernel mode.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
