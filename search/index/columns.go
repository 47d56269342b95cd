package index

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"natterjack/search/internal/leisure"
	"natterjack/search/text"
)

// names are the channels of an index, by numbers that hold as long as it is open.
type names struct {
	sync.RWMutex
	numbers map[string]uint32
	names   []string
}

func (n *names) number(name string) uint32 {
	n.Lock()
	defer n.Unlock()
	if n.numbers == nil {
		n.numbers = map[string]uint32{}
	}
	number, ok := n.numbers[name]
	if !ok {
		number = uint32(len(n.names))
		n.numbers[name] = number
		n.names = append(n.names, name)
	}
	return number
}

func (n *names) name(number uint32) string {
	n.RLock()
	defer n.RUnlock()
	return n.names[number]
}

// find returns the numbers of those channels that have messages, and how many there are in all.
func (n *names) find(channels []string) (found []uint32, all int) {
	n.RLock()
	defer n.RUnlock()
	for _, c := range channels {
		if number, ok := n.numbers[c]; ok {
			found = append(found, number)
		}
	}
	return found, len(n.names)
}

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
	channels []uint32 // of each document, by number
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
	c := &columns{times: make([]int64, n), channels: make([]uint32, n)}
	if err := c.loadTimes(s.Segment(), &turn); err != nil {
		return nil, fmt.Errorf("read the times of a segment: %w", err)
	}
	if err := x.loadChannels(c, s.Segment(), &turn); err != nil {
		return nil, fmt.Errorf("read the channels of a segment: %w", err)
	}
	if err := c.loadWords(s.Segment(), &turn); err != nil {
		return nil, fmt.Errorf("read the words of a segment: %w", err)
	}
	c.makeBlocks()
	return c, nil
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
		turn.Step()
		if state, err = values.VisitDocValues(uint64(doc), []string{fieldTime}, visit, state); err != nil {
			return err
		}
	}
	return nil
}

func (x *Index) loadChannels(c *columns, s segment.Segment, turn *leisure.Turn) error {
	dict, err := s.Dictionary(fieldChannel)
	if err != nil {
		return err
	}
	docs := roaring.New()
	var list segment.PostingsList
	return eachTerm(dict, nil, nil, func(term string) (bool, error) {
		turn.Step()
		docs.Clear()
		if list, err = union(dict, term, docs, list); err != nil {
			return false, err
		}
		if term == anchorChannel {
			c.anchor = docs.Clone()
		}
		number := x.names.number(term)
		for it := docs.Iterator(); it.HasNext(); {
			c.channels[it.Next()] = number
		}
		return true, nil
	})
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
