package natter

import (
	"errors"
	"fmt"

	"natterjack/server/wire"
)

var (
	// ErrFatal is in the chain of every error after which the client does not go on by itself.
	ErrFatal = errors.New("natter: cannot go on")
	// ErrClosed is why an operation ended that was under way when the client was closed, or that began later.
	ErrClosed = errors.New("natter: the client is closed")
	// ErrReset means that events may be missing between the one before it and the one after it, for all channels or, as a
	// [*GapError], for one: read again what the application holds, with [Client.Channels] and [Client.History].
	ErrReset = errors.New("natter: events were missed; read channels and history again")
)

var (
	errNotMade    = errors.New("natter: the client was not made by New")
	errTwoReaders = errors.New("natter: Events is being read elsewhere")
	errRanBefore  = errors.New("natter: Run was called before")
	errSilent     = errors.New("natter: the server has fallen silent")
	// errReopen ends a session so that the next one goes on at once: with a new token, or with events that there was no room for.
	errReopen = errors.New("natter: a new session goes on")
)

// Error is what the server answers to what it will not do. Compare codes with errors.Is or read Code after errors.As.
type Error = wire.Error

// DisconnectedError tells among the events that there is no connection at present. The client reconnects by itself;
// attempts that fail meanwhile are not told again.
type DisconnectedError struct {
	URL string // of the server, without path
	Err error
}

// Error implements error.
func (e *DisconnectedError) Error() string {
	return "natter: disconnected from " + e.URL + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *DisconnectedError) Unwrap() error { return e.Err }

// GapError tells that the numbers of a channel's messages do not follow each other, although the client has read the
// place twice. It is an [ErrReset] of that one channel. A message that was deleted while the client was away may have left
// such a hole: then [Client.History] has its tombstone, and nothing is missing.
type GapError struct {
	Channel       string
	After, Before uint64 // the seqs on either side
}

// Error implements error.
func (e *GapError) Error() string {
	return fmt.Sprintf("natter: channel %s: message %d is followed by message %d", e.Channel, e.After, e.Before)
}

// Is reports that a gap is an [ErrReset].
func (e *GapError) Is(target error) bool { return target == ErrReset }

// UnacknowledgedError ends a send that was given up before it was answered.
type UnacknowledgedError struct {
	ClientID string // to send it again under, with [WithClientID]
	// MayBeStored is false where the message certainly is not: it was never written to a connection.
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

// Unwrap gives the cause.
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
