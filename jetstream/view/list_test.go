package view

import (
	"slices"
	"testing"
)

// unread returns the cursor of a user who has read nothing.
func unread(string) uint64 { return 0 }

func TestList(t *testing.T) {
	v := threeChannels(t)
	for _, c := range []struct {
		user  string
		limit int
		want  []string
		more  bool
	}{
		{"ann", 5, []string{"ann~bob", "ann~cem"}, false},
		{"ann", 1, []string{"ann~bob"}, true},
		{"cem", 2, []string{"ann~cem", "bob~cem"}, false},
		{"eve", 2, nil, false},
	} {
		channels, more, err := v.List(c.user, Listing{Limit: c.limit}, unread)
		noError(t, err)
		var ids []string
		for _, l := range channels {
			ids = append(ids, l.State.ID)
		}
		equal(t, "channels of "+c.user, ids, c.want)
		equal(t, "more of "+c.user, more, c.more)
	}
}

func TestChannelsOf(t *testing.T) {
	v := threeChannels(t)
	ids := must(v.ChannelsOf("bob"))(t)
	slices.Sort(ids)
	equal(t, "channels", ids, []string{"ann~bob", "bob~cem"})
	equal(t, "channels of a stranger", must(v.ChannelsOf("bo"))(t), nil)
}

// TestListed_notAMember: a user who is not in a channel learns nothing of it.
func TestListed_notAMember(t *testing.T) {
	v := threeChannels(t)
	for _, channel := range []string{"bob~cem", "ann~eve"} {
		equal(t, channel, must(v.Listed("ann", channel, nil, unread))(t), Listed{})
	}
}
