package wire

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAsError_KeepsOnlyItsOwn(t *testing.T) {
	inner := Errorf(CodeConflict, "client_id: was already used for another group")
	got := AsError(fmt.Errorf("decide: %w", inner), 7)
	want := &Error{Ref: Ref{7}, Code: CodeConflict, Message: inner.Message}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if inner.Ref.Ref != 0 {
		t.Error("the error passed in was written to; it may be shared")
	}
	for _, err := range []error{io.ErrUnexpectedEOF, errors.New("dial nats://user:secret@host"), nil} {
		got := AsError(err, 7)
		want := &Error{Ref: Ref{7}, Code: CodeInternal, Message: "the server failed to do this; try again", Retryable: true}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
}

func TestError_IsByCode(t *testing.T) {
	err := fmt.Errorf("send: %w", Errorf(CodeTooFast, "one text").After(time.Second))
	if !errors.Is(err, Errorf(CodeTooFast, "another text")) || errors.Is(err, Errorf(CodeTimeout, "one text")) || errors.Is(err, io.EOF) {
		t.Error("errors.Is does not go by code")
	}
}

func TestError_After(t *testing.T) {
	for d, want := range map[time.Duration]int64{time.Second: 1000, time.Microsecond: 1, 0: 1, -time.Second: 1} {
		if got := Errorf(CodeTooFast, "x").After(d).RetryAfter; got != want {
			t.Errorf("After(%v) = %d ms", d, got)
		}
	}
}

// TestRetryable lists every code, because a wrong one makes clients drop messages or flood the
// server.
func TestRetryable(t *testing.T) {
	want := map[Code]bool{
		CodeMalformed: false, CodeUnknownType: false, CodeTooLarge: false, CodeInvalid: false, CodeNotConnected: false,
		CodeUnsupported: false, CodeUnauthorized: false, CodeForbidden: false, CodeNotFound: false, CodeQuota: false, CodeConflict: false, CodeSuperseded: false,
		CodeExpired: true, CodeTooFast: true, CodeUnavailable: true, CodeTimeout: true, CodeStorageFull: true, CodeInternal: true,
	}
	for code, retryable := range want {
		if e := Errorf(code, "x"); e.Retryable != retryable || code.Retryable() != retryable {
			t.Errorf("%s: %v", code, e.Retryable)
		}
	}
	if n := len(constants(t, "Code")); n != len(want) {
		t.Errorf("there are %d codes, %d are tested", n, len(want))
	}
}
