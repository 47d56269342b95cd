// Package channel holds the rules of a channel, pure: no I/O, no clock, no NATS. [DecidePost] and [DecideCreate] turn a
// command into events or an error, [Apply] turns an event into the next state. Writer, view and model-based tests run the same code, so what
// the writer allowed is what every node sees.
package channel

import (
	"slices"

	"natterjack/server/wire"
)

// State is a channel after some event of its log. It is immutable: [Apply] makes the next one, so any number of
// goroutines may hold and read the same state.
type State struct {
	ID      string
	Kind    wire.ChannelKind
	Name    string
	Creator string
	Created int64    // Unix milliseconds
	Members []string // ascending; shared between states, never written to
	Head
}

// Head is the part of a state that every message changes.
type Head struct {
	Seq    uint64 // of the last message; 0 where there is none
	Pos    uint64 // of the last event of any kind
	Active int64  // time of the last event, Unix milliseconds
}

// Exists reports whether the channel was created. A log may hold events of a channel that was not: a newer node's, or what an
// operator's purge has left.
func (s *State) Exists() bool { return s != nil && s.Kind != "" }

// Member reports whether user is one. A nil state has no members.
func (s *State) Member(user string) bool {
	if s == nil {
		return false
	}
	_, found := slices.BinarySearch(s.Members, user)
	return found
}

// Info is the channel as its members see it.
func (s *State) Info() wire.ChannelInfo {
	return wire.ChannelInfo{ID: s.ID, Kind: s.Kind, Name: s.Name, Members: s.Members, Seq: s.Seq, Active: s.Active}
}
