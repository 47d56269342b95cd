package copies

import (
	"encoding/binary"
	"errors"
)

// Stretch is the positions from First to Last, both included.
type Stretch struct{ First, Last uint64 }

// Stretches ascend, and neither overlap nor touch.
type Stretches []Stretch

// Len returns the number of positions.
func (s Stretches) Len() (n uint64) {
	for _, one := range s {
		n += one.Last - one.First + 1
	}
	return n
}

// add appends a stretch, which must not begin before the last one.
func (s Stretches) add(one Stretch) Stretches {
	if n := len(s); n > 0 && s[n-1].Last+1 >= one.First {
		s[n-1].Last = max(s[n-1].Last, one.Last)
		return s
	}
	return append(s, one)
}

// without returns s without the positions of t.
func (s Stretches) without(t Stretches) (left Stretches) {
	for _, one := range s {
		for len(t) > 0 && t[0].Last < one.First {
			t = t[1:]
		}
		for _, cut := range t {
			if cut.First > one.Last || one.First > one.Last {
				break
			}
			if cut.First > one.First {
				left = append(left, Stretch{one.First, cut.First - 1})
			}
			one.First = max(one.First, cut.Last+1)
		}
		if one.First <= one.Last {
			left = append(left, one)
		}
	}
	return left
}

// split divides s after a position.
func (s Stretches) split(at uint64) (upto, after Stretches) {
	for _, one := range s {
		if one.First <= at {
			upto = append(upto, Stretch{one.First, min(one.Last, at)})
		}
		if one.Last > at {
			after = append(after, Stretch{max(one.First, at+1), one.Last})
		}
	}
	return upto, after
}

// goneFrom returns the positions that a copy lacks after a position: those before its first
// message, and the positions gone, which ascend.
func goneFrom(after, first, last uint64, gone []uint64) (s Stretches) {
	if last > after && first > after+1 {
		s = s.add(Stretch{after + 1, min(first-1, last)})
	}
	for _, pos := range gone {
		if pos > after {
			s = s.add(Stretch{pos, pos})
		}
	}
	return s
}

// encode writes as many stretches as there is room for. It returns up to which position they
// are complete, for a copy that ends at last.
func (s Stretches) encode(last uint64, room int) (data []byte, upto uint64) {
	before := uint64(0)
	for _, one := range s {
		if len(data)+2*binary.MaxVarintLen64 > room {
			return data, before
		}
		data = binary.AppendUvarint(data, one.First-before)
		data = binary.AppendUvarint(data, one.Last-one.First)
		before = one.Last
	}
	return data, max(last, before)
}

var errStretches = errors.New("copies: the stretches do not ascend")

func decode(data []byte) (s Stretches, err error) {
	before := uint64(0)
	for len(data) > 0 {
		skip, n := binary.Uvarint(data)
		more, m := binary.Uvarint(data[max(n, 0):])
		first := before + skip
		last := first + more
		if n <= 0 || m <= 0 || skip == 0 || first < before || last < first {
			return nil, errStretches
		}
		s, before, data = s.add(Stretch{first, last}), last, data[n+m:]
	}
	return s, nil
}
