package view

import (
	"slices"
	"testing"
)

func TestRecent(t *testing.T) {
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
		states, more, err := v.Recent(c.user, c.limit)
		noError(t, err)
		var ids []string
		for _, st := range states {
			ids = append(ids, st.ID)
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
