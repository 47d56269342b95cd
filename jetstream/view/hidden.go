package view

import (
	"slices"
	"strconv"

	"natterjack/server/wire"
)

// shown returns the messages of a channel that a user is shown, ascending: those that came while
// the user was a member, except hidden ones. Hidden messages are gaps in the result, so pages, pins
// and counts need no rule for them: a page is full if there are more messages. For a user who has
// hidden nothing this needs no disk read for hidden messages.
func (r *reader) shown(v *View, user, channel string) ([]seqs, error) {
	members, err := r.membershipsIn(user, v.shardIndex(channel), channel)
	if err != nil {
		return nil, err
	}
	hidden, err := r.hidden(v, user, channel)
	return except(spansOf(members), hidden), err
}

// spansOf returns the messages that came during some memberships.
func spansOf(members []membership) []seqs {
	spans := make([]seqs, len(members))
	for i := range members {
		spans[i] = seqs{members[i].joined, members[i].left}
	}
	return spans
}

// hidden returns the messages of a channel that a user has hidden from themselves, ascending.
func (r *reader) hidden(v *View, user, channel string) (hidden []uint64, err error) {
	if !v.known.hides(user) {
		return nil, nil
	}
	prefix := wire.SettingHide + channel + "/"
	err = r.eachSetting(user, prefix, "", func(name, _ []byte) bool {
		// No writer stores a name that does not parse.
		if seq, err := strconv.ParseUint(string(name[len(prefix):]), 10, 64); err == nil {
			hidden = append(hidden, seq)
		}
		return true
	})
	slices.Sort(hidden) // the names are in text order
	return hidden, err
}

// except returns the spans without the hidden messages. Both ascend.
func except(spans []seqs, hidden []uint64) (left []seqs) {
	if len(hidden) == 0 {
		return spans
	}
	for _, s := range spans {
		from, _ := slices.BinarySearch(hidden, s.after+1)
		for _, seq := range hidden[from:] {
			if seq > s.upto {
				break
			}
			if s.after+1 < seq {
				left = append(left, seqs{s.after, seq - 1})
			}
			s.after = seq
		}
		if s.after < s.upto {
			left = append(left, s)
		}
	}
	return left
}

// Shows reports whether a user is shown a message of a channel: it came while the user was a
// member, and the user has not hidden it.
func (v *View) Shows(user, channel string, seq uint64) (shows bool, err error) {
	err = v.read("read memberships", func(r *reader) error {
		spans, err := r.shown(v, user, channel)
		shows = admits(spans, seq)
		return err
	})
	return shows, err
}
