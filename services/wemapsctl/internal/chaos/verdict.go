package chaos

import (
	"fmt"
	"sync"
	"time"
)

// kind of a broken promise.
type kind string

const (
	kindLost       kind = "lost"         // acked or seen, and not there, or not at some client
	kindDoubled    kind = "doubled"      // told twice on one connection, or stored twice
	kindDisorder   kind = "out of order" // told, or numbered, in a wrong order
	kindPosition   kind = "position"
	kindMembership kind = "membership"
	kindRefusal    kind = "refusal" // refused for a wrong reason, or in silence
	kindRecovery   kind = "recovery"
	kindCrash      kind = "crash"
)

// violation is one broken promise.
type violation struct {
	kind         kind
	at           time.Time // what is lost counts from its ack
	client, room string
	text         string
}

func (v violation) String() string {
	return fmt.Sprintf("%s %s: client %q room %q: %s", v.at.Format("15:04:05.000"), v.kind, v.client, v.room, v.text)
}

// verdict collects violations. It is safe for concurrent use.
type verdict struct {
	mu  sync.Mutex
	all []violation
}

func (v *verdict) add(k kind, client, room, format string, args ...any) {
	v.addAt(time.Now(), k, client, room, format, args...)
}

func (v *verdict) addAt(at time.Time, k kind, client, room, format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.all = append(v.all, violation{k, at, client, room, fmt.Sprintf(format, args...)})
}

func (v *verdict) list() []violation {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]violation(nil), v.all...)
}
