// Package proc runs child processes that do not outlive their parent: on Linux the kernel ends them when the
// parent dies, even by kill -9, and everywhere a pid file lets the next start find and end what was left over.
package proc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// Spec says what to run. Path and Args are as in exec.Command; a nil Env inherits the parent's.
type Spec struct {
	Path   string
	Args   []string
	Env    []string
	Dir    string
	Output io.Writer // stdout, and stderr unless Errors is set; nil discards
	Errors io.Writer
	User   *Identity // nil keeps the parent's user

	// PidFile, when set, records the process while it lives; see EndStale.
	PidFile string
	// Foreground leaves the child in the parent's process group and gives it the parent's stdin, for a command that
	// the user runs through us; a Ctrl-C then reaches both.
	Foreground bool
	// DeathSignal is sent by the kernel when the parent dies (Linux only); zero means SIGKILL.
	DeathSignal syscall.Signal
}

// Process is a running child. It is safe for concurrent use.
type Process struct {
	Pid   int
	group bool // it leads a process group of its own
	done  chan struct{}
	err   error // valid once done is closed
}

// Start runs spec in a process group of its own, so that a Ctrl-C in the terminal reaches only the parent, which
// then decides about the order of stopping.
func Start(spec Spec) (*Process, error) {
	cmd := exec.Command(spec.Path, spec.Args...)
	cmd.Env, cmd.Dir = spec.Env, spec.Dir
	cmd.Stdout, cmd.Stderr = spec.Output, spec.Output
	if spec.Errors != nil {
		cmd.Stderr = spec.Errors
	}
	// A grandchild that inherited the output pipe must not keep Wait from returning.
	cmd.WaitDelay = 2 * time.Second
	cmd.SysProcAttr = attributes(spec)
	if spec.Foreground {
		cmd.Stdin = os.Stdin
	}

	p := &Process{group: !spec.Foreground, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// The kernel ties the death signal to the thread that forked, not to the process. This goroutine keeps its
		// thread for the child's whole life; without the lock an idle thread that Go retires would end the child.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.err = cmd.Wait()
		if spec.PidFile != "" {
			_ = os.Remove(spec.PidFile)
		}
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Path, err)
	}
	p.Pid = cmd.Process.Pid
	if spec.PidFile != "" {
		if err := writeRecord(spec.PidFile, p.Pid); err != nil && !errors.Is(err, os.ErrProcessDone) {
			_ = p.Kill()
			return nil, err
		}
	}
	return p, nil
}

// Done is closed when the process has ended and its output has been read.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err waits for the end and says how the process ended: nil for exit status 0.
func (p *Process) Err() error {
	<-p.done
	return p.err
}

// Signal sends sig to the process itself. A process that has ended is no error.
func (p *Process) Signal(sig syscall.Signal) error {
	select {
	case <-p.done:
		return nil
	default:
	}
	if err := syscall.Kill(p.Pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal %d: %w", p.Pid, err)
	}
	return nil
}

// Stop sends sig and waits for the end. When ctx is done first it kills the whole process group and returns ctx's error.
func (p *Process) Stop(ctx context.Context, sig syscall.Signal) error {
	if err := p.Signal(sig); err != nil {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		return errors.Join(ctx.Err(), p.Kill())
	}
}

// Kill ends the process and its whole group at once and waits for that.
func (p *Process) Kill() error {
	select {
	case <-p.done:
		return nil
	default:
	}
	target := p.Pid
	if p.group {
		target = -p.Pid
	}
	err := syscall.Kill(target, syscall.SIGKILL)
	if err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("kill %d: %w", p.Pid, err)
	}
	<-p.done
	return nil
}
