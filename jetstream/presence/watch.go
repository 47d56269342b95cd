package presence

import (
	"context"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/bucket"
	"natterjack/jetstream/internal/pause"
)

// watch follows the bucket until ctx ends.
func (t *Tracker) watch(ctx context.Context) {
	for {
		err := t.watchOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		t.log.InfoContext(ctx, "watching presence anew", "reason", err)
		if pause.For(ctx, t.times.retry) != nil {
			return
		}
	}
}

// watchOnce follows the bucket until that fails. The initial content of the bucket replaces
// everything that was known before.
func (t *Tracker) watchOnce(ctx context.Context) error {
	found, initial := newRoster(), true
	return bucket.Watch(ctx, t.kv, t.rewatch, func(e jetstream.KeyValueEntry) {
		switch {
		case e != nil && initial:
			t.apply(found, e, true)
		case e != nil:
			t.apply(t.roster, e, false)
		default: // all initial content has arrived
			initial = false
			t.lapse(found)
			t.roster.replace(found)
			t.subscribers.touchAll()
			t.once.Do(func() { close(t.ready) })
		}
	})
}

// apply records one change. It ignores keys and values that it cannot read: a newer node may
// have written them, or they may be invalid.
func (t *Tracker) apply(r *roster, e jetstream.KeyValueEntry, initial bool) {
	kind, rest, _ := strings.Cut(e.Key(), ".")
	switch kind + "." {
	case leaseKeys:
		t.applyLease(r, rest, e, initial)
	case userKeys:
		user, node, ok := strings.Cut(rest, ".")
		if !ok {
			return
		}
		if e.Operation() != jetstream.KeyValuePut {
			r.remove(user, node)
		} else if v, err := decode[entry](e.Value()); err == nil {
			r.put(user, node, &v)
		}
		t.subscribers.touch(user)
	}
}

func (t *Tracker) applyLease(r *roster, node string, e jetstream.KeyValueEntry, initial bool) {
	l, err := decode[lease](e.Value())
	if err != nil || e.Operation() != jetstream.KeyValuePut {
		return // the lease then lapses
	}
	heard := time.Now()
	if created := e.Created(); initial && created.Before(heard) {
		heard = created
	}
	if r.renew(node, &l, e.Created().UnixMilli(), heard, t.times.linger) && !initial {
		t.subscribers.touchAll()
	}
}
