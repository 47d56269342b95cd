package index

import (
	"testing"

	"pgregory.net/rapid"
)

// TestChannels compares the table of a search's channels with a map, for hashes that are close to
// each other too.
func TestChannels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hash := rapid.OneOf(rapid.Uint64Range(0, 8), rapid.Uint64())
		added := rapid.SliceOf(hash).Draw(t, "added")
		c := channelsOf(make([]string, len(added))) // room for so many
		clear(c.slots)
		want := map[uint64]bool{}
		for _, h := range added {
			c.add(h)
			want[h] = true
		}
		for _, h := range append(rapid.SliceOf(hash).Draw(t, "asked"), added...) {
			if c.has(h) != want[h] {
				t.Fatalf("has %d: %t", h, c.has(h))
			}
		}
	})
}

func TestChannels_names(t *testing.T) {
	c := channelsOf([]string{"gfrogs", "alice~bob"})
	for _, name := range []string{"gfrogs", "alice~bob"} {
		if h := hashOf(name); !c.has(h) || c.name(h) != name {
			t.Errorf("%s is %q", name, c.name(h))
		}
	}
	if c.has(hashOf("gtoads")) {
		t.Error("it has a channel that is not in it")
	}
}
