package push

import (
	"io"
	"net/http"
)

// Client sends requests. A [natterjack/server/internal/guard.Guard] is one.
type Client interface {
	Do(r *http.Request) (*http.Response, error)
}

// maxAnswer is how much of an answer is read: enough for a reason.
const maxAnswer = 16 << 10

// Answer is the answer of a receiver.
type Answer struct {
	Code   int
	Header http.Header
	Body   []byte // its beginning, as far as it came
}

// Ask sends a request and reads the answer.
func Ask(c Client, r *http.Request) (Answer, error) {
	resp, err := c.Do(r)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // the code has said all
	return Answer{Code: resp.StatusCode, Header: resp.Header, Body: body}, nil
}
