package wire

import (
	"errors"
	"fmt"
	"time"
)

// Code names what went wrong. Codes are stable: they are added, never renamed.
type Code string

// The codes, and what a client does about each.
const (
	CodeMalformed    Code = "malformed"     // not JSON, or not the JSON of its type; mend the client
	CodeUnknownType  Code = "unknown_type"  // a command this server does not know
	CodeTooLarge     Code = "too_large"     // over a limit that the welcome told
	CodeInvalid      Code = "invalid"       // well formed, but a member has a value that cannot be; the text names it
	CodeNotConnected Code = "not_connected" // the first frame was not connect, or connect came twice
	CodeUnsupported  Code = "unsupported"   // a protocol version this server does not speak
	CodeUnauthorized Code = "unauthorized"  // no token, or one that proves nothing
	CodeExpired      Code = "expired"       // the token was good once; get a fresh one
	CodeForbidden    Code = "forbidden"     // not a member, or there is no such channel: the two are not told apart
	CodeConflict     Code = "conflict"      // the client_id was used before, for something else
	CodeTooFast      Code = "too_fast"      // over a rate or an in-flight limit; wait retry_after
	CodeUnavailable  Code = "unavailable"   // no quorum, the writer is moving, the node drains; nothing was stored
	CodeTimeout      Code = "timeout"       // it is not known whether it was stored; retry with the same client_id
	CodeStorageFull  Code = "storage_full"  // the disk is; retry later
	CodeInternal     Code = "internal"      // a fault of the server's own, in its log under this session
)

// Retryable reports whether the same command may succeed later, unchanged.
func (c Code) Retryable() bool {
	switch c {
	case CodeTooFast, CodeUnavailable, CodeTimeout, CodeStorageFull, CodeInternal, CodeExpired:
		return true
	default:
		return false
	}
}

// Error is the one error type that crosses the wire, as a frame of type "error". Message is for people and names
// nothing internal; programs go by the code.
type Error struct {
	Ref
	Code       Code   `json:"code"`
	Message    string `json:"message"`
	Retryable  bool   `json:"retryable"`
	RetryAfter int64  `json:"retry_after,omitzero"` // milliseconds
	Channel    string `json:"channel,omitzero"`     // the one channel in which to wait; commands to others may go on
}

// Errorf makes an error of a code, with a text a person can act on.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Retryable: code.Retryable()}
}

// After sets how long to wait before a retry.
func (e *Error) After(d time.Duration) *Error {
	e.RetryAfter = max(d.Milliseconds(), 1)
	return e
}

// In says that it is one channel alone in which to wait.
func (e *Error) In(channel string) *Error {
	e.Channel = channel
	return e
}

// Error implements error.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Is implements the interface of [errors.Is]: equal codes are equal errors.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// AsError is the error to put on the wire for err: its own [*Error] where it has one, else [CodeInternal]
// with a text that gives nothing away. It is the one place where errors become codes; the caller logs err.
func AsError(err error, ref uint64) *Error {
	var e *Error
	if !errors.As(err, &e) {
		e = Errorf(CodeInternal, "the server failed to do this; try again")
	}
	out := *e
	out.Ref.Ref = ref
	return &out
}
