package view

import (
	"encoding/binary"
	"math"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// The index by activity has each channel of a user under the slot of time in which it was last active. Who asks for the most
// recent ones reads downwards, and sorts exactly within a slot. The longer the slots, the fewer keys a message moves and the more
// channels a question may have to look at; so they grow with the members: a message between two moves their keys four times
// a second at most, one in a group of 500 once a minute. Each class has an index of its own, for a short slot of a small channel
// would else hide behind a long one.
//
// An exact index for all would cost a group of 500 a thousand keys for each message; one without slots for large groups, as heads
// read on demand, costs whoever has 5,000 channels a look at each.
const classes = 3

type slot struct {
	class  byte
	number uint64
}

// Upper bounds of the members of a class, and the length of its slots as a power of two of milliseconds.
var (
	classMembers = [classes]int{4, 32, math.MaxInt}
	slotShift    = [classes]uint{8, 12, 16}
)

func slotOf(st *channel.State) slot {
	class := byte(0)
	for len(st.Members) > classMembers[class] {
		class++
	}
	return slot{class: class, number: slotNumber(class, st.Active)}
}

func slotNumber(class byte, active int64) uint64 { return uint64(max(active, 0)) >> slotShift[class] }

// end is the last millisecond of a slot.
func (s slot) end() int64 { return int64((s.number+1)<<slotShift[s.class] - 1) }

func appendActiveKey(dst []byte, user string, s slot, ch string) []byte {
	return append(appendSlotKey(dst, user, s), ch...)
}

func appendSlotKey(dst []byte, user string, s slot) []byte {
	dst = append(appendNamed(dst, tagActive, user), s.class)
	return binary.BigEndian.AppendUint64(dst, s.number)
}

// moveActivity keeps the index by activity. Each key is set once before it is deleted once, so that the two can cancel out while
// still in memory: a busy channel leaves nothing behind that a question would have to step over.
func (r *round) moveActivity(st, next *channel.State) {
	if next.Kind == wire.Own {
		return // settings are no conversation
	}
	var before []string
	var was slot
	if st != nil {
		before, was = st.Members, slotOf(st)
	}
	is := slotOf(next)
	if was == is && sameMembers(before, next.Members) {
		return
	}
	for _, user := range before {
		if was != is || !next.Member(user) {
			r.key = appendActiveKey(r.key[:0], user, was, next.ID)
			_ = r.batch.SingleDelete(r.key, nil)
		}
	}
	r.value = r.value[:0]
	for _, user := range next.Members {
		if was != is || !st.Member(user) {
			r.key = appendActiveKey(r.key[:0], user, is, next.ID)
			r.set()
		}
	}
}
