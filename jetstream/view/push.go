package view

import (
	"bytes"
	"encoding/binary"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// Subscriptions returns all subscriptions of a user, with those that are gone. Of subscriptions
// with one address it returns that which was set last.
func (v *View) Subscriptions(user string) (subs []channel.Subscription, err error) {
	err = v.read("list subscriptions", func(r *reader) error {
		subs, err = r.subscriptions(user)
		return err
	})
	return subs, err
}

func (r *reader) subscriptions(user string) (subs []channel.Subscription, err error) {
	prefix := appendPushKey(nil, user, "")
	latest := map[wire.PushTarget]int{}
	for ok := r.it.SeekGE(prefix); ok && bytes.HasPrefix(r.it.Key(), prefix); ok = r.it.Next() {
		value, err := r.it.ValueAndErr()
		if err != nil {
			return nil, err
		}
		s, err := parseSubscription(string(r.it.Key()[len(prefix):]), value)
		if err != nil {
			return nil, err
		}
		at, has := latest[wire.PushTarget{Address: s.Address}]
		switch {
		case s.Gone():
			subs = append(subs, s)
		case !has:
			latest[wire.PushTarget{Address: s.Address}] = len(subs)
			subs = append(subs, s)
		case subs[at].Version < s.Version:
			subs[at] = s
		}
	}
	return subs, r.it.Error()
}

// userPush names a subscription of a user.
type userPush struct{ user, id string }

// subscribe stores a subscription, if the user has set one.
func (r *round) subscribe(user string, record *wire.Record) error {
	id, ok := channel.SubscriptionID(record)
	if !ok {
		return nil
	}
	before, met := r.pushes[userPush{user, id}]
	if !met {
		disk, err := r.reader()
		if err != nil {
			return err
		}
		if before, err = disk.subscription(user, id); err != nil {
			return err
		}
	}
	after := channel.FoldSubscription(before, record)
	r.pushes[userPush{user, id}] = after
	r.key = appendPushKey(r.key[:0], user, id)
	if after == nil {
		r.unset()
		return nil
	}
	r.value = appendSubscription(r.value[:0], after)
	r.set()
	return nil
}

func (r *reader) subscription(user, id string) (*channel.Subscription, error) {
	r.key = appendPushKey(r.key[:0], user, id)
	value, err := r.get()
	if value == nil || err != nil {
		return nil, err
	}
	s, err := parseSubscription(id, value)
	return &s, err
}

// subscriptions rebuilds the subscriptions that [round.subscribe] stores.
func (r *replay) subscriptions() error {
	owner, own := wire.OwnerOf(r.channel)
	if !own {
		return nil
	}
	subs := map[string]*channel.Subscription{}
	wanted := func(e *Event) bool { return e.Kind == wire.KindSetting }
	err := r.eachThat(wanted, func(_ *Event, _ place, record *wire.Record) error {
		if id, ok := channel.SubscriptionID(record); ok && record.Sender == owner {
			subs[id] = channel.FoldSubscription(subs[id], record)
		}
		return nil
	})
	for id, s := range subs {
		if s != nil {
			r.key, r.value = appendPushKey(r.key[:0], owner, id), appendSubscription(r.value[:0], s)
			r.set()
		}
	}
	return err
}

func appendSubscription(dst []byte, s *channel.Subscription) []byte {
	for _, text := range []string{string(s.Kind), s.Label, s.Language, s.Address, s.PushTarget.Key, s.Auth} {
		dst = appendName(dst, text)
	}
	dst = binary.AppendVarint(binary.AppendVarint(dst, s.Since), s.Renewed)
	return binary.AppendUvarint(dst, s.Version)
}

func parseSubscription(id string, value []byte) (channel.Subscription, error) {
	p := parser{rest: value, text: string(value)}
	s := channel.Subscription{
		ID: id, PushDevice: wire.PushDevice{Kind: wire.PushKind(p.name()), Label: p.name(), Language: p.name()},
		PushTarget: wire.PushTarget{Address: p.name(), Key: p.name(), Auth: p.name()},
	}
	s.Since, s.Renewed, s.Version = p.varint(), p.varint(), p.uvarint()
	return s, p.end()
}
