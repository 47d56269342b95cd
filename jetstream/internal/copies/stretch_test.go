package copies

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// positions returns the positions of stretches, one by one.
func positions(s Stretches) (all []uint64) {
	for _, one := range s {
		for pos := one.First; pos <= one.Last; pos++ {
			all = append(all, pos)
		}
	}
	return all
}

func drawPositions(t *rapid.T, label string) []uint64 {
	all := rapid.SliceOfNDistinct(rapid.Uint64Range(1, 40), 0, 40, rapid.ID).Draw(t, label)
	slices.Sort(all)
	return all
}

// TestStretches compares the operations on stretches with the same operations on single
// positions.
func TestStretches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawPositions(t, "a"), drawPositions(t, "b")
		at := rapid.Uint64Range(0, 41).Draw(t, "at")
		x, y := goneFrom(0, 0, 0, a), goneFrom(0, 0, 0, b)
		same := func(what string, got Stretches, want []uint64) {
			if all := positions(got); !slices.Equal(all, want) || int(got.Len()) != len(want) {
				t.Fatalf("%s: got %v, %d positions; want %v", what, all, got.Len(), want)
			}
		}
		keep := func(all []uint64, f func(uint64) bool) (some []uint64) {
			for _, pos := range all {
				if f(pos) {
					some = append(some, pos)
				}
			}
			return some
		}
		same("made", x, a)
		same("without", x.without(y), keep(a, func(pos uint64) bool { return !slices.Contains(b, pos) }))
		upto, after := x.split(at)
		same("upto", upto, keep(a, func(pos uint64) bool { return pos <= at }))
		same("after", after, keep(a, func(pos uint64) bool { return pos > at }))
		first := rapid.Uint64Range(1, 41).Draw(t, "first")
		var lacks []uint64
		for pos := at + 1; pos <= 40; pos++ {
			if pos < first || slices.Contains(a, pos) {
				lacks = append(lacks, pos)
			}
		}
		same("gone", goneFrom(at, first, 40, keep(a, func(pos uint64) bool { return pos >= first })), lacks)

		data, told := x.encode(40, rapid.IntRange(0, 200).Draw(t, "room"))
		read, err := decode(data)
		if err != nil {
			t.Fatal(err)
		}
		same("encoded", read, keep(a, func(pos uint64) bool { return pos <= told }))
	})
}

// FuzzDecode shows that decoded stretches ascend, whatever another node sends.
func FuzzDecode(f *testing.F) {
	data, _ := Stretches{{1, 3}, {7, 7}}.encode(9, mostGone)
	f.Add(data)
	f.Add([]byte{0, 0})
	f.Add([]byte{0x80})
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := decode(data)
		if err != nil {
			return
		}
		for i, one := range s {
			if one.First > one.Last || i > 0 && s[i-1].Last >= one.First {
				t.Fatalf("decoded %v", s)
			}
		}
	})
}
