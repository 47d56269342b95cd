package jetstream

import (
	"testing"

	"pgregory.net/rapid"

	"natterjack/server/wire"
)

func TestSlots_roundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shards := rapid.IntRange(1, 9).Draw(t, "shards")
		s := evenSlots(shards)
		for range rapid.IntRange(0, 20).Draw(t, "moves") { // to an existing shard or a new one
			s[rapid.IntRange(0, wire.Slots-1).Draw(t, "slot")] = uint8(rapid.IntRange(0, shards).Draw(t, "to"))
			shards = max(shards, maxShard(&s)+1)
		}
		for shard := range maxShard(&s) + 1 { // each shard has a slot
			s[shard] = uint8(shard)
		}
		again, n, err := parseSlots(s.String())
		if err != nil || again != s || n != maxShard(&s)+1 {
			t.Fatalf("%s: %d shards, %v", s.String(), n, err)
		}
	})
}

func maxShard(s *slots) (most int) {
	for _, at := range s {
		most = max(most, int(at))
	}
	return most
}

func TestSlots_even(t *testing.T) {
	for _, shards := range []int{1, 2, 3, 4, 7, 8, 256} {
		s := evenSlots(shards)
		var in [wire.Slots]int
		for _, at := range s {
			in[at]++
		}
		for shard := range shards {
			if in[shard] < wire.Slots/shards || in[shard] > wire.Slots/shards+1 {
				t.Errorf("of %d shards, shard %d has %d slots", shards, shard, in[shard])
			}
		}
	}
}

func TestParseSlots_refuses(t *testing.T) {
	for _, text := range []string{"", "x", "0-255;", "0-254", "0-255;0-0", "0-128;128-255", "0-256", "-1-255", "255-0", "0-255;;", "0"} {
		if _, _, err := parseSlots(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}
