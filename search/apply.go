package search

import (
	"context"
	"strconv"
	"time"

	"natterjack/search/index"
	"natterjack/server/wire"
)

func timeOf(m *wire.Record) time.Time { return time.UnixMilli(m.Timestamp) }

// place is the place of a message.
type place struct {
	channel string
	seq     uint64
}

// subject is a message that some events are about, or with seq 0 a channel that is gone.
type subject struct {
	place
	shard int
	pos   uint64      // of the first of the events
	sent  *wire.Event // the event that created the message, if it is one of them
	marks bool        // all of them only change reactions or the pin
	words bool        // some of them change words
}

// message returns the message as it is now, or nil if there is none or it is deleted.
func (s *subject) message(log Log) (*wire.Record, error) {
	if s.sent != nil {
		return log.MessageOf(s.sent)
	}
	return log.Message(s.channel, s.seq)
}

// subjectsOf returns the subjects of some events, each once, with channels that are gone first.
func subjectsOf(events []wire.Event) (all []subject) {
	gone, met := map[string]bool{}, map[place]int{}
	for i := range events {
		if e := &events[i]; isGone(e) && !gone[e.Channel] {
			gone[e.Channel] = true
			all = append(all, subject{place: place{channel: e.Channel}, shard: e.Shard, pos: e.Pos})
		}
	}
	for i := range events {
		e := &events[i]
		at := place{e.Channel, about(e)}
		if at.seq == 0 || gone[at.channel] {
			continue
		}
		n, known := met[at]
		if !known {
			n = len(all)
			met[at] = n
			all = append(all, subject{place: at, shard: e.Shard, pos: e.Pos, marks: true})
		}
		marks := e.Kind == wire.KindReaction || e.Kind == wire.KindPin
		all[n].marks = all[n].marks && marks
		all[n].words = all[n].words || !marks && e.Kind != wire.KindMessage
		if e.Kind == wire.KindMessage {
			all[n].sent = e
		}
	}
	return all
}

func isGone(e *wire.Event) bool {
	return e.Kind == wire.KindMeta && e.Meta != nil && e.Meta.Action == wire.ActionDeleted
}

// about returns the seq of the message that an event creates or changes, or 0.
func about(e *wire.Event) uint64 {
	if e.Kind == wire.KindMessage {
		return e.Seq
	}
	return e.Target
}

// Apply implements [Sink].
func (e *edition) Apply(_ context.Context, events []wire.Event, upto map[int]Upto) error {
	e.note(events)
	return e.take(subjectsOf(events), positions(upto, strconv.Itoa), e.passed)
}

// positions returns a batch of positions alone. In the index the shards have names.
func positions(upto map[int]Upto, name func(shard int) string) index.Batch {
	b := index.Batch{Positions: make(map[string]uint64, len(upto)), Stored: make(map[string]int64, len(upto))}
	for shard, at := range upto {
		b.Positions[name(shard)], b.Stored[name(shard)] = at.Pos, at.Stored
	}
	return b
}

// note tells the sweeper of events that may take files away.
func (e *edition) note(events []wire.Event) {
	for i := range events {
		if kind := events[i].Kind; kind == wire.KindEdit || kind == wire.KindDelete || isGone(&events[i]) {
			e.lost()
			return
		}
	}
}

// passed returns the texts of the files of a message if the reader of files has passed the event.
// If it has not, it is going to take the message in with them. So they are not taken in twice.
func (e *edition) passed(s subject) (fileText, error) {
	if e.texts == nil {
		return noText, nil
	}
	read, err := e.index.Position(shardOf(e.texts, s.shard))
	if err != nil || read < s.pos {
		return noText, err
	}
	return e.texts.Get, nil
}

// portionBytes is how many bytes of texts are taken in at once, about. In memory their words take
// many times as much.
const portionBytes = 1 << 20

// take has the index take in messages as they are now. So an event that comes again, or late,
// brings back nothing: text that an edit or a deletion has replaced is nowhere. It stores the
// positions of end with the last portion.
func (e *edition) take(all []subject, end index.Batch, files func(subject) (fileText, error)) error {
	for {
		n, err := e.portion(all, end, files)
		if err != nil {
			return e.judge(err)
		}
		if all = all[n:]; len(all) == 0 {
			return nil
		}
	}
}

// portion has the index take in the first of some messages, and the positions if those are all. No
// other goroutine looks at messages and stores them between the two steps.
func (e *edition) portion(all []subject, end index.Batch, files func(subject) (fileText, error)) (n int, err error) {
	e.applying.Lock()
	defer e.applying.Unlock()
	var batch index.Batch
	turn := e.leisure.Begin()
	for bytes := 0; n < len(all) && bytes < portionBytes; n++ {
		turn.Step()
		change, err := e.change(all[n], files)
		if err != nil {
			return 0, err
		}
		if change == nil {
			continue
		}
		batch.Changes = append(batch.Changes, *change)
		if change.Put != nil {
			for _, f := range change.Put.Fields {
				bytes += len(f)
			}
		}
	}
	turn.Rest()
	if n == len(all) {
		batch.Positions, batch.Stored = end.Positions, end.Stored
	}
	return n, e.index.Apply(batch)
}

// change returns the state of a message now, or nil if the index has it already.
func (e *edition) change(s subject, files func(subject) (fileText, error)) (*index.Change, error) {
	change := &index.Change{Channel: s.channel, Seq: s.seq, Reworded: s.words}
	if s.seq == 0 {
		return change, nil
	}
	m, err := s.message(e.log)
	if m == nil || err != nil {
		return change, err
	}
	if s.marks && isLong(m) {
		return nil, nil //nolint:nilnil // long messages have those marks anyway
	}
	content := noText
	if len(textFiles(m)) > 0 {
		if content, err = files(s); err != nil {
			return nil, err
		}
	}
	change.Put = messageOf(s.channel, m, e.log.HasLink, content)
	return change, nil
}

// Position implements [Sink].
func (e *edition) Position(shard int) (Upto, error) { return e.upto(strconv.Itoa(shard)) }

// upto returns how far the index has a shard.
func (e *edition) upto(name string) (at Upto, err error) {
	if at.Pos, err = e.index.Position(name); err == nil {
		at.Stored, err = e.index.Stored(name)
	}
	return at, e.judge(err)
}
