package view

// eventAt reads the event of a channel on which the iterator stands. The record belongs to the
// reader and is valid until the next read.
func (r *reader) eventAt(channel string) (e Event, err error) {
	value, err := r.it.ValueAndErr()
	if err != nil {
		return e, err
	}
	return parseEvent(&r.record, channel, r.it.Key(), value)
}

// page collects events. Their records share a few buffers, to avoid an allocation for each.
type page struct {
	events []Event
	buffer []byte
	room   space // the bytes that take may still take
}

// take appends a message, as it is shown, to rows. It reports whether there is room for another
// message. Without room for this one in bytes it takes nothing and sets cut. It takes the first
// message even if it is larger.
func (p *page) take(rows *[]row, m row, cut *bool) (more bool, err error) {
	if p.room.show != nil {
		if m.Record, err = p.room.show(m.Record); err != nil {
			return false, err
		}
	}
	if p.room.bytes > 0 && len(*rows) > 0 && len(m.Record) > p.room.bytes {
		*cut = true
		return false, nil
	}
	m.Event = p.keep(m.Event)
	*rows = append(*rows, m)
	p.room = p.room.without(m)
	return len(*rows) < p.room.events, nil
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
