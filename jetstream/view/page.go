package view

import "github.com/cockroachdb/pebble/v2"

// eventAt reads the event that an iterator stands on. The record belongs to the iterator and is
// valid until it moves.
func eventAt(it *pebble.Iterator, ch string) (e Event, err error) {
	value, err := it.ValueAndErr()
	if err != nil {
		return e, err
	}
	return parseEvent(ch, it.Key(), value)
}

// page collects events. Their records share a few buffers, to avoid an allocation for each.
type page struct {
	events []Event
	buffer []byte
}

// Buffers double from firstBuffer to lastBuffer, so that a page with one record does not hold a
// buffer for fifty.
const (
	firstBuffer = 1 << 10
	lastBuffer  = 16 << 10
)

// add keeps an event with a copy of its record.
func (p *page) add(e Event) { p.events = append(p.events, p.keep(e)) }

// keep returns an event with a copy of its record.
func (p *page) keep(e Event) Event {
	if cap(p.buffer)-len(p.buffer) < len(e.Record) {
		size := min(max(2*cap(p.buffer), firstBuffer), lastBuffer)
		p.buffer = make([]byte, 0, max(size, len(e.Record)))
	}
	start := len(p.buffer)
	p.buffer = append(p.buffer, e.Record...)
	e.Record = p.buffer[start:len(p.buffer):len(p.buffer)]
	return e
}
