package index

import (
	"bytes"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// eachTerm calls visit with the terms of a dictionary from one on and before another, in order,
// until it returns false.
func eachTerm(dict segment.TermDictionary, from, before []byte, visit func(term string) (bool, error)) error {
	terms := iterator(dict, from, before)
	for {
		entry, err := terms.Next()
		if err != nil || entry == nil {
			return err
		}
		if more, err := visit(entry.Term); err != nil || !more {
			return err
		}
	}
}

// uncounted is a dictionary that need not read how many documents have each term.
type uncounted interface {
	AutomatonIteratorOmitCount(a segment.Automaton, from, before []byte) segment.DictionaryIterator
}

func iterator(dict segment.TermDictionary, from, before []byte) segment.DictionaryIterator {
	if d, ok := dict.(uncounted); ok {
		return d.AutomatonIteratorOmitCount(nil, from, before)
	}
	return dict.AutomatonIterator(nil, from, before)
}

// union adds the documents that have a term to others. It returns the list that it has read, to
// be read into again.
func union(dict segment.TermDictionary, term string, docs *roaring.Bitmap, list segment.PostingsList) (segment.PostingsList, error) {
	list, err := dict.PostingsList([]byte(term), nil, list)
	if err != nil {
		return list, err
	}
	if l, ok := list.(interface{ OrInto(docs *roaring.Bitmap) }); ok {
		l.OrInto(docs)
		return list, nil
	}
	for it := list.Iterator(false, false, false, nil); ; {
		p, err := it.Next()
		if err != nil || p == nil {
			return list, err
		}
		docs.Add(uint32(p.Number()))
	}
}

// end returns the first term after all terms with a prefix, or nil if there is none.
func end(prefix string) []byte {
	after := []byte(prefix)
	for i := len(after) - 1; i >= 0; i-- {
		if after[i]++; after[i] != 0 {
			return after[:i+1]
		}
	}
	return nil
}

// scanBytes is how many bytes of words are looked through before scan is asked again.
const scanBytes = 1 << 20

// around calls visit with each word that has a part, until it returns false, or scan does. That
// is called with how many bytes will be looked through next.
func (c *columns) around(part string, scan func(bytes int) bool, visit func(word string) (bool, error)) error {
	needle := []byte(part)
	for from := 0; from < len(c.words); {
		to := min(from+scanBytes, len(c.words))
		if !scan(to - from) {
			return nil
		}
		within := c.words[:min(to+len(needle)-1, len(c.words))] // a word may go on behind the stretch
		for from < len(within) {
			at := bytes.Index(within[from:], needle)
			if at < 0 {
				break
			}
			at += from
			start := bytes.LastIndexByte(c.words[:at], '\n') + 1
			from = at + bytes.IndexByte(c.words[at:], '\n')
			if more, err := visit(string(c.words[start:from])); err != nil || !more {
				return err
			}
		}
		from = max(from, to)
	}
	return nil
}

// wide remembers the documents of the last few prefixes and infixes that stood for many terms.
type wide struct {
	sync.Mutex
	order []string
	docs  map[string]*roaring.Bitmap
}

const (
	manyTerms = 256 // to look up so many is worth to be remembered
	mostWide  = 16  // are remembered of one segment
)

func (w *wide) get(key string) *roaring.Bitmap {
	w.Lock()
	defer w.Unlock()
	return w.docs[key]
}

func (w *wide) put(key string, docs *roaring.Bitmap) {
	w.Lock()
	defer w.Unlock()
	if w.docs == nil {
		w.docs = map[string]*roaring.Bitmap{}
	}
	if w.docs[key] != nil {
		return
	}
	if len(w.order) == mostWide {
		delete(w.docs, w.order[0])
		w.order = w.order[1:]
	}
	w.order = append(w.order, key)
	w.docs[key] = docs
}
