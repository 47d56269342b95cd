package load

import "fmt"

// Verify checks the notes of a closed fleet. Every message must be acknowledged once, and heard
// once by every session of its channel. In each channel seq must be dense from 1, and the ack
// must give the seq under which the message was delivered. A benchmark with a wrong message has
// measured nothing. The bare relay gives no seq, so only the counts are checked there.
func Verify(f *Fleet) error {
	for channel, sessions := range f.channels() {
		if err := verifyChannel(f, sessions); err != nil {
			return fmt.Errorf("channel %s: %w", channel, err)
		}
	}
	return nil
}

func verifyChannel(f *Fleet, sessions []*Session) error {
	acked := make(map[int32][]uint32, len(sessions)) // by sender, then number: the seq
	for _, s := range sessions {
		seqs, err := ackedBy(s)
		if err != nil {
			return err
		}
		acked[int32(s.index)] = seqs
	}
	for _, s := range sessions {
		if err := verifyHeard(s, acked, f.echo); err != nil {
			return fmt.Errorf("session %d: %w", s.index, err)
		}
	}
	return nil
}

// ackedBy returns the seqs in the acks of a sender, by the number of the message.
func ackedBy(s *Session) ([]uint32, error) {
	seqs := make([]uint32, len(s.sent))
	seen := make([]bool, len(s.sent))
	for _, n := range s.notes {
		if n.kind != kindAck {
			continue
		}
		if int(n.sender) != s.index || int(n.number) >= len(seen) || seen[n.number] {
			return nil, fmt.Errorf("session %d: a wrong or second ack for message %d of %d", s.index, n.number, n.sender)
		}
		seen[n.number], seqs[n.number] = true, n.seq
	}
	for i, ok := range seen {
		if !ok {
			return nil, fmt.Errorf("session %d: message %d was never acknowledged", s.index, i)
		}
	}
	return seqs, nil
}

func verifyHeard(s *Session, acked map[int32][]uint32, echo bool) error {
	seen := make(map[int32][]bool, len(acked))
	missing := 0
	for sender, seqs := range acked {
		seen[sender] = make([]bool, len(seqs))
		if echo || int(sender) != s.index {
			missing += len(seqs)
		}
	}
	last := uint32(0)
	for _, n := range s.notes {
		if n.kind != kindMessage {
			continue
		}
		of := seen[n.sender]
		if int(n.number) >= len(of) || of[n.number] {
			return fmt.Errorf("message %d of %d was delivered twice, or is not of this channel", n.number, n.sender)
		}
		of[n.number] = true
		missing--
		if told := acked[n.sender][n.number]; n.seq != told {
			return fmt.Errorf("message %d of %d has seq %d, its ack said %d", n.number, n.sender, n.seq, told)
		}
		if n.seq != 0 && n.seq != last+1 {
			return fmt.Errorf("seq %d follows %d", n.seq, last)
		}
		last = n.seq
	}
	if missing != 0 {
		return fmt.Errorf("%d messages were not delivered", missing)
	}
	return nil
}
