package presence

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	maxWrites    = 256 // in one go
	writeTimeout = 5 * time.Second
)

// announce writes the due states of this node's users until ctx ends.
func (t *Tracker) announce(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		writes, wait := t.local.due(time.Now(), maxWrites)
		if failed := t.write(ctx, writes); len(failed) > 0 {
			t.local.failed(failed)
			t.log.WarnContext(ctx, "presence could not be written, and is tried again", "users", len(failed))
		}
		if len(writes) == maxWrites {
			wait = 0
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-t.local.wake:
		case <-ctx.Done():
			return
		}
	}
}

// write writes all states at once. It returns the writes that may not have been stored.
func (t *Tracker) write(ctx context.Context, writes []write) (failed []write) {
	acks := make([]jetstream.PubAckFuture, len(writes))
	for i, w := range writes {
		acks[i] = t.publish(w)
	}
	timeout := time.NewTimer(writeTimeout)
	defer timeout.Stop()
	for i, ack := range acks {
		if ack == nil {
			failed = append(failed, writes[i])
			continue
		}
		select {
		case <-ack.Ok():
		case err := <-ack.Err():
			t.log.DebugContext(ctx, "a write of presence failed", "error", err)
			failed = append(failed, writes[i])
		case <-timeout.C:
			timeout.Reset(0) // so that later writes time out at once
			failed = append(failed, writes[i])
		case <-ctx.Done():
			return append(failed, writes[i:]...)
		}
	}
	return failed
}

// publish starts a write. It returns nil if that fails.
func (t *Tracker) publish(w write) jetstream.PubAckFuture {
	value, err := encode(entry{State: w.state.state(), Since: w.since, Run: t.run})
	if err != nil { // cannot happen: the entry has only strings and a number
		panic(err)
	}
	ack, err := t.js.PublishMsgAsync(&nats.Msg{Subject: subject(userKey(w.user, t.node)), Data: value})
	if err != nil {
		return nil
	}
	return ack
}
