package receipts

import "natterjack/jetstream/view"

// Mark is how far a user has got in a channel, as seqs. A message that was read counts as
// delivered.
type Mark struct{ Read, Delivered uint64 }

// merge returns the higher of the two marks in each respect.
func (m Mark) merge(o Mark) Mark {
	m.Read = max(m.Read, o.Read)
	m.Delivered = max(m.Delivered, o.Delivered, m.Read)
	return m
}

// covers reports whether merging o would change nothing.
func (m Mark) covers(o Mark) bool { return m.merge(o) == m }

func markOf(r *view.Receipt) Mark { return Mark{Read: r.Read, Delivered: r.Delivered} }
