package natter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"natterjack/server/wire"
)

// link is one connection to a server over any transport. One goroutine calls Read, and one
// calls Write.
type link interface {
	// Read returns the next message: frames, one a line. An empty message still proves that the
	// server is there. A call of Read says that the message before has been handled.
	Read(ctx context.Context) ([]byte, error)
	// Write sends commands, one a line. Replies are returned by Read.
	Write(ctx context.Context, message []byte) error
	// Close ends the link and waits for its goroutines. It may be called while Read and Write
	// block.
	Close()
}

// stateless is implemented by links that take a new token by themselves. If the link lasts, the
// server pings, and can be told settings that hold as long as the link. A stream lasts, a poll
// does not.
type stateless interface{ lasts() bool }

// hello returns the connect frame as of the call.
type hello func() wire.Connect

// opener makes links of one transport. The context bounds only the opening. The first message
// of the link holds the server's answer to hello.
type opener interface {
	open(ctx context.Context, url string, h hello) (link, error)
	String() string
}

const (
	// messageLimit bounds one message from the server. The largest is a page of the largest
	// events: 100 of 16 KiB, all of it escaped.
	messageLimit = 32 << 20
	writeTimeout = 10 * time.Second
	closeTimeout = time.Second
)

// blockedError says that a transport does not get through, although the server may well be
// there. The next transport is tried.
type blockedError struct{ err error }

func (e *blockedError) Error() string { return e.err.Error() }
func (e *blockedError) Unwrap() error { return e.err }

// statusError is an HTTP answer that did not come from a Natterjack server.
type statusError struct {
	status int
	wait   time.Duration
}

func (e *statusError) Error() string {
	return fmt.Sprintf("natter: HTTP status %d %s", e.status, http.StatusText(e.status))
}

// refusal returns the error in an HTTP answer. It is the server's own error if the body holds
// one, else the status. If a proxy on the way may have given the status, the error is a
// [blockedError].
func refusal(resp *http.Response, cause error) error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // a body that cannot be read names no error
	var answer wire.Error
	if json.Unmarshal(body, &answer) == nil && answer.Code != "" {
		return &answer
	}
	seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
	err := error(&statusError{resp.StatusCode, time.Duration(min(max(seconds, 0), 3600)) * time.Second})
	if cause != nil {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500 {
		return err
	}
	return &blockedError{err}
}

// retryAfter returns how long an error asks the client to wait.
func retryAfter(err error) time.Duration {
	if answer, ok := errors.AsType[*wire.Error](err); ok {
		return time.Duration(min(max(answer.RetryAfter, 0), time.Hour.Milliseconds())) * time.Millisecond
	}
	if status, ok := errors.AsType[*statusError](err); ok {
		return status.wait
	}
	return 0
}
