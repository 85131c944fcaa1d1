package hub

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

const (
	fanoutSockets = 2000
	fanoutRoom    = 50
	fanoutEvent   = 300 // bytes of a frame
	fanoutTime    = 3 * time.Second
)

// member is a socket reduced to its outgoing side.
type member struct {
	queue  outq.Queue
	writer *outq.Writer
}

func (m *member) Send(msg *outq.Message) error {
	if err := m.queue.Push(msg); err != nil {
		return err
	}
	m.writer.Wake()
	return nil
}

// BenchmarkFanout publishes 300-byte events to 2,000 loopback sockets in rooms of
// 50, as fast as the sockets take them and at fixed rates. CPU is this process
// (publish, hub, queues, writes, and the kernel's work in those writes); the
// reader's is reported beside it.
func BenchmarkFanout(b *testing.B) {
	for _, rate := range []int{0, 410_000, 205_000, 82_000, 41_000, 4_000} {
		name := "saturated"
		if rate > 0 {
			name = fmt.Sprint(rate, "_per_s")
		}
		b.Run(name, func(b *testing.B) { benchmarkFanout(b, rate) })
	}
}

func benchmarkFanout(b *testing.B, rate int) {
	reader := startReader(b)
	flusher := outq.NewFlusher(outq.Config{})
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = flusher.Run(ctx)
	}()
	defer func() {
		cancel()
		<-stopped
	}()
	h, members := New(), make([]*member, fanoutSockets)
	for i, conn := range reader.conns {
		m := &member{}
		m.writer = flusher.NewWriter(conn, &m.queue, outq.Native, nil)
		members[i] = m
		h.Join(fmt.Sprint(i/fanoutRoom), m)
	}
	for range b.N { // once, as it takes its time
		p := &publisher{hub: h, members: members}
		p.publish(rate, fanoutTime/6) // warm up
		before, cpu, written := reader.report(b), cpuTime(), flusher.Stats()
		began := time.Now()
		p.publish(rate, fanoutTime)
		took := time.Since(began)
		after, used, wrote := reader.report(b), cpuTime()-cpu, flusher.Stats()
		events := float64(after.Events - before.Events)
		b.ReportMetric(events/took.Seconds(), "deliveries/s")
		b.ReportMetric(float64(used.Nanoseconds())/1e3/events, "µs-cpu/delivery")
		b.ReportMetric(float64((after.CPU-before.CPU).Nanoseconds())/1e3/events, "µs-reader/delivery")
		b.ReportMetric(float64(wrote.Frames-written.Frames)/float64(wrote.Writes-written.Writes), "frames/write")
		b.ReportMetric(float64(after.P50.Microseconds())/1e3, "p50-ms")
		b.ReportMetric(float64(after.P99.Microseconds())/1e3, "p99-ms")
		b.ReportMetric(float64(wrote.Stalls-written.Stalls), "stalls")
	}
}

// publisher plays the part of the bus.
type publisher struct {
	hub     *Hub
	members []*member
	room    int
}

// publish keeps to rate (deliveries per second); 0 is as fast as it goes, which
// means that no queue may grow past some frames.
func (p *publisher) publish(rate int, d time.Duration) {
	began, sent := time.Now(), 0
	for elapsed := time.Duration(0); elapsed < d; elapsed = time.Since(began) {
		due := int(elapsed.Seconds() * float64(rate) / fanoutRoom)
		if rate == 0 {
			due = sent + fanoutSockets/fanoutRoom
		}
		for ; sent < due; sent++ {
			if rate == 0 && p.members[p.room*fanoutRoom].queue.Len() > 64 {
				break
			}
			p.hub.Broadcast(strconv.Itoa(p.room), stamped(), nil)
			p.room = (p.room + 1) % (fanoutSockets / fanoutRoom)
		}
		if rate > 0 || sent < due {
			time.Sleep(time.Millisecond)
		}
	}
}

func stamped() *outq.Message {
	data := make([]byte, 0, fanoutEvent)
	data = append(data, `{"at":"`...)
	data = append(data, mark)
	data = strconv.AppendInt(data, time.Now().UnixNano(), 10)
	data = append(data, `","pad":"`...)
	for len(data) < fanoutEvent-50 {
		data = append(data, 'x')
	}
	return outq.NewEvent(outq.Ordered, "", "location-updated", append(data, `"}`...))
}

type reader struct {
	conns []net.Conn
	in    io.Writer
	out   *bufio.Scanner
}

func startReader(b *testing.B) *reader {
	b.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), readerEnv+"="+ln.Addr().String())
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	r := &reader{in: in, out: bufio.NewScanner(out)}
	b.Cleanup(func() {
		for _, c := range r.conns {
			_ = c.Close()
		}
		_ = in.Close()
		_ = cmd.Wait()
	})
	fmt.Fprintln(in, fanoutSockets)
	for range fanoutSockets {
		conn, err := ln.Accept()
		if err != nil {
			b.Fatal(err)
		}
		r.conns = append(r.conns, conn)
	}
	if r.out.Scan(); !strings.Contains(r.out.Text(), "ready") {
		b.Fatalf("reader: %q", r.out.Text())
	}
	return r
}

func (r *reader) report(b *testing.B) (d drained) {
	b.Helper()
	fmt.Fprintln(r.in, "report")
	r.out.Scan()
	if err := json.Unmarshal(r.out.Bytes(), &d); err != nil {
		b.Fatalf("reader: %v in %q", err, r.out.Text())
	}
	return d
}
