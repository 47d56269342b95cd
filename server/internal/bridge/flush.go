package bridge

import (
	"errors"
	"slices"

	"natterjack/jetstream"
	"natterjack/server/wire"
)

const (
	// batchBytes is about how many bytes leave in one WebSocket message, and one system call,
	// when more wait.
	batchBytes = 64 << 10
	// maxQueued bounds the bytes of unsent replies. When that many are queued, the owner stops
	// reading, so that the client has to slow down.
	maxQueued = 256 << 10
	// maxPooled is the largest buffer kept for the next flush.
	maxPooled = 4 * batchBytes
)

// pingFrame asks for a sign of life.
var pingFrame = []byte(`{"type":"ping"}`)

// scratch holds the buffers of a flush.
type scratch struct {
	buf     []byte // the first maxHeader bytes are left free, see seal
	replies []reply
	notices [][]byte
	entries []*jetstream.Entry
	attempt attempt
}

// Wake implements [jetstream.Waker]: there are events behind the cursor. If own is set and the
// session has sends in flight, the flush waits for their ack, which is almost always the ack of the
// same message. Then both leave in one write.
func (s *session) Wake(own bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live && !(own && s.sending > 0) {
		s.start()
	}
}

// push queues a frame that answers no command in flight.
func (s *session) push(r reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(r)
}

// answer queues the reply to a command in flight.
func (s *session) answer(r reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
	s.add(r)
}

// acked queues the reply to a send.
func (s *session) acked(r reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sending--
	s.inFlight--
	if ack, ok := r.frame.(wire.Ack); ok && ack.Seq > 0 { // the sender has read that far
		s.said = s.said.with(ack.Channel, ack.Seq, ack.Seq)
	}
	s.add(r)
}

// ring implements [transport].
func (s *session) ring() { s.start() }

// ping queues a ping, unless one still waits.
func (s *session) ping() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pingDue = true
	s.start()
}

// add queues a frame. The caller holds mu.
func (s *session) add(r reply) {
	if s.ended {
		s.bridge.owed.give(s.User, r.held)
		return
	}
	if s.notices != nil {
		r.behind = len(s.notices.frames)
	}
	r.bytes = r.size()
	s.replies = append(s.replies, r)
	s.queued += r.bytes
	s.start()
}

// start makes a worker flush the session. The caller holds mu.
func (s *session) start() {
	switch {
	case s.ended:
	case s.flushing:
		s.again = true
	default:
		s.flushing = true
		s.work.Add(1) // flush calls Done
		s.bridge.flushers.flush(s)
	}
}

// waitRoom waits while too many replies are queued. It reports whether the session still goes
// on.
func (s *session) waitRoom() bool {
	s.mu.Lock()
	for s.queued >= maxQueued && s.code == 0 && !s.ended {
		if s.room == nil {
			s.room = make(chan struct{})
		}
		room := s.room
		s.mu.Unlock()
		<-room
		s.mu.Lock()
	}
	defer s.mu.Unlock()
	return s.code == 0
}

// makeRoom wakes the goroutines that wait in waitRoom. The caller holds mu.
func (s *session) makeRoom() {
	if s.room != nil {
		close(s.room)
		s.room = nil
	}
}

// flush writes the waiting frames, until none waits or the connection fails.
func (s *session) flush(w *worker) {
	defer s.work.Done()
	defer func() {
		s.release(w.replies)
		w.clean()
	}()
	defer s.rescue()
	for {
		ping, events := s.collect(&w.scratch)
		more, err := s.write(&w.scratch, ping, events)
		if err != nil {
			s.broken(err)
			return
		}
		if s.rest(&w.scratch, more) {
			return
		}
		// A session that has more to read is catching up: that takes long, and may wait for the
		// disk.
		if more {
			w.leave()
		}
	}
}

// release gives back the bytes of replies that are written, or never will be.
func (s *session) release(replies []reply) {
	held := 0
	for i := range replies {
		held += replies[i].held
	}
	if held > 0 {
		s.bridge.owed.give(s.User, held)
	}
}

// clean makes w ready for another session, however the last flush ended.
func (w *scratch) clean() {
	clear(w.replies)
	clear(w.notices)
	clear(w.entries)
	w.replies, w.notices, w.entries = w.replies[:0], w.notices[:0], w.entries[:0]
	if cap(w.buf) > maxPooled {
		w.buf = make([]byte, maxHeader, 4<<10)
	}
	w.buf = w.buf[:maxHeader]
}

// collect moves the queued frames into w.
func (s *session) collect(w *scratch) (ping, events bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.again = false
	w.replies, s.replies = s.replies, w.replies[:0]
	if s.notices != nil {
		w.notices, s.notices = append(w.notices, s.notices.frames...), nil
	}
	ping, s.pingDue = s.pingDue, false
	return ping, s.live
}

// write writes the replies and notices in w in the order in which they came, a ping, and one
// batch of events. It reports whether there are further events.
func (s *session) write(w *scratch, ping, events bool) (more bool, err error) {
	told := 0
	for i := range w.replies {
		if behind := w.replies[i].behind; behind > told {
			if err := s.writeNotices(w, w.notices[told:behind]); err != nil {
				return false, err
			}
			told = behind
		}
		if err := s.writeReply(w, &w.replies[i]); err != nil {
			return false, err
		}
	}
	if ping {
		w.append(pingFrame)
	}
	if err := s.writeNotices(w, w.notices[told:]); err != nil {
		return false, err
	}
	if events {
		if more, err = s.writeEvents(w); err != nil {
			return false, err
		}
	}
	return more, s.sendBatch(w)
}

func (s *session) writeNotices(w *scratch, frames [][]byte) error {
	for _, frame := range frames {
		if err := s.makeWay(w); err != nil {
			return err
		}
		w.append(frame)
	}
	return nil
}

// makeWay writes the frames in w if they are enough for a message.
func (s *session) makeWay(w *scratch) error {
	if len(w.buf)-maxHeader < batchBytes {
		return nil
	}
	return s.sendBatch(w)
}

// writeReply adds a reply to w.
func (s *session) writeReply(w *scratch, r *reply) error {
	if err := s.makeWay(w); err != nil {
		return err
	}
	if r.raw != nil {
		w.buf = slices.Grow(w.buf, len(r.raw)+1)
		w.append(r.raw)
		r.raw = nil // the copy stays until the peer has taken it
		return nil
	}
	w.separate()
	w.buf = s.bridge.encode(w.buf, s.ID, r.frame)
	return nil
}

// writeEvents writes the events behind the cursor. If nothing but a single event waits, the
// session shares its bytes with every other session that gets it. Several events are joined
// into one message.
func (s *session) writeEvents(w *scratch) (more bool, err error) {
	entries, more, err := s.cursor.Next(w.entries[:0], batchBytes)
	w.entries = entries
	defer clear(entries)
	if err != nil {
		return false, err
	}
	if len(entries) == 1 && len(w.buf) == maxHeader {
		return more, s.socket.send(entries[0].Memo(message), &w.attempt)
	}
	for _, e := range entries {
		w.append(e.Frame())
	}
	return more, nil
}

// sendBatch writes the frames in w as one message.
func (s *session) sendBatch(w *scratch) error {
	if len(w.buf) == maxHeader {
		return nil
	}
	err := s.socket.send(seal(w.buf), &w.attempt)
	w.buf = w.buf[:maxHeader]
	return err
}

// rest ends the flush and reports true, unless there are more events or something came while
// the flush wrote.
func (s *session) rest(w *scratch, more bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range w.replies {
		s.queued -= w.replies[i].bytes
	}
	s.release(w.replies)
	clear(w.replies)
	clear(w.notices)
	w.replies, w.notices = w.replies[:0], w.notices[:0]
	if s.queued < maxQueued {
		s.makeRoom()
	}
	if s.again || more {
		return false
	}
	s.replies = nil // it is empty
	s.flushing = false
	s.settle()
	return true
}

// settle tells the owner when nothing is due any more. The caller holds mu.
func (s *session) settle() {
	if s.settled != nil && s.quiet() {
		close(s.settled)
		s.settled = nil
	}
}

// broken ends the session because a flush failed.
func (s *session) broken(err error) {
	switch {
	case errors.Is(err, errSlow):
		s.stop(wire.CloseSlow)
	case isGone(err):
		s.stop(gone)
	default:
		_ = s.bridge.fault(s.ID, "flush", err, 0) // for the log; the close code tells the client
		s.stop(wire.CloseInternal)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.release(s.replies)
	s.replies, s.notices, s.queued, s.flushing, s.ended = nil, nil, 0, false, true
	s.makeRoom()
	s.settle()
}

func (w *scratch) append(frame []byte) {
	w.separate()
	w.buf = append(w.buf, frame...)
}

// separate begins a frame.
func (w *scratch) separate() {
	if len(w.buf) > maxHeader {
		w.buf = append(w.buf, wire.Separator)
	}
}
