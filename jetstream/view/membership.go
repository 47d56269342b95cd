package view

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// membership is a stretch of a channel's log in which a user is a member. The user may see the
// events within it, for ever, and no others. A user who was removed keeps the messages that their
// devices have, and reads the rest of the stretch after coming back. A user who asked to join and
// was refused has a membership of a single event: the event that refused the request.
type membership struct {
	channel string
	since   uint64 // pos of the event that made the user a member; the user sees that event
	// until is the pos of the event that ended the membership. The user sees that event too.
	// While the membership lasts, until is the highest number.
	until  uint64
	joined uint64 // the channel's seq at since; the user may read the messages above it
	left   uint64 // the channel's seq at until; the highest number while the membership lasts
	at     int64  // time of the event at since, Unix milliseconds
	own    bool   // the user ended the membership by leaving
	// refused means that the user never was a member: since and until are the event that refused
	// the user's request to join.
	refused bool
}

func (m *membership) over() bool { return m.until != math.MaxUint64 }

// shows reports whether the user may see the message with a seq because of this membership.
func (m *membership) shows(seq uint64) bool { return seq > m.joined && seq <= m.left }

func appendMembership(dst []byte, m *membership) []byte {
	dst = binary.AppendUvarint(dst, m.since)
	dst = binary.AppendUvarint(dst, m.joined)
	dst = binary.AppendVarint(dst, m.at)
	if m.over() {
		dst = binary.AppendUvarint(dst, m.until)
		dst = binary.AppendUvarint(dst, m.left)
		end := byte(endedByOthers)
		switch {
		case m.own:
			end = endedByUser
		case m.refused:
			end = endedUnbegun
		}
		dst = append(dst, end)
	}
	return dst
}

// How a membership ended.
const (
	endedByOthers = iota
	endedByUser
	endedUnbegun // a request to join was refused
)

func parseMembership(value []byte) (m membership, err error) {
	p := parser{rest: value}
	m = membership{since: p.uvarint(), joined: p.uvarint(), at: p.varint(), until: math.MaxUint64, left: math.MaxUint64}
	if len(p.rest) > 0 {
		m.until, m.left = p.uvarint(), p.uvarint()
		end := p.uvarint()
		if m.own, m.refused = end == endedByUser, end == endedUnbegun; !m.over() || end > endedUnbegun {
			p.fail()
		}
	}
	return m, p.end()
}

// moved are the users whose memberships an event began and ended, and those whose requests to join
// it refused.
type moved struct{ joined, parted, refused []string }

// moveMembers stores the memberships that an event began and ended.
func (r *round) moveMembers(st, next *channel.State, record *wire.Record) (m moved, err error) {
	at := channel.When(record)
	var before channel.State
	if st != nil {
		before = *st
	}
	if !sameUsers(before.Members, next.Members) {
		m.joined = without(next.Members, before.Members)
		for _, user := range m.joined {
			r.join(user, next, at)
		}
		m.parted = without(before.Members, next.Members)
		for _, user := range m.parted {
			if err := r.part(user, next, record); err != nil {
				return m, err
			}
		}
	}
	if sameUsers(before.Requested, next.Requested) {
		return m, nil
	}
	m.refused = without(without(before.Requested, next.Requested), next.Members)
	for _, user := range m.refused {
		r.former(user, &membership{channel: next.ID, since: next.Pos, until: next.Pos, joined: next.Seq, left: next.Seq, at: at, refused: true})
	}
	return m, nil
}

// sameUsers reports whether two lists are equal. It is free if the two states share one list.
func sameUsers(a, b []string) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || slices.Equal(a, b))
}

func (r *round) join(user string, next *channel.State, at int64) {
	m := membership{since: next.Pos, joined: next.Seq, until: math.MaxUint64, left: math.MaxUint64, at: at}
	r.began[userChannel{user, next.ID}] = m
	r.key = appendMemberKey(r.key[:0], user, r.shard, next.ID)
	r.value = appendMembership(r.value[:0], &m)
	r.set()
}

// part ends a membership. If the channel was deleted, only the deletion remains visible.
func (r *round) part(user string, next *channel.State, record *wire.Record) error {
	m := membership{since: next.Pos, joined: next.Seq, at: channel.When(record)}
	if !next.Deleted {
		var err error
		if m, err = r.membership(user, next.ID); err != nil {
			return err
		}
	}
	m.until, m.left, m.own = next.Pos, next.Seq, channel.Leaves(record)
	key := userChannel{user, next.ID}
	r.ended[key] = append(r.ended[key], m)
	delete(r.began, key)
	r.key = appendMemberKey(r.key[:0], user, r.shard, next.ID)
	r.unset()
	m.channel = next.ID
	r.former(user, &m)
	return nil
}

// former stores a membership that has ended.
func (r *round) former(user string, m *membership) {
	r.key = appendFormerKey(r.key[:0], user, r.shard, m.channel, m.since)
	r.value = appendMembership(r.value[:0], m)
	r.set()
}

// saw reports whether a user may see the message with a seq because of a membership that has
// ended.
func (r *round) saw(user, channel string, seq uint64) (bool, error) {
	shows := func(m membership) bool { return m.shows(seq) }
	if slices.ContainsFunc(r.ended[userChannel{user, channel}], shows) {
		return true, nil
	}
	disk, err := r.reader()
	if err != nil {
		return false, err
	}
	ended, err := disk.formerIn(user, r.shard, channel)
	return slices.ContainsFunc(ended, shows), err
}

// membership returns the membership of a user who is a member. It began in this round or is on
// disk.
func (r *round) membership(user, channel string) (membership, error) {
	if m, ok := r.began[userChannel{user, channel}]; ok {
		return m, nil
	}
	disk, err := r.reader()
	if err != nil {
		return membership{}, err
	}
	m, found, err := disk.membership(user, r.shard, channel)
	if err == nil && !found {
		err = errValue // the state says that the user is a member
	}
	return m, err
}

// membership returns the present membership of a user in a channel, if there is one.
func (r *reader) membership(user string, shard int, channel string) (m membership, found bool, err error) {
	r.key = appendMemberKey(r.key[:0], user, shard, channel)
	value, err := r.get()
	if value == nil || err != nil {
		return m, false, err
	}
	m, err = parseMembership(value)
	m.channel = channel
	return m, true, err
}

// membershipsIn returns all memberships of a user in a channel, ascending.
func (r *reader) membershipsIn(user string, shard int, channel string) ([]membership, error) {
	all, err := r.formerIn(user, shard, channel)
	if err != nil {
		return nil, err
	}
	m, found, err := r.membership(user, shard, channel)
	if found {
		all = append(all, m)
	}
	return all, err
}

// formerIn returns the ended memberships of a user in a channel, ascending.
func (r *reader) formerIn(user string, shard int, channel string) ([]membership, error) {
	prefix := appendFormerKey(nil, user, shard, channel, 0)
	return r.memberships(prefix[:len(prefix)-8], func([]byte) (string, error) { return channel, nil })
}

// membershipsOf returns all memberships of a user in a shard, by channel and then ascending.
// The ended memberships come first.
func (r *reader) membershipsOf(user string, shard int) ([]membership, error) {
	former, err := r.memberships(formerKeys(user, shard), func(rest []byte) (string, error) {
		p := parser{rest: rest}
		return p.name(), p.err
	})
	if err != nil {
		return nil, err
	}
	present, err := r.memberships(appendMemberKey(nil, user, shard, ""), func(rest []byte) (string, error) { return string(rest), nil })
	return append(former, present...), err
}

// formerKeys returns the prefix of the keys of a user's ended memberships in a shard.
func formerKeys(user string, shard int) []byte {
	return binary.BigEndian.AppendUint16(appendNamed(nil, tagFormer, user), uint16(shard))
}

// memberships returns the memberships whose keys start with a prefix. Name reads the channel
// from the rest of the key.
func (r *reader) memberships(prefix []byte, name func(rest []byte) (string, error)) (members []membership, err error) {
	ok := r.it.SeekGE(prefix)
	for ; ok && bytes.HasPrefix(r.it.Key(), prefix); ok = r.it.Next() {
		value, err := r.it.ValueAndErr()
		if err != nil {
			return nil, err
		}
		m, err := parseMembership(value)
		if err != nil {
			return nil, err
		}
		if m.channel, err = name(r.it.Key()[len(prefix):]); err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	return members, r.it.Error()
}
