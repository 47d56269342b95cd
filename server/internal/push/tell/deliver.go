package tell

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/crashpoint"
	"natterjack/jetstream/pushlog"
	"natterjack/jetstream/queue"
	"natterjack/server/internal/push"
	"natterjack/server/wire"
)

const (
	// besides is how many devices one job tells at once.
	besides = 16
	// lastTime is how long a job that is stopped may take to store the rest of it.
	lastTime = 3 * time.Second
	// stopped is the reason of a try that was cut short.
	stopped = "stopped"
)

// PushSent is passed when a receiver has taken a notification, and no record says so yet.
const PushSent crashpoint.Point = "push_sent"

// delivery is a job to tell users, on its way.
type delivery struct {
	worker worker
	task   *task
	target string // of the job
	plan   *plan  // of the users to decide about later; nil if there is no message
	all    []one

	mu     sync.Mutex // protects following
	tried  int
	again  []planned     // for devices that failed
	held   []to          // of users whose provider takes nothing now
	wait   time.Duration // for how long it does so
	failed error         // of the last device that failed
	after  time.Duration // when it is to be tried again
}

// do tells all devices, and stores the rest of the job.
func (d *delivery) do(ctx context.Context) error {
	var group errgroup.Group
	group.SetLimit(besides)
	for i := range d.all {
		group.Go(func() error { d.try(ctx, &d.all[i]); return nil })
	}
	_ = group.Wait() // all return nil
	switch {
	case d.failed != nil && len(d.all) == 1 && d.target == deviceTarget(d.all[0].user, d.all[0].sub.ID):
		return queue.After(d.after, d.failed) // the job is the device's own already
	case d.tried == 0 && len(d.held) == len(d.all) && len(d.held) > 0 && d.idle():
		return queue.Early(d.wait)
	}
	return d.leave(ctx)
}

// idle reports whether no user is left to decide about later.
func (d *delivery) idle() bool { return d.plan == nil || len(d.plan.looks) == 0 }

// leave stores the rest of the job. If the node stops, it still does.
func (d *delivery) leave(ctx context.Context) error {
	all := d.again
	if d.plan != nil {
		all = append(all, d.plan.jobs(d.worker.now())...)
	}
	if len(d.held) > 0 {
		rest := *d.task
		rest.To = d.held
		all = append(all, planned{task: rest, target: d.target, due: d.worker.now().Add(d.wait)})
	}
	if len(all) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastTime)
	defer cancel()
	return d.worker.put(ctx, all)
}

// try tells one device, unless it, its provider or its user has to wait.
func (d *delivery) try(ctx context.Context, o *one) {
	w := d.worker
	if o.provider == services {
		d.publish(o)
		return
	}
	device := deviceTarget(o.user, o.sub.ID)
	if wait := w.resting.wait(device, w.now()); wait > 0 {
		d.later(o, wait, nil)
		return
	}
	leave, wait := w.providers.enter(ctx, o.provider, o.user, w.now)
	if leave == nil {
		d.hold(o, wait)
		return
	}
	outcome := push.Outcome{Result: push.Again, Reason: stopped}
	if w.pace.wait(ctx) == nil { // only a try takes a turn, so a provider that is away takes none from others
		outcome = d.send(ctx, o)
	}
	if outcome.Reason == stopped || ctx.Err() != nil && outcome.Result == push.Again {
		leave("", false)
		d.hold(o, time.Second)
		return
	}
	leave(device, unavailable(outcome))
	d.note(o, outcome)
	d.settle(ctx, o, device, outcome)
}

// send sends a notification by the sender of the device's kind.
func (d *delivery) send(ctx context.Context, o *one) push.Outcome {
	sender := d.worker.cfg.Senders[o.sub.Kind]
	if sender == nil {
		return push.Outcome{Result: push.Refused, Reason: "kind_off"}
	}
	out := sender.Send(ctx, o.target, o.n)
	if out.Result == push.Sent {
		crashpoint.Reach(PushSent)
	}
	return out
}

// settle acts on an outcome.
func (d *delivery) settle(ctx context.Context, o *one, device string, out push.Outcome) {
	w := d.worker
	w.counts.add(string(out.Result)+"."+out.Reason, 1)
	d.count()
	switch out.Result {
	case push.Sent, push.Refused:
		w.resting.well(device)
	case push.Gone:
		w.resting.well(device)
		w.end(ctx, o)
	case push.Again:
		wait := w.resting.ill(device, out.After, w.now())
		d.later(o, wait, fmt.Errorf("push: %s", out.Reason))
	}
}

func (d *delivery) count() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tried++
}

// later plans another try for a device.
func (d *delivery) later(o *one, wait time.Duration, why error) {
	if why == nil {
		why = errors.New("push: the device wants to be left alone")
	}
	t := *d.task
	t.To = []to{{o.user, []string{o.sub.ID}}}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failed, d.after = why, wait
	d.again = append(d.again, planned{task: t, target: deviceTarget(o.user, o.sub.ID), due: d.worker.now().Add(wait)})
}

// hold keeps a device for a later try of the rest of the job.
func (d *delivery) hold(o *one, wait time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held, d.wait = append(d.held, to{o.user, []string{o.sub.ID}}), max(d.wait, wait)
}

// publish tells the services that tell a user by themselves.
func (d *delivery) publish(o *one) {
	body, err := o.n.Payload()
	if err == nil {
		err = d.worker.log.Tell(o.user, o.n.ID, body)
	}
	if err != nil {
		d.worker.logger.Warn("a notification could not be published to services, and is tried again", "user", o.user, "error", err)
		d.hold(o, time.Second)
		return
	}
	d.worker.counts.add("sent."+services, 1)
	d.count()
}

// end has a subscription be gone that its receiver does not know any more, unless it was renewed
// since.
func (w worker) end(ctx context.Context, o *one) {
	ctx, cancel := context.WithTimeout(ctx, viewTime)
	defer cancel()
	// The writer may not know yet that the subscription was renewed a moment ago, and this node
	// may.
	err := w.log.AwaitChannel(ctx, wire.OwnChannel(o.user))
	if err == nil {
		err = w.endNow(ctx, o)
	}
	if err != nil { // the next notification finds the same
		w.logger.DebugContext(ctx, "a subscription whose device is gone could not be marked, and is tried again", "user", o.user, "id", o.sub.ID, "error", err)
	}
}

func (w worker) endNow(ctx context.Context, o *one) error {
	subs, err := w.log.Subscriptions(ctx, o.user)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(subs, func(s channel.Subscription) bool { return s.ID == o.sub.ID && s.Version == o.sub.Version }) {
		return nil
	}
	_, err = w.log.Change(ctx, o.user, wire.UnsubscribePush{ID: o.sub.ID, Version: o.sub.Version})
	return err
}

// note notes the result of telling a device.
func (d *delivery) note(o *one, out push.Outcome) {
	e := pushlog.Entry{PushLogEntry: wire.PushLogEntry{
		Channel: o.n.Channel, Seq: o.n.Seq, Verdict: wire.PushTold, Reason: string(o.by), ID: o.sub.ID, Result: wire.PushResult(out.Result),
	}, Version: o.sub.Version}
	if out.Result != push.Sent {
		e.Reason = out.Reason
	}
	d.worker.note(o.user, e)
}
