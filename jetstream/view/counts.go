package view

import "slices"

// MaxMentions is the highest number of mentions that is counted: beyond it a badge says no more.
const MaxMentions = 100

// Counts are what a user has not read in a channel of his, where read is how far he has read as a seq: how many messages came
// since then, since he joined and since he himself wrote last; and how many of them mention him, at most [MaxMentions].
//
// Unread is a distance of seqs, so that every device and every server has the same number without looking at messages. A message
// that is deleted keeps its place in it until it is read over, for else a client that counts by itself would have to know of every
// deletion before the messages it holds. Its mentions go with its content, and those of an edited message are the new ones: a
// mention is followed, and must lead somewhere. It is the same with a message that the user has hidden: it keeps its place, and does
// not mention him.
func (v *View) Counts(user, ch string, read uint64) (unread uint64, mentions int, err error) {
	err = v.read("count unread messages", func(r *reader) error {
		m, found, err := r.membership(user, v.shardIndex(ch), ch)
		if !found || err != nil {
			return err
		}
		head, _, err := r.head(ch)
		if err != nil {
			return err
		}
		hidden, err := r.hidden(v, user, ch)
		if err != nil {
			return err
		}
		unread, mentions, err = r.counts(user, ch, head.Seq, max(m.joined, read), hidden)
		return err
	})
	return unread, mentions, err
}

// counts is of a channel whose last seq is head, where the user is known to have what is up to read.
func (r *reader) counts(user, ch string, head, read uint64, hidden []uint64) (unread uint64, mentions int, err error) {
	own, err := r.own(ch, user)
	if err != nil {
		return 0, 0, err
	}
	if read = max(read, own); read >= head {
		return 0, 0, nil
	}
	for _, who := range []string{user, everybody} {
		n, err := r.countMentions(ch, who, read, hidden, MaxMentions-mentions)
		if err != nil {
			return 0, 0, err
		}
		mentions += n
	}
	return head - read, mentions, nil
}

// own is the last message that a user has sent to a channel; 0 where there is none.
func (r *reader) own(ch, user string) (uint64, error) {
	r.key = appendOwnKey(r.key[:0], ch, user)
	value, err := r.get()
	if value == nil || err != nil {
		return 0, err
	}
	return parseNumber(value)
}

// countMentions counts the messages after a seq that mention a user and are not hidden, up to atMost.
func (r *reader) countMentions(ch, user string, after uint64, hidden []uint64, atMost int) (n int, err error) {
	lower := appendMentionKey(nil, ch, user, after+1)
	err = r.scan(lower, pastPrefix(lower[:len(lower)-8]), false, func() (bool, error) {
		if n == atMost {
			return false, nil
		}
		if _, hides := slices.BinarySearch(hidden, keySeq(r.it.Key())); !hides {
			n++
		}
		return true, nil
	})
	return n, err
}
