package view

import (
	"errors"
	"fmt"

	"natterjack/server/wire"
)

// Apply takes in events of one shard, ascending by pos, in one batch with the new position: the last event's pos or
// upto, whichever is higher. Events up to the present position are skipped, so the same may be applied again. The result
// has what may be delivered, which leaves out what no client could read. After an error nothing has been applied and
// the same may be tried again; after [ErrDiskFull] there is no point in hurrying.
func (v *View) Apply(shard int, events []Event, upto uint64) (applied []Applied, err error) {
	s := &v.shards[shard]
	was := s.position.Load()
	if len(events) > 0 {
		upto = max(upto, events[len(events)-1].Pos)
	}
	if upto <= was {
		return nil, nil
	}
	if err := v.enter(); err != nil {
		return nil, err
	}
	defer v.leave()
	if err := v.disk.room(); err != nil {
		return nil, err
	}
	r := &s.round
	r.begin(v, shard, len(events))
	defer func() { err = errors.Join(err, r.end()) }()
	if err := r.takeAll(events, was); err != nil {
		return nil, fmt.Errorf("apply to shard %d: %w", shard, err)
	}
	s.states.hold()
	if err := r.commit(upto); err != nil {
		s.states.publish(nil)
		return nil, fmt.Errorf("commit to shard %d: %w", shard, err)
	}
	s.states.publish(r.met)
	v.known.set(r.settings)
	v.recency.note(r.applied)
	s.position.Store(upto)
	return r.applied, nil
}

func (r *round) takeAll(events []Event, position uint64) error {
	for i := range events {
		if e := &events[i]; e.Pos > position {
			position = e.Pos
			if err := r.take(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// take adds one event to the batch. Its error is the disk's, never the event's.
func (r *round) take(e *Event) error {
	if !r.owns(e.Channel) {
		r.leaveOut(e, errChannelName)
		return nil
	}
	m, err := r.meet(e.Channel)
	if err != nil {
		return err
	}
	before := m.head.Pos
	record, err := decode(e, m.head.Seq)
	if err != nil {
		r.leaveOut(e, err)
		_, err := r.write(&Event{Pos: e.Pos, Channel: e.Channel, Kind: unreadable}, m, &wire.Record{})
		return err
	}
	parted, err := r.write(e, m, record)
	if err != nil {
		return err
	}
	a := Applied{Event: *e, Before: before, Head: m.head.Head, Deleted: m.head.has(flagDeleted), Sender: record.Sender, Parted: parted}
	if err := r.address(&a, m); err != nil {
		return err
	}
	r.applied = append(r.applied, a)
	return nil
}

// address notes who may see an event. That is not known where nobody on this node asks, and it would take a look at disk.
func (r *round) address(a *Applied, m *met) error {
	if !m.head.has(flagRich) {
		a.named = m.head.has(flagCreated)
		return nil
	}
	if m.body == nil && !r.watched {
		a.Unknown = true
		return nil
	}
	err := r.need(a.Channel, m)
	if err == nil {
		a.members = m.body.Members
	}
	return err
}

func (r *round) leaveOut(e *Event, why error) {
	r.v.log.Error("an event cannot be read and is left out",
		"shard", r.shard, "pos", e.Pos, "channel", e.Channel, "kind", e.Kind, "error", why)
}
