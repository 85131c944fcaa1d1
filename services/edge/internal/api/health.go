package api

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/wire"
)

const (
	healthOK       = "OK"
	healthDegraded = "DEGRADED"
	healthFor      = time.Second // an answer is repeated for so long
	probeTimeout   = 1500 * time.Millisecond
)

// Check answers nil when something works.
type Check func(ctx context.Context) error

// Health asks everything that the system needs how it is.
type Health struct {
	checks map[string]Check

	mu     sync.Mutex // held while asking, so that many askers cause one question
	at     time.Time
	states map[string]string
}

// NewHealth takes the checks by name.
func NewHealth(checks map[string]Check) *Health { return &Health{checks: checks} }

// Probe is a check that asks the readiness page below an admin URL.
func Probe(adminURL string) Check {
	client := &http.Client{Timeout: probeTimeout}
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, adminURL+"/readyz", nil)
		if err != nil {
			return fmt.Errorf("readiness: %w", err)
		}
		resp, err := client.Do(req)
		if err != nil {
			return fmt.Errorf("readiness: %w", err)
		}
		defer func() { _ = resp.Body.Close() }()
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 4<<10)) // so that the connection can be used again
		if resp.StatusCode != http.StatusOK {
			return errNotReady
		}
		return nil
	}
}

var errNotReady = fmt.Errorf("not ready")

// States tells for each name OK, NOT_READY or UNREACHABLE.
func (h *Health) States(ctx context.Context) map[string]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.states != nil && time.Since(h.at) < healthFor {
		return h.states
	}
	// One impatient asker must not spoil the answer for the others.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout)
	defer cancel()
	states := make(map[string]string, len(h.checks))
	var mu sync.Mutex
	var wg sync.WaitGroup
	for name, check := range h.checks {
		wg.Go(func() {
			state := healthOK
			switch err := check(ctx); {
			case err == errNotReady: //nolint:errorlint // never wrapped
				state = "NOT_READY"
			case err != nil:
				state = "UNREACHABLE"
			}
			mu.Lock()
			states[name] = state
			mu.Unlock()
		})
	}
	wg.Wait()
	h.states, h.at = states, time.Now()
	return states
}

// health answers 503 when anything that users need does not work, so that a
// monitor need not read the body.
func (h *handlers) health(c echo.Context) error {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	answer := wire.Health{Status: healthOK, Timestamp: wire.At(time.Now()), Uptime: time.Since(h.started).Seconds(),
		Memory: map[string]uint64{"heapUsed": mem.HeapInuse, "heapTotal": mem.HeapSys}, Services: h.Health.States(c.Request().Context())}
	status := http.StatusOK
	for _, state := range answer.Services {
		if state != healthOK {
			answer.Status, status = healthDegraded, http.StatusServiceUnavailable
		}
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(status, answer)
}

func (h *handlers) socketHealth(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusOK, wire.SocketHealth{Status: healthOK, ConnectedClients: h.Sockets(), Timestamp: wire.At(time.Now())})
}
