package search

import (
	"context"
	"sync"

	"natterjack/server/wire"
)

// errSuperseded answers a find after which the session has begun another one.
var errSuperseded = wire.Errorf(wire.CodeSuperseded, "a newer find of this session has taken the place of this one")

// finds are the finds that run, one for each session.
type finds struct {
	mu      sync.Mutex // protects following
	running map[string]*find
}

// find is a find that runs.
type find struct{ cancel context.CancelCauseFunc }

func newFinds() *finds { return &finds{running: map[string]*find{}} }

// begin begins a find, and cancels the session's one before it. A back end has no session, and as
// many finds as it likes. The caller calls end when the find is done.
func (f *finds) begin(ctx context.Context, session string) (_ context.Context, end func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	if session == "" {
		return ctx, func() { cancel(nil) }
	}
	mine := &find{cancel}
	f.mu.Lock()
	defer f.mu.Unlock()
	if before := f.running[session]; before != nil {
		before.cancel(errSuperseded)
	}
	f.running[session] = mine
	return ctx, func() {
		cancel(nil)
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.running[session] == mine {
			delete(f.running, session)
		}
	}
}
