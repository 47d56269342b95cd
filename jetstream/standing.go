package jetstream

import "slices"

// The times that a [standing] counts, in ticks. There is one tick every [levelEvery].
const (
	deafAfter   = 5 // a node not level for so long withholds new events from its users
	betterFor   = 4 // a peer must have been level so often in a row where this node is not
	forgetAfter = 3 // silence after which a peer is forgotten
	levelFor    = 3 // a node must have been level for so long to take users back
	slack       = 1 // a node may be so far behind and count as level: a leader's word may be on its way
)

// standing judges whether this node is level with the log, and whether its users are better off
// on another node. A node is level in a shard when its view has reached the end of the stream
// that the shard's leader named. A leader that has lost touch with its replicas names no end.
// The end of an idle stream does not move, so a node is level in it.
//
// A shard without a leader has no end that a node could name. All nodes are equally behind there,
// and to send their users away would turn an election into an outage. So a node sends its users
// away in two cases only. Either another node has been level for a while in a shard in which this
// node is not. Or it hears no other node: then this node is the one that is cut off. If all the
// others are dead, that looks the same from here. Its users lose nothing by trying other nodes
// then: this node still answers their single requests.
//
// A node that is not in a cluster keeps its users: there is no other node, and its view can
// still be read.
//
// Time is counted in ticks and not by the clock, so that a process that was stopped for a while
// does not count that time against itself.
type standing struct {
	clustered bool
	shards    []progress
	peers     map[string]*peer
	away      bool // its users are better off on another node
	good      int  // ticks in a row in which it was level
}

// progress is how far this node is in one shard.
type progress struct {
	asked   uint64 // the end that a leader named and that is to be reached
	pending bool   // asked is not reached yet
	behind  int    // ticks since this node was level
}

// peer is the report of another node about itself.
type peer struct {
	name   string // of its server
	unfit  bool   // it should not lead
	speaks int    // the highest level of the log that it knows
	silent int    // ticks since its last report
	level  []int  // per shard, how often in a row it reported to be level
}

func newStanding(shards int, clustered bool) *standing {
	return &standing{clustered: clustered, shards: make([]progress, shards), peers: map[string]*peer{}}
}

// ends takes in the end of a shard that its leader named.
func (s *standing) ends(shard int, pos uint64) {
	if p := &s.shards[shard]; !p.pending {
		p.asked, p.pending = pos, true
	}
}

// said takes in a peer's report of the shards in which it is behind.
func (s *standing) said(name string, behind []int) {
	p := s.peers[name]
	if p == nil {
		p = &peer{level: make([]int, len(s.shards))}
		s.peers[name] = p
	}
	p.silent = 0
	for shard := range p.level {
		if slices.Contains(behind, shard) {
			p.level[shard] = 0
		} else {
			p.level[shard]++
		}
	}
}

// tick updates the judgement, given the positions of this node's view.
func (s *standing) tick(at []uint64) {
	for shard := range s.shards {
		if p := &s.shards[shard]; p.pending && at[shard] >= p.asked {
			p.pending, p.behind = false, 0
		} else {
			p.behind++
		}
	}
	for name, p := range s.peers {
		if p.silent++; p.silent > forgetAfter {
			delete(s.peers, name)
		}
	}
	if len(s.behind(slack)) > 0 {
		s.good = 0
	} else {
		s.good++
	}
	if s.away {
		s.away = s.good < levelFor
	} else {
		s.away = s.clustered && s.worse()
	}
}

// worse reports whether other nodes are better off than this one.
func (s *standing) worse() bool {
	deaf := s.behind(deafAfter - 1)
	if len(deaf) == 0 {
		return false
	}
	for _, p := range s.peers {
		for _, shard := range deaf {
			if p.level[shard] >= betterFor {
				return true
			}
		}
	}
	return len(s.peers) == 0
}

// fit returns the servers of the other nodes that may lead.
func (s *standing) fit() (names []string) {
	for _, p := range s.peers {
		if !p.unfit && p.name != "" && p.silent <= slack {
			names = append(names, p.name)
		}
	}
	return names
}

// behind returns the shards in which this node has not been level for more than some ticks.
func (s *standing) behind(ticks int) (some []int) {
	for shard := range s.shards {
		if s.shards[shard].behind > ticks {
			some = append(some, shard)
		}
	}
	return some
}

// begin forgets the time that the node needed to become ready.
func (s *standing) begin() {
	for shard := range s.shards {
		s.shards[shard].behind = 0
	}
}
