package natter

import (
	"time"

	"natterjack/server/wire"
)

// terms are the facts about a session that decide which frames may be written.
type terms struct {
	user      string
	limits    wire.Limits
	heard     time.Time // when the last frame came
	seq       func(channel string) uint64
	connected bool // commands go over the connection, not in requests of their own
}

// round is one pass over the outbox: the commands to write, and the time of the next pass.
type round struct {
	terms
	now   time.Time
	batch []byte
	next  time.Time // zero: only when woken
	// dead is set if a reply is overdue and no frame has come since the command was written.
	dead bool
	full bool
	busy map[string]bool // channels whose first waiting send has been seen
}

// round writes the commands that may be written. Of a channel's sends only the first may be
// written, so that its repeats keep their place.
func (o *outbox) round(now time.Time, t terms) *round {
	o.mu.Lock()
	defer o.mu.Unlock()
	rd := &round{terms: t, now: now, busy: map[string]bool{}}
	o.cancel(rd)
	for i := 0; i < len(o.list) && !rd.full; {
		r := o.list[i]
		o.consider(rd, r)
		if i < len(o.list) && o.list[i] == r { // else it was refused and removed
			i++
		}
	}
	return rd
}

// cancel tells the server of commands whose callers wait no more, if commands go over the
// connection itself. The server stops reads; it knows of no others.
func (o *outbox) cancel(rd *round) {
	for _, ref := range o.canceled {
		frame, err := wire.Append(nil, wire.Cancel{Command: ref})
		if err != nil || !rd.connected || len(rd.batch)+1+len(frame) > rd.limits.FrameBytes {
			break
		}
		if len(rd.batch) > 0 {
			rd.batch = append(rd.batch, wire.Separator)
		}
		rd.batch = append(rd.batch, frame...)
	}
	o.canceled = nil
}

func (o *outbox) consider(rd *round, r *request) {
	channel := r.place(rd.user)
	if channel != "" {
		if rd.busy[channel] {
			return
		}
		rd.busy[channel] = true
	}
	if r.ref != 0 && !rd.now.Before(r.due) {
		rd.dead = rd.dead || rd.heard.Before(r.wrote)
		o.again(r, r.clientID != "", rd.now)
	}
	switch {
	case rd.now.Before(r.due):
		rd.until(r.due)
	case rd.now.Before(o.hold):
		rd.until(o.hold)
	case len(o.byRef) < max(rd.limits.InFlight, 1):
		o.write(rd, r, channel)
	}
}

// again puts back a request that was in flight, to be written at the given time.
func (o *outbox) again(r *request, unsure bool, at time.Time) {
	delete(o.byRef, r.ref)
	r.ref, r.due = 0, at
	r.unsure = r.unsure || unsure
	r.tries++
}

// write encodes a request into the batch and counts it as in flight. It refuses a command that
// exceeds the server's limits, because the server ends a session whose frame exceeds the limit.
func (o *outbox) write(rd *round, r *request, channel string) {
	o.refs++
	command := r.command(o.refs)
	if r.unsure {
		command = r.lookup(o.refs, channel, &rd.limits)
	}
	frame, err := encode(command, &rd.limits)
	if err != nil {
		o.settle(r, nil, err)
		return
	}
	if len(rd.batch) > 0 {
		if len(rd.batch)+1+len(frame) > rd.limits.FrameBytes {
			rd.full = true
			return
		}
		rd.batch = append(rd.batch, wire.Separator)
	}
	rd.batch = append(rd.batch, frame...)
	if !r.written && channel != "" {
		r.after = rd.seq(channel)
	}
	r.ref, r.wrote, r.due, r.written = o.refs, rd.now, rd.now.Add(o.replyTimeout), true
	o.byRef[r.ref] = r
	rd.until(r.due)
}

func encode(c wire.Command, l *wire.Limits) ([]byte, error) {
	if err := c.Validate(*l); err != nil {
		return nil, err
	}
	frame, err := wire.Append(nil, c)
	if err == nil && len(frame) > l.FrameBytes {
		err = wire.Errorf(wire.CodeTooLarge, "a frame of %d bytes, at most %d are allowed", len(frame), l.FrameBytes)
	}
	return frame, err
}

func (rd *round) until(t time.Time) {
	if rd.next.IsZero() || t.Before(rd.next) {
		rd.next = t
	}
}
