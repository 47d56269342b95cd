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

// endpoint is one operation, and how it has been used.
type endpoint struct {
	operation *wire.Operation
	name      string // of the operation: its command's type
	max       int    // in flight
	handle    func(*request)

	mu       sync.Mutex // guards the following
	inFlight int
	requests int
	errors   int
	last     string // error
	busy     time.Duration
}

func (e *endpoint) subject() string { return subjectOf("*", e.name) }

// userOf is the acting user in a subject of this endpoint; it may not be a valid one.
func (e *endpoint) userOf(subject string) string {
	return strings.TrimSuffix(strings.TrimPrefix(subject, subjectPrefix), "."+e.name)
}

// begin counts a request in, and refuses it where there are too many. Whatever it says, end has to follow.
func (e *endpoint) begin() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.inFlight++
	if e.inFlight > e.max {
		return wire.Errorf(wire.CodeTooFast, "%d requests of this kind are in flight on this node; wait", e.max).After(100 * time.Millisecond)
	}
	return nil
}

// end counts a request out, with its error where it had one. The time is from its arrival to its answer, so what runs side by side adds
// up to more than has passed.
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
