package view

import (
	"bytes"
	"slices"

	"natterjack/server/wire"
)

// Shares reports for each of some users whether they are in a channel together with a user. Looked
// is how many memberships it had to look at. For each user that is at most twice the number of
// channels of the user who is in fewer.
func (v *View) Shares(user string, others []string) (shares []bool, looked int, err error) {
	shares = make([]bool, len(others))
	err = v.read("look for shared channels", func(r *reader) error {
		s := sharing{reader: r, user: user}
		if err := s.learn(len(v.shards)); err != nil {
			return err
		}
		for i, other := range others {
			if shares[i], err = s.with(other); err != nil {
				return err
			}
		}
		looked = s.looked
		return nil
	})
	return shares, looked, err
}

// sharing looks for users who are in a channel together with one user.
type sharing struct {
	*reader
	user     string
	channels [][]string // of the user, by shard, ascending
	looked   int
}

func (s *sharing) learn(shards int) error {
	for shard := range shards {
		var channels []string
		prefix := appendMemberKey(nil, s.user, shard, "")
		for ok := s.it.SeekGE(prefix); ok && bytes.HasPrefix(s.it.Key(), prefix); ok = s.it.Next() {
			channels = append(channels, string(s.it.Key()[len(prefix):]))
		}
		if err := s.it.Error(); err != nil {
			return err
		}
		s.channels, s.looked = append(s.channels, channels), s.looked+len(channels)
	}
	return nil
}

// with goes through the channels of both users in their order. It skips those that only one of them
// is in.
func (s *sharing) with(other string) (bool, error) {
	direct := wire.DirectChannel(s.user, other)
	for shard, channels := range s.channels {
		if _, found := slices.BinarySearch(channels, direct); found {
			return true, nil
		}
		prefix := appendMemberKey(nil, other, shard, "")
		for len(channels) > 0 {
			s.looked++
			s.key = append(append(s.key[:0], prefix...), channels[0]...)
			if !s.it.SeekGE(s.key) || !bytes.HasPrefix(s.it.Key(), prefix) {
				break
			}
			at, found := slices.BinarySearch(channels, string(s.it.Key()[len(prefix):]))
			if found {
				return true, nil
			}
			channels = channels[at:]
		}
		if err := s.it.Error(); err != nil {
			return false, err
		}
	}
	return false, nil
}
