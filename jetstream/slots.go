package jetstream

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"natterjack/server/wire"
)

// slots is the shard of each slot.
type slots [wire.Slots]uint8

// evenSlots returns a table that spreads the slots evenly over the shards, each shard with a
// contiguous range. The ranges go by the higher bits of a slot's number, which depend on more
// of a channel's name than the lower ones.
func evenSlots(shards int) (s slots) {
	for slot := range s {
		s[slot] = uint8(slot * shards / wire.Slots)
	}
	return s
}

// subject returns a subject of a shard's stream that belongs to no channel.
func (s *slots) subject(shard int) string {
	return "chat." + slotNames[slices.Index(s[:], uint8(shard))] + ".end"
}

// String returns the slots of each shard as ranges, the shards in order:
// "0-63;64-127;128-191;192-255".
func (s *slots) String() string {
	var shards []string
	for slot := 0; slot < wire.Slots; {
		first, at := slot, int(s[slot])
		for slot < wire.Slots && int(s[slot]) == at {
			slot++
		}
		for at >= len(shards) {
			shards = append(shards, "")
		}
		if shards[at] != "" {
			shards[at] += ","
		}
		shards[at] += strconv.Itoa(first) + "-" + strconv.Itoa(slot-1)
	}
	return strings.Join(shards, ";")
}

// parseSlots reads what String writes. Each slot must be in exactly one shard, and each shard must
// have a slot.
func parseSlots(text string) (s slots, shards int, err error) {
	lists := strings.Split(text, ";")
	if len(lists) > wire.Slots {
		return s, 0, fmt.Errorf("%d shards; there can be %d at most", len(lists), wire.Slots)
	}
	taken := 0
	var known [wire.Slots]bool
	for shard, list := range lists {
		for span := range strings.SplitSeq(list, ",") {
			first, last, err := parseSpan(span)
			if err != nil {
				return s, 0, err
			}
			for slot := first; slot <= last; slot++ {
				if known[slot] {
					return s, 0, fmt.Errorf("slot %d is in two shards", slot)
				}
				known[slot], s[slot] = true, uint8(shard)
				taken++
			}
		}
	}
	if taken != wire.Slots {
		return s, 0, fmt.Errorf("%d of %d slots are in no shard", wire.Slots-taken, wire.Slots)
	}
	return s, len(lists), nil
}

func parseSpan(span string) (first, last int, err error) {
	from, to, _ := strings.Cut(span, "-")
	if first, err = strconv.Atoi(from); err == nil {
		last, err = strconv.Atoi(to)
	}
	if err != nil || first < 0 || last < first || last >= wire.Slots {
		return 0, 0, fmt.Errorf("%q is no range of slots", span)
	}
	return first, last, nil
}
