package natter

import (
	"time"

	"natterjack/server/wire"
)

// replied handles the reply to a ref. A reply for which no request waits is dropped, unless it
// is an ack. An ack names its message, so it counts whichever try it answers.
func (o *outbox) replied(ref uint64, f wire.Frame, user string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := o.byRef[ref]
	if ack, ok := f.(wire.Ack); ok && (r == nil || r.clientID != "" && r.clientID != ack.ClientID) {
		r = o.byClient[ack.ClientID]
	}
	if r == nil {
		return
	}
	switch f := f.(type) {
	case *wire.Error:
		o.refused(r, f)
	case wire.Page:
		if r.unsure {
			o.searched(r, &f, user)
			return
		}
		o.settle(r, f, nil)
	default:
		o.settle(r, f, nil)
	}
}

// refused tries a request again if it may succeed later. It waits for the time that the server
// asks for, or else with backoff.
func (o *outbox) refused(r *request, e *wire.Error) {
	now := time.Now()
	switch {
	case r.unsure && !e.Retryable:
		// The user has no such channel, so the message is not in it. Only the answer to the
		// send itself may end it.
		o.again(r, false, now)
		r.unsure = false
	case !e.Retryable, r.upload && e.Code == wire.CodeStorageFull && r.tries >= uploadTries-1:
		o.settle(r, nil, e)
		return
	default:
		wait := max(retryAfter(e), o.backoff.delay(r.tries))
		o.again(r, r.clientID != "" && !certain(e.Code), now.Add(wait))
		// With a channel, only that channel waits, because later sends wait behind this one
		// anyway.
		if e.Code == wire.CodeTooFast && e.Channel == "" {
			o.hold = now.Add(wait)
		}
	}
	poke(o.wake)
}

// certain reports whether a code says for sure that nothing was stored.
func certain(c wire.Code) bool {
	switch c {
	case wire.CodeTooFast, wire.CodeUnavailable, wire.CodeStorageFull, wire.CodeExpired:
		return true
	default:
		return false
	}
}

// searched looks for an unsure send in a page. If no page up to the last has it, the send is
// written again.
func (o *outbox) searched(r *request, page *wire.Page, user string) {
	if ev := r.in(page, user); ev != nil {
		o.settle(r, acknowledgement(ev), nil)
		return
	}
	tries := r.tries
	o.again(r, false, time.Time{})
	r.tries = tries // a page is an answer, not a failure
	last := r.after
	if n := len(page.Events); n > 0 {
		last = page.Events[n-1].Seq
	}
	r.unsure = page.More && r.after > 0 && last > r.after
	r.after = last
	poke(o.wake)
}

// stored acknowledges a send by its own event. The event may come before the ack or, after a
// reconnect, instead of it.
func (o *outbox) stored(ev *wire.Event, user string) {
	if ev.ClientID == "" || ev.Sender != user || ev.Kind != wire.KindMessage {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if r := o.byClient[ev.ClientID]; r != nil && r.written && r.place(user) == ev.Channel {
		o.settle(r, acknowledgement(ev), nil)
	}
}
