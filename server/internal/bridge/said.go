package bridge

import "natterjack/server/wire"

// said is how far a session has told the server that its user has got, by channel. What is no more than that is no news to it.
type said map[string]wire.Receipt

// maxSaid bounds the channels remembered. Beyond it all are forgotten, which costs a frame each.
const maxSaid = 32

// say notes what a command says, before the command is obeyed: what is made of it may be told at once.
func (s *session) say(cmd wire.Command) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch c := cmd.(type) {
	case wire.Read: // who has read has received
		s.said = s.said.with(c.Channel, c.Seq, c.Seq)
	case wire.Received:
		for _, at := range c.Cursors {
			s.said = s.said.with(at.Channel, 0, at.Seq)
		}
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

// hasSaid reports whether the session itself has said what there is to tell of its user.
func (s *session) hasSaid(channel string, own wire.Receipt) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.said[channel]
	return ok && own.Read <= r.Read && own.Delivered <= r.Delivered
}
