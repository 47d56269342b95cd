package wire

import (
	"errors"
	"fmt"
	"time"
)

// Code names the kind of an error. Codes are stable: new ones are added, none is ever renamed.
type Code string

// The codes, with the action of a client after each.
const (
	CodeMalformed    Code = "malformed"     // not JSON, or wrong JSON for its type; fix the client
	CodeUnknownType  Code = "unknown_type"  // this server does not know the command
	CodeTooLarge     Code = "too_large"     // over a limit that the welcome told
	CodeInvalid      Code = "invalid"       // well formed, but a member has an impossible value; the text names the member
	CodeNotConnected Code = "not_connected" // the first frame was not connect, or connect came twice
	CodeUnsupported  Code = "unsupported"   // this server does not speak the client's protocol version
	CodeUnauthorized Code = "unauthorized"  // no token, or an invalid one
	CodeExpired      Code = "expired"       // the token has expired; get a fresh one
	CodeForbidden    Code = "forbidden"     // no such channel, or the caller is not a member: the two look the same
	CodeNotFound     Code = "not_found"     // nothing of this name that the caller may see
	CodeConflict     Code = "conflict"      // the client_id was already used for something else
	CodeTooFast      Code = "too_fast"      // over a rate or an in-flight limit; wait retry_after
	CodeUnavailable  Code = "unavailable"   // no quorum, the writer is moving, or the node drains; nothing was stored
	CodeTimeout      Code = "timeout"       // unknown whether it was stored; retry with the same client_id
	CodeStorageFull  Code = "storage_full"  // the server's disk is full; retry later
	CodeQuota        Code = "quota"         // the files of the user, or of the channel, take all the room they may; delete some
	CodeSuperseded   Code = "superseded"    // the client waits for this reply no more, or a newer command of the session has taken its place
	CodeInternal     Code = "internal"      // a fault of the server, which its log describes under this session
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

// Error is the only error type sent on the wire, as a frame of type "error". Message is for
// people and names nothing internal. Programs use the code.
type Error struct {
	Ref
	Code       Code   `json:"code"`
	Message    string `json:"message"`
	Retryable  bool   `json:"retryable"`
	RetryAfter int64  `json:"retry_after,omitzero"` // milliseconds
	Channel    string `json:"channel,omitzero"`     // wait in this channel only; commands to other channels may go on
}

// Type implements [Frame].
func (*Error) Type() string { return "error" }

// After sets how long the client should wait before a retry.
func (e *Error) After(d time.Duration) *Error {
	e.RetryAfter = max(d.Milliseconds(), 1)
	return e
}

// In says that the client has to wait in one channel only.
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

// Errorf returns an error with a code and a text that a person can act on.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Retryable: code.Retryable()}
}

// AsError returns the error to put on the wire for err: the [*Error] within err if it has one,
// else an error of code [CodeInternal] with a text that gives nothing away. It is the only
// place where errors become codes. The caller logs err.
func AsError(err error, ref uint64) *Error {
	var e *Error
	if !errors.As(err, &e) {
		e = Errorf(CodeInternal, "the server failed to do this; try again")
	}
	out := *e
	out.Ref.Ref = ref
	return &out
}
