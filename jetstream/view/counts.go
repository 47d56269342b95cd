package view

import "slices"

// MaxMentions is the highest number of mentions that is counted. A badge shows nothing beyond
// it.
const MaxMentions = 100

// Counts returns how many messages and mentions a user has not read in one of the user's channels.
// Read is the seq up to which the user has read. Unread is the number of messages since that seq,
// since the user joined, and since the user's own last message, whichever is latest. Mentions is
// how many of those messages mention the user, at most [MaxMentions].
//
// Unread is a distance between seqs, so every device and every server gets the same number without
// looking at messages. A deleted message still counts as unread until the user reads past it.
// Otherwise a client that counts by itself would have to know of every deletion before the messages
// that it holds. Mentions are different: the mentions of a deleted message go with its content, and
// an edited message has the mentions of its new content. A user follows a mention, so it must lead
// to a message. A message that the user has hidden counts like a deleted one: as unread, but not as
// a mention.
func (v *View) Counts(user, channel string, read uint64) (unread uint64, mentions int, err error) {
	err = v.read("count unread messages", func(r *reader) error {
		m, found, err := r.membership(user, v.shardIndex(channel), channel)
		if !found || err != nil {
			return err
		}
		head, _, err := r.head(channel)
		if err != nil {
			return err
		}
		hidden, err := r.hidden(v, user, channel)
		if err != nil {
			return err
		}
		unread, mentions, err = r.counts(user, channel, head.Seq, max(m.joined, read), hidden)
		return err
	})
	return unread, mentions, err
}

// counts does the work of [View.Counts] for a channel whose last seq is head and a user who has
// read up to read.
func (r *reader) counts(user, channel string, head, read uint64, hidden []uint64) (unread uint64, mentions int, err error) {
	own, err := r.own(channel, user)
	if err != nil {
		return 0, 0, err
	}
	if read = max(read, own); read >= head {
		return 0, 0, nil
	}
	for _, who := range []string{user, everybody} {
		n, err := r.countMentions(channel, who, read, hidden, MaxMentions-mentions)
		if err != nil {
			return 0, 0, err
		}
		mentions += n
	}
	return head - read, mentions, nil
}

// own returns the seq of the last message that a user has sent to a channel, or 0 if there is
// none.
func (r *reader) own(channel, user string) (uint64, error) {
	r.key = appendOwnKey(r.key[:0], channel, user)
	value, err := r.get()
	if value == nil || err != nil {
		return 0, err
	}
	return parseNumber(value)
}

// countMentions counts the messages after a seq that mention a user and are not hidden, up to
// atMost.
func (r *reader) countMentions(channel, user string, after uint64, hidden []uint64, atMost int) (n int, err error) {
	lower := appendMentionKey(nil, channel, user, after+1)
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
