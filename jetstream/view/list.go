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
	Last     *Event // the last message since he is a member, as History gives it; nil where there is none
	Unread   uint64
	Mentions int
	Mute     string
	Top      string
}

// List is a window of a user's channels: up to limit of those behind a mark, or without one from the top, the most recently active
// first. Ahead is how far the user has read in a channel, as a seq, where memory knows more of that than his receipt here. What it costs
// grows with the limit, and hardly with the number of channels. A channel that becomes active between two windows moves to the top: whoever follows events knows of it.
func (v *View) List(user string, behind *Mark, limit int, ahead func(ch string) uint64) (channels []Listed, more bool, err error) {
	marks, held, err := v.top(user, behind, limit+1) // before the reader is made, which then shows at least as much
	if err != nil {
		return nil, false, err
	}
	err = v.read("list recent channels", func(r *reader) error {
		if !held {
			if marks, err = r.top(v, user, behind, limit+1); err != nil {
				return err
			}
		}
		more = len(marks) > limit
		for _, m := range marks[:min(limit, len(marks))] {
			c, err := r.listed(v, user, m.ID, ahead)
			if err != nil {
				return err
			}
			if c.State != nil { // else the reader is ahead of memory: the user has just gone
				channels = append(channels, c)
			}
		}
		return nil
	})
	return channels, more, err
}

// Listed is one channel as a member sees it; without a state where the user is none.
func (v *View) Listed(user, ch string, ahead func(ch string) uint64) (c Listed, err error) {
	err = v.read("read channel", func(r *reader) error {
		c, err = r.listed(v, user, ch, ahead)
		return err
	})
	return c, err
}

func (r *reader) listed(v *View, user, ch string, ahead func(ch string) uint64) (c Listed, err error) {
	m, found, err := r.membership(user, v.shardIndex(ch), ch)
	if !found || err != nil {
		return c, err
	}
	if c.State, err = r.current(v, ch); err != nil {
		return c, err
	}
	head, _, err := r.head(ch)
	if err != nil {
		return c, err
	}
	hidden, err := r.hidden(v, user, ch)
	if err != nil {
		return c, err
	}
	if head.Seq > m.joined {
		last, _, err := r.history(ch, except([]seqs{{m.joined, head.Seq}}, hidden), 1, true)
		if err != nil {
			return c, err
		}
		if len(last) > 0 {
			c.Last = &last[0]
		}
	}
	own, err := r.receipt(v.shardIndex(ch), ch, user)
	if err != nil {
		return c, err
	}
	if c.Unread, c.Mentions, err = r.counts(user, ch, head.Seq, max(m.joined, own.Read, ahead(ch)), hidden); err != nil {
		return c, err
	}
	if c.Mute, err = r.setting(user, wire.SettingMute+ch); err != nil {
		return c, err
	}
	c.Top, err = r.setting(user, wire.SettingTop+ch)
	return c, err
}

// top are the marks of up to limit channels of a user behind a mark, in order, from memory, into which they are taken where they are many;
// held is false where they are not there.
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
		ids, err := r.channelsOf(user)
		many = len(ids) > v.recency.above
		return err
	})
	if !many || err != nil {
		return nil, false, err
	}
	v.asks(user)
	marks, held = v.recency.top(user, behind, limit)
	return marks, held, nil
}

// top are those marks as this reader sees them.
func (r *reader) top(v *View, user string, behind *Mark, limit int) ([]Mark, error) {
	ids, err := r.channelsOf(user)
	if err != nil {
		return nil, err
	}
	return r.recent(v, ids, behind, limit)
}

// recent are the marks of up to limit of some channels behind a mark, in order. All of them are looked at; for most users they are fewer
// than a window holds.
//
// There is no index by activity on disk. One in the order of time, with slots so that large groups do not move 500 keys for each message,
// made a message nine tenths dearer to apply, one without order half as much again; and only a rare user's first question gains by it.
func (r *reader) recent(v *View, ids []string, behind *Mark, limit int) (best []Mark, err error) {
	all, err := r.marks(v, ids)
	for _, m := range all {
		if behind == nil || behind.compare(m) < 0 {
			best = insert(best, m, limit)
		}
	}
	return best, err
}

// marks are those of some channels, in no order.
func (r *reader) marks(v *View, ids []string) ([]Mark, error) {
	all := make([]Mark, 0, len(ids))
	for _, id := range ids {
		if _, own := wire.OwnerOf(id); own {
			continue // settings are no conversation
		}
		head, _, err := r.head(id) // not what memory has, which may be newer than all else that this reader shows
		if err != nil {
			return nil, err
		}
		all = append(all, Mark{Active: head.Active, ID: id})
	}
	return all, nil
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
		ids, err = r.channelsOf(user)
		return err
	})
	return ids, err
}

func (r *reader) channelsOf(user string) (ids []string, err error) {
	prefix := appendNamed(nil, tagMember, user)
	for ok := r.it.SeekGE(prefix); ok && bytes.HasPrefix(r.it.Key(), prefix); ok = r.it.Next() {
		ids = append(ids, string(r.it.Key()[len(prefix)+2:]))
	}
	return ids, r.it.Error()
}
