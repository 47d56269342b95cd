package search

import (
	"context"
	"time"

	"natterjack/server/wire"
)

// Log is the log and its view, as search uses them. Its methods may be called concurrently.
type Log interface {
	// Message returns a message as it is now, or nil if there is none or it is deleted.
	Message(channel string, seq uint64) (*wire.Record, error)
	// MessageOf returns the same for the message of an event, with less work. The event may be
	// void.
	MessageOf(e *wire.Event) (*wire.Record, error)
	// Referenced reports whether any message has an uploaded file, as far as this node knows.
	Referenced(media string) (bool, error)
	// AwaitLevel waits until this node knows everything that the log had when it was called.
	AwaitLevel(ctx context.Context) error
	// HasLink reports whether a text has the address of a web page.
	HasLink(text string) bool
	// AwaitShown waits until this node's view shows everything that clients have seen here.
	AwaitShown(ctx context.Context) error
	// Scope returns a scope, which answers as a user may see things now. It does not wait long
	// after AwaitShown.
	Scope(ctx context.Context, user string) (Scope, error)
	// Spend counts work that a search has done for a user: postings of the index, or work that
	// costs as much. With 0 it refuses the search of a user who has spent too much.
	Spend(user string, work int) error
	// Progress returns a number that changes whenever this node has taken in an event.
	Progress() uint64
	// Feed returns a feed of the log into a sink. It calls rest again and again after it has
	// worked, with how long it has.
	Feed(to Sink, rest func(worked time.Duration)) Feed
}

// Scope answers questions about what one user may see. It is for one goroutine, and is closed soon.
type Scope interface {
	// Channels returns the ids of the channels that the user is a member of.
	Channels() ([]string, error)
	// Channel describes one of them, with its members.
	Channel(channel string) (wire.ChannelInfo, error)
	// Name returns the display name of a user who shares a channel with the user, or nothing.
	Name(user string) (string, error)
	// Message returns a message as it is now, or nil if the user may not see it.
	Message(channel string, seq uint64) (*wire.Record, error)
	// Unread reports whether the user has yet to read a message.
	Unread(channel string, seq uint64) (bool, error)
	// Mentioned reports whether a message mentions the user.
	Mentioned(channel string, seq uint64) (bool, error)
	Close() error
}

// Upto is how far a sink has a shard. Its contract is the same as in the package feed.
type Upto = struct {
	Pos    uint64
	Stored int64
}

// Sink takes in the events of the log. Its contract is that of the package feed.
type Sink interface {
	Position(shard int) (Upto, error)
	Apply(ctx context.Context, events []wire.Event, upto map[int]Upto) error
}

// Feed feeds a sink.
type Feed interface {
	// Run feeds until ctx ends, or until the sink is of no use any more.
	Run(ctx context.Context) error
	// Progress returns how far the sink is, and whether it has everything but for the last second.
	Progress() (done, of uint64, level bool)
}

// Kinds returns the kinds of events that matter to search.
func Kinds() []wire.Kind {
	return []wire.Kind{wire.KindMessage, wire.KindEdit, wire.KindDelete, wire.KindReaction, wire.KindPin, wire.KindMeta}
}

// Void returns the kinds of events that search takes even if they are void: it asks what their
// message is.
func Void() []wire.Kind { return []wire.Kind{wire.KindMessage} }

// Caller is who asks.
type Caller struct {
	User    string
	Session string // empty for a back end
}
