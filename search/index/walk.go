package index

import (
	"container/heap"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
)

// fewToSort is up to how many candidates of a segment are sorted at once, rather than by blocks.
const fewToSort = 512

// walk lists the hits of one tier, newest first. Of each segment it looks at the block with the
// newest documents first. A candidate is verified when no block that was not looked at can have a
// newer one. So documents that are older than the last hit of the page are hardly looked at.
type walk struct {
	*search
	tier    tier
	number  int
	after   key // hits are older than it
	bounded bool
	ahead   stretches  // of the segments, a heap
	found   candidates // not verified yet
}

func (w *walk) run() error {
	for i, p := range w.view.parts {
		if s := (&stretch{number: i, part: p, blocks: p.columns.blocks}); w.skip(s) {
			w.ahead = append(w.ahead, s)
		}
	}
	heap.Init(&w.ahead)
	for {
		// A page that would go on where it has begun would make clients ask for ever. So the budget
		// cannot end before.
		w.budget.held = w.budget.held && !w.moved()
		if w.done() {
			break
		}
		if err := w.ctx.Err(); err != nil {
			return err
		}
		if err := w.settle(); err != nil {
			return err
		}
		if len(w.ahead) == 0 || w.done() {
			break
		}
		if err := w.advance(); err != nil {
			return err
		}
	}
	if w.budget.ended && !w.full {
		return w.rest()
	}
	return nil
}

// moved reports whether a further page would begin behind the place where this one has begun.
func (w *walk) moved() bool {
	switch {
	case !w.bounded, len(w.classes) > 0:
		return true
	case w.leads(): // a further page would begin with this candidate, and this one may have done so
		return false
	default:
		return len(w.ahead) == 0 || w.ahead[0].newest()+1 < w.after.time
	}
}

// leads reports whether the newest candidate is newer than all that was not looked at.
func (w *walk) leads() bool {
	return len(w.found.items) > 0 && (len(w.ahead) == 0 || w.found.items[0].time > w.ahead[0].newest())
}

// settle verifies the candidates that are newer than all that was not looked at.
func (w *walk) settle() error {
	for w.leads() && !w.done() {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		c := w.found.items[0]
		if err := c.resolve(w.channels); err != nil {
			return err
		}
		if !w.verify(c) {
			return nil
		}
		w.budget.held = false
		heap.Pop(&w.found)
	}
	return w.found.err
}

// verify verifies a candidate. It returns false if the budget has ended before.
func (w *walk) verify(c *candidate) bool {
	class, known := w.classes[c.place]
	if known && (class < w.tier.least || class > w.tier.most) {
		return true
	}
	if !w.budget.verify() {
		return false
	}
	hit := w.look(c.key)
	w.classes[c.place] = hit.Class
	if hit.Class >= w.tier.least && hit.Class <= w.tier.most {
		w.take(w.number, c.key, hit)
	}
	return true
}

// rest makes a further page go on with the documents that were not looked at.
func (w *walk) rest() error {
	var next key
	switch {
	case w.leads():
		c := w.found.items[0]
		if err := c.resolve(w.channels); err != nil {
			return err
		}
		next = c.key
		next.channel += "\x00" // the cursor is before it
	case len(w.ahead) > 0:
		next = key{time: w.ahead[0].newest() + 1}
	default:
		w.page.Next = &Cursor{Tier: w.number + 1, Count: w.page.Count}
		return nil
	}
	if w.bounded && w.after.compare(next) < 0 {
		next = w.after
	}
	w.page.Next = &Cursor{Tier: w.number, Key: next.String(), Count: w.page.Count}
	return nil
}

// advance looks at the newest block that was not looked at.
func (w *walk) advance() error {
	s := w.ahead[0]
	if s.docs == nil {
		e := evaluator{part: s.part, budget: w.budget}
		docs, err := w.filter(&e, w.tier)
		if err != nil {
			return err
		}
		if w.budget.ended {
			return nil
		}
		s.docs = docs.docs
	}
	if s.docs.GetCardinality() <= fewToSort {
		w.collect(s, s.docs.Iterator(), uint32(len(s.part.columns.times)))
		heap.Pop(&w.ahead)
		return nil
	}
	first := s.blocks[0].first
	it := s.docs.Iterator()
	it.AdvanceIfNeeded(first)
	w.collect(s, it, first+blockSize)
	s.blocks = s.blocks[1:]
	if w.skip(s) {
		heap.Fix(&w.ahead, 0)
	} else {
		heap.Pop(&w.ahead)
	}
	return nil
}

// skip skips blocks in which nothing is in the times that are asked for. It returns false if
// there are no others.
func (w *walk) skip(s *stretch) bool {
	for len(s.blocks) > 0 {
		b := s.blocks[0]
		if !w.times.From.IsZero() && b.newest < w.times.From.UnixMilli() {
			return false
		}
		tooNew := w.bounded && b.oldest > w.after.time || !w.times.Until.IsZero() && b.oldest >= w.times.Until.UnixMilli()
		if !tooNew {
			return true
		}
		s.blocks = s.blocks[1:]
	}
	return false
}

// collect adds the candidates among documents before one.
func (w *walk) collect(s *stretch, it roaring.IntPeekable, before uint32) {
	c := s.part.columns
	n := 0
	for ; it.HasNext() && it.PeekNext() < before; n++ {
		doc := it.Next()
		if !w.channels.has(c.channels[doc]) || !w.admits(c.times[doc]) {
			continue
		}
		next := &candidate{key: key{time: c.times[doc]}, place: place{s.number, doc}, part: s.part}
		if !w.bounded || w.isAfter(next) {
			w.found.channels = w.channels
			heap.Push(&w.found, next)
		}
	}
	w.budget.spend(n / workOfDocs)
}

// admits reports whether a message may be a hit by its time.
func (w *walk) admits(millis int64) bool { return w.times.Contain(time.UnixMilli(millis)) }

// isAfter reports whether a candidate comes after the last hit of the page before.
func (w *walk) isAfter(c *candidate) bool {
	if c.time != w.after.time {
		return c.time < w.after.time
	}
	if err := c.resolve(w.channels); err != nil {
		w.found.err = err
		return false
	}
	return c.compare(w.after) < 0
}
