package presence

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/api"
	"natterjack/jetstream/internal/pause"
)

// sweepEvery is how often old entries are looked for.
const sweepEvery = time.Hour

// hold keeps this node's lease and checks the leases of the other nodes until ctx ends. Then it
// ends its own lease.
func (t *Tracker) hold(ctx context.Context) {
	former, ok := t.begin(ctx)
	if !ok {
		return
	}
	held := lease{Run: t.run, Former: former}
	defer t.end(context.WithoutCancel(ctx), held)
	look, renew, sweep := time.NewTicker(t.times.look), time.NewTicker(t.times.renew), time.NewTicker(sweepEvery)
	defer look.Stop()
	defer renew.Stop()
	defer sweep.Stop()
	for {
		select {
		case <-look.C:
			if t.lapse(t.roster) {
				t.log.InfoContext(ctx, "a node is gone; its users count as offline")
				t.subscribers.touchAll()
			}
		case <-renew.C:
			t.renew(ctx, held)
		case <-sweep.C:
			t.roster.forget(time.Now().Add(-keep))
			t.local.again(time.Now().Add(-keep / 2))
		case <-ctx.Done():
			return
		}
	}
}

// begin takes the lease over from the node's former run. It returns the runs before this one.
func (t *Tracker) begin(ctx context.Context) (former []ended, ok bool) {
	for {
		former, err := t.formerRuns(ctx)
		if err == nil {
			err = t.putLease(ctx, lease{Run: t.run, Former: former})
		}
		if err == nil {
			return former, true
		}
		t.log.WarnContext(ctx, "the bucket of presence cannot be used yet", "error", err)
		if pause.For(ctx, t.times.retry) != nil {
			return nil, false
		}
	}
}

func (t *Tracker) formerRuns(ctx context.Context) ([]ended, error) {
	msg, last, err := t.readLease(ctx)
	if msg == nil || err != nil {
		return nil, err
	}
	former := last.Former
	if last.Run != t.run { // otherwise begin's own write was stored but not acked
		former = append(former, ended{Run: last.Run, At: msg.Time.UnixMilli()})
	}
	return former[max(0, len(former)-maxFormer):], nil
}

// renew renews the lease. First it checks that the lease still exists: a bucket in memory can
// lose everything if most of its replicas die at once. All users are then written again. If the
// watch does not bring the renewed lease, the watch is opened anew.
func (t *Tracker) renew(ctx context.Context, held lease) {
	msg, last, err := t.readLease(ctx)
	if err == nil && (msg == nil || last.Run != t.run) {
		t.log.WarnContext(ctx, "the bucket of presence was lost, and is written again")
		t.local.again(time.Now())
		t.watchAgain()
	}
	if err := t.putLease(ctx, held); err != nil {
		t.log.WarnContext(ctx, "the lease of presence could not be renewed", "error", err)
		return
	}
	if time.Since(t.roster.heard(t.node)) > 3*t.times.renew {
		t.log.WarnContext(ctx, "the watch of presence has fallen silent, and is opened anew")
		t.watchAgain()
	}
}

// lapse ends the runs in a roster whose time is over.
func (t *Tracker) lapse(r *roster) (changes bool) {
	now := time.Now()
	return r.lapse(t.node, now, now.Add(-t.times.lease))
}

func (t *Tracker) watchAgain() {
	select {
	case t.rewatch <- struct{}{}:
	default:
	}
}

// end ends the lease. If that fails, the lease lapses.
func (t *Tracker) end(ctx context.Context, held lease) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	held.Ended = true
	if err := t.putLease(ctx, held); err != nil {
		t.log.DebugContext(ctx, "the lease of presence could not be ended", "error", err)
	}
}

func (t *Tracker) putLease(ctx context.Context, l lease) error {
	value, err := encode(l)
	if err != nil {
		return fmt.Errorf("encode lease: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	_, err = t.js.Publish(ctx, subject(leaseKey(t.node)), value)
	return err
}

// readLease reads this node's lease from the bucket's leader, because a replica might not have
// it yet. The message is nil if there is no lease.
func (t *Tracker) readLease(ctx context.Context) (*jetstream.RawStreamMsg, lease, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	msg, err := api.Last(ctx, t.js.Conn(), "KV_"+Bucket, subject(leaseKey(t.node)))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, lease{}, nil
	}
	if err != nil {
		return nil, lease{}, err
	}
	l, err := decode[lease](msg.Data)
	return msg, l, err
}
