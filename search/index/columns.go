package index

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"natterjack/search/internal/leisure"
	"natterjack/search/text"
)

// blockSize is how many documents are looked at together.
const blockSize = 1024

// block is a number of documents in a row.
type block struct {
	first          uint32
	newest, oldest int64 // of their times
}

// columns are the parts of a segment that are kept in memory.
type columns struct {
	times    []int64  // of each document, in milliseconds
	channels []uint64 // of each document, by hash
	blocks   []block  // those with the newest documents first
	words    []byte   // the words of the text, each with a line break before and after it
	wide     wide
	anchor   *roaring.Bitmap // documents that are an anchor; nil if there are none
}

// load reads the columns of a segment.
func (x *Index) load(s *scorch.SegmentSnapshot) (*columns, error) {
	n := s.FullSize()
	turn := x.leisure.Begin()
	defer turn.Rest()
	c := &columns{times: make([]int64, n), channels: make([]uint64, n)}
	if err := c.loadTimes(s.Segment(), &turn); err != nil {
		return nil, fmt.Errorf("read the times of a segment: %w", err)
	}
	if err := c.loadChannels(s.Segment(), &turn); err != nil {
		return nil, fmt.Errorf("read the channels of a segment: %w", err)
	}
	if err := c.loadWords(s.Segment(), &turn); err != nil {
		return nil, fmt.Errorf("read the words of a segment: %w", err)
	}
	c.makeBlocks()
	return c, nil
}

// stepAt takes a step at some of many documents: to ask the clock takes as long as to read one.
func stepAt(turn *leisure.Turn, doc int) {
	if doc%blockSize == 0 {
		turn.Step()
	}
}

func (c *columns) loadTimes(s segment.Segment, turn *leisure.Turn) error {
	values, ok := s.(segment.DocValueVisitable)
	if !ok {
		return fmt.Errorf("%T has no values", s)
	}
	var doc int
	visit := func(_ string, term []byte) { c.times[doc] = parseTime(term) }
	var state segment.DocVisitState
	var err error
	for doc = range c.times {
		stepAt(turn, doc)
		if state, err = values.VisitDocValues(uint64(doc), []string{fieldTime}, visit, state); err != nil {
			return err
		}
	}
	return nil
}

// loadChannels reads the channels from the names of the documents. The terms of the field say the
// same, but to look up each term of each segment took nine seconds in an index of twelve million
// messages in a million channels.
func (c *columns) loadChannels(s segment.Segment, turn *leisure.Turn) error {
	anchors := roaring.New()
	for doc := range c.channels {
		stepAt(turn, doc)
		name, err := s.DocID(uint64(doc))
		if err != nil {
			return err
		}
		if c.channels[doc], err = hashIn(name); err != nil {
			return err
		}
		if c.channels[doc] == anchorHash {
			anchors.Add(uint32(doc))
		}
	}
	if !anchors.IsEmpty() {
		c.anchor = anchors
	}
	return nil
}

// shortestAround is the fewest characters of a word of which a part is looked for that is not at
// its start.
const shortestAround = 4

func (c *columns) loadWords(s segment.Segment, turn *leisure.Turn) error {
	dict, err := s.Dictionary(fieldText)
	if err != nil {
		return err
	}
	words := []byte{'\n'}
	err = eachTerm(dict, nil, nil, func(term string) (bool, error) {
		turn.Step()
		if first, _ := utf8.DecodeRuneInString(term); text.ClassOf(first).InWord() && len(term) >= shortestAround {
			words = append(append(words, term...), '\n')
		}
		return true, nil
	})
	c.words = slices.Clip(words)
	return err
}

func (c *columns) makeBlocks() {
	for first := 0; first < len(c.times); first += blockSize {
		b := block{first: uint32(first), newest: math.MinInt64, oldest: math.MaxInt64}
		for _, t := range c.times[first:min(first+blockSize, len(c.times))] {
			b.newest, b.oldest = max(b.newest, t), min(b.oldest, t)
		}
		c.blocks = append(c.blocks, b)
	}
	slices.SortStableFunc(c.blocks, func(a, b block) int { return cmp.Compare(b.newest, a.newest) })
}
