package tell

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"natterjack/jetstream/queue"
	"natterjack/server/internal/push/decide"
)

const (
	// viewTime is how long a job waits for this node's view.
	viewTime = 5 * time.Second
	// stale is how old a job is when a newer message may have taken its place.
	stale = 10 * time.Second
	// lookedAt is how many messages of a channel a look considers, the newest.
	lookedAt = 64
)

var errBody = errors.New("push: the body of the job cannot be read")

// worker does the jobs of the queue.
type worker struct{ *Teller }

// Do implements [queue.Worker].
func (w worker) Do(ctx context.Context, job *queue.Job) error {
	var t task
	if err := json.Unmarshal(job.Body, &t); err != nil || t.Channel == "" || t.Seq == 0 {
		return queue.Dead(errBody)
	}
	if err := w.level(ctx, &t); err != nil {
		return fmt.Errorf("wait for the view: %w", err)
	}
	if t.Look {
		return w.look(ctx, &t)
	}
	return w.tell(ctx, job, &t)
}

// at calls f with this node's view as it is now.
func (w worker) at(f func(m *moment) error) error {
	return w.share.in(func() error {
		m, err := w.moment()
		if err != nil {
			return err
		}
		return errors.Join(f(m), m.Close())
	})
}

// level waits until this node's view has the message, and for a look, all that came since.
func (w worker) level(ctx context.Context, t *task) error {
	ctx, cancel := context.WithTimeout(ctx, viewTime)
	defer cancel()
	if t.Look {
		return w.log.AwaitChannel(ctx, t.Channel)
	}
	return w.log.AwaitPos(ctx, t.Shard, t.Pos)
}

// look looks for the newest message that each user of a job would be told of, and plans that.
func (w worker) look(ctx context.Context, t *task) error {
	var all []planned
	err := w.at(func(m *moment) error {
		plans, err := w.lookAll(m, t)
		for _, seq := range slices.Sorted(maps.Keys(plans)) {
			all = append(all, plans[seq].jobs(m.now)...)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := w.put(ctx, all); err != nil {
		return err
	}
	return nil
}

func (w worker) lookAll(m *moment, t *task) (map[uint64]*plan, error) {
	plans := map[uint64]*plan{}
	of := func(msg *message) *plan {
		if plans[msg.seq] == nil {
			plans[msg.seq] = newPlan(msg, t.Shard, t.Pos)
		}
		return plans[msg.seq]
	}
	all, err := m.candidates(t.Channel, t.users())
	if err != nil {
		return nil, err
	}
	counted := tally{}
	for i := range all {
		c := &all[i]
		s, err := m.search(t.Channel, t.Seq, c)
		if err != nil {
			return nil, err
		}
		if s.told != nil {
			w.rates.take(m.now, c.user)
			of(s.told).tell(c.user, c.prefs.Devices, c.served)
		}
		if s.later != nil {
			of(s.later).look(c.user, s.until)
		}
		if s.told == nil && s.later == nil && s.last != nil {
			w.noteDecision(c.user, s.last, s.why)
		}
		counted.add(s.why)
	}
	w.counts.merge(counted)
	return plans, nil
}

// found is the result of a search.
type found struct {
	told  *message // the newest message that the user would be told of now, or the newest urgent one
	by    decide.Decision
	later *message // the oldest message that is to be decided about later
	until time.Time
	last  *message // the newest message that is not the user's own
	why   decide.Decision
}

// search looks at the newest messages of a channel that a user has not read, not before a seq.
func (m *moment) search(id string, from uint64, c *candidate) (f found, err error) {
	st, err := m.Channel(id)
	if err != nil || !st.Exists() {
		return f, err
	}
	from = max(from, c.read) // the last one that was read says why there is nothing to tell
	for seq, n := st.Seq, 0; seq >= from && seq > 0 && n < lookedAt && !f.by.Urgent; seq, n = seq-1, n+1 {
		msg, err := m.message(id, seq)
		if err != nil {
			return f, err
		}
		if msg == nil || msg.sender == c.user {
			continue
		}
		d, err := m.decide(msg, c)
		if err != nil {
			return f, err
		}
		f.add(msg, d)
	}
	return f, nil
}

func (f *found) add(msg *message, d decide.Decision) {
	if f.last == nil {
		f.last, f.why = msg, d
	}
	switch d.Verdict {
	case decide.Tell:
		if f.told == nil || d.Urgent {
			f.told, f.by = msg, d
		}
	case decide.Later:
		if f.later = msg; f.until.IsZero() || d.Until.Before(f.until) {
			f.until = d.Until
		}
	case decide.Never:
	}
}

// superseded reports whether a newer message has taken the place of one, which has a job of its
// own. It is so only for jobs that have waited.
func (m *moment) superseded(t *task, c *candidate, d decide.Decision) (bool, error) {
	if m.now.Sub(time.UnixMilli(t.Put)) < stale {
		return false, nil
	}
	f, err := m.search(t.Channel, t.Seq+1, c)
	if err != nil || f.told == nil || f.told.seq <= t.Seq {
		return false, err
	}
	return f.by.Urgent || !d.Urgent, nil
}

// tell tells the users of a job, as far as they are still to be told.
func (w worker) tell(ctx context.Context, job *queue.Job, t *task) error {
	var d *delivery
	err := w.at(func(m *moment) (err error) {
		m.free = true
		d, err = w.prepare(m, t)
		return err
	})
	if err != nil {
		return err
	}
	d.target = job.Target
	return d.do(ctx)
}

// prepare decides again, and writes the notifications.
func (w worker) prepare(m *moment, t *task) (*delivery, error) {
	d := &delivery{worker: w, task: t}
	msg, err := m.message(t.Channel, t.Seq)
	if err != nil {
		return d, err
	}
	if msg == nil || msg.content == nil {
		w.counts.add("never."+string(decide.Deleted), len(t.To))
		return d, nil
	}
	all, err := m.candidates(t.Channel, t.users())
	if err != nil {
		return d, err
	}
	d.plan = newPlan(msg, t.Shard, t.Pos)
	for i := range all {
		if err := d.decide(m, msg, &all[i]); err != nil {
			return d, err
		}
	}
	return d, nil
}

// decide decides about a user again.
func (d *delivery) decide(m *moment, msg *message, c *candidate) error {
	w := d.worker
	verdict, err := m.decide(msg, c)
	if err != nil {
		return err
	}
	switch verdict.Verdict {
	case decide.Later:
		w.noteDecision(c.user, msg, verdict)
		d.plan.look(c.user, verdict.Until)
		return nil
	case decide.Never:
		w.noteDecision(c.user, msg, verdict)
		w.counts.add("again."+string(verdict.Reason), 1)
		return nil
	case decide.Tell:
	}
	newer, err := m.superseded(d.task, c, verdict)
	if newer || err != nil {
		w.counts.add("again.superseded", 1)
		return err
	}
	return d.write(m, msg, c, verdict)
}
