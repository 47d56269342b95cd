package index

import "math/bits"

// channels are the channels of a search, by their hashes. Two channels with the same hash would
// have the same documents, so they cannot be told apart here. The source of a search decides for
// each message whether the user may see it.
type channels struct {
	names map[uint64]string
	// slots is a hash table with open addressing and at least one empty slot, which is 0. A search
	// asks it for each candidate, so it must be quicker than a map: the hashes are random already.
	slots []uint64
	none  bool // the hash 0 is one of them
}

func channelsOf(names []string) *channels {
	c := &channels{names: make(map[uint64]string, len(names)), slots: make([]uint64, 1<<bits.Len(uint(2*len(names))))}
	for _, name := range names {
		hash := hashOf(name)
		c.names[hash] = name
		c.add(hash)
	}
	return c
}

func (c *channels) add(hash uint64) {
	if hash == 0 {
		c.none = true
		return
	}
	at := c.find(hash)
	c.slots[at] = hash
}

// find returns the slot of a hash, or the empty slot where it would be.
func (c *channels) find(hash uint64) uint64 {
	last := uint64(len(c.slots) - 1)
	at := hash & last
	for c.slots[at] != hash && c.slots[at] != 0 {
		at = (at + 1) & last
	}
	return at
}

// has reports whether the channel with a hash is one of them.
func (c *channels) has(hash uint64) bool {
	if hash == 0 {
		return c.none
	}
	return c.slots[c.find(hash)] == hash
}

// name returns the name of one of them.
func (c *channels) name(hash uint64) string { return c.names[hash] }
