package hashing

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// workerArg makes the service's own binary a hash worker.
const workerArg = "hash-worker"

type request struct {
	Op       string `json:"op"` // hash, verify
	Password string `json:"password"`
	Encoded  string `json:"encoded,omitempty"`
	Memory   uint32 `json:"memory"` // KiB, of new hashes
}

type response struct {
	Encoded string `json:"encoded,omitempty"`
	OK      bool   `json:"ok,omitempty"`
	Stale   bool   `json:"stale,omitempty"`
	Error   string `json:"error,omitempty"`
}

// IsWorker tells whether this process was started as a hash worker.
func IsWorker() bool { return len(os.Args) == 2 && os.Args[1] == workerArg }

// Work answers requests from in, one JSON object a line, until in ends, which
// it does however the service that started the worker dies.
func Work(in io.Reader, out io.Writer) error {
	// Ctrl-C reaches the whole foreground group; the service still needs its
	// worker while it drains.
	signal.Ignore(os.Interrupt, syscall.SIGTERM)
	requests, responses := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var req request
		if err := requests.Decode(&req); err == io.EOF { //nolint:errorlint // Decode returns it bare
			return nil
		} else if err != nil {
			return fmt.Errorf("hash worker: read: %w", err)
		}
		if err := responses.Encode(answer(req)); err != nil {
			return fmt.Errorf("hash worker: write: %w", err)
		}
	}
}

func answer(req request) response {
	if req.Op == "hash" {
		return response{Encoded: hash(newHashes(req.Memory), req.Password)}
	}
	ok, stale, err := verify(newHashes(req.Memory), req.Encoded, req.Password)
	if err != nil {
		return response{Error: err.Error()}
	}
	return response{OK: ok, Stale: stale}
}
