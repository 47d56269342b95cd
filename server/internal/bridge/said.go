package bridge

import "natterjack/server/wire"

// said is how far a client knows its user to have read and received, by channel: from its own
// commands and from frames that it got. Anything up to this is no news for it.
type said map[string]wire.Receipt

// maxSaid bounds the channels remembered. When there are more, all are forgotten, which costs
// one extra frame for each.
const maxSaid = 32

// sayRead notes the receipts of a command before the command is executed, because its effect may be
// told at once. A user who has read a message has also received it.
func (a *attachment) sayRead(c *wire.Read) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.said = a.said.with(c.Channel, c.Seq, c.Seq)
}

// sayReceived notes received messages in the same way.
func (a *attachment) sayReceived(c *wire.Received) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, at := range c.Cursors {
		a.said = a.said.with(at.Channel, 0, at.Seq)
	}
}

func (m said) with(channel string, read, delivered uint64) said {
	if m == nil || len(m) >= maxSaid {
		m = said{}
	}
	r := m[channel]
	m[channel] = wire.Receipt{Read: max(r.Read, read), Delivered: max(r.Delivered, delivered)}
	return m
}

// knows reports whether a cursor of the user's own is no news. Only the read position counts as
// news.
func (m said) knows(channel string, own wire.Receipt) bool {
	r, ok := m[channel]
	return ok && own.Read <= r.Read
}

// receiptTries is how many times get_receipts is read when the session was told of receipts
// meanwhile.
const receiptTries = 16

// answerReceipts answers get_receipts. No cursor in the reply may be older than the cursors that
// the session was told before the reply, or newer than those that it is told after it. So between
// reading the cursors and queuing the reply there must have been no word about other users, no
// notice about the user's own cursors, and no other reply of this kind.
func (s *session) answerReceipts(cmd wire.Command) {
	for try := 1; ; try++ {
		portion, own := s.bridge.teller.between(), s.ownTold()
		r := s.bridge.encoded(s.ID, s.User, s.serve(cmd))
		if s.answerReceipt(r, portion, own, try == receiptTries) {
			return
		}
		s.bridge.owed.give(s.User, r.held)
	}
}

func (s *session) ownTold() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.toldOwn
}

// answerReceipt queues the reply if nothing was told since the cursors were read. If anyhow is
// set, it queues the reply in any case.
func (s *session) answerReceipt(r reply, portion uint64, own uint32, anyhow bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !anyhow && (s.toldOwn != own || s.bridge.teller.portions.Load() != portion) {
		return false
	}
	if f, ok := r.frame.(wire.Receipts); ok {
		for _, c := range f.Cursors {
			if c.User == s.User {
				s.said = s.said.with(f.Channel, c.Read, c.Delivered)
			}
		}
	}
	r.frame = nil
	s.toldOwn++ // for other replies of this kind that are being read
	s.inFlight--
	s.add(r)
	return true
}
