package hashing

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// answerTimeout is far beyond what one hash takes even on a starved machine.
const answerTimeout = 20 * time.Second

// process is one worker process. Only the holder of its slot uses it.
type process struct {
	cmd       *exec.Cmd
	in        io.WriteCloser
	requests  *json.Encoder
	responses *json.Decoder
	used      time.Time
}

func startProcess(nice int) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own binary: %w", err)
	}
	cmd := exec.Command(self, workerArg) //nolint:noctx // it ends with its input
	// Nothing of the service's environment, least of all its secrets. One
	// thread works at a time, and a hash's 19 MiB are given back soon.
	cmd.Env = []string{"GOMAXPROCS=1", "GOGC=50"}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start hash worker: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start hash worker: %w", err)
	}
	if err := startNice(cmd, nice); err != nil {
		return nil, fmt.Errorf("start hash worker: %w", err)
	}
	return &process{cmd: cmd, in: in, requests: json.NewEncoder(in), responses: json.NewDecoder(out), used: time.Now()}, nil
}

// ask has one request answered; after an error the process is of no more use.
func (p *process) ask(req request) (response, error) {
	late := time.AfterFunc(answerTimeout, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	p.used = time.Now()
	if err := p.requests.Encode(req); err != nil {
		return response{}, fmt.Errorf("ask hash worker: %w", err)
	}
	var resp response
	if err := p.responses.Decode(&resp); err != nil {
		return response{}, fmt.Errorf("hash worker did not answer: %w", err)
	}
	return resp, nil
}

// stop ends the process and waits for it.
func (p *process) stop() {
	_ = p.in.Close() // makes it return
	late := time.AfterFunc(time.Second, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	_ = p.cmd.Wait() // however it ended, it is gone
}

// worker is the account.Hasher of one slot.
type worker struct{ slot *slot }

// Hash makes a hash for storing.
func (w worker) Hash(password string) (string, error) {
	resp, err := w.slot.ask(request{Op: "hash", Password: password})
	return resp.Encoded, err
}

// Verify compares a password with a stored hash.
func (w worker) Verify(encoded, password string) (ok, stale bool, err error) {
	resp, err := w.slot.ask(request{Op: "verify", Password: password, Encoded: encoded})
	return resp.OK, resp.Stale, err
}

// slot is the right to work on one password; its process is started when it is
// first needed.
type slot struct {
	cfg  Config
	proc *process // nil until it is needed
}

func (s *slot) ask(req request) (response, error) {
	req.Memory = s.cfg.Memory
	// A worker that was killed is noticed only by asking it, so ask twice.
	for attempt := 0; ; attempt++ {
		if s.proc == nil {
			proc, err := startProcess(s.cfg.Nice)
			if err != nil {
				return response{}, err
			}
			s.proc = proc
		}
		resp, err := s.proc.ask(req)
		if err != nil {
			_ = s.proc.cmd.Process.Kill()
			s.close()
			if attempt == 0 {
				continue
			}
			return response{}, err
		}
		if resp.Error != "" {
			return response{}, errors.New(resp.Error)
		}
		return resp, nil
	}
}

func (s *slot) close() {
	if s.proc != nil {
		s.proc.stop()
		s.proc = nil
	}
}
