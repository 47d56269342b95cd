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

// link is one connection to a server, whatever carries it. Read is called by one goroutine and Write by one.
type link interface {
	// Read is the next message: frames, one a line, or nothing, which still proves that the server is there. A call
	// says that the message before has been dealt with.
	Read(ctx context.Context) ([]byte, error)
	// Write sends commands, one a line. Replies come out of Read.
	Write(ctx context.Context, message []byte) error
	// Close ends the link and waits for what belongs to it. It may be called while Read and Write block.
	Close()
}

// A link that is stateless needs no pongs, and takes a new token by itself. Where it lasts, as a stream does and a poll does not, the
// server can be told what holds as long.
type stateless interface{ lasts() bool }

// hello is the connect frame as of now.
type hello func() wire.Connect

// opener makes links of one transport. The context bounds the opening alone; the first message of the link holds the
// server's answer to hello.
type opener interface {
	open(ctx context.Context, url string, h hello) (link, error)
	String() string
}

const (
	// messageLimit is of one message from the server. A page of the largest events is the largest: 100 of 16 KiB, all of it
	// escaped.
	messageLimit = 32 << 20
	writeTimeout = 10 * time.Second
	closeTimeout = time.Second
)

// blockedError says that a transport does not get through while the server may well be there: the next one is tried.
type blockedError struct{ err error }

func (e *blockedError) Error() string { return e.err.Error() }
func (e *blockedError) Unwrap() error { return e.err }

// statusError is an answer that no Natterjack server gave.
type statusError struct {
	status int
	wait   time.Duration
}

func (e *statusError) Error() string {
	return fmt.Sprintf("natter: HTTP status %d %s", e.status, http.StatusText(e.status))
}

// refusal is the error in an HTTP answer: the server's own where its body is one, else the status. A status that
// something on the way may have given is a [blockedError].
func refusal(resp *http.Response, cause error) error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // what cannot be read names nothing
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

// retryAfter is how long an error asks to wait.
func retryAfter(err error) time.Duration {
	if answer, ok := errors.AsType[*wire.Error](err); ok {
		return time.Duration(min(max(answer.RetryAfter, 0), time.Hour.Milliseconds())) * time.Millisecond
	}
	if status, ok := errors.AsType[*statusError](err); ok {
		return status.wait
	}
	return 0
}
