package view

import (
	"encoding/binary"
	"math"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// The index by activity has, for each channel of a user, the slot of time in which it was last active. Who asks for the most recent
// ones reads all of it, a few keys to a microsecond, and looks at the heads of only those channels whose slots may hold one of
// them. The longer the slots, the fewer keys a message writes and the more heads are looked at; so they grow with the members:
// a message between two writes their keys four times a second at most, one in a group of 500 once a minute.
//
// An index in the order of time would need no reading through, but a deletion for each key that it writes: it made a message two
// thirds dearer. An exact one would cost a group of 500 that many keys for each message. None at all costs whoever has 5,000 channels
// a look at 5,000 heads all over the disk.
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

// start is the first millisecond of a slot.
func (s slot) start() int64 { return int64(s.number << slotShift[s.class]) }

func appendSlot(dst []byte, s slot) []byte {
	return binary.AppendUvarint(append(dst, s.class), s.number)
}

func parseSlot(value []byte) (s slot, err error) {
	p := parser{rest: value}
	class := p.uvarint()
	if class >= classes {
		p.fail()
	}
	s = slot{class: byte(class), number: p.uvarint()}
	return s, p.end()
}

// moveActivity keeps the index by activity.
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
		if !next.Member(user) {
			r.key = appendActiveKey(r.key[:0], user, next.ID)
			r.unset()
		}
	}
	r.value = appendSlot(r.value[:0], is)
	for _, user := range next.Members {
		if was != is || !st.Member(user) {
			r.key = appendActiveKey(r.key[:0], user, next.ID)
			r.set()
		}
	}
}
