package view

import (
	"bytes"
	"fmt"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// Finder finds events by client id, and the times when a user was a member. It sees the view as
// it was when the Finder was made. It uses one iterator for many lookups, where each call of
// [View.Find] opens one. It is for one goroutine. Close it soon, because it keeps the view from
// closing.
type Finder struct {
	v *View
	r *reader
}

// Finder makes a [Finder].
func (v *View) Finder() (*Finder, error) {
	if err := v.enter(); err != nil {
		return nil, err
	}
	r, err := v.newReader()
	if err != nil {
		v.leave()
		return nil, fmt.Errorf("find client ids: %w", err)
	}
	return &Finder{v: v, r: r}, nil
}

// Find works like [View.Find].
func (f *Finder) Find(channel, sender, clientID string) (*Event, error) {
	e, err := f.r.find(channel, sender, clientID)
	if err != nil {
		return nil, fmt.Errorf("find client id: %w", err)
	}
	return e, nil
}

// Stays returns the stays of a user in a channel.
func (f *Finder) Stays(user, id string) (stays channel.Stays, err error) {
	members, err := f.r.membershipsIn(user, f.v.shardIndex(id), id)
	if err != nil {
		return nil, fmt.Errorf("find memberships: %w", err)
	}
	for _, m := range members {
		stays = append(stays, channel.Stay{After: m.joined, Upto: m.left, Left: m.own})
	}
	return stays, nil
}

// MayJoin reports whether a user has asked to join a group, or the group has an invite with a
// hash. It looks for keys that only such users know, and not at the group. So it does the same
// for a group that does not exist.
func (f *Finder) MayJoin(user, channel, invite string) (may bool, err error) {
	for _, key := range [2][]byte{appendDoorKey(nil, channel, doorAsked, user), appendDoorKey(nil, channel, doorInvite, invite)} {
		f.r.key = key
		value, err := f.r.get()
		if err != nil {
			return false, fmt.Errorf("find invite: %w", err)
		}
		may = may || value != nil
	}
	return may, nil
}

// Close closes the Finder.
func (f *Finder) Close() error {
	defer f.v.leave()
	return f.r.it.Close()
}

// Accepted reports whether an event that was published at a position counts in its channel. The
// view must have passed that position.
func (v *View) Accepted(channel string, r *wire.Record, pos uint64) (accepted bool, err error) {
	err = v.read("look for an event", func(rd *reader) error {
		rd.key = appendEventKey(rd.key[:0], channel, place{seq: max(r.Seq, r.Last), pos: pos})
		value, err := rd.get()
		accepted = value != nil
		return err
	})
	return accepted, err
}

// Find returns the event of any kind that a sender made under a client id in a channel, or nil.
// It knows every event that was ever applied, including the creation of a group. For a message
// that the log no longer has, it returns the event that deleted the message.
func (v *View) Find(channel, sender, clientID string) (e *Event, err error) {
	err = v.read("find client id", func(r *reader) error {
		e, err = r.find(channel, sender, clientID)
		return err
	})
	return e, err
}

func (r *reader) find(channel, sender, clientID string) (*Event, error) {
	r.key = appendClientKey(r.key[:0], channel, sender, clientID)
	value, err := r.get()
	if value == nil || err != nil {
		return nil, err
	}
	at, err := parseFound(value)
	if err != nil {
		return nil, err
	}
	var found bool
	if at.pos == 0 {
		_, found, err = r.placeOfMessage(channel, at.seq)
	} else {
		r.key = appendEventKey(r.key[:0], channel, at)
		value, err = r.get()
		found = value != nil
	}
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, errValue // the place and the event came in one batch
	}
	e, err := r.eventAt(channel)
	e.Record = bytes.Clone(e.Record)
	return &e, err
}
