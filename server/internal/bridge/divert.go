package bridge

import (
	"context"

	"natterjack/server/wire"
)

// Divert sends the sessions of all transports to other nodes, as a drain does, and refuses new
// sessions until Divert(false) is called. Requests that carry commands are still answered: they
// need no session. It does not block.
func (b *Bridge) Divert(away bool) {
	if !b.hub.divert(away) {
		return
	}
	select {
	case b.diverted <- struct{}{}:
	default: // sendAway is about to look anyway
	}
}

// sendAway dismisses the open sessions whenever they are to be on other nodes, until ctx ends.
func (b *Bridge) sendAway(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.diverted:
			_ = b.dismiss(ctx, b.spread, func() bool { return b.hub.elsewhere() != nil }) // the select above checks ctx
		}
	}
}

// divert changes whether sessions are sent elsewhere. It reports whether the open sessions must
// leave because of the change.
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

// leaving returns a channel that is closed when the connections that are open now are to leave.
func (h *hub) leaving() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.out
}

// elsewhere returns an error if sessions are to be on another node.
func (h *hub) elsewhere() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.away {
		return wire.Errorf(wire.CodeUnavailable, "this node receives no new events at the moment; connect to another one").After(retrySoon)
	}
	return nil
}

// farewell returns why a stream ends.
func (h *hub) farewell() error {
	if err := h.elsewhere(); err != nil {
		return err
	}
	return drains()
}
