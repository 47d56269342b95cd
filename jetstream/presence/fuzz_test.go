package presence

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/server/wire"
)

// stored is a key of the bucket in a test.
type stored struct {
	jetstream.KeyValueEntry
	key   string
	value []byte
	op    jetstream.KeyValueOp
}

func (s stored) Key() string                     { return s.key }
func (s stored) Value() []byte                   { return s.value }
func (s stored) Operation() jetstream.KeyValueOp { return s.op }
func (s stored) Created() time.Time              { return time.UnixMilli(1) }

// FuzzApply shows that a roster accepts any content of the bucket, and shows no user in an
// unknown state.
func FuzzApply(f *testing.F) {
	f.Add("user.alice.n1", []byte(`{"state":"online","since":1,"run":"r1"}`), false, false)
	f.Add("lease.n1", []byte(`{"run":"r1","former":[{"run":"r0","at":1}]}`), false, true)
	f.Add("lease.n1", []byte(`{"run":"r1","ended":true}`), false, false)
	f.Add("user.alice", []byte(`null`), true, true)
	f.Add("", []byte(``), true, false)
	f.Fuzz(func(t *testing.T, key string, value []byte, deleted, initial bool) {
		tracker := &Tracker{node: "own", roster: newRoster(), times: usual, subscribers: newSubscribers(time.Second), privacy: open{}}
		e := stored{key: key, value: value}
		if deleted {
			e.op = jetstream.KeyValueDelete
		}
		for _, e := range []stored{e, {key: "lease.n1", value: []byte(`{"run":"r1"}`)}, e} {
			tracker.apply(tracker.roster, e, initial)
			tracker.lapse(tracker.roster)
		}
		for user := range tracker.roster.people {
			switch p := tracker.see("eve", user); p.State {
			case wire.PresenceOnline, wire.PresenceAway, wire.PresenceOffline:
			default:
				t.Errorf("%q is %+v", user, p)
			}
		}
	})
}

func FuzzToken(f *testing.F) {
	f.Add("n1", "host.example.net")
	f.Add("a=2e", "a.")
	f.Fuzz(func(t *testing.T, a, b string) {
		if (a == b) != (token(a) == token(b)) {
			t.Errorf("%q and %q are %q and %q", a, b, token(a), token(b))
		}
		for _, c := range []byte(token(a)) {
			if c == '.' || c == '*' || c == '>' || c <= ' ' || c > '~' {
				t.Errorf("%q is not one token", token(a))
			}
		}
	})
}
