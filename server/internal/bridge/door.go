package bridge

import (
	"errors"
	"hash/maphash"
	"net/netip"
	"sync"
	"time"

	"natterjack/jetstream/rate"
	"natterjack/server/internal/gate"
	"natterjack/server/wire"
)

const (
	// failuresPerS is how many sign-ins from one address may fail in a second. A token that is
	// wrong costs as much work as one that is right.
	failuresPerS = 50
	// connectShare is the part of a user's commands that may be connects. A connect costs the
	// node and all its peers more than a command.
	connectShare  = 4
	leastConnects = 50 // so that all sessions of a user may come back at once, see defaultMaxUserSessions
	// maxKnown bounds the tokens that are remembered in each of two generations.
	maxKnown = 1 << 16
)

// door bounds how often clients try to come in. Its methods may be called concurrently.
type door struct {
	seed maphash.Seed

	mu         sync.Mutex // protects following
	failures   *rate.Buckets[netip.Prefix]
	connects   *rate.Buckets[string]
	known, old map[uint64]struct{} // hashes of tokens that were right lately
}

func newDoor(l wire.Limits) *door {
	return &door{
		seed: maphash.MakeSeed(), known: map[uint64]struct{}{},
		failures: rate.NewBuckets[netip.Prefix](failuresPerS),
		connects: rate.NewBuckets[string](max(l.UserCommandsPerS/connectShare, leastConnects)),
	}
}

// knock returns an error if so many sign-ins from an address have failed that a token from there
// is not looked at. A token that was right lately is looked at anyway: its user must not suffer
// from others behind the same address.
func (d *door) knock(now time.Time, from, token string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	wait := d.failures.Wait(now, gate.Address(from), 1)
	if wait == 0 {
		return nil
	}
	h := maphash.String(d.seed, token)
	if _, ok := d.known[h]; ok {
		return nil
	}
	if _, ok := d.old[h]; ok {
		return nil
	}
	return wire.Errorf(wire.CodeTooFast, "too many sign-ins from your address have failed; wait").After(wait)
}

// tried notes whether a token from an address was right.
func (d *door) tried(now time.Time, from, token string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case err == nil:
		if len(d.known) >= maxKnown {
			d.known, d.old = map[uint64]struct{}{}, d.known
		}
		d.known[maphash.String(d.seed, token)] = struct{}{}
	case errors.Is(err, &wire.Error{Code: wire.CodeUnauthorized}), errors.Is(err, &wire.Error{Code: wire.CodeExpired}):
		d.failures.Take(now, gate.Address(from), 1)
	}
}

// enter counts a new session of a user, or refuses it.
func (d *door) enter(now time.Time, user string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if wait := d.connects.Take(now, user, 1); wait > 0 {
		return wire.Errorf(wire.CodeTooFast, "at most %d new connections a second are allowed to one user", d.connects.PerS()).After(wait)
	}
	return nil
}
