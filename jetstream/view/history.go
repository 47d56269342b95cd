package view

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"natterjack/server/wire"
)

// History is up to limit messages of a channel, ascending by seq: those below before, or above after, or with both 0
// the latest. More says that there are further ones in the direction asked.
func (v *View) History(ch string, before, after uint64, limit int) (events []Event, more bool, err error) {
	lower, upper := historyBounds(ch, before, after)
	if bytes.Compare(lower, upper) >= 0 {
		return nil, false, nil
	}
	if err := v.enter(); err != nil {
		return nil, false, err
	}
	defer v.leave()
	it, err := v.db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		return nil, false, fmt.Errorf("read history: %w", err)
	}
	defer func() { _ = it.Close() }()
	start, step := it.Last, it.Prev
	if after != 0 {
		start, step = it.First, it.Next
	}
	var p page
	for ok := start(); ok && !more; ok = step() {
		e, err := eventAt(it, ch)
		if err != nil {
			return nil, false, fmt.Errorf("read history: %w", err)
		}
		switch {
		case e.Kind != wire.KindMessage:
		case len(p.events) < limit:
			p.add(e)
		default:
			more = true
		}
	}
	if err := it.Error(); err != nil {
		return nil, false, fmt.Errorf("read history: %w", err)
	}
	if after == 0 {
		slices.Reverse(p.events)
	}
	return p.events, more, nil
}

func historyBounds(ch string, before, after uint64) (lower, upper []byte) {
	lower = appendNamed(nil, tagEvent, ch)
	upper = pastPrefix(lower)
	if before != 0 {
		upper = appendSeqKey(nil, ch, before)
	}
	if after != 0 {
		lower = appendSeqKey(nil, ch, min(after, maxSeq)+1)
	}
	return lower, upper
}
