package index

import (
	"cmp"

	"github.com/RoaringBitmap/roaring/v2"
)

// stretch is the part of a segment that is left to look at.
type stretch struct {
	number int
	part   part
	docs   *roaring.Bitmap // that may be hits; nil until a block is looked at
	blocks []block
}

func (s *stretch) newest() int64 { return s.blocks[0].newest }

// stretches is a heap, with the newest block first.
type stretches []*stretch

func (s stretches) Len() int           { return len(s) }
func (s stretches) Less(i, j int) bool { return s[i].newest() > s[j].newest() }
func (s stretches) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }

// Push appends a stretch.
func (s *stretches) Push(x any) { *s = append(*s, x.(*stretch)) } //nolint:forcetypeassert // nothing else is pushed

// Pop takes the last stretch.
func (s *stretches) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}

// candidate is a document that may be a hit. The channel and seq of its key are read when they
// are needed.
type candidate struct {
	key
	place

	part     part
	resolved bool
}

func (c *candidate) resolve(in *channels) error {
	if c.resolved {
		return nil
	}
	name, err := c.part.snapshot.DocID(uint64(c.doc))
	if err != nil {
		return err
	}
	c.seq, c.channel, c.resolved = seqOf(name), in.name(c.part.columns.channels[c.doc]), true
	return nil
}

func (k key) compare(o key) int {
	return cmp.Or(cmp.Compare(k.time, o.time), cmp.Compare(k.seq, o.seq), cmp.Compare(k.channel, o.channel))
}

// candidates is a heap, with the newest one first.
type candidates struct {
	items    []*candidate
	channels *channels
	err      error // of reading a key
}

func (c *candidates) Len() int      { return len(c.items) }
func (c *candidates) Swap(i, j int) { c.items[i], c.items[j] = c.items[j], c.items[i] }

// Less reports whether a candidate is newer than another.
func (c *candidates) Less(i, j int) bool {
	a, b := c.items[i], c.items[j]
	if a.time != b.time {
		return a.time > b.time
	}
	for _, x := range []*candidate{a, b} {
		if err := x.resolve(c.channels); err != nil {
			c.err = err
		}
	}
	return a.compare(b.key) > 0
}

// Push appends a candidate.
func (c *candidates) Push(x any) { c.items = append(c.items, x.(*candidate)) } //nolint:forcetypeassert // nothing else is pushed

// Pop takes the last candidate.
func (c *candidates) Pop() any {
	last := c.items[len(c.items)-1]
	c.items = c.items[:len(c.items)-1]
	return last
}
