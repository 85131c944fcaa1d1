package consume

import "time"

// SetNow gives a test the clock.
func (h *Commands) SetNow(now func() time.Time) { h.now = now }
