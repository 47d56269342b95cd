package view

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// Audience answers questions about messages and the users who may be notified of them, as the view
// was when the Audience was made. It uses one iterator for everything, and is for one goroutine.
// Close it soon, because it keeps the view from closing.
type Audience struct {
	v *View
	r *reader
}

// Audience makes an [Audience].
func (v *View) Audience() (*Audience, error) {
	if err := v.enter(); err != nil {
		return nil, err
	}
	r, err := v.newReader()
	if err != nil {
		v.leave()
		return nil, fmt.Errorf("look at who may be told: %w", err)
	}
	return &Audience{v: v, r: r}, nil
}

// Close closes the Audience.
func (a *Audience) Close() error {
	defer a.v.leave()
	return a.r.it.Close()
}

// Channel returns the state of a channel, or nil if there is none.
func (a *Audience) Channel(id string) (*channel.State, error) {
	h, found, err := a.r.head(id)
	if !found || err != nil {
		return nil, err
	}
	return a.r.asOf(a.v, id, &h)
}

// Message returns a message of a channel with all later changes, or nil if no message has that seq.
func (a *Audience) Message(id string, seq uint64) (*channel.Message, error) {
	return a.r.message(id, seq)
}

// Present returns the members whom @here mentions in a message.
func (a *Audience) Present(id string, seq uint64) ([]string, error) {
	return a.r.presentAt(target{id, seq})
}

// Shows reports whether a user is shown a message of a channel, as [View.Shows] does.
func (a *Audience) Shows(user, id string, seq uint64) (bool, error) {
	spans, err := a.r.shown(a.v, user, id)
	return admits(spans, seq), err
}

// Hides reports whether a user has hidden a message from themselves.
func (a *Audience) Hides(user, id string, seq uint64) (bool, error) {
	if !a.v.known.hides(user) {
		return false, nil
	}
	value, err := a.r.setting(user, wire.SettingHide+id+"/"+strconv.FormatUint(seq, 10))
	return value != "", err
}

// Setting returns one of a user's own settings, or an empty value if it is not set.
func (a *Audience) Setting(user, name string) (string, error) { return a.r.setting(user, name) }

// EachSetting calls f for each of a user's settings whose name begins with prefix, ascending, until
// f returns false.
func (a *Audience) EachSetting(user, prefix string, f func(name, value string) bool) error {
	return a.r.eachSetting(user, prefix, "", func(name, value []byte) bool { return f(string(name), string(value)) })
}

// Profile returns the profile of a user.
func (a *Audience) Profile(user string) (channel.Profile, error) { return a.r.profile(user) }

// Subscriptions returns where a user is told, as [View.Subscriptions] does.
func (a *Audience) Subscriptions(user string) ([]channel.Subscription, error) {
	return a.r.subscriptions(user)
}

// scanFrom is from how many users on a look at all cursors of a channel is cheaper than a look at
// each user's own.
const scanFrom = 16

// Read returns for each of some users up to which seq they have read a channel, by reading or by
// writing there. Users must ascend.
func (a *Audience) Read(id string, users []string) (read []uint64, err error) {
	read = make([]uint64, len(users))
	if len(users) >= scanFrom {
		return read, a.readAll(id, users, read)
	}
	shard := a.v.shardIndex(id)
	for i, user := range users {
		receipt, err := a.r.receipt(shard, id, user)
		if err != nil {
			return nil, err
		}
		own, err := a.r.own(id, user)
		if err != nil {
			return nil, err
		}
		read[i] = max(receipt.Read, own)
	}
	return read, nil
}

// readAll does what Read does, by a look at all cursors and at all last messages of the channel.
func (a *Audience) readAll(id string, users []string, read []uint64) error {
	receipts := appendReceiptKey(nil, a.v.shardIndex(id), id, "")
	err := a.each(receipts, func(rest, value []byte) error {
		i, found := slices.BinarySearchFunc(users, rest, compareName)
		if !found {
			return nil
		}
		var one Receipt
		err := parseReceipt(value, &one)
		read[i] = max(read[i], one.Read)
		return err
	})
	if err != nil {
		return err
	}
	return a.each(appendNamed(nil, tagOwn, id), func(rest, value []byte) error {
		p := parser{rest: rest}
		n := p.uvarint() // the length of the name, which is the rest
		i, found := slices.BinarySearchFunc(users, p.rest, compareName)
		if p.err != nil || n != uint64(len(p.rest)) || !found {
			return p.err
		}
		sent, err := parseNumber(value)
		read[i] = max(read[i], sent)
		return err
	})
}

func compareName(user string, name []byte) int { return strings.Compare(user, string(name)) }

// each calls f with the rest of each key that begins with a prefix, and with its value.
func (a *Audience) each(prefix []byte, f func(rest, value []byte) error) error {
	for ok := a.r.it.SeekGE(prefix); ok && bytes.HasPrefix(a.r.it.Key(), prefix); ok = a.r.it.Next() {
		value, err := a.r.it.ValueAndErr()
		if err == nil {
			err = f(a.r.it.Key()[len(prefix):], value)
		}
		if err != nil {
			return err
		}
	}
	return a.r.it.Error()
}

// Unread returns how many messages a user has not read, in all channels that they have not muted:
// the sum of what lists of channels show. Ahead is as in [View.List]. Muted reports whether a value
// of the setting mute/CHANNEL mutes.
func (a *Audience) Unread(user string, ahead func(channel string) uint64, muted func(value string) bool) (sum uint64, err error) {
	in, err := a.r.channelsOf(user)
	if err != nil {
		return 0, err
	}
	for i := range in {
		m := &in[i]
		if _, own := wire.OwnerOf(m.channel); own {
			continue
		}
		n, err := a.unread(user, m, ahead(m.channel))
		if err != nil {
			return 0, err
		}
		if n == 0 {
			continue
		}
		mute, err := a.r.setting(user, wire.SettingMute+m.channel)
		if err != nil {
			return 0, err
		}
		if !muted(mute) {
			sum += n
		}
	}
	return sum, nil
}

// unread returns how many messages of one channel a member has not read.
func (a *Audience) unread(user string, m *membership, ahead uint64) (uint64, error) {
	head, _, err := a.r.head(m.channel)
	if err != nil || head.Seq <= max(m.joined, ahead) {
		return 0, err
	}
	receipt, err := a.r.receipt(a.v.shardIndex(m.channel), m.channel, user)
	if err != nil {
		return 0, err
	}
	own, err := a.r.own(m.channel, user)
	if read := max(m.joined, ahead, receipt.Read, own); err == nil && read < head.Seq {
		return head.Seq - read, nil
	}
	return 0, err
}

// Unused is a subscription that its device has not renewed for long.
type Unused struct {
	User, ID string
	Version  uint64 // of the event that has set it last
}

// UnusedSubscriptions returns subscriptions that were renewed last before a time, in Unix
// milliseconds, at most limit. Subscriptions that are gone have another time limit.
func (v *View) UnusedSubscriptions(before, gone int64, limit int) (all []Unused, err error) {
	err = v.read("look for unused subscriptions", func(r *reader) error {
		prefix := []byte{tagPush}
		for ok := r.it.SeekGE(prefix); ok && bytes.HasPrefix(r.it.Key(), prefix) && len(all) < limit; ok = r.it.Next() {
			p := parser{rest: r.it.Key()[len(prefix):]}
			user := p.name()
			value, err := r.it.ValueAndErr()
			if err = errors.Join(err, p.err); err != nil {
				return err
			}
			s, err := parseSubscription(string(p.rest), value)
			if err != nil {
				return err
			}
			if s.Renewed < gone || s.Renewed < before && !s.Gone() {
				all = append(all, Unused{User: user, ID: s.ID, Version: s.Version})
			}
		}
		return r.it.Error()
	})
	return all, err
}
