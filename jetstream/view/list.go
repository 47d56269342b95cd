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

// compare orders the most recently active first, equally active ones by id.
func (m Mark) compare(o Mark) int {
	return cmp.Or(cmp.Compare(o.Active, m.Active), cmp.Compare(m.ID, o.ID))
}

// Listed is a channel as one of its members sees it. Mute and Top are his settings for it.
type Listed struct {
	State    *channel.State
	Last     *Event // the last message, as History gives it; nil where the user may not see it or there is none
	Unread   uint64
	Mentions int
	Mute     string
	Top      string
}

// List is a window of a user's channels: up to limit of those behind a mark, or without one from the top, the most recently active
// first. Read is how far the user has read in a channel, as a seq. What it costs grows with the limit, and hardly with the number of
// channels. A channel that becomes active between two windows moves to the top: whoever follows events knows of it.
func (v *View) List(user string, behind *Mark, limit int, read func(ch string) uint64) (channels []Listed, more bool, err error) {
	err = v.read("list recent channels", func(r *reader) error {
		marks, err := r.recent(v, user, behind, limit+1)
		if err != nil {
			return err
		}
		more = len(marks) > limit
		for _, m := range marks[:min(limit, len(marks))] {
			c, err := r.listed(v, user, m.ID, read)
			if err != nil {
				return err
			}
			channels = append(channels, c)
		}
		return nil
	})
	return channels, more, err
}

// Listed is one channel as a member sees it.
func (v *View) Listed(user, ch string, read func(ch string) uint64) (c Listed, err error) {
	err = v.read("read channel", func(r *reader) error {
		c, err = r.listed(v, user, ch, read)
		return err
	})
	return c, err
}

func (r *reader) listed(v *View, user, ch string, read func(ch string) uint64) (c Listed, err error) {
	if c.State, err = r.current(v, ch); err != nil {
		return c, err
	}
	m, _, err := r.membership(user, v.shardIndex(ch), ch)
	if err != nil {
		return c, err
	}
	head, err := r.head(ch)
	if err != nil {
		return c, err
	}
	if head.Seq > m.joined {
		last, err := r.page(ch, seqs{head.Seq - 1, head.Seq}, 1, true)
		if err != nil {
			return c, err
		}
		if len(last) > 0 {
			c.Last = &last[0]
		}
	}
	if c.Unread, c.Mentions, err = r.counts(user, ch, head.Seq, max(m.joined, read(ch))); err != nil {
		return c, err
	}
	if c.Mute, err = r.setting(user, wire.SettingMute+ch); err != nil {
		return c, err
	}
	c.Top, err = r.setting(user, wire.SettingTop+ch)
	return c, err
}

// current is the state of a channel, from memory where it is there.
func (r *reader) current(v *View, ch string) (*channel.State, error) {
	states := &v.shardOf(ch).states
	st, batch := states.get(ch)
	if st != nil {
		return st, nil
	}
	st, err := r.state(ch)
	if st != nil && err == nil {
		states.fill(st, batch)
	}
	return st, err
}

// recent are the marks of up to limit channels behind a mark. It looks at heads, the most promising first, until all others were last
// active before the channels it has.
func (r *reader) recent(v *View, user string, behind *Mark, limit int) (best []Mark, err error) {
	within, err := r.activity(user, behind)
	if err != nil {
		return nil, err
	}
	for _, s := range within {
		if len(best) == limit && s.latest < best[limit-1].Active {
			break
		}
		head, err := v.head(r, s.channel)
		if err != nil {
			return nil, err
		}
		m := Mark{Active: head.Active, ID: s.channel}
		if behind == nil || behind.compare(m) < 0 {
			best = insert(best, m, limit)
		}
	}
	return best, nil
}

// activity is when a channel was last active at the latest.
type activity struct {
	channel string
	latest  int64 // Unix milliseconds
}

// activity are all channels of a user that may lie behind a mark, by when they were active at the latest.
func (r *reader) activity(user string, behind *Mark) (all []activity, err error) {
	prefix := appendActiveKey(nil, user, "")
	err = r.scan(prefix, pastPrefix(prefix), false, func() (bool, error) {
		value, err := r.it.ValueAndErr()
		if err != nil {
			return false, err
		}
		s, err := parseSlot(value)
		if err == nil && (behind == nil || s.start() <= behind.Active) {
			all = append(all, activity{channel: string(r.it.Key()[len(prefix):]), latest: s.end()})
		}
		return true, err
	})
	slices.SortFunc(all, func(a, b activity) int { return cmp.Compare(b.latest, a.latest) })
	return all, err
}

// insert keeps the first limit marks in their order.
func insert(best []Mark, m Mark, limit int) []Mark {
	at, _ := slices.BinarySearchFunc(best, m, Mark.compare)
	if at == limit {
		return best
	}
	return slices.Insert(best, at, m)[:min(limit, len(best)+1)]
}

// ChannelsOf are the ids of the channels that user is a member of, in no order to rely on.
func (v *View) ChannelsOf(user string) (ids []string, err error) {
	err = v.read("list channels", func(r *reader) error {
		prefix := appendNamed(nil, tagMember, user)
		for ok := r.it.SeekGE(prefix); ok && bytes.HasPrefix(r.it.Key(), prefix); ok = r.it.Next() {
			ids = append(ids, string(r.it.Key()[len(prefix)+2:]))
		}
		return r.it.Error()
	})
	return ids, err
}
