package service

import (
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/micro"

	"natterjack/server/wire"
)

const subjectPrefix = "api."

func subjectOf(user, operation string) string { return subjectPrefix + user + "." + operation }

// endpoint is one operation and the statistics of its use.
type endpoint struct {
	operation *wire.Operation
	name      string // type of the operation's command
	max       int    // most requests in flight
	handle    func(*request)

	mu       sync.Mutex // protects the fields below
	inFlight int
	requests int
	errors   int
	last     string // last error
	busy     time.Duration
}

func (e *endpoint) subject() string { return subjectOf("*", e.name) }

// userOf returns the acting user in a subject of this endpoint. The user may not be valid.
func (e *endpoint) userOf(subject string) string {
	return strings.TrimSuffix(strings.TrimPrefix(subject, subjectPrefix), "."+e.name)
}

// begin counts a request in, and returns an error if there are too many. The caller must call
// end in either case.
func (e *endpoint) begin() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.inFlight++
	if e.inFlight > e.max {
		return wire.Errorf(wire.CodeTooFast, "this node already handles %d requests of this kind; try again later", e.max).After(retrySoon)
	}
	return nil
}

// end counts a request out, with its error if it had one. The time runs from a request's
// arrival to its answer. Requests run concurrently, so the sum may be more than the time that
// passed.
func (e *endpoint) end(took time.Duration, failure *wire.Error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.inFlight--
	e.requests++
	e.busy += took
	if failure != nil {
		e.errors++
		e.last = failure.Error()
	}
}

func (e *endpoint) stats() *micro.EndpointStats {
	e.mu.Lock()
	defer e.mu.Unlock()
	return &micro.EndpointStats{
		Name:                  e.name,
		Subject:               e.subject(),
		QueueGroup:            queueGroup,
		NumRequests:           e.requests,
		NumErrors:             e.errors,
		LastError:             e.last,
		ProcessingTime:        e.busy,
		AverageProcessingTime: e.busy / time.Duration(max(e.requests, 1)),
	}
}
