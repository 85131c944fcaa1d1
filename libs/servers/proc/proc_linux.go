package proc

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"syscall"
)

func attributes(spec Spec) *syscall.SysProcAttr {
	sig := spec.DeathSignal
	if sig == 0 {
		sig = syscall.SIGKILL
	}
	return &syscall.SysProcAttr{Setpgid: !spec.Foreground, Pdeathsig: sig, Credential: spec.User.credential()}
}

// born is the boot's id and the start time of pid in clock ticks since that boot; empty for a process that has
// ended or is a zombie, which holds no port and no file any more.
func born(pid int) string {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ""
	}
	// The second field is the program's name in parentheses and may itself hold spaces and parentheses.
	end := bytes.LastIndexByte(stat, ')')
	if end < 0 {
		return ""
	}
	fields := strings.Fields(string(stat[end+1:]))
	const state, startTime = 0, 19 // fields 3 and 22 of proc_pid_stat(5)
	if len(fields) <= startTime || fields[state] == "Z" || fields[state] == "X" {
		return ""
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		boot = nil // the start time alone still tells two processes of one boot apart
	}
	return strings.TrimSpace(string(boot)) + "/" + fields[startTime]
}
