package bridge

import (
	"context"
	"time"

	"natterjack/server/wire"
)

// heartbeat visits every session once per ping interval, one slot after the other, until ctx
// ends.
func (b *Bridge) heartbeat(ctx context.Context) {
	tick := time.NewTicker(b.pingInterval() / slots)
	defer tick.Stop()
	var visited []*session
	for slot := 0; ; slot = (slot + 1) % slots {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		b.flushers.trim()
		now := time.Now()
		visited = b.hub.part(visited[:0], slot)
		for _, s := range visited {
			s.beat(now)
		}
		clear(visited)
	}
}

func (b *Bridge) pingInterval() time.Duration {
	return time.Duration(b.limits.PingIntervalS) * time.Second
}

// beat closes a session that has been silent for two pings or whose token has expired.
// Otherwise it pings the session.
func (s *session) beat(now time.Time) {
	s.mu.Lock()
	connected := s.live
	s.mu.Unlock()
	if !connected { // the connect timeout covers it, or it is ending
		return
	}
	if s.visit() {
		s.missed = 0
	} else {
		s.missed++
	}
	switch {
	case s.missed >= 2:
		s.stop(wire.CloseSilent)
	case now.After(time.UnixMilli(s.expires.Load()).Add(expiryGrace)):
		s.stop(wire.CloseExpired)
	default:
		s.ping()
	}
}
