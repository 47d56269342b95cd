package view

import (
	"errors"
	"fmt"
	"slices"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// Apply takes in events of one shard, ascending by pos, and commits them in one batch with the
// new position. The new position is the last event's pos or upto, whichever is higher. Apply
// skips events up to the present position, so the same events may be applied again. The result
// holds the events that may be delivered. It leaves out events that no client could read.
//
// After an error nothing has been applied, and the caller may try the same events again. After
// [ErrDiskFull] an immediate retry will not help. An [*UnreadableError] asks the caller for a
// better record, or for the word that there is none.
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
	r.begin(v, shard, len(events), s.held)
	defer func() { err = errors.Join(err, r.end()) }()
	if err := r.takeAll(events, was); err != nil {
		return nil, fmt.Errorf("apply to shard %d: %w", shard, err)
	}
	s.dating.Lock()
	defer s.dating.Unlock()
	before, now := s.dates.Load(), v.now()
	dated := before.next(upto, r.latest, now)
	s.states.hold()
	if err := r.commit(upto, dated); err != nil {
		s.states.publish(nil)
		return nil, fmt.Errorf("commit to shard %d: %w", shard, err)
	}
	s.states.publish(r.met)
	s.held = r.held
	s.voided.Add(r.voided)
	v.known.set(r.settings)
	s.dates.Store(dated)
	if before.ahead(now) {
		v.recency.clear()
	}
	v.recency.note(r.applied, dated)
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

// take adds one event to the batch. An error is a disk error, or [UnreadableError] for an event
// that is marked Unsure.
func (r *round) take(e *Event) error {
	r.held++
	if !r.owns(e.Channel) {
		r.void(e, errChannelName)
		return nil
	}
	m, err := r.meet(e.Channel)
	if err != nil {
		return err
	}
	before := m.head.Pos
	record, err := r.decode(e)
	if err != nil && e.Unsure {
		return &UnreadableError{Pos: e.Pos, Err: err}
	}
	if err == nil {
		err = m.head.Follows(e.Pos, r.missing(e.Pos, &m.head), record)
	}
	if err == nil {
		err = channel.Bound(record.ID, e.Channel)
	}
	if err != nil {
		r.void(e, err)
		return nil
	}
	e.Kind = record.Kind
	users, err := r.write(e, m, record)
	if err != nil {
		return err
	}
	a := Applied{
		Event: *e, Before: before, Head: m.head.Head, Deleted: m.head.has(flagDeleted), Sender: record.Sender,
		Joined: users.joined, Parted: users.parted, Refused: users.refused,
	}
	if err := r.address(&a, m, channel.About(record)); err != nil {
		return err
	}
	r.applied = append(r.applied, a)
	return nil
}

// address notes who may see an event about the message with a seq, or about none if that is 0. No
// user may see a note. When no session on this node asks for that and the answer needs a disk read,
// address marks it as unknown.
func (r *round) address(a *Applied, m *met, seq uint64) error {
	if a.Kind == wire.KindNote {
		return nil
	}
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
		a.members, err = r.witnesses(m.body, seq)
	}
	return err
}

// witnesses returns the members of a channel who may see the message with a seq, or all if seq
// is 0. For all others the message does not exist, and so no event about it does. Members who
// came before the message need no disk read. A member who came after it may have been a member
// at another time.
func (r *round) witnesses(st *channel.State, seq uint64) ([]string, error) {
	came := func(since uint64) bool { return since >= seq }
	if seq == 0 || !slices.ContainsFunc(st.Since, came) {
		return st.Members, nil
	}
	var witnesses []string
	for i, user := range st.Members {
		sees := !came(st.Since[i])
		if !sees {
			var err error
			if sees, err = r.saw(user, st.ID, seq); err != nil {
				return nil, err
			}
		}
		if sees {
			witnesses = append(witnesses, user)
		}
	}
	return witnesses, nil
}

// missing returns how many positions between a channel's last event and the event at hand have
// no event in the stream.
func (r *round) missing(pos uint64, h *head) uint64 {
	return (pos - h.Pos) - (r.held - h.Held)
}

// void leaves an event out of the view, notes that, and has it erased from the stream.
func (r *round) void(e *Event, why error) {
	r.v.log.Error("an event breaks the rules of its channel, does not count, and is erased",
		"shard", r.shard, "pos", e.Pos, "channel", e.Channel, "reason", why)
	r.voided++
	r.key, r.value = appendVoidKey(r.key[:0], r.shard, e.Pos), appendNumber(r.value[:0], 1)
	r.set()
	r.owe(Erasure{Pos: e.Pos, Channel: e.Channel, Positions: []uint64{e.Pos}})
}
