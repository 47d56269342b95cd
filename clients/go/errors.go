package natter

import (
	"errors"
	"fmt"

	"natterjack/server/wire"
)

var (
	// ErrFatal is in the chain of every error after which the client does not go on by itself.
	ErrFatal = errors.New("natter: cannot go on")
	// ErrClosed is the error of an operation that was under way when the client was closed, or
	// that began after that.
	ErrClosed = errors.New("natter: the client is closed")
	// ErrReset means that events may be missing between the event before it and the event after
	// it. It concerns all channels or, as a [*GapError], one channel. The application should
	// read its data again, with [Client.Channels] and [Client.History].
	ErrReset = errors.New("natter: events were missed; read channels and history again")
)

var (
	errNotMade    = errors.New("natter: the client was not made by New")
	errTwoReaders = errors.New("natter: Events is being read already; read it in one place only")
	errRanBefore  = errors.New("natter: Run was called before; make a new client to run again")
	errSilent     = errors.New("natter: the server has fallen silent")
	// errReopen ends a session so that the next one begins at once. The next one has a new
	// token, or reads the events again for which there was no room.
	errReopen = errors.New("natter: a new session goes on")
)

// Error is a refusal by the server. Compare codes with errors.Is, or read Code after errors.As.
type Error = wire.Error

// DisconnectedError is yielded among the events and tells that there is no connection at
// present. The client reconnects by itself. Failed attempts until then are not told again.
type DisconnectedError struct {
	URL string // URL of the server, without path
	Err error
}

// Error implements error.
func (e *DisconnectedError) Error() string {
	return "natter: disconnected from " + e.URL + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *DisconnectedError) Unwrap() error { return e.Err }

// GapError tells that the seqs of a channel's messages have a hole, although the client has
// read the place twice. It is an [ErrReset] of that one channel. A message that was deleted
// while the client was away may leave such a hole. [Client.History] then has the tombstone of
// the message, and nothing is missing.
type GapError struct {
	Channel       string
	After, Before uint64 // the seqs on either side
}

// Error implements error.
func (e *GapError) Error() string {
	return fmt.Sprintf("natter: channel %s: message %d is followed by message %d", e.Channel, e.After, e.Before)
}

// Is reports whether target is [ErrReset]: a gap is one.
func (e *GapError) Is(target error) bool { return target == ErrReset }

// UnacknowledgedError is the error of a send that was given up before the server answered.
type UnacknowledgedError struct {
	ClientID string // the client id, to send the message again with [WithClientID]
	// MayBeStored is false if the message is certainly not stored: it was never written to a
	// connection.
	MayBeStored bool
	Err         error
}

// Error implements error.
func (e *UnacknowledgedError) Error() string {
	if !e.MayBeStored {
		return "natter: not sent: " + e.Err.Error()
	}
	return "natter: sent, but it is not known whether stored: " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *UnacknowledgedError) Unwrap() error { return e.Err }

func fatal(err error) error {
	if errors.Is(err, ErrFatal) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrFatal, err)
}

func protocolErrorf(format string, args ...any) error {
	return fmt.Errorf("natter: the server broke the protocol: "+format, args...)
}
