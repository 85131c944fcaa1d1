//go:build unix

package load

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/wemaps/wemaps/libs/servers/proc"
)

// process is a program with all its descendants.
type process struct {
	Name string
	pid  int
}

// usage of a process since it started.
type usage struct {
	cpu time.Duration
	rss int64 // bytes, now
}

// findProcesses reads --pids name=pid,… or, if that is empty, the pid files
// that `wemapsctl up` keeps in dir.
func findProcesses(list, dir string) ([]process, error) {
	var found []process
	if list != "" {
		for _, item := range strings.Split(list, ",") {
			name, text, ok := strings.Cut(item, "=")
			pid, err := strconv.Atoi(text)
			if !ok || err != nil || pid < 1 {
				return nil, fmt.Errorf("--pids: %q is not name=pid", item)
			}
			found = append(found, process{name, pid})
		}
		return found, nil
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.pid"))
	if err != nil {
		return nil, fmt.Errorf("find pid files: %w", err)
	}
	for _, file := range files {
		if record, alive := proc.Read(file); alive {
			found = append(found, process{strings.TrimSuffix(filepath.Base(file), ".pid"), record.Pid})
		}
	}
	return found, nil
}

// setting is an environment variable of the process called name, as far as this user may read it; "" if not.
func setting(processes []process, name, variable string) string {
	for _, p := range processes {
		if p.Name != name {
			continue
		}
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", p.pid))
		if err != nil {
			return ""
		}
		for _, pair := range strings.Split(string(raw), "\x00") {
			if value, ok := strings.CutPrefix(pair, variable+"="); ok {
				return value
			}
		}
	}
	return ""
}

// ticksPerSecond of /proc: USER_HZ is 100 on every Linux that Go runs on.
const ticksPerSecond = 100

// usages reads all processes from /proc; where there is none it returns zeros.
func usages(processes []process) []usage {
	type node struct {
		parent int
		usage
	}
	nodes := map[int]node{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is good
	for _, file := range stats {
		raw, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		end := bytes.LastIndexByte(raw, ')') // the name before it may hold anything
		if end < 0 {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		f := strings.Fields(string(raw[end+1:]))
		if err != nil || len(f) < 22 {
			continue
		}
		parent, _ := strconv.Atoi(f[1])
		var ticks int64
		for _, field := range f[11:15] { // user, system, and both of children that have ended
			n, _ := strconv.ParseInt(field, 10, 64)
			ticks += n
		}
		pages, _ := strconv.ParseInt(f[21], 10, 64)
		nodes[pid] = node{parent, usage{time.Duration(ticks) * time.Second / ticksPerSecond, pages * int64(os.Getpagesize())}}
	}
	out := make([]usage, len(processes))
	for pid, n := range nodes {
		for i, p := range processes {
			if descends(pid, p.pid, func(pid int) int { return nodes[pid].parent }) {
				out[i].cpu += n.cpu
				out[i].rss += n.rss
			}
		}
	}
	return out
}

func descends(pid, ancestor int, parent func(int) int) bool {
	for depth := 0; pid > 1 && depth < 64; depth++ {
		if pid == ancestor {
			return true
		}
		pid = parent(pid)
	}
	return false
}

// ownCPU is the generator's own CPU time.
func ownCPU() time.Duration { return rusage(syscall.RUSAGE_SELF) }

func rusage(who int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// machineCPU is what everything on the machine has used since it started, the hypervisor's theft included; 0 where
// there is no /proc.
func machineCPU() time.Duration {
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	var ticks int64
	for i, field := range strings.Fields(strings.TrimPrefix(line, "cpu")) {
		if n, _ := strconv.ParseInt(field, 10, 64); i < 8 && i != 3 && i != 4 { // 3, 4: idle; 8, 9: guests, counted before
			ticks += n
		}
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond
}

// ledger is what the machine has used up to a moment, and who of it is known.
type ledger struct {
	at             time.Time
	machine, known time.Duration
}

func openLedger(processes []process) ledger {
	l := ledger{at: time.Now(), machine: machineCPU(), known: ownCPU()}
	for _, u := range usages(processes) {
		l.known += u.cpu
	}
	return l
}

// strangers is how much of a processor was used since by neither the processes nor this one: by the kernel on behalf of
// nobody in particular, and by whatever disturbs a measurement.
func (l ledger) strangers(now ledger) float64 {
	return max((now.machine-l.machine-now.known+l.known).Seconds()/max(now.at.Sub(l.at).Seconds(), 1e-3), 0)
}
