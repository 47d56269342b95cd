package bridge

import (
	"context"

	"natterjack/server/wire"
)

// Divert sends the sessions of all transports elsewhere, as a drain does, and refuses new ones, until it is told that they may come
// again. Requests that carry commands are answered all the same: they need no session. It does not block.
func (b *Bridge) Divert(away bool) {
	if !b.hub.divert(away) {
		return
	}
	select {
	case b.diverted <- struct{}{}:
	default: // somebody is about to look
	}
}

// sendAway says goodbye to the sessions there are whenever they are to be elsewhere, until ctx ends.
func (b *Bridge) sendAway(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.diverted:
			_ = b.dismiss(ctx, b.spread, func() bool { return b.hub.elsewhere() != nil }) // ctx is looked at here
		}
	}
}

// divert changes whether sessions are sent elsewhere. It reports false where there is nobody to be sent.
func (h *hub) divert(away bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.away == away {
		return false
	}
	if h.away = away; away {
		close(h.out)
	} else {
		h.out = make(chan struct{})
	}
	return away
}

// leaving is closed when those who are here now are to leave.
func (h *hub) leaving() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.out
}

// elsewhere refuses a session that is to be on another node.
func (h *hub) elsewhere() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.away {
		return wire.Errorf(wire.CodeUnavailable, "this node does not hear what is said at the moment; another will serve you").After(retrySoon)
	}
	return nil
}

// farewell is why a stream ends.
func (h *hub) farewell() error {
	if err := h.elsewhere(); err != nil {
		return err
	}
	return drains()
}
