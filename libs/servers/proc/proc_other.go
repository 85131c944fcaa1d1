//go:build unix && !linux

package proc

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

func attributes(spec Spec) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: !spec.Foreground, Credential: spec.User.credential()}
}

// born is the start time and the program of pid as ps tells them; empty for a process that has ended.
func born(pid int) string {
	out, err := exec.Command("ps", "-o", "stat=,lstart=,comm=", "-p", strconv.Itoa(pid)).Output()
	line := strings.TrimSpace(string(out))
	if err != nil || strings.HasPrefix(line, "Z") {
		return ""
	}
	_, rest, _ := strings.Cut(line, " ")
	return strings.TrimSpace(rest)
}
