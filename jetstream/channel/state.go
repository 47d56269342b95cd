// Package channel holds the rules of a channel, pure: no I/O, no clock, no NATS. [Decide] turns a command into events or an error,
// [Apply] turns an event into the next state, [Fold] into the next message. Writer, view and model-based tests run the same code, so
// what the writer allowed is what every node sees.
package channel

import (
	"slices"

	"natterjack/server/wire"
)

// State is a channel after some event of its log. It is immutable: [Apply] makes the next one, so any number of
// goroutines may hold and read the same state. Its slices are shared between states and never written to.
//
// Of a deleted group only ID, Kind, Deleted and Head are left: what else its log held is erased.
type State struct {
	ID        string
	Kind      wire.ChannelKind
	Name      string
	Topic     string
	Creator   string
	Created   int64  // Unix milliseconds
	Origin    uint64 // fingerprint of what its creator asked for: tells a retry from another wish, whatever the group has become since
	SlowModeS int    // seconds between two messages of one member; 0 is off
	Archived  bool
	Deleted   bool

	Members   []string      // ascending
	Roles     string        // of a group: a letter for each of Members, in their order; see Role
	Banned    []string      // ascending; none is in Members or Requested
	Requested []string      // who asked to join, ascending; none is in Members
	Invites   []wire.Invite // ascending by hash
	Pins      []uint64      // seqs of the messages that are pinned, ascending
	Spoke     []Spoke       // by time; empty unless slow mode is on
	Head
}

// Spoke is when a member whom slow mode holds back last sent a message. Those whose time is over are forgotten.
type Spoke struct {
	User string
	At   int64 // Unix milliseconds
}

// Exists reports whether the channel was created and not deleted. A log may hold events of a channel that was not: a newer node's,
// or what an operator's purge has left.
func (s *State) Exists() bool { return s != nil && s.Kind != "" && !s.Deleted }

// Member reports whether user is one, in whatever role. A nil state has no members.
func (s *State) Member(user string) bool {
	if s == nil {
		return false
	}
	_, found := slices.BinarySearch(s.Members, user)
	return found
}
