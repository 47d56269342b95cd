// Package channel holds the rules of a channel. They are pure: no I/O, no clock, no NATS. [Decide]
// turns a command into events or an error, [Apply] turns an event into the next state, [Fold] turns
// it into the next version of a message. The writer, the view and the model-based tests run the
// same code, so every node sees exactly the changes that the writer allowed.
package channel

import (
	"slices"

	"natterjack/server/wire"
)

// State is a channel after some event of its log. It is immutable: [Apply] makes the next one,
// so any number of goroutines may hold and read the same state. States share slices, which are
// never written to.
//
// Of a deleted group only ID, Kind, Deleted and Head are left. Everything else in its log is
// erased.
type State struct {
	ID      string
	Kind    wire.ChannelKind
	Name    string
	Topic   string
	Creator string
	Created int64 // Unix milliseconds
	// Fingerprint of the group that its creator asked for. It tells a retry from a different
	// command, whatever has changed in the group since.
	Origin    uint64
	SlowModeS int // seconds between two messages of one member; 0 is off
	Archived  bool
	Deleted   bool
	Picture   wire.Picture // the zero picture is none

	Members   []string // ascending
	Roles     string   // of a group: a letter for each of Members, in the same order; see Role
	Since     []uint64 // of a group: for each of Members, the seq of the last message before they came
	Banned    []string // ascending; none is in Members or Requested
	Removed   []string // members who were removed and have not come back, the latest last
	Requested []string // users who asked to join, ascending; none is in Members
	Asked     []string // of each of Requested the client id of the request, in the same order
	Invites   []Invite // ascending by hash
	Pins      []uint64 // seqs of the pinned messages, ascending
	Spoke     []Spoke  // by time; empty unless slow mode is on
	Head
}

// Spoke is when a member held back by slow mode last sent a message. Members whose wait is over
// are forgotten.
type Spoke struct {
	User string
	At   int64 // Unix milliseconds
}

// Exists reports whether the channel was created and not deleted. A log may hold events of a
// channel that was never created: events of a newer node, or the rest after an operator's
// purge.
func (s *State) Exists() bool { return s != nil && s.Kind != "" && !s.Deleted }

// Member reports whether user is a member, in any role. A nil state has no members.
func (s *State) Member(user string) bool {
	if s == nil {
		return false
	}
	_, found := slices.BinarySearch(s.Members, user)
	return found
}
