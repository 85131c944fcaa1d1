package keys

import (
	"slices"
	"time"
)

// Stored is a signing key as the database has it.
type Stored struct {
	ID         string
	PublicKey  []byte
	SealedKey  []byte
	CreatedAt  time.Time
	ActiveFrom time.Time // it signs from then until the next key's ActiveFrom
}

// Schedule says when keys change.
type Schedule struct {
	Rotation time.Duration // how long a key signs
	TokenTTL time.Duration // how long what it signed must be verifiable
}

// lead is how long before its use a key is published. Verifiers learn of keys
// within seconds; an hour also covers one that was cut off for a while.
func (s Schedule) lead() time.Duration { return min(time.Hour, s.Rotation/2) }

// plan is what a rotation has to do at one moment.
type plan struct {
	create     bool
	activeFrom time.Time // of the key to create
	remove     []string  // ids of keys that no living token was signed with
}

// signer is the index of the key that signs at now: the newest that is active;
// -1 if there is none. keys are ordered by ActiveFrom.
func signer(keys []Stored, now time.Time) int {
	for i := len(keys) - 1; i >= 0; i-- {
		if !keys[i].ActiveFrom.After(now) {
			return i
		}
	}
	return -1
}

// plan decides from all keys, ordered by ActiveFrom. It depends on nothing
// else, so replicas that ask at the same moment agree.
func (s Schedule) plan(keys []Stored, now time.Time) plan {
	current := signer(keys, now)
	if current < 0 {
		// The first key of all: it signs at once, since nothing else can.
		return plan{create: true, activeFrom: now}
	}
	var p plan
	due := keys[current].ActiveFrom.Add(s.Rotation)
	if current == len(keys)-1 && !now.Before(due.Add(-s.lead())) {
		p.create = true
		if p.activeFrom = due; p.activeFrom.Before(now.Add(s.lead())) {
			p.activeFrom = now.Add(s.lead()) // nobody was running when it was due
		}
	}
	for i := range current {
		// The hour allows for clocks that differ.
		if lastToken := keys[i+1].ActiveFrom.Add(s.TokenTTL); now.After(lastToken.Add(time.Hour)) {
			p.remove = append(p.remove, keys[i].ID)
		}
	}
	return p
}

func byActivation(a, b Stored) int { return a.ActiveFrom.Compare(b.ActiveFrom) }

func sorted(keys []Stored) []Stored {
	slices.SortFunc(keys, byActivation)
	return keys
}
