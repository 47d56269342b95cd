package jetstream

import "slices"

// What a [standing] counts in ticks, of which there is one every [levelEvery].
const (
	deafAfter   = 5 // without having been level for so long, a node keeps its users from what is said
	betterFor   = 4 // so often in a row a peer must have been level where this node is not
	forgetAfter = 3 // of silence of a peer
	levelFor    = 3 // so long a node must have been level to take users back
	slack       = 1 // that a node is behind, and level all the same: what leaders said a moment ago may still be on its way
)

// standing judges whether this node is level with the log, and whether its users are better off elsewhere. A node is level in a shard
// when its view has got to where the shard's leader said that the stream ended. A leader that has lost touch with its followers says
// nothing, and an idle stream is one whose end does not move: it is level.
//
// Nobody says anything about a shard without a leader. All nodes are behind there alike, and to send their users away would be an outage
// made of an election. So a node sends its users away only where another has been level for a while in a shard in which it is
// not, or where it hears nobody at all: then it is the one that is cut off. That the others are all dead looks the same from there, and its
// users lose nothing by trying: they can still ask it, in requests of their own.
//
// A node that is no member of a cluster keeps its users: there is nowhere else, and what it has can be read.
//
// Time is counted in ticks and not by the clock, so that a process that was stopped for a while does not hold that against itself.
type standing struct {
	clustered bool
	shards    []progress
	peers     map[string]*peer
	away      bool // its users are better off elsewhere
	good      int  // ticks in a row in which it was level
}

// progress is that in one shard.
type progress struct {
	asked   uint64 // the end that a leader has named and that is to be reached
	pending bool   // it is not yet
	behind  int    // ticks since this node was level
}

// peer is what another node says of itself.
type peer struct {
	name   string // of its server
	unfit  bool   // it should not lead
	speaks int    // the highest level of the log that it knows
	silent int    // ticks
	level  []int  // per shard, how often in a row it said that it is level
}

func newStanding(shards int, clustered bool) *standing {
	return &standing{clustered: clustered, shards: make([]progress, shards), peers: map[string]*peer{}}
}

// ends takes in where the leader of a shard says that it ends.
func (s *standing) ends(shard int, pos uint64) {
	if p := &s.shards[shard]; !p.pending {
		p.asked, p.pending = pos, true
	}
}

// said takes in what a peer says: in which shards it is behind.
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

// tick judges by where this node's view is.
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

// worse reports whether others are better off than this node.
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

// fit are the servers of the nodes that may lead.
func (s *standing) fit() (names []string) {
	for _, p := range s.peers {
		if !p.unfit && p.name != "" && p.silent <= slack {
			names = append(names, p.name)
		}
	}
	return names
}

// behind are the shards in which this node has not been level for more than some ticks.
func (s *standing) behind(ticks int) (some []int) {
	for shard := range s.shards {
		if s.shards[shard].behind > ticks {
			some = append(some, shard)
		}
	}
	return some
}

// begin forgets how long the node took to get here.
func (s *standing) begin() {
	for shard := range s.shards {
		s.shards[shard].behind = 0
	}
}
