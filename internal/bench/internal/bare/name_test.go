package bare

import (
	"testing"

	"natterjack/server/wire"
)

// TestUserName_fillsAllShards shows that the names fill all shards. Otherwise a benchmark would not
// measure the thing that its name says.
func TestUserName_fillsAllShards(t *testing.T) {
	const channels = 1000
	shards := Streams
	inShard := make([]int, shards)
	known := make(map[string]bool)
	for i := range channels {
		inShard[Store{Shards: shards}.shardOf(wire.DirectChannel(UserName("r0", i), UserName("r0", i+channels)))]++
		if name := UserName("r0", i); known[name] || !wire.ValidUser(name) {
			t.Errorf("user %d is called %s", i, name)
		}
		known[UserName("r0", i)] = true
	}
	for shard, n := range inShard {
		if n < channels/shards*2/3 || n > channels/shards*3/2 {
			t.Errorf("shard %d has %d of %d channels", shard, n, channels)
		}
	}
}
