package view

import (
	"fmt"
	"testing"

	"natterjack/jetstream/channel"
)

// at returns a channel's head at a pos.
func at(pos uint64) head { return head{Head: channel.Head{Pos: pos}} }

func published(channel string, pos uint64) map[string]*met {
	return map[string]*met{channel: {head: at(pos), changed: true}}
}

func holds(c *cache, channel string) bool {
	_, _, ok := c.get(channel)
	return ok
}

func TestCacheKeepsWithinItsLimit(t *testing.T) {
	var c cache
	c.init(100 * sizeOf("0000", nil))
	for i := range 10_000 {
		id := fmt.Sprintf("%04d", i)
		if i%2 == 0 {
			c.hold()
			c.publish(published(id, 1))
		} else {
			c.fill(id, at(1), nil, c.stamp())
		}
		if !holds(&c, "0000") {
			t.Fatalf("after %d channels the one in use was evicted", i+1)
		}
		if c.size > c.limit || len(c.entries) != len(c.clock) {
			t.Fatalf("%d bytes of %d, %d entries, %d in the clock", c.size, c.limit, len(c.entries), len(c.clock))
		}
	}
	equal(t, "entries", len(c.entries), 100)
}

// A few busy channels stay in a cache that is full of channels that were busy once.
func TestCacheKeepsWhatIsHot(t *testing.T) {
	const held, hot = 1000, 20
	var c cache
	c.init(held * sizeOf("0000", nil))
	for i := range held {
		c.fill(fmt.Sprintf("%04d", i), at(1), nil, c.stamp())
	}
	hits := 0
	for i := range 10_000 {
		id := fmt.Sprintf("h%03d", i%hot)
		if holds(&c, id) {
			hits++
		} else {
			c.fill(id, at(1), nil, c.stamp())
		}
	}
	if hits < 10_000-2*hot {
		t.Errorf("%d hits of 10,000", hits)
	}
}

// A channel that grows is counted with its new size. A channel that becomes plain again is
// counted with its plain size.
func TestCacheCountsMembers(t *testing.T) {
	var c cache
	c.init(1 << 20)
	c.fill("a", at(1), nil, c.stamp())
	large := &channel.State{ID: "a"}
	for i := range 500 {
		large.Members = append(large.Members, fmt.Sprintf("user-%03d", i))
	}
	c.publish(map[string]*met{"a": {head: head{flags: flagRich}, body: large, changed: true}})
	equal(t, "size", c.size, sizeOf("a", large))
	c.publish(published("a", 3))
	equal(t, "size", c.size, sizeOf("a", nil))
}

// A batch that changes only a head keeps the rest of the channel in the cache. Readers get
// both.
func TestCacheMovesHeads(t *testing.T) {
	var c cache
	c.init(1 << 20)
	body := &channel.State{ID: "a", Name: "toads", Head: channel.Head{Pos: 1}}
	moved := head{Head: channel.Head{Pos: 2}, flags: flagRich}
	c.fill("a", head{Head: body.Head, flags: flagRich}, body, c.stamp())
	c.publish(map[string]*met{"a": {head: moved, changed: true}})
	st := c.state("a")
	equal(t, "state", st, &channel.State{ID: "a", Name: "toads", Head: moved.Head})
	if again := c.state("a"); again != st {
		t.Error("each who asks gets a copy of his own")
	}
	equal(t, "the state before", body.Pos, 1)
}

// A channel that a reader has loaded must not replace one that a batch has published since, and
// must not be added after it.
func TestCacheTakesNoStaleLoad(t *testing.T) {
	for name, between := range map[string]func(c *cache){
		"a batch":                   func(c *cache) { c.hold(); c.publish(published("a", 2)) },
		"a batch to other channels": func(c *cache) { c.hold(); c.publish(published("b", 2)) },
		"a batch under way":         func(c *cache) { c.hold() },
	} {
		t.Run(name, func(t *testing.T) {
			var c cache
			c.init(1 << 20)
			stamp := c.stamp()
			between(&c)
			c.fill("a", at(1), nil, stamp)
			if h, _, ok := c.get("a"); ok && h.Pos == 1 {
				t.Error("the stale head is in the cache")
			}
		})
	}
	var c cache
	c.init(1 << 20)
	c.hold()
	c.fill("a", at(1), nil, c.stamp())
	if holds(&c, "a") {
		t.Error("a head loaded during a commit is in the cache")
	}
}
