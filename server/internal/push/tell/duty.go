package tell

import (
	"context"
	"errors"
	"time"

	"natterjack/server/internal/push/decide"
	"natterjack/server/wire"
)

// decider decides about messages, on the node that leads their shard.
type decider struct{ *Teller }

// Do implements [duty.Doer].
func (t decider) Do(ctx context.Context, events []wire.Event) error {
	var plans []*plan
	var all []eventJobs
	err := t.share.in(func() (err error) {
		plans, all, err = t.decideAll(events)
		return err
	})
	if err != nil {
		return err
	}
	if err := t.putEvents(ctx, all); err != nil {
		return err
	}
	for _, p := range plans {
		for at, users := range p.looks {
			for _, user := range users {
				t.waiting.put(user, p.msg.id, time.UnixMilli(at))
			}
		}
		if err := t.miss(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// decideAll decides about messages, and returns the plan for each, and the jobs.
func (t decider) decideAll(events []wire.Event) (plans []*plan, all []eventJobs, err error) {
	m, err := t.moment()
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	for i := range events {
		p, err := t.decideOne(m, &events[i])
		if err != nil {
			return nil, nil, err
		}
		if p == nil {
			continue
		}
		plans = append(plans, p)
		if jobs := p.jobs(m.now); len(jobs) > 0 {
			all = append(all, eventJobs{eventID(p.shard, p.pos), jobs})
		}
	}
	return plans, all, nil
}

// decideOne decides about a message. It returns nil if the message is gone, or if there is no user
// to tell.
func (t *Teller) decideOne(m *moment, e *wire.Event) (*plan, error) {
	if nobody, err := m.nobody(e); nobody || err != nil {
		return nil, err
	}
	msg, err := m.message(e.Channel, e.Seq)
	if msg == nil || msg.content == nil || err != nil {
		return nil, err
	}
	all, err := m.candidates(msg.id, msg.state.Members)
	if err != nil {
		return nil, err
	}
	p, tally := newPlan(msg, e.Shard, e.Pos), tally{}
	for i := range all {
		c := &all[i]
		f, d, err := m.judge(msg, c)
		if err != nil {
			return nil, err
		}
		tally.add(d)
		t.noteDecision(c.user, msg, d)
		if c.prefs.Mail && t.digest != nil {
			p.miss(f, d)
		}
		switch {
		case !c.told():
		case d.Verdict == decide.Tell:
			t.rates.take(m.now, c.user)
			p.tell(c.user, c.prefs.Devices, c.served)
		case d.Verdict == decide.Later && !t.waiting.covers(c.user, msg.id, d.Until, m.now):
			p.look(c.user, d.Until)
		}
	}
	t.counts.merge(tally)
	return p, nil
}
