package view

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// puts gathers the keys that a round sets, and hands them to Pebble in the order of the keys.
// For each key, Pebble looks for its place in a list of many thousand keys in memory. It begins
// at the place of the key before, so ascending keys cost it less.
type puts struct {
	bytes []byte // key and value of each pair
	all   []pair
}

type pair struct {
	first            uint64 // the first bytes of the key, which decide most comparisons
	from, value, end int    // in bytes
}

// mostPuts is how many bytes are kept for the next round.
const mostPuts = 4 << 20

func (p *puts) set(key, value []byte) {
	var first [8]byte
	copy(first[:], key)
	from := len(p.bytes)
	p.bytes = append(append(p.bytes, key...), value...)
	p.all = append(p.all, pair{binary.BigEndian.Uint64(first[:]), from, from + len(key), len(p.bytes)})
}

func (p *puts) key(i int) []byte { return p.bytes[p.all[i].from:p.all[i].value] }

// drain adds the keys that were set to a batch. Of several values of a key it adds the last one.
func (p *puts) drain(b *pebble.Batch) {
	slices.SortFunc(p.all, func(x, y pair) int {
		if x.first != y.first {
			return cmp.Compare(x.first, y.first)
		}
		return cmp.Or(bytes.Compare(p.bytes[x.from:x.value], p.bytes[y.from:y.value]), cmp.Compare(x.from, y.from))
	})
	for i, x := range p.all {
		if i+1 == len(p.all) || !bytes.Equal(p.key(i), p.key(i+1)) {
			_ = b.Set(p.key(i), p.bytes[x.value:x.end], nil) // cannot fail: a batch is memory until it is committed
		}
	}
	p.clear()
}

func (p *puts) clear() {
	p.all, p.bytes = p.all[:0], p.bytes[:0]
	if cap(p.bytes) > mostPuts {
		p.all, p.bytes = nil, nil
	}
}
