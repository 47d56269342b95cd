package view

import (
	"fmt"
	"testing"

	"natterjack/jetstream/channel"
)

func state(id string, pos uint64) *channel.State {
	return &channel.State{ID: id, Head: channel.Head{Pos: pos}}
}

func published(states ...*channel.State) map[string]*channel.State {
	m := make(map[string]*channel.State)
	for _, st := range states {
		m[st.ID] = st
	}
	return m
}

func TestCacheKeepsWithinItsLimit(t *testing.T) {
	var c cache
	c.init(100 * sizeOf(state("0000", 0)))
	for i := range 10_000 {
		st := state(fmt.Sprintf("%04d", i), 1)
		if i%2 == 0 {
			c.hold()
			c.publish(published(st))
		} else {
			c.fill(st, c.stamp())
		}
		if c.get("0000") == nil {
			t.Fatalf("after %d states the one in use was evicted", i+1)
		}
		if c.size > c.limit || len(c.entries) != len(c.clock) {
			t.Fatalf("%d bytes of %d, %d entries, %d in the clock", c.size, c.limit, len(c.entries), len(c.clock))
		}
	}
	equal(t, "entries", len(c.entries), 100)
}

// A few channels that are busy stay in a cache that is full of others which are not any more.
func TestCacheKeepsWhatIsHot(t *testing.T) {
	const held, hot = 1000, 20
	var c cache
	c.init(held * sizeOf(state("0000", 0)))
	for i := range held {
		c.publish(published(state(fmt.Sprintf("%04d", i), 1)))
	}
	hits := 0
	for i := range 10_000 {
		id := fmt.Sprintf("h%03d", i%hot)
		if c.get(id) != nil {
			hits++
			continue
		}
		c.fill(state(id, 1), c.stamp())
	}
	if hits < 10_000-2*hot {
		t.Errorf("%d hits of 10,000", hits)
	}
}

// A state that grows is counted by its new size.
func TestCacheCountsMembers(t *testing.T) {
	var c cache
	c.init(1 << 20)
	c.publish(published(state("a", 1)))
	large := state("a", 2)
	for i := range 500 {
		large.Members = append(large.Members, fmt.Sprintf("user-%03d", i))
	}
	c.publish(published(large))
	equal(t, "size", c.size, sizeOf(large))
}

// What a reader has loaded must not come over, or after, what a batch has published since.
func TestCacheTakesNoStaleLoad(t *testing.T) {
	for name, between := range map[string]func(c *cache){
		"a batch":                   func(c *cache) { c.hold(); c.publish(published(state("a", 2))) },
		"a batch to other channels": func(c *cache) { c.hold(); c.publish(published(state("b", 2))) },
		"a batch under way":         func(c *cache) { c.hold() },
	} {
		t.Run(name, func(t *testing.T) {
			var c cache
			c.init(1 << 20)
			stamp := c.stamp()
			between(&c)
			c.fill(state("a", 1), stamp)
			if st := c.get("a"); st != nil && st.Pos == 1 {
				t.Error("the stale state is in the cache")
			}
		})
	}
	var c cache
	c.init(1 << 20)
	c.hold()
	c.fill(state("a", 1), c.stamp())
	if st := c.get("a"); st != nil {
		t.Error("a state loaded during a commit is in the cache")
	}
}
