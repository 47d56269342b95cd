package wire

// Seen tells how much of the log a client has seen. Commands that read may carry it: for each
// shard, the newest pos that an event or an ack has named. The node that answers must have at
// least that much, so that reads never go back. A node that does not get there in time answers
// with [CodeUnavailable]. Positions that the log has since lost mean nothing and are ignored.
type Seen struct {
	Seen []ShardPos `json:"seen,omitzero"`
}

// ShardPos is a place in the log, as events and acks name it.
type ShardPos struct {
	Shard int    `json:"shard"`
	Pos   uint64 `json:"pos"`
}

// maxSeen is the largest number of places in a command, the same as in a resume.
const maxSeen = 1024

// Known returns the places that the client has seen.
func (s Seen) Known() []ShardPos { return s.Seen }

// Know sets the places that the client has seen.
func (s *Seen) Know(seen []ShardPos) { s.Seen = seen }

func (s Seen) validSeen() error {
	if len(s.Seen) > maxSeen {
		return Errorf(CodeInvalid, "seen: must have at most one place for each shard, and at most %d in all", maxSeen)
	}
	for _, at := range s.Seen {
		if at.Shard < 0 {
			return Errorf(CodeInvalid, "seen.shard: take shard and pos from an event or an ack")
		}
	}
	return nil
}
