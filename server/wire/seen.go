package wire

// Seen is how much of the log a client has seen, with each command that reads: the newest pos of each shard that an
// event or an ack has named. Whichever node is asked answers with at least that much, so that reads never go back; one that
// does not get there in time says [CodeUnavailable]. Positions of a log that has lost them mean nothing and are passed over.
type Seen struct {
	Seen []ShardPos `json:"seen,omitzero"`
}

// ShardPos is a place in the log, as events and acks name it.
type ShardPos struct {
	Shard int    `json:"shard"`
	Pos   uint64 `json:"pos"`
}

// maxSeen is how many places a command may name: as many as a resume.
const maxSeen = 1024

// Known is what has been seen.
func (s Seen) Known() []ShardPos { return s.Seen }

// Know sets what has been seen.
func (s *Seen) Know(seen []ShardPos) { s.Seen = seen }

func (s Seen) validSeen() error {
	if len(s.Seen) > maxSeen {
		return Errorf(CodeInvalid, "seen: at most one place for each shard, and no more than %d", maxSeen)
	}
	for _, at := range s.Seen {
		if at.Shard < 0 {
			return Errorf(CodeInvalid, "seen.shard: take shard and pos from an event or an ack")
		}
	}
	return nil
}
