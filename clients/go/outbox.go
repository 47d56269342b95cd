package natter

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"natterjack/server/wire"
)

// outbox holds the commands that have no reply yet, in the order in which they were given. It
// outlives sessions: the next session goes on with the commands that a lost session left
// unanswered.
type outbox struct {
	replyTimeout time.Duration
	backoff      backoff
	slots        chan struct{} // one token for each request with slot set
	wake         chan struct{} // one token: a round over the outbox is due
	urgent       chan struct{} // one token: a request was added

	mu       sync.Mutex // guards the following and the requests
	list     []*request
	byRef    map[uint64]*request // in flight
	byClient map[string]*request // sends only
	refs     uint64              // the last ref that was used
	canceled []uint64            // refs of commands in flight whose callers wait no more; the server is still to be told
	hold     time.Time           // nothing is written before this time: the server said too_fast
	ended    error
}

// repeatMax bounds the wait before a repeat while the connection stands. A server that can still
// refuse commands is not overloaded by repeats. And a send should not wait much longer than its
// shard's writer takes to move to another node.
const repeatMax = 2 * time.Second

func newOutbox(o *Options) *outbox {
	return &outbox{
		replyTimeout: o.ReplyTimeout,
		backoff:      backoff{o.BackoffMin, max(o.BackoffMin, min(o.BackoffMax, repeatMax))},
		slots:        make(chan struct{}, o.MaxSends),
		wake:         make(chan struct{}, 1),
		urgent:       make(chan struct{}, 1),
		byRef:        map[uint64]*request{},
		byClient:     map[string]*request{},
	}
}

// add puts a request at the end of the list, once there is room for it. A request whose caller
// waits no more is not added, so that it is certainly not sent.
func (o *outbox) add(ctx context.Context, r *request) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if r.slot {
		select {
		case o.slots <- struct{}{}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	err := o.ended
	if err == nil && r.clientID != "" && o.byClient[r.clientID] != nil {
		err = fmt.Errorf("natter: client id %q is in use by a send under way; wait for that send, or use another id", r.clientID)
	}
	if err != nil {
		o.release(r)
		return err
	}
	if r.clientID != "" {
		o.byClient[r.clientID] = r
	}
	o.list = append(o.list, r)
	poke(o.wake)
	poke(o.urgent)
	return nil
}

// giveUp removes a request because its caller waits no more. It returns ok false if the outcome
// came first.
func (o *outbox) giveUp(r *request) (mayBeStored, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !slices.Contains(o.list, r) {
		return false, false
	}
	if r.ref != 0 && r.clientID == "" {
		o.canceled = append(o.canceled, r.ref)
	}
	o.remove(r)
	return r.written, true
}

// idle reports whether no request waits for a reply.
func (o *outbox) idle() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.list) == 0
}

// lost puts back the requests that were in flight when a session ended. For the sends among
// them it is not known whether they are stored.
func (o *outbox) lost() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hold = time.Time{}
	o.canceled = nil
	clear(o.byRef)
	for _, r := range o.list {
		r.unsure = r.unsure || r.ref != 0 && r.clientID != ""
		r.ref, r.due = 0, time.Time{}
	}
}

// finish ends every request with err, and every later one too.
func (o *outbox) finish(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = err
	for len(o.list) > 0 {
		o.settle(o.list[0], nil, err)
	}
}

// settle gives a request its outcome. The caller of this and of the methods below holds the
// lock.
func (o *outbox) settle(r *request, f wire.Frame, err error) {
	o.remove(r)
	if err != nil && r.clientID != "" {
		err = unacknowledged(r, err)
	}
	r.done <- outcome{f, err}
}

// unacknowledged wraps the error of a send that ended without an answer. The server's own
// answers stay as they are.
func unacknowledged(r *request, err error) error {
	if _, answer := err.(*wire.Error); answer { //nolint:errorlint // an answer is never wrapped
		return err
	}
	return &UnacknowledgedError{ClientID: r.clientID, MayBeStored: r.written, Err: err}
}

func (o *outbox) remove(r *request) {
	if i := slices.Index(o.list, r); i >= 0 {
		o.list = slices.Delete(o.list, i, i+1)
		o.release(r)
	}
	if r.ref != 0 {
		delete(o.byRef, r.ref)
		r.ref = 0
	}
	if r.clientID != "" {
		delete(o.byClient, r.clientID)
	}
	poke(o.wake) // the next send of its channel may go
}

func (o *outbox) release(r *request) {
	if r.slot {
		<-o.slots
	}
}
