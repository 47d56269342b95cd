package view

import (
	"bytes"
	"cmp"
	"slices"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// Mark is a channel's place in the order of [View.List].
type Mark struct {
	Active int64 // Unix milliseconds
	ID     string
}

// compare orders the most recently active channel first, and equally active ones by id.
func (m Mark) compare(o Mark) int {
	return cmp.Or(cmp.Compare(o.Active, m.Active), cmp.Compare(m.ID, o.ID))
}

// Listed is a channel as one of its members sees it. Mute and Top are that member's settings
// for the channel.
type Listed struct {
	State *channel.State
	// Active is the time of the last message, or of the member's coming if that was later, in Unix
	// milliseconds. It is earlier than the event's own time if that time turned out to be ahead of
	// the right clock.
	Active int64
	// Last is the last message since the user joined, as History returns it, or nil if there is
	// none.
	Last     *Event
	Unread   uint64
	Mentions int
	Mute     string
	Top      string
}

func (c *Listed) mark() Mark { return Mark{Active: c.Active, ID: c.State.ID} }

// Listing says which of a user's channels [View.List] reads: up to Limit channels behind a mark, or
// from the top if the mark is nil.
type Listing struct {
	Behind *Mark
	Limit  int
	Bytes  int // about how large they may be in all; 0 means any size
	// Show returns a stored message as the list has it; nil means as it is stored.
	Show func(record []byte) ([]byte, error)
}

// List returns a window of a user's channels, the most recently active first. It may end before the
// limit, because of the size of the channels. Ahead returns the seq up to which the user has read a
// channel, if memory knows more than the stored receipt. The cost grows with the limit, and hardly
// with the number of channels. A message makes a channel active, and so does coming to it; nothing
// else does. A channel that becomes active between two windows moves to the top. A client that
// follows events learns of that from them.
func (v *View) List(user string, s Listing, ahead func(channel string) uint64) (channels []Listed, more bool, err error) {
	// This comes before the reader is made, so that the reader shows at least as much.
	marks, held, err := v.top(user, s.Behind, s.Limit+1)
	if err != nil {
		return nil, false, err
	}
	err = v.read("list recent channels", func(r *reader) error {
		if !held {
			if marks, err = r.top(v, user, s.Behind, s.Limit+1); err != nil {
				return err
			}
		}
		more = len(marks) > s.Limit
		bytes := 0
		for _, m := range marks[:min(s.Limit, len(marks))] {
			c, err := r.listed(v, user, m.ID, s.Show, ahead)
			if err != nil {
				return err
			}
			if bytes += c.size(); s.Bytes > 0 && bytes > s.Bytes && len(channels) > 0 {
				more = true
				return nil
			}
			// Without a state the reader is ahead of memory: the user has just left.
			if c.State != nil {
				channels = append(channels, c)
			}
		}
		return nil
	})
	// The reader may be ahead of memory in this, too.
	slices.SortStableFunc(channels, func(a, b Listed) int { return a.mark().compare(b.mark()) })
	return channels, more, err
}

// size returns about how many bytes a channel takes in a list.
func (c *Listed) size() int {
	const around = 512
	size := around
	if c.Last != nil {
		size += len(c.Last.Record)
	}
	if st := c.State; st != nil {
		size += 2 * (len(st.Name) + len(st.Topic)) // a character may be escaped
		for _, user := range st.Members[:min(len(st.Members), wire.MaxListedMembers)] {
			size += len(user) + len(`"",`)
		}
	}
	return size
}

// Listed returns one channel as a member sees it. State is nil if the user is not a member. Show
// and ahead are as in [View.List].
func (v *View) Listed(user, channel string, show func([]byte) ([]byte, error), ahead func(channel string) uint64) (c Listed, err error) {
	err = v.read("read channel", func(r *reader) error {
		c, err = r.listed(v, user, channel, show, ahead)
		return err
	})
	return c, err
}

func (r *reader) listed(v *View, user, channel string, show func([]byte) ([]byte, error), ahead func(channel string) uint64) (c Listed, err error) {
	m, found, err := r.membership(user, v.shardIndex(channel), channel)
	if !found || err != nil {
		return c, err
	}
	head, found, err := r.head(channel)
	if !found || err != nil {
		return c, err
	}
	if c.State, err = r.asOf(v, channel, &head); err != nil {
		return c, err
	}
	c.Active = v.activity(&m, &head).at()
	hidden, err := r.hidden(v, user, channel)
	if err != nil {
		return c, err
	}
	if head.Seq > m.joined {
		last, _, err := r.history(channel, except([]seqs{{m.joined, head.Seq}}, hidden), space{events: 1, show: show}, true)
		if err != nil {
			return c, err
		}
		if len(last) > 0 {
			c.Last = &last[0].Event
		}
	}
	own, err := r.receipt(v.shardIndex(channel), channel, user)
	if err != nil {
		return c, err
	}
	if c.Unread, c.Mentions, err = r.counts(user, channel, head.Seq, max(m.joined, own.Read, ahead(channel)), hidden); err != nil {
		return c, err
	}
	if c.Mute, err = r.setting(user, wire.SettingMute+channel); err != nil {
		return c, err
	}
	c.Top, err = r.setting(user, wire.SettingTop+channel)
	return c, err
}

// top returns the marks of up to limit channels of a user behind a mark, in order, from memory.
// It loads them into memory first if they are many. Held is false if they are not in memory.
func (v *View) top(user string, behind *Mark, limit int) (marks []Mark, held bool, err error) {
	if err := v.enter(); err != nil {
		return nil, false, err
	}
	defer v.leave()
	if marks, held = v.recency.top(user, behind, limit); held {
		v.asks(user)
		return marks, true, nil
	}
	many := false
	err = v.readEntered("count channels", func(r *reader) error {
		in, err := r.channelsOf(user)
		many = len(in) > v.recency.above
		return err
	})
	if !many || err != nil {
		return nil, false, err
	}
	v.asks(user)
	marks, held = v.recency.top(user, behind, limit)
	return marks, held, nil
}

// top returns the same marks as this reader sees them.
func (r *reader) top(v *View, user string, behind *Mark, limit int) ([]Mark, error) {
	in, err := r.channelsOf(user)
	if err != nil {
		return nil, err
	}
	return r.recent(v, in, behind, limit)
}

// recent returns up to limit marks of some channels behind a mark, in order. It looks at all of
// the channels. Most users have fewer channels than a window holds.
//
// There is no index by activity on disk. An index in order of time, with slots so that a
// message to a large group does not move 500 keys, made a message nine tenths dearer to apply.
// An index without order made it half dearer. Only the first request of a user with many
// channels would gain by it.
func (r *reader) recent(v *View, in []membership, behind *Mark, limit int) (best []Mark, err error) {
	all, err := r.activities(v, in)
	for _, a := range all {
		m := Mark{Active: a.at(), ID: a.channel}
		if behind == nil || behind.compare(m) < 0 {
			best = insert(best, m, limit)
		}
	}
	return best, err
}

// activities returns when the channels of some memberships were active, in no order.
func (r *reader) activities(v *View, in []membership) ([]activityIn, error) {
	all := make([]activityIn, 0, len(in))
	for i := range in {
		m := &in[i]
		if _, own := wire.OwnerOf(m.channel); own {
			continue // settings are not a conversation
		}
		// The head in memory may be newer than everything else that this reader shows.
		head, _, err := r.head(m.channel)
		if err != nil {
			return nil, err
		}
		all = append(all, activityIn{m.channel, v.activity(m, &head)})
	}
	return all, nil
}

// activity returns when a channel was active for a member.
func (v *View) activity(m *membership, h *head) activity {
	return activity{came: v.Dated(m.channel, m.since, m.at), said: v.Dated(m.channel, h.SaidAt, h.Said)}
}

// insert adds a mark in order and keeps the first limit marks.
func insert(best []Mark, m Mark, limit int) []Mark {
	at, _ := slices.BinarySearchFunc(best, m, Mark.compare)
	if at == limit {
		return best
	}
	return slices.Insert(best, at, m)[:min(limit, len(best)+1)]
}

// ChannelsOf returns the ids of the channels that a user is a member of. The order is
// undefined.
func (v *View) ChannelsOf(user string) (ids []string, err error) {
	err = v.read("list channels", func(r *reader) error {
		in, err := r.channelsOf(user)
		for i := range in {
			ids = append(ids, in[i].channel)
		}
		return err
	})
	return ids, err
}

// channelsOf returns the present memberships of a user, in all shards.
func (r *reader) channelsOf(user string) ([]membership, error) {
	const shard = 2 // bytes
	return r.memberships(appendNamed(nil, tagMember, user), func(rest []byte) (string, error) { return string(rest[shard:]), nil })
}

// CountGroups returns in how many groups a user is, up to atMost.
func (v *View) CountGroups(user string, atMost int) (n int, err error) {
	err = v.read("count groups", func(r *reader) error {
		const shard = 2 // bytes
		prefix := appendNamed(nil, tagMember, user)
		for ok := r.it.SeekGE(prefix); ok && n < atMost && bytes.HasPrefix(r.it.Key(), prefix); ok = r.it.Next() {
			if kindOf(string(r.it.Key()[len(prefix)+shard:])) == "" {
				n++
			}
		}
		return r.it.Error()
	})
	return n, err
}
