package view

import (
	"bytes"
	"cmp"
	"slices"

	"natterjack/jetstream/channel"
)

// ChannelsOf are the ids of the channels that user is a member of, in no order to rely on.
func (v *View) ChannelsOf(user string) (ids []string, err error) {
	err = v.read("list channels", func(r *reader) error {
		memberships, err := r.allMemberships(user)
		for _, m := range memberships {
			ids = append(ids, m.channel)
		}
		return err
	})
	return ids, err
}

// Recent are up to limit of the user's channels, the most recently active first; equally active ones by id.
func (v *View) Recent(user string, limit int) (channels []*channel.State, more bool, err error) {
	active, err := v.active(user)
	if err != nil {
		return nil, false, err
	}
	slices.SortFunc(active, func(a, b activity) int {
		return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(a.channel, b.channel))
	})
	more = len(active) > limit
	for _, a := range active[:min(limit, len(active))] {
		st, err := v.Channel(a.channel)
		if err != nil {
			return nil, false, err
		}
		channels = append(channels, st)
	}
	return channels, more, nil
}

type activity struct {
	channel string
	at      int64 // Unix milliseconds
}

// active reads only the heads, however many members the user's channels have.
func (v *View) active(user string) (active []activity, err error) {
	err = v.read("list recent channels", func(r *reader) error {
		memberships, err := r.allMemberships(user)
		for _, m := range memberships {
			head, err := v.head(r, m.channel)
			if err != nil {
				return err
			}
			active = append(active, activity{channel: m.channel, at: head.Active})
		}
		return err
	})
	return active, err
}

// member is one channel of a user.
type member struct {
	channel string
	since   uint64 // pos
}

func (r *reader) allMemberships(user string) ([]member, error) {
	return r.memberships(appendNamed(nil, tagMember, user), 2)
}

func (r *reader) membershipsIn(shard int, user string) ([]member, error) {
	return r.memberships(appendMemberKey(nil, user, shard, ""), 0)
}

// memberships are those whose keys start with a prefix; a channel's id comes skip bytes after that.
func (r *reader) memberships(prefix []byte, skip int) (members []member, err error) {
	ok := r.it.SeekGE(prefix)
	for ; ok && bytes.HasPrefix(r.it.Key(), prefix); ok = r.it.Next() {
		value, err := r.it.ValueAndErr()
		if err != nil {
			return nil, err
		}
		since, err := parseNumber(value)
		if err != nil {
			return nil, err
		}
		members = append(members, member{channel: string(r.it.Key()[len(prefix)+skip:]), since: since})
	}
	return members, r.it.Error()
}
