package presence

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/pause"
)

// sweepEvery is how often what has become old is looked for.
const sweepEvery = time.Hour

// hold keeps this node's lease, and looks after the others', until ctx ends. Then it ends the lease.
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
				t.log.InfoContext(ctx, "a node is gone, and its users with it")
				t.followers.touchAll()
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

// begin takes the lease over from the former run, and returns the runs before this one.
func (t *Tracker) begin(ctx context.Context) (former []ended, ok bool) {
	for {
		former, err := t.formerRuns(ctx)
		if err == nil {
			err = t.putLease(ctx, lease{Run: t.run, Former: former})
		}
		if err == nil {
			return former, true
		}
		t.log.WarnContext(ctx, "presence cannot be told yet", "error", err)
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
	if last.Run != t.run { // else a write of begin's was stored and not acked
		former = append(former, ended{Run: last.Run, At: msg.Time.UnixMilli()})
	}
	return former[max(0, len(former)-maxFormer):], nil
}

// renew renews the lease, and first sees whether it is still there: a bucket in memory can lose all it has, when most
// of its replicas die at once; then everybody is written again. Where the watch does not bring what was renewed, it is opened anew.
func (t *Tracker) renew(ctx context.Context, held lease) {
	msg, last, err := t.readLease(ctx)
	if err == nil && (msg == nil || last.Run != t.run) {
		t.log.WarnContext(ctx, "presence was lost, and is written again")
		t.local.again(time.Now())
		t.watchAgain()
	}
	if err := t.putLease(ctx, held); err != nil {
		t.log.WarnContext(ctx, "lease not renewed", "error", err)
		return
	}
	if time.Since(t.roster.heard(t.node)) > 3*t.times.renew {
		t.log.WarnContext(ctx, "the watch of presence is silent, and is opened anew")
		t.watchAgain()
	}
}

// lapse ends what is over in a roster.
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

// end gives the lease back. Where that fails it lapses.
func (t *Tracker) end(ctx context.Context, held lease) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	held.Ended = true
	if err := t.putLease(ctx, held); err != nil {
		t.log.DebugContext(ctx, "lease not ended", "error", err)
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

// readLease asks the bucket's leader for this node's lease; the message is nil where there is none. A replica might not have it yet.
func (t *Tracker) readLease(ctx context.Context) (*jetstream.RawStreamMsg, lease, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	msg, err := leaderGet(ctx, t.js.Conn(), subject(leaseKey(t.node)))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, lease{}, nil
	}
	if err != nil {
		return nil, lease{}, err
	}
	l, err := decode[lease](msg.Data)
	return msg, l, err
}
