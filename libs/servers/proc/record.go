package proc

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Record is the content of a pid file. A pid alone proves nothing, since the system reuses it; Born is what the
// system says about the start of that very process, and only both together identify it.
type Record struct {
	Pid  int    `json:"pid"`
	Born string `json:"born"`
}

// WriteSelf records the calling process in path.
func WriteSelf(path string) error { return writeRecord(path, os.Getpid()) }

func writeRecord(path string, pid int) error {
	b := born(pid)
	if b == "" {
		return os.ErrProcessDone // ended already: nothing to record
	}
	data, err := json.Marshal(Record{Pid: pid, Born: b})
	if err != nil {
		return fmt.Errorf("record process %d: %w", pid, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("record process %d: %w", pid, err)
	}
	// Written beside and renamed, so that a reader never sees half a record.
	tmp := path + ".new"
	if err := os.WriteFile(tmp, data, 0o644); err != nil {
		return fmt.Errorf("record process %d: %w", pid, err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("record process %d: %w", pid, err)
	}
	return nil
}

// Read returns the record in path and whether the process that it names still lives. A missing or unreadable
// record is a process that does not live.
func Read(path string) (Record, bool) {
	var r Record
	data, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(data, &r) != nil || r.Pid <= 1 || r.Born == "" {
		return Record{}, false
	}
	return r, born(r.Pid) == r.Born
}

// EndStale ends the process recorded in path if it still lives: sig first, SIGKILL to its group after grace. It
// removes the file and reports whether there was anything to end.
func EndStale(path string, sig syscall.Signal, grace time.Duration) (bool, error) {
	r, alive := Read(path)
	defer func() { _ = os.Remove(path) }()
	if !alive {
		return false, nil
	}
	if err := syscall.Kill(r.Pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return true, fmt.Errorf("end process %d named by %s: %w", r.Pid, path, err)
	}
	if waitGone(r, grace) {
		return true, nil
	}
	// The children started by this package lead a group of their own; the caller of WriteSelf may not.
	_ = syscall.Kill(r.Pid, syscall.SIGKILL)
	if pgid, err := syscall.Getpgid(r.Pid); err == nil && pgid == r.Pid {
		_ = syscall.Kill(-r.Pid, syscall.SIGKILL)
	}
	if !waitGone(r, 5*time.Second) {
		return true, fmt.Errorf("process %d named by %s does not end", r.Pid, path)
	}
	return true, nil
}

// EndStaleIn does EndStale for every *.pid file in dir; a missing directory holds none.
func EndStaleIn(dir string, sig syscall.Signal, grace time.Duration) (ended int, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look for stale processes: %w", err)
	}
	var errs []error
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".pid" {
			continue
		}
		was, err := EndStale(filepath.Join(dir, e.Name()), sig, grace)
		if was {
			ended++
		}
		errs = append(errs, err)
	}
	return ended, errors.Join(errs...)
}

func waitGone(r Record, within time.Duration) bool {
	deadline := time.Now().Add(within)
	for born(r.Pid) == r.Born {
		if time.Now().After(deadline) {
			return false
		}
		// Somebody else's child cannot be waited for; the system offers nothing but looking again.
		time.Sleep(10 * time.Millisecond)
	}
	return true
}
